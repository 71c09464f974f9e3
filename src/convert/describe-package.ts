import { formatBytes } from '../format-bytes.js';
import type { PackedPackage } from '../package/write.js';

/** `digits.tar  146 KB  needs onnxruntime >= 1.16` */
export function describePackage(
  output: string,
  { sizeBytes, descriptor }: Pick<PackedPackage, 'sizeBytes' | 'descriptor'>,
): string {
  const { kind, minimumVersion } = descriptor.software.stack;
  return `${output}  ${formatBytes(sizeBytes)}${minimumVersion === undefined ? '' : `  needs ${kind} >= ${minimumVersion}`}`;
}
