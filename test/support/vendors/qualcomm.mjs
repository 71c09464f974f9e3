// qairt-converter, qairt-quantizer, snpe-onnx-to-dlc and snpe-dlc-quant, as Qualcomm documents them ("SNPE
// general tools"): the converters report success in their log, the quantizers by their exit status.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { flagsOf, one } from './flags.mjs';

const CONVERTERS = {
  'qairt-converter': {
    '--input_network': 1,
    '--output_path': 1,
    '--source_model_input_shape': 2,
    '--float_bitwidth': 1,
  },
  'snpe-onnx-to-dlc': { '--input_network': 1, '--output_path': 1, '-d': 2 },
};
const QUANTIZER = {
  '--input_dlc': 1,
  '--output_dlc': 1,
  '--input_list': 1,
  '--act_bitwidth': 1,
  '--weights_bitwidth': 1,
  '--use_per_channel_quantization': 0,
};

/** A zip archive: `model`, stored, with a checksum of 0 as the tools leave it. */
export function dlcFile(name = 'model', data = Buffer.alloc(512, 7)) {
  const entry = (signature, extra) => {
    const head = Buffer.alloc(extra ? 46 : 30);
    head.writeUInt32LE(signature, 0);
    const at = extra ? 20 : 18;
    head.writeUInt32LE(data.length, at);
    head.writeUInt32LE(data.length, at + 4);
    head.writeUInt16LE(name.length, at + 8);
    return Buffer.concat([head, Buffer.from(name)]);
  };
  const local = Buffer.concat([entry(0x04034b50, false), data]);
  const central = entry(0x02014b50, true);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

function log(level, text) {
  console.error(`2026-01-02 03:04:05,678 - 199 - ${level} - ${text}`);
}

function usage(word) {
  console.error(`error: unrecognized arguments: ${word}`);
  process.exit(2);
}

const size = (dims) => dims.split(',').reduce((product, dim) => product * Number(dim), 4);

/** One line a sample: `name:=path name2:=path2`, each file raw float32 of the size of its input. */
function checkList(list, inputs) {
  const lines = readFileSync(list, 'utf8').trim().split('\n');
  for (const line of lines)
    for (const entry of line.split(' ')) {
      const [name, file] = entry.split(':=');
      const wanted = inputs[name];
      if (wanted === undefined || !existsSync(file ?? '') || readFileSync(file).length !== wanted) {
        log('ERROR', `Input list entry ${entry} does not fit the network`);
        process.exit(1);
      }
    }
}

function tool(program) {
  const isConverter = CONVERTERS[program] !== undefined;
  const parse = (words) => flagsOf(words, CONVERTERS[program] ?? QUANTIZER, usage);
  return {
    outputs: (words) => [one(parse(words), isConverter ? '--output_path' : '--output_dlc')],

    check(words) {
      const flags = parse(words);
      if (isConverter) {
        const given = flags['--source_model_input_shape'] ?? flags['-d'] ?? [];
        if (given.length === 0) {
          log('ERROR', 'Missing command line inputs for dynamic inputs [image]');
          process.exit(1);
        }
        // what the quantizer finds in the container of the real tools
        const inputs = Object.fromEntries(given.map(([name, dims]) => [name, size(dims)]));
        writeFileSync('inputs.json', JSON.stringify(inputs));
        return;
      }
      if (!existsSync(one(flags, '--input_dlc'))) usage('--input_dlc');
      checkList(one(flags, '--input_list'), JSON.parse(readFileSync('inputs.json', 'utf8')));
    },

    write: (file) => writeFileSync(file, dlcFile()),

    succeeded() {
      if (isConverter) log('INFO', 'INFO_CONVERSION_SUCCESS: Conversion completed successfully');
      else console.log('[INFO] DebugLog shutting down.');
    },
  };
}

export const qualcomm = Object.fromEntries(
  [...Object.keys(CONVERTERS), 'qairt-quantizer', 'snpe-dlc-quant'].map((name) => [
    name,
    tool(name),
  ]),
);
