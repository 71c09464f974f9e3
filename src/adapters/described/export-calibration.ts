// The child process that brings calibration data into the form of a vendor's tool, with the flags of
// export-plan.ts. It reads one sample at a time: calibration sets can be larger than the memory.
import { closeSync, mkdirSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { writeAllSync } from '../../host/write-sync.js';
import { channelsLast } from '../../tensor/channels-last.js';
import { elementBytes } from '../../tensor/elements.js';
import { npyHeader } from '../../tensor/npy-header.js';
import type { RunSpec } from '../run-files.js';
import { EXPORT_DIR } from './export-plan.js';
import { fillTemplate } from './template.js';

type Input = RunSpec['inputs'][number];
type Sizes = readonly [number, number, number, number];

interface Settings {
  readonly form: string;
  readonly isChannelsLast: boolean;
  readonly entry: string;
  readonly separator: string;
}

/** One sample of an input, in the layout of the tool. */
interface Sample {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

function isMoved({ shape }: Input, { isChannelsLast }: Settings): boolean {
  return isChannelsLast && shape.length === 4;
}

function readSample(input: Input, fd: number, index: number, settings: Settings): Sample {
  const size = elementBytes(input.dtype);
  const data = Buffer.alloc(input.shape.reduce((product, count) => product * count, size));
  for (let done = 0; done < data.length; ) {
    const read = readSync(fd, data, done, data.length - done, index * data.length + done);
    if (read === 0) throw new Error(`${input.file} is too short`);
    done += read;
  }
  if (!isMoved(input, settings)) return { shape: input.shape, data };
  const [n = 1, c = 1, h = 1, w = 1] = input.shape;
  const sizes: Sizes = [n, c, h, w];
  return { shape: [n, h, w, c], data: channelsLast(data, sizes, size) };
}

/** Every sample of an input, one after the other. */
function* samplesOf(input: Input, count: number, settings: Settings): Generator<Sample> {
  const fd = openSync(input.file, 'r');
  try {
    for (let index = 0; index < count; index++) yield readSample(input, fd, index, settings);
  } finally {
    closeSync(fd);
  }
}

/** A file for each sample and input, and the list of them. */
function writeList(spec: RunSpec, settings: Settings): void {
  const isRaw = settings.form === 'raw-list';
  const lines: string[][] = Array.from({ length: spec.count }, () => []);
  for (const [place, input] of spec.inputs.entries()) {
    let index = 0;
    for (const { shape, data } of samplesOf(input, spec.count, settings)) {
      const file = `${EXPORT_DIR}/${index}-${place}.${isRaw ? 'raw' : 'npy'}`;
      const head = isRaw ? Buffer.alloc(0) : npyHeader({ dtype: input.dtype, shape });
      writeFileSync(file, Buffer.concat([head, data]));
      const values = new Map([
        ['file', file],
        ['input.name', input.name],
      ]);
      lines[index++]?.push(fillTemplate(settings.entry, values));
    }
  }
  const text = lines.map((entries) => `${entries.join(settings.separator)}\n`).join('');
  writeFileSync(`${EXPORT_DIR}/list.txt`, text);
}

/** All samples of the only input along its first axis. */
function writeArray(spec: RunSpec, settings: Settings): void {
  const [input, ...others] = spec.inputs;
  if (input === undefined || others.length > 0)
    throw new Error(`one array holds one input, and the model has ${spec.inputs.length}`);
  const fd = openSync(`${EXPORT_DIR}/samples.npy`, 'w');
  let isFirst = true;
  for (const { shape, data } of samplesOf(input, spec.count, settings)) {
    const [first = 1, ...rest] = shape;
    if (isFirst)
      writeAllSync(fd, npyHeader({ dtype: input.dtype, shape: [spec.count * first, ...rest] }));
    isFirst = false;
    writeAllSync(fd, data);
  }
  closeSync(fd);
}

const { values } = parseArgs({
  options: {
    spec: { type: 'string', default: '' },
    form: { type: 'string', default: '' },
    layout: { type: 'string' },
    entry: { type: 'string', default: '{file}' },
    separator: { type: 'string', default: ' ' },
  },
});
const spec = JSON.parse(readFileSync(values.spec, 'utf8')) as RunSpec;
mkdirSync(EXPORT_DIR, { recursive: true });
const settings: Settings = { ...values, isChannelsLast: values.layout === 'nhwc' };
if (settings.form === 'npy') writeArray(spec, settings);
else writeList(spec, settings);
