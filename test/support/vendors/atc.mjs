// atc of CANN, as its documentation describes it (hicann/ge, docs/zh/user_guides/atc_tools): it prints to
// stdout alone, appends .om to --output, and puts the host into the name of a model that depends on it.
import { writeFileSync } from 'node:fs';
import { flagsOf, one } from './flags.mjs';

const FLAGS = {
  '--mode': 0,
  '--framework': 0,
  '--model': 0,
  '--output': 0,
  '--soc_version': 0,
  '--input_format': 0,
  '--input_shape': 0,
  '--precision_mode': 0,
  '--op_select_implmode': 0,
  '--log': 0,
};
const MODES = ['must_keep_origin_dtype', 'force_fp16'];
const CHIPS = /^Ascend(310|310B1|310B4|310P3|910|910B[1-4])$/;

/** ModelFileHeader: 256 bytes, and the size of what follows. */
export function omFile(payload = Buffer.alloc(4096, 7)) {
  const header = Buffer.alloc(256);
  header.write('IMOD', 0, 'latin1');
  header.writeUInt32LE(256, 4);
  header.writeUInt32LE(payload.length, 76);
  header.writeBigUInt64LE(BigInt(payload.length), 184);
  return Buffer.concat([header, payload]);
}

function failed(text) {
  console.log("ATC run failed, Please check the detail log, Try 'atc --help' for more information");
  console.log(text);
  process.exit(255);
}

export const atc = {
  outputs: (words) => [`${one(parse(words), '--output')}.om`],

  check(words) {
    console.log('ATC start working now, please wait for a moment.');
    const flags = parse(words);
    const chip = one(flags, '--soc_version');
    if (one(flags, '--framework') !== '5' || one(flags, '--mode') !== '0')
      failed('E10041: Failed to load the model from model file. Reason: wrong framework');
    if (!CHIPS.test(chip ?? ''))
      failed(`E10001: Value ${chip} for parameter --soc_version is invalid. Reason: not supported`);
    if (!/^[^:;]+:\d+(,\d+)*(;[^:;]+:\d+(,\d+)*)*$/.test(one(flags, '--input_shape') ?? ''))
      failed(
        'E10002: Value for parameter --input_shape is invalid. Reason: input_name1:n1,c1,h1,w1',
      );
    if (!MODES.includes(one(flags, '--precision_mode')))
      failed('E10001: Value for parameter --precision_mode is invalid. Reason: unknown');
  },

  write: (file) => writeFileSync(file, omFile()),

  /** A model with operators that run on the host. */
  rename: (file) => file.replace(/\.om$/, '_linux_x86_64.om'),

  succeeded: () => console.log('ATC run success, welcome to the next use.'),
};

function parse(words) {
  return flagsOf(words, FLAGS, (word) => failed(`E10005: ATC does not have the parameter ${word}`));
}
