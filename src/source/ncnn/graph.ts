import type { FileWindow } from '../file-window.js';
import type { QuantizedEntry, QuantizedGraph } from '../quantization/graph.js';
import { decodeNumbers } from '../quantization/numbers.js';
import { elementCount } from '../summary.js';
import type { NcnnArray, NcnnWeights } from './weights.js';

/**
 * The scales of a model: of the weights and the input of each layer that computes in int8. ncnn keeps the
 * factor that makes integers (integer = round(real * factor), src/layer/convolution.cpp); a scale is one
 * over it. Blobs have no sizes in a `.param`: the work of a layer is not known.
 */
export function quantizedGraph({ tensors }: NcnnWeights, bin: FileWindow): QuantizedGraph {
  const scales = tensors.filter(({ scalesOf }) => scalesOf !== undefined);
  const weights = tensors.filter(({ scalesOf }) => scalesOf === undefined);
  const count = (some: readonly NcnnArray[]): number =>
    some.reduce((sum, { dims }) => sum + elementCount(dims), 0);
  return {
    entries: scales.map((array) => entryOf(array, bin)),
    floats: weights
      .filter(({ dtype }) => dtype.includes('float'))
      .map(({ layer, dtype, dims }) => ({
        name: layer.name,
        dtype,
        parameters: elementCount(dims),
      })),
    work: [],
    quantizedParameters: count(weights.filter(({ quantized }) => quantized)),
  };
}

function entryOf({ layer, scalesOf, start, dims }: NcnnArray, bin: FileWindow): QuantizedEntry {
  const [count = 1] = dims;
  const isWeight = scalesOf === 'weight';
  const blob = scalesOf === 'output' ? layer.tops[0] : layer.bottoms[0];
  return {
    name: isWeight ? layer.name : (blob ?? layer.name),
    role: isWeight ? 'weight' : 'activation',
    dtype: 'int8',
    count,
    ...(isWeight && count > 1 ? { axis: 0 } : {}),
    read: () => {
      const factors = decodeNumbers(bin.bytes(start, count * 4), 'float32', count);
      return { scale: factors.map((factor) => 1 / factor), zeroPoint: [0] };
    },
  };
}
