import type {
  InputTensor,
  InspectResult,
  IoMap,
  IoTensor,
  ModelTensor,
  OutputTensor,
} from '../schema/generated/types.js';
import { notedSource } from '../source/noted-source.js';

/** The inputs and outputs of what was inspected, and which tensor of the source each is. */
export function ioMapOf({ package: info, descriptor, model }: InspectResult): IoMap {
  if (info === undefined || descriptor === undefined)
    return {
      path: model?.path ?? '',
      kind: 'model',
      format: model?.format ?? '',
      inputs: (model?.inputs ?? []).map(bareTensor),
      outputs: (model?.outputs ?? []).map(bareTensor),
    };
  const { format, inputs, outputs } = descriptor.model;
  const dropped = descriptor.conversion?.source.droppedInputs;
  return {
    path: info.path,
    kind: 'package',
    format,
    inputs: inputs.map(packedTensor),
    outputs: outputs.map(packedTensor),
    ...(dropped === undefined ? {} : { droppedInputs: dropped }),
  };
}

function packedTensor(tensor: InputTensor | OutputTensor, index: number): IoTensor {
  const { name, shape, dtype, layout, deviceLayout, sourceName, source } = tensor;
  return {
    index,
    name,
    ...(shape === undefined ? {} : { shape }),
    dtype,
    ...(layout === undefined ? {} : { layout }),
    ...(deviceLayout === undefined ? {} : { deviceLayout }),
    ...(sourceName === undefined ? {} : { sourceName }),
    ...(source === undefined ? {} : { source }),
  };
}

/** Of a bare file what it says itself; its source is not at hand. */
function bareTensor(tensor: ModelTensor, index: number): IoTensor {
  return packedTensor({ ...tensor, ...notedSource(tensor) }, index);
}
