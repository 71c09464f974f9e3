import type { ConvertedModel, Plan, Toolchain } from '../adapters/contract.js';
import type { CheckedRequest } from '../request/checked-request.js';
import { preprocessOf } from '../request/preprocess.js';
import type {
  Conversion,
  Converter,
  ConverterStage,
  Descriptor,
  Device,
  Model,
  ModelInfo,
  Software,
  SourcePart,
  TargetDevice,
  Verification,
} from '../schema/generated/types.js';
import { describeTensor, type MappedModel, mapModel, unmapped } from './describe-tensors.js';
import type { ProvenPair } from './io-map.js';
import type { Stage } from './plan.js';

/** How the model was made; undefined when the source was packed as it is. */
export interface ConverterRun {
  readonly adapter: string;
  readonly toolchain: Toolchain;
  readonly plan: Plan;
  /** All converters in their order; the last one is this. */
  readonly stages: readonly Stage[];
  /** What each of them made. */
  readonly made: readonly ModelInfo[];
  /** Outputs of the last one that gave what the source gives; undefined: it was not compared. */
  readonly pairs: readonly ProvenPair[] | undefined;
}

export interface DescribeInput {
  readonly request: CheckedRequest;
  readonly source: {
    readonly info: ModelInfo;
    readonly sha256: string;
    readonly parts: readonly SourcePart[];
    readonly fileName: string;
    readonly packagePath: string | undefined;
  };
  readonly converted: ConvertedModel;
  readonly run: ConverterRun | undefined;
  readonly precision: Descriptor['model']['precision'];
  readonly verification: Verification;
}

/** The descriptor of a conversion, but for the list of files. Pure: the same input gives the same descriptor. */
export function describeConversion(input: DescribeInput): Omit<Descriptor, 'files'> {
  const { request, converted, source } = input;
  const mapped = mapModel({
    request,
    source: source.info,
    made: input.run?.made ?? [],
    pairs: input.run?.pairs,
  });
  return {
    protocol: 'modelconv/1',
    kind: 'TargetModel',
    name: request.name,
    version: request.version,
    ...(request.description === undefined ? {} : { description: request.description }),
    ...(request.license === undefined ? {} : { license: request.license }),
    model: withPreprocess(describeModel(converted, mapped), request, source.info),
    software: describeSoftware(input),
    device: describeDevice(request.device),
    conversion: describeConversionInfo(input, mapped),
    verification: input.verification,
  };
}

/** What was declared to be done to raw data before it goes into each input: on the host, for no converter is told to build it in. */
function withPreprocess(model: Model, request: CheckedRequest, source: ModelInfo): Model {
  const declared = preprocessOf(source.inputs, request.preprocess);
  if (Object.keys(declared).length === 0) return model;
  return {
    ...model,
    inputs: model.inputs.map((input) => {
      const preprocess = declared[input.sourceName ?? input.name];
      return preprocess === undefined
        ? input
        : { ...input, preprocess: { ...preprocess, where: preprocess.where ?? 'host' } };
    }),
  };
}

/** What the file says about itself, in the words of the descriptor. */
export function describeModel(
  converted: ConvertedModel,
  mapped: MappedModel = unmapped(converted.info),
): Model {
  const { info, byteOrder, quantization = info.quantization } = converted;
  const weights = info.weights;
  return {
    format: info.format,
    ...(info.formatVersion === undefined ? {} : { formatVersion: info.formatVersion }),
    type: info.quantized === true ? 'quantized' : 'float',
    ...(info.precision === undefined ? {} : { precision: info.precision }),
    ...(weights?.dataFormat === undefined
      ? {}
      : {
          weights: {
            dataFormat: weights.dataFormat,
            ...(byteOrder === undefined ? {} : { byteOrder }),
            parameters: weights.parameters,
            sizeBytes: weights.sizeBytes,
          },
        }),
    ...(quantization === undefined ? {} : { quantization }),
    ...(info.units === undefined ? {} : { units: info.units }),
    inputs: mapped.inputs.map(describeTensor),
    outputs: mapped.outputs.map(describeTensor),
    facts: {
      ...info.facts,
      type: info.facts['type'] ?? 'read',
      weights: weights?.dataFormat === undefined ? 'unknown' : 'read',
    },
  };
}

