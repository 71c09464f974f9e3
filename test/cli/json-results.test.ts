import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect, it, vi } from 'vitest';
import { fixture, tempDir } from '../support/files.js';
import { leaves, program } from '../support/program.js';
import { writeEnvironment, writeInstalled } from '../toolchain/environments.js';
import { run } from './run-main.js';
import { expectValid } from './schemas.js';

const CNN = fixture('models/digits-cnn-static.onnx');
const PACKAGE = fixture('packages/digits-cnn.modelconv-1.tar');
const ORT = fixture('models/digits-cnn.onnx');

interface Case {
  readonly args: readonly string[];
  readonly schema: string;
  readonly code?: number;
}

/** What every command is asked, by the words that call it. */
function cases(dir: string): Record<string, Case[]> {
  const output = path.join(dir, 'a.tar');
  const fleet = path.join(dir, 'fleet.yaml');
  return {
    convert: [
      { args: [CNN, '-d', 'local', '-o', output], schema: 'convert-result' },
      { args: [CNN, '-d', 'local', '--dry-run'], schema: 'convert-plan' },
      { args: [CNN, '-d', 'local', '-o', output, '--print-outputs'], schema: 'convert-outputs' },
    ],
    pack: [
      {
        args: [CNN, '--descriptor', path.join(dir, 'pack.yaml'), '-o', path.join(dir, 'p.tar')],
        schema: 'pack-result',
      },
    ],
    inspect: [
      { args: [PACKAGE], schema: 'inspect-result' },
      { args: [CNN, '--quantization'], schema: 'inspect-result' },
      { args: [PACKAGE, '--io'], schema: 'io-map' },
    ],
    compare: [{ args: [CNN, ORT], schema: 'compare-result' }],
    bench: [{ args: [CNN, '--runs', '2'], schema: 'bench-result' }],
    unpack: [{ args: [PACKAGE, '-C', path.join(dir, 'u')], schema: 'unpack-result' }],
    verify: [{ args: [PACKAGE], schema: 'verify-result' }],
    check: [{ args: [PACKAGE, '-d', 'rk3588'], schema: 'check-result', code: 2 }],
    upgrade: [{ args: [PACKAGE, '--plan'], schema: 'upgrade-result' }],
    outdated: [{ args: [PACKAGE], schema: 'outdated-result' }],
    diff: [{ args: [PACKAGE, PACKAGE], schema: 'diff-result' }],
    'devices list': [{ args: [], schema: 'devices-list-result' }],
    'devices show': [{ args: ['rk3588'], schema: 'device-result' }],
    'devices add': [
      { args: ['cam', '--extends', 'rk3588', '--to', fleet], schema: 'device-edit-result' },
    ],
    'devices edit': [
      { args: ['cam', '--set', 'soc=x', '--devices', fleet], schema: 'device-edit-result' },
    ],
    'devices remove': [{ args: ['cam', '--devices', fleet], schema: 'device-edit-result' }],
    'devices match': [{ args: [PACKAGE], schema: 'check-result' }],
    'devices probe': [
      { args: [], schema: 'device-result' },
      { args: ['--name', 'here', '--to', fleet], schema: 'device-edit-result' },
    ],
    'cache info': [{ args: [], schema: 'cache-info-result' }],
    'cache list': [{ args: [], schema: 'cache-list-result' }],
    'cache clean': [{ args: [], schema: 'cache-clean-result' }],
    'toolchains install': [{ args: ['mnn@3.6.1'], schema: 'toolchains-install-result' }],
    'toolchains list': [{ args: [], schema: 'toolchains-list-result' }],
    'toolchains remove': [{ args: ['mnn@3.6.1'], schema: 'toolchains-remove-result' }],
    'toolchains doctor': [{ args: [], schema: 'doctor-result' }],
  };
}

/** MNN as it looks when it is installed. */
function writeMnn(home: string): void {
  const directory = writeInstalled(home, 'mnn', '3.6.1');
  writeEnvironment(directory, 'MNN', '3.6.1');
  for (const module of ['MNN', '_tools'])
    mkdirSync(path.join(directory, 'lib', 'python3.11', 'site-packages', module));
}

it('what every command prints under --json fits the schema that its help names', {
  timeout: 120_000,
}, async () => {
  const dir = tempDir();
  vi.stubEnv('MODELCONV_HOME', path.join(dir, 'home'));
  writeMnn(path.join(dir, 'home'));
  writeFileSync(path.join(dir, 'pack.yaml'), 'name: digits\nversion: "1"\n');
  const table = cases(dir);
  const commands = leaves(await program()).filter(({ command }) =>
    command.options.some(({ long }) => long === '--json'),
  );
  expect(commands.map(({ words }) => words.join(' '))).toEqual(Object.keys(table));
  for (const { words } of commands)
    for (const { args, schema, code = 0 } of table[words.join(' ')] ?? []) {
      const called = [...words, ...args, '--json'];
      const result = await run(called);
      expect(result, called.join(' ')).toMatchObject({ code, stderr: '' });
      const value = expectValid(schema, JSON.parse(result.stdout) as object);
      // what is there already is taken: nothing is downloaded
      if (schema === 'toolchains-install-result')
        expect(value).toMatchObject({ alreadyInstalled: true });
      expect((await run([...words, '--help'])).stdout.replace(/\s+/g, ' ')).toContain(
        `schemas/${schema}.schema.json`,
      );
    }
  vi.unstubAllEnvs();
});

it('the schemas are part of the package, by name', () => {
  const require = createRequire(import.meta.url);
  expect(require('modelconv/schemas/convert-result.schema.json')).toMatchObject({
    title: 'ConvertResult',
  });
});
