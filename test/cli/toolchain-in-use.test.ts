import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { toolchain } from '../../dist/adapters/mnn/toolchain.js';
import { start } from '../conformance/processes.js';
import { fakeEnvironments } from '../support/fake-python.js';
import { fixture } from '../support/files.js';
import { writeManifest } from '../toolchain/environments.js';
import { expectRefusal, run, sandbox } from './run-main.js';

const fakes = fakeEnvironments(toolchain, 'mnn');
const VERSION = toolchain.releases[0]?.version ?? '';

/** What modelconv leaves of a finished install, with a Python that hangs when it converts. */
function installHanging(home: string): string {
  const directory = path.join(home, 'toolchains', 'mnn', VERSION);
  mkdirSync(path.dirname(directory), { recursive: true });
  renameSync(path.join(fakes, 'hangs'), directory);
  for (const module of toolchain.releases[0]?.imports ?? [])
    mkdirSync(path.join(directory, 'lib/python3.11/site-packages', module));
  writeManifest(directory, 'mnn', VERSION);
  return directory;
}

/** The fake leaves its process id in the work directory. */
async function pidOfTool(tmp: string): Promise<number> {
  for (;;) {
    for (const name of readdirSync(tmp)) {
      const file = path.join(tmp, name, 'pids.json');
      const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
      if (text.endsWith(']')) return (JSON.parse(text) as [number])[0];
    }
    await sleep(20);
  }
}

it('a toolchain is not removed under a conversion that runs with it, and is after one that was killed', async () => {
  const box = sandbox();
  const home = path.join(box.dir, 'home');
  vi.stubEnv('MODELCONV_HOME', home);
  vi.stubEnv('XDG_CONFIG_HOME', path.join(box.dir, 'config'));
  vi.stubEnv('PATH', '/usr/bin:/bin');
  const directory = installHanging(home);
  const model = fixture('models/digits-cnn-static.onnx');
  const args = ['convert', model, '-d', 'mnn-cpu', '-o', path.join(box.out, 'a.tar')];
  const conversion = start(args, { MODELCONV_HOME: home });
  const tool = await pidOfTool(box.tmp);
  onTestFinished(() => void process.kill(tool, 'SIGKILL'));
  expectRefusal(await run(['toolchains', 'remove', 'mnn']), {
    exit: 75,
    code: 'E_BUSY',
    names: [`mnn@${VERSION} is in use by process`],
  });
  expect(existsSync(path.join(directory, 'bin', 'python'))).toBe(true);
  conversion.kill('SIGKILL');
  await conversion.ended;
  expect(await run(['toolchains', 'remove', 'mnn'])).toMatchObject({ code: 0 });
  expect(readdirSync(path.dirname(directory))).toEqual([]);
});
