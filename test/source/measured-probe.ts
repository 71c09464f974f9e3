import { spawn } from 'node:child_process';

const PROBE = new URL('../../dist/source/probe.js', import.meta.url).href;
const SCRIPT = `
const { probeModel } = await import(${JSON.stringify(PROBE)});
const started = process.cpuUsage();
let outcome = 'ok';
let info;
try {
  ({ info } = await probeModel(process.argv[1]));
} catch (error) {
  outcome = error.code ?? String(error);
}
const { user, system } = process.cpuUsage(started);
// maxRSS of a process counts what its parent had when it was forked (exec_mmap keeps the greater of both)
const { readFileSync, existsSync } = await import('node:fs');
const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
const peakKiB = /^VmHWM:\\s*(\\d+) kB/m.exec(status)?.[1] ?? process.resourceUsage().maxRSS;
console.log(JSON.stringify({
  outcome, info, ms: (user + system) / 1000, rssMiB: Number(peakKiB) / 1024,
}));`;

export interface Measured {
  /** `ok`, the code of the error, or how the process ended when it could not say. */
  readonly outcome: string;
  readonly info?: { readonly weights: { readonly sizeBytes: number } };
  /** Processor time of the probe alone, in milliseconds: other processes do not count. */
  readonly ms: number;
  /** Most memory that the whole process had. */
  readonly rssMiB: number;
}

/** Probe with the built program in a process of its own, ended after `limitMs`. */
export async function measuredProbe(file: string, limitMs = 12_000): Promise<Measured> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT, file], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
  const end = await new Promise<string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ?? `exit ${code}`));
  });
  clearTimeout(timer);
  if (chunks.length === 0) return { outcome: `ended by ${end}`, ms: limitMs, rssMiB: Infinity };
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Measured;
}
