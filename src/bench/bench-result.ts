import { probeLocal } from '../device/local.js';
import type {
  BenchResult,
  InputShapes,
  MeasuredDevice,
  Measurement,
} from '../schema/generated/types.js';
import { type SampleSet, sampleOrigin } from '../tensor/samples.js';
import type { Benchmark } from './bench-model.js';
import { latencyOf, throughputOf } from './statistics.js';

/** A benchmark as a document. */
export async function toBenchResult(benchmark: Benchmark): Promise<BenchResult> {
  const { file, kind, info, sha256 } = benchmark.subject;
  const { format, precision } = info;
  return {
    model: {
      path: file,
      kind,
      format,
      ...(precision === undefined ? {} : { precision }),
      sha256,
    },
    measurement: toMeasurement(benchmark, await thisDevice()),
  };
}

/** This machine as a measurement tells it: no name of a host, nothing of its user. */
async function thisDevice(): Promise<MeasuredDevice> {
  const { name, cpu, arch = process.arch, os = process.platform } = await probeLocal(undefined);
  return { name, ...(cpu === undefined ? {} : { cpu }), arch, os };
}

function toMeasurement(
  { runner: { adapter, toolchain }, samples, timing, times }: Benchmark,
  device: MeasuredDevice,
): Measurement {
  const { durationsNs, peakMemoryBytes, runtime = toolchain } = times;
  return {
    kind: 'latency',
    device,
    runtime: { name: adapter.id, tool: runtime.tool, version: runtime.version },
    threads: timing.threads,
    warmup: timing.warmup,
    runs: durationsNs.length,
    samples: samples.count,
    inputs: sampleOrigin(samples),
    inputShapes: shapesOf(samples),
    latency: latencyOf(durationsNs),
    throughput: throughputOf(durationsNs),
    ...(peakMemoryBytes === undefined ? {} : { peakMemoryBytes }),
  };
}

function shapesOf({ inputs }: SampleSet): InputShapes {
  return Object.fromEntries(inputs.map(({ name, shape }) => [name, [...shape]]));
}
