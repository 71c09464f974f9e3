import { readFile } from 'node:fs/promises';
import { arch, cpus, platform, totalmem } from 'node:os';
import type { Device } from '../schema/generated/types.js';

/** Extensions of the instruction set that inference kernels are chosen by (names as in /proc/cpuinfo). */
const RELEVANT: ReadonlySet<string> = new Set([
  'sse4_2',
  'avx',
  'avx2',
  'fma',
  'f16c',
  'avx512f',
  'avx512bw',
  'avx512_vnni',
  'avx512_bf16',
  'avx512_fp16',
  'avx_vnni',
  'amx_tile',
  'amx_int8',
  'amx_bf16',
  'asimd',
  'asimddp',
  'asimdhp',
  'fphp',
  'i8mm',
  'bf16',
  'sve',
  'sve2',
]);

/** Features listed by Linux; none where the system has no such list. */
async function cpuFeatures(): Promise<string[]> {
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const line = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(text)?.[1] ?? '';
  return line
    .split(/\s+/)
    .filter((flag) => RELEVANT.has(flag))
    .sort();
}

/**
 * This machine as a device. Its stack takes the ORT format alone, as the runtime of a product would.
 *
 * @param runtimeVersion - version of the bundled ONNX Runtime; undefined when it is not installed.
 */
export async function probeLocal(runtimeVersion: string | undefined): Promise<Device> {
  const features = await cpuFeatures();
  const model = cpus()[0]?.model.trim();
  return {
    name: 'local',
    description: 'This machine, with the ONNX Runtime that modelconv brings.',
    class: 'terminal',
    arch: arch(),
    os: platform(),
    ...(model === undefined || model === '' ? {} : { cpu: model }),
    ...(features.length === 0 ? {} : { cpuFeatures: features }),
    memoryBytes: totalmem(),
    stack: {
      kind: 'onnxruntime',
      ...(runtimeVersion === undefined ? {} : { version: runtimeVersion }),
    },
    formats: ['ort'],
    precisions: ['fp32', 'fp64', 'fp16', 'int8', 'int4', 'mixed'],
    connection: { type: 'local' },
    converter: { adapter: 'onnxruntime' },
  };
}
