// hailo of the Dataflow Compiler, as public logs of it show: three steps with a .har between them, which it
// says that it saved; calibration data as one array, channels last.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { flagsOf, one } from './flags.mjs';

const FLAGS = {
  parser: { '--hw-arch': 1, '--net-name': 1, '--har-path': 1, '--tensor-shapes': 1, '-y': 0 },
  optimize: { '--hw-arch': 1, '--calib-set-path': 1, '--output-har-path': 1 },
  compiler: { '--hw-arch': 1, '--output-dir': 1 },
};
const CHIPS = ['hailo8', 'hailo8l', 'hailo8r', 'hailo10h', 'hailo15h', 'hailo15m', 'hailo15l'];

/** Header version 0: magic, version, size of what follows, all big-endian. */
export function hefFile(payload = Buffer.alloc(1024, 7)) {
  const header = Buffer.alloc(32);
  header.writeUInt32BE(0x01484546, 0);
  header.writeUInt32BE(payload.length, 8);
  return Buffer.concat([header, payload]);
}

function parse([command, ...words]) {
  const leading = { parser: 2, optimize: 1, compiler: 1 }[command] ?? 0;
  const flags = flagsOf(words.slice(leading), FLAGS[command] ?? {}, (word) => {
    console.error(`hailo: error: unrecognized arguments: ${word}`);
    process.exit(2);
  });
  return { command, input: words[leading - 1], flags };
}

/** Four axes, the last one the channels: [samples, 8, 8, 1] for the digits. */
function checkArray(file) {
  const text = readFileSync(file).toString('latin1', 0, 128);
  const shape = /'shape': \(([^)]*)\)/.exec(text)?.[1]?.split(',').map(Number) ?? [];
  if (shape.length === 4 && shape[1] === 8 && shape[2] === 8) return;
  console.error(
    `[error] BadInputsShape: Data shape (${shape.slice(1)}) doesn't match network's input shape (8, 8, 1)`,
  );
  process.exit(1);
}

export const hailo = {
  outputs(words) {
    const { command, flags } = parse(words);
    if (command === 'parser') return [one(flags, '--har-path')];
    if (command === 'optimize') return [one(flags, '--output-har-path')];
    // named after the network, which lies in the .har
    return [`${one(flags, '--output-dir')}/model.hef`];
  },

  check(words) {
    const { command, input, flags } = parse(words);
    if (!CHIPS.includes(one(flags, '--hw-arch'))) {
      console.error(`hailo ${command}: error: argument --hw-arch: invalid choice`);
      process.exit(2);
    }
    if (command !== 'parser' && !existsSync(input)) process.exit(1);
    if (command === 'optimize') checkArray(one(flags, '--calib-set-path'));
  },

  write(file) {
    writeFileSync(file, file.endsWith('.hef') ? hefFile() : 'har');
  },

  succeeded(words) {
    const [file = ''] = this.outputs(words);
    console.log(`[info] Saved ${file.endsWith('.hef') ? 'HEF' : 'HAR'} to: ${file}`);
  },
};
