import { formatBytes } from '../format-bytes.js';
import type { PackedPackage } from '../package/write.js';

/** `digits.tar  146 KB  needs onnxruntime >= 1.16` */
export function describePackage(
  output: string,
  {
    sizeBytes,
    descriptor,
    unchanged,
  }: Pick<PackedPackage, 'sizeBytes' | 'descriptor'> & { readonly unchanged?: boolean },
): string {
  const { kind, minimumVersion } = descriptor.software.stack;
  const needs = minimumVersion === undefined ? '' : `  needs ${kind} >= ${minimumVersion}`;
  return `${output}  ${formatBytes(sizeBytes)}${needs}${unchanged === true ? ', unchanged' : ''}`;
}
