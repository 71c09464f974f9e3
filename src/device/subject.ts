import type { Descriptor, ModelInfo } from '../schema/generated/types.js';
import type { MatchSubject } from './match.js';
import { FIT_RULES } from './runtime-fit.js';

/** Formats that are compiled for one SoC: files of others name the device that they were made for, and run elsewhere. */
const FOR_ONE_SOC: ReadonlySet<string> = new Set([
  'rknn',
  'hailo-hef',
  'ascend-om',
  'tensorrt-engine',
  'bmodel',
  'cvimodel',
  'kmodel',
  'espdl',
  'vela-tflite',
]);

/** A model file as something that a device may or may not take. */
export function subjectOfModel(info: ModelInfo): MatchSubject {
  if (isVela(info)) return { format: 'vela-tflite', stack: { kind: 'ethos-u' } };
  return {
    format: info.format,
    precision: info.precision,
    producer: info.producer,
    soc: info.targets?.length === 1 ? info.targets[0] : undefined,
    stack:
      info.minimumRuntime === undefined
        ? undefined
        : { kind: info.minimumRuntime.kind, minimumVersion: info.minimumRuntime.version },
    memoryBytes: info.weights?.sizeBytes,
  };
}

/** Vela writes TFLite files whose work is in operators of its own, which no other runtime has. */
function isVela({ format, operators = {} }: ModelInfo): boolean {
  return format === 'tflite' && Object.keys(operators).some((name) => /(^|:)ethos-u$/.test(name));
}

/** A package as something that a device may or may not take. */
export function subjectOfPackage(descriptor: Descriptor): MatchSubject {
  const { model, software, device, measurements = [] } = descriptor;
  const { stack } = software;
  // rules name what the converter calls itself in a file; a descriptor names the stack
  const producer = FIT_RULES.find((rule) => rule.stack === stack.kind)?.producer;
  return {
    format: model.format,
    precision: model.precision,
    producer: producer === undefined ? undefined : { name: producer, version: stack.convertedWith },
    soc: FOR_ONE_SOC.has(model.format) ? device?.soc : undefined,
    stack,
    memoryBytes: model.weights?.sizeBytes,
    measuredPeaks: measurements.flatMap(({ device: on, peakMemoryBytes: bytes }) =>
      bytes === undefined ? [] : [{ device: on.name, cpu: on.cpu, bytes }],
    ),
  };
}
