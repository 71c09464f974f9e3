import type { QuantizationReport, ReportedTensor } from '../../schema/generated/types.js';
import { granularityOf, type QuantizedEntry, type QuantizedGraph } from './graph.js';
import { areNumbers, listed, omit, schemeIn } from './scales.js';

/** Scales in one report; beyond it, arrays are replaced by their number, range and digest. */
const MAX_SCALES = 4 * 1024 * 1024;
/** Scales that are read beyond that, for digests alone. */
const MAX_DIGESTED = 8 * 1024 * 1024;

/** Everything that a file tells of its quantization, with whole arrays. Reads them: the file must be open. */
export function reportQuantization(graph: QuantizedGraph): Omit<QuantizationReport, 'file'> {
  let [listable, digestible] = [MAX_SCALES, MAX_DIGESTED];
  const tensors = graph.entries.map((entry) => {
    const isListed = entry.count <= listable;
    const isRead = isListed || entry.count <= digestible;
    if (isListed) listable -= entry.count;
    else if (isRead) digestible -= entry.count;
    return reportTensor(entry, isListed, isRead);
  });
  return {
    tensors,
    floatTensors: graph.floats.map((weight) => ({ ...weight })),
    operators: graph.work.map(({ name, type, computes, macs, unit }) => ({
      name,
      type,
      computes,
      ...(macs === undefined || !Number.isSafeInteger(macs) ? {} : { multiplyAccumulates: macs }),
      ...(unit === undefined ? {} : { unit }),
    })),
  };
}

function reportTensor(entry: QuantizedEntry, isListed: boolean, isRead: boolean): ReportedTensor {
  const { name, role, dtype, shape, axis, blockSize, count } = entry;
  const scales = isRead ? entry.read() : undefined;
  const scheme = schemeIn(dtype, scales);
  const isWhole = isListed && scales !== undefined && areNumbers(scales);
  return {
    name,
    role,
    ...(dtype === undefined ? {} : { dtype }),
    ...(shape === undefined ? {} : { shape: [...shape] }),
    ...(scheme === undefined ? {} : { scheme }),
    granularity: granularityOf(entry),
    ...(count > 1 && axis !== undefined ? { axis } : {}),
    ...(blockSize === undefined ? {} : { blockSize }),
    ...(isWhole ? listed(scales) : { omitted: omit(count, scales) }),
  };
}
