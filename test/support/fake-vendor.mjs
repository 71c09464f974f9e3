// Stands in for a vendor's program: `fake-vendor.mjs BEHAVIOUR VERSION PROGRAM WORDS…`. It refuses what the
// documentation says that the program refuses, and writes files with the marks of the real ones.
import { readdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { behavioursOf } from './fake-behaviours.mjs';
import { atc } from './vendors/atc.mjs';
import { hailo } from './vendors/hailo.mjs';
import { qualcomm } from './vendors/qualcomm.mjs';
import { trtexec } from './vendors/trtexec.mjs';

const PROGRAMS = { atc, hailo, trtexec, ...qualcomm };

const [behaviour, version, program, ...words] = process.argv.slice(2);
const vendor = PROGRAMS[program];
if (vendor.version?.(words, version) === true) process.exit(0);

vendor.check(words, version);
const outputs = vendor.outputs(words).map((file) => path.posix.normalize(file));
const work = behavioursOf({
  outputs,
  source: `source/${readdirSync('source')[0]}`,
  writeOutputs() {
    for (const file of outputs) vendor.write(file, version);
  },
});
// of several steps the last one is where things go wrong
const isLast = outputs.every((file) => file.startsWith('out/'));
await (isLast ? (work[behaviour] ?? work.succeeds) : work.succeeds)();
if (behaviour === 'renames') for (const file of outputs) renameSync(file, vendor.rename(file));
// said whatever came of it: the words alone must not be believed
if (!isLast || !/^(fails|crashes|hangs)/.test(behaviour)) vendor.succeeded(words, version);
