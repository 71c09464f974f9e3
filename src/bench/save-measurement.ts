import { realpath } from 'node:fs/promises';
import type { Subject } from '../compare/subject.js';
import { ModelconvError } from '../errors.js';
import { checkOutput } from '../host/outputs.js';
import { tryReadHead } from '../package/read.js';
import { checkRewritable, rewriteDescriptor } from '../package/rewrite.js';
import type { Descriptor, Measurement } from '../schema/generated/types.js';

/** Where a measurement goes: into the package itself, or into a new one. */
export interface SaveTarget {
  readonly file: string;
  /** undefined: the package itself. */
  readonly output: string | undefined;
  readonly force: boolean;
}

/**
 * Refuse, before anything is measured, a measurement that could not be kept.
 *
 * @param inputs - further files that the run reads.
 * @throws ModelconvError `E_USAGE` when the file is a bare model or a signed package; as `checkOutput` does.
 */
export async function checkSave(target: SaveTarget, inputs: readonly string[]): Promise<void> {
  const { file, output, force } = target;
  if ((await tryReadHead(file)) === undefined)
    throw new ModelconvError('E_USAGE', {
      what: `--save has no place in ${file}`,
      why: 'it is a bare model; a measurement is kept in the descriptor of a package',
      next: 'pack it first: modelconv convert, or modelconv pack',
    });
  await checkRewritable(file);
  if (output === undefined) await checkOutput(file, inputs, true);
  else await checkOutput(output, [file, ...inputs], force);
}

/**
 * Keep a measurement in the package of its model; everything else of it stays byte for byte as it is.
 *
 * @returns path of the package that holds it, as the user gave it.
 * @throws ModelconvError as `rewriteDescriptor` does; `E_INPUT` when the package is no longer the one measured.
 */
export async function saveMeasurement(
  { file, output, force }: SaveTarget,
  { descriptor: measured }: Subject,
  measurement: Measurement,
  signal: AbortSignal | undefined,
): Promise<string> {
  const edit = (descriptor: Descriptor): Descriptor => {
    if (JSON.stringify(descriptor.files) !== JSON.stringify(measured?.files))
      throw new ModelconvError('E_INPUT', {
        what: `${file} changed while it was measured`,
        next: 'wait until it is complete, and measure again',
      });
    return withMeasurement(descriptor, measurement);
  };
  // a link keeps leading to the package
  const place = output ?? (await realpath(file));
  await rewriteDescriptor(file, place, edit, { force: output === undefined || force, signal });
  return output ?? file;
}

/** The descriptor with one more measurement; the one of the same set-up, made before, is replaced. */
export function withMeasurement(descriptor: Descriptor, measurement: Measurement): Descriptor {
  const { measurements = [] } = descriptor;
  const wanted = setUpOf(measurement);
  const others = measurements.filter((one) => setUpOf(one) !== wanted);
  return { ...descriptor, measurements: [...others, measurement] };
}

/** Everything that makes two measurements comparable, in an order of its own. */
function setUpOf({ kind, device, runtime, threads, inputShapes }: Measurement): string {
  const { name, cpu, arch, os } = device;
  const shapes = Object.entries(inputShapes).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    kind,
    [name, cpu, arch, os],
    [runtime.name, runtime.version],
    threads,
    shapes,
  ]);
}
