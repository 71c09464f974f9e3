import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Adapter, Detection } from '../../dist/adapters/contract.js';
import { loadAdapter } from '../../dist/adapters/registry.js';
import { findPythonTool, type PythonDetection } from '../../dist/toolchain/python-toolchain.js';
import type {
  ConvertOutcome,
  ConvertResult,
  Descriptor,
} from '../../src/schema/generated/types.js';
import { jsonResult, type RunResult, run } from '../cli/run-main.js';

/** An adapter, and its vendor's tool as it was found on this machine. */
export interface Tool {
  readonly id: string;
  readonly adapter: Adapter;
  readonly detection: Detection;
  /** The Python environment of the tool; of onnxruntime that of its quantizer alone. */
  readonly python: PythonDetection;
}

/** What must be there: its absence is a failure and no skip. */
const REQUIRED = (process.env['MODELCONV_REQUIRE_TOOLS'] ?? '').split(',').filter(Boolean);

export async function findTool(id: string): Promise<Tool> {
  const adapter = await loadAdapter(id);
  if (adapter?.toolchain === undefined) throw new Error(`no adapter ${id} with a toolchain`);
  return {
    id,
    adapter,
    detection: await adapter.detect(),
    python: await findPythonTool(adapter.toolchain),
  };
}

/**
 * Tests of an adapter with its real tool. Where the tool is not there, one skipped test says so by name;
 * a tool of MODELCONV_REQUIRE_TOOLS that is not there is a failure.
 * The title is what scripts/summarize-tools.mjs looks for.
 */
export function describeTool(tool: Tool, tests: () => void): void {
  const { id, detection } = tool;
  if (detection.found) describe(`${id}: ${versionsOf(tool)}`, tests);
  else skipByName(id, detection.why);
}

/** `onnxruntime-node 1.30.0, ONNX Runtime (Python) 1.31.1` */
function versionsOf({ adapter, detection, python }: Tool): string {
  if (!detection.found) return '';
  const { tool, version } = detection.toolchain;
  const own = adapter.toolchain?.tool;
  const further = python.found && own !== tool ? [`${own} ${python.installation.version}`] : [];
  return [`${tool} ${version}`, ...further].join(', ');
}

/** One skipped test, or a failed one where the tool is required. */
export function skipByName(id: string, why: string, what = id): void {
  const title = `${what}: not run, ${why}`;
  if (!REQUIRED.includes(id)) it.skip(title);
  else
    it(title, () =>
      expect.fail(`MODELCONV_REQUIRE_TOOLS names ${id}, and it is not there: ${why}`),
    );
}

/** The Python of a tool that is there. */
export function pythonOf({ id, python }: Tool): string {
  if (!python.found) throw new Error(`${id} has no Python`);
  return python.installation.python;
}

export async function convert(
  flags: readonly string[],
  device: string,
  output: string,
): Promise<RunResult> {
  return await run(['convert', ...flags, '-d', device, '-o', output, '--json', '--quiet']);
}

/** A conversion that has to succeed: its outcome, and the descriptor of the package. */
export async function converted(
  flags: readonly string[],
  device: string,
  output: string,
): Promise<{ outcome: ConvertOutcome; descriptor: Descriptor }> {
  const result = jsonResult(await convert(flags, device, output), 'convert-result');
  const [outcome] = (result as ConvertResult).results;
  if (outcome?.descriptor === undefined) throw new Error(JSON.stringify(outcome));
  return { outcome, descriptor: outcome.descriptor as Descriptor };
}

/** Unpack a package; the main file of its model. */
export async function unpackedModel(output: string, directory: string): Promise<string> {
  expect(await run(['unpack', output, '-C', directory])).toMatchObject({ code: 0 });
  const files = await run(['inspect', output, '--field', 'files', '--json']);
  const names = (JSON.parse(files.stdout) as { path: string }[]).map((file) => file.path);
  // OpenVINO and ncnn have a main file and one for the weights
  return path.join(directory, names.find((name) => !name.endsWith('.bin')) ?? '');
}

export function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
