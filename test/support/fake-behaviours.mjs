// What every fake converter can be told to do in place of its work.
import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';

export function say(text) {
  process.stdout.write(`${text}\n`);
}

export function fail(text) {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

export function forever() {
  setInterval(() => {}, 1000);
}

/**
 * By the name of a behaviour: what is done.
 *
 * @param outputs - paths that are written; `writeOutputs` makes good files of them.
 */
export function behavioursOf({ outputs, source, writeOutputs }) {
  const eachOutput = (write) => {
    for (const file of outputs) write(file);
  };
  return {
    succeeds: writeOutputs,
    fails: () => fail('fake converter: out of ideas'),
    'prints-and-fails': () => {
      process.stdout.write('\u001b[2J\u001b[31mred\u001b[0m \u0007bell\u001b]0;title\u0007\n');
      fail('fake converter: gave up');
    },
    crashes: () => {
      process.kill(process.pid, 'SIGSEGV');
      forever();
    },
    hangs: () => {
      writeFileSync('pids.json', JSON.stringify([process.pid]));
      forever();
    },
    'hangs-deaf': () => {
      const deaf = "for (const s of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(s, () => {});";
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
      const child = spawn(
        process.execPath,
        ['-e', `${deaf} setInterval(() => {}, 1000); console.log('ready')`],
        { stdio: ['ignore', 'pipe', 'ignore'] },
      );
      child.stdout.once('data', () =>
        writeFileSync('pids.json', JSON.stringify([process.pid, child.pid])),
      );
      forever();
    },
    'writes-nothing': () => {},
    'writes-empty': () => eachOutput((file) => writeFileSync(file, '')),
    'writes-garbage': () =>
      eachOutput((file) => writeFileSync(file, Buffer.alloc(4096, 'garbage'))),
    'returns-garbage': () =>
      eachOutput((file) => writeFileSync(file, Buffer.alloc(4096, 'garbage'))),
    'writes-source-format': () => eachOutput((file) => copyFileSync(source, file)),
    'writes-truncated': () => {
      writeOutputs();
      eachOutput((file) => truncateSync(file, Math.floor(statSync(file).size / 2)));
    },
    'writes-more': () => {
      writeOutputs();
      eachOutput((file) => writeFileSync(`${file}.debug`, 'debug'));
      writeFileSync('profile.json', '{}');
    },
    'overwrites-source': () => {
      writeOutputs();
      chmodSync(source, 0o644);
      writeFileSync(source, 'overwritten');
    },
    chatty: () => {
      const megabyte = Buffer.from('chatter chatter chatter chatter\n'.repeat(32_768));
      for (let i = 0; i < 200; i++)
        for (let done = 0; done < megabyte.length; )
          done += writeSync(i % 2 === 0 ? 1 : 2, megabyte, done);
      writeOutputs();
    },
  };
}