function describeSoftware({ request, converted, run, verification }: DescribeInput): Software {
  const minimum = converted.info.minimumRuntime;
  // the converter brings the runtime or simulator that ran its model along; one of a chain before it does not count
  const tested =
    verification.passed === true && verification.stage === undefined
      ? run?.toolchain.version
      : undefined;
  return {
    stack: {
      kind: minimum?.kind ?? request.device.stack?.kind ?? converted.info.format,
      ...(minimum === undefined
        ? {}
        : { minimumVersion: minimum.version, minimumVersionSource: minimum.rule }),
      ...(run === undefined ? {} : { convertedWith: run.toolchain.version }),
      ...(tested === undefined ? {} : { testedWith: [tested] }),
    },
  };
}

/** What the model was made for. Of this machine only what the model depends on: the same bytes come out on any. */
export function describeDevice(device: Device): TargetDevice {
  const { name, class: deviceClass, vendor, soc, npu, arch, os, memoryBytes } = device;
  const isProbed = device.connection?.type === 'local' && device.name === 'local';
  return {
    name,
    ...(deviceClass === undefined ? {} : { class: deviceClass }),
    ...(vendor === undefined ? {} : { vendor }),
    ...(soc === undefined ? {} : { soc }),
    ...(npu === undefined ? {} : { npu }),
    ...(arch === undefined ? {} : { arch }),
    ...(os === undefined ? {} : { os }),
    ...(memoryBytes === undefined || isProbed ? {} : { memoryBytes }),
  };
}

/** The tools that made a model, and what each of them was told. */
export function describeConverter(stages: readonly Stage[]): Converter {
  const described = stages.map(describeStage);
  const [last = { adapter: '', tool: '', version: '' }] = described.slice(-1);
  return {
    ...last,
    ...(described.length < 2 ? {} : { via: described.slice(0, -1) }),
    steps: stages.flatMap(({ plan, toolchain }) =>
      plan.steps.map(({ program, args }): [string, ...string[]] => [
        program ?? toolchain.tool,
        ...args,
      ]),
    ),
  };
}

function describeStage({ adapter, toolchain }: Stage): ConverterStage {
  return { adapter: adapter.id, tool: toolchain.tool, version: toolchain.version };
}

/** A chain is as deterministic as its least deterministic stage. */
function allDeterministic(stages: readonly Plan['deterministic'][]): Plan['deterministic'] {
  if (stages.includes(false)) return false;
  return stages.includes('unknown') ? 'unknown' : true;
}

function describeConversionInfo(
  { request, source, run, precision }: DescribeInput,
  { droppedInputs }: MappedModel,
): Conversion {
  const { info } = source;
  const opset = info.opsets?.['ai.onnx'];
  return {
    performed: run !== undefined,
    source: {
      format: info.format,
      sha256: source.sha256,
      size: info.sizeBytes,
      included: source.packagePath !== undefined,
      path: source.packagePath ?? source.fileName,
      ...(source.parts.length === 0 ? {} : { files: [...source.parts] }),
      ...(request.framework === undefined ? {} : { framework: request.framework }),
      ...(info.producer === undefined || info.producer.name === ''
        ? {}
        : {
            producer: {
              name: info.producer.name,
              ...(info.producer.version ? { version: info.producer.version } : {}),
            },
          }),
      ...(opset === undefined ? {} : { opset }),
      ...(info.opsets === undefined ? {} : { opsets: info.opsets }),
      ...(droppedInputs.length === 0 ? {} : { droppedInputs: [...droppedInputs] }),
    },
    ...(run === undefined
      ? {}
      : {
          converter: describeConverter(run.stages),
          deterministic: allDeterministic(run.stages.map(({ plan }) => plan.deterministic)),
        }),
    ...(precision === undefined ? {} : { precision }),
    ...(Object.keys(request.inputs).length === 0 ? {} : { inputShapes: { ...request.inputs } }),
    ...(Object.keys(request.inputDtypes).length === 0
      ? {}
      : { inputDtypes: { ...request.inputDtypes } }),
    ...(Object.keys(request.options).length === 0 ? {} : { options: request.options }),
  };
}
