import { formatBytes } from '../../format-bytes.js';
import { printableLine } from '../../printable.js';
import type { BenchResult, Measurement } from '../../schema/generated/types.js';
import type { Style } from '../io.js';
import { alignColumns } from './columns.js';

/** A table for people. */
export function renderBench({ model, measurement, saved }: BenchResult, style: Style): string {
  const { device, runtime, threads, runs, warmup, samples, inputs } = measurement;
  const { latency, throughput, peakMemoryBytes } = measurement;
  const precision = model.precision === undefined ? '' : `, ${model.precision}`;
  const rows = [
    ['model', `${model.path}  ${model.format}${precision}`],
    ['runtime', `${runtime.tool ?? runtime.name} ${runtime.version}, ${plural(threads, 'thread')}`],
    ['device', `${device.cpu ?? device.name}, ${device.os} ${device.arch}`],
    ['runs', `${runs} after ${warmup} to warm up, on ${plural(samples, `${inputs.kind} sample`)}`],
    [
      'latency',
      `p50 ${ms(latency.p50Ms)}   p90 ${ms(latency.p90Ms)}   p99 ${ms(latency.p99Ms)}   min ${ms(latency.minMs)}`,
    ],
    ['throughput', `${rate(throughput)} inferences/s`],
    ['peak memory', peakMemoryBytes === undefined ? 'unknown' : formatBytes(peakMemoryBytes)],
    ...(saved === undefined ? [] : [['saved in', saved]]),
  ];
  return alignColumns(
    rows.map(([label = '', value = '']) => [style.bold(label), printableLine(value)]),
  );
}

/** A measurement of a package in one line: `p50 1.2 ms, 830 inferences/s, onnxruntime 1.30.0, 1 thread, linux x64`. */
export function measurementLine(measurement: Measurement): string {
  const { device, runtime, threads, latency, throughput } = measurement;
  return [
    `p50 ${ms(latency.p50Ms)}`,
    `${rate(throughput)} inferences/s`,
    `${runtime.name} ${runtime.version}`,
    plural(threads, 'thread'),
    `${device.cpu ?? device.name} ${device.os} ${device.arch}`,
  ].join(', ');
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Three digits are more than a measurement is good for. */
function ms(value: number): string {
  return `${Number(value.toPrecision(3))} ms`;
}

function rate(value: number): string {
  return String(Number(value.toPrecision(3)));
}
