import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { cli } from '../support/cli.js';
import { tempDir } from '../support/files.js';
import { leaves, program } from '../support/program.js';
import { isInstalled, type Shell, typeWithTab } from '../support/terminal.js';
import { writeInstalled } from '../toolchain/environments.js';
import { run } from './run-main.js';

const BIN = fileURLToPath(new URL('../../bin/modelconv.js', import.meta.url));
const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish'];

let dir = '';
let searchPath = '';

beforeEach(async () => {
  dir = tempDir();
  const bin = path.join(dir, 'bin');
  mkdirSync(bin);
  symlinkSync(BIN, path.join(bin, 'modelconv'));
  searchPath = `${bin}:${process.env['PATH']}`;
  vi.stubEnv('MODELCONV_HOME', path.join(dir, 'home'));
  vi.stubEnv('XDG_CONFIG_HOME', path.join(dir, 'config'));
  writeInstalled(path.join(dir, 'home'), 'mnn', '3.6.1');
  writeFileSync(path.join(dir, 'modelconv.devices.yaml'), 'name: gate-camera-3\nclass: edge\n');
  writeFileSync(path.join(dir, 'more devices.yaml'), 'name: zebra-box\nclass: edge\n');
  for (const shell of SHELLS)
    writeFileSync(path.join(dir, `c.${shell}`), (await run(['completion', shell])).stdout);
});

/** What bash offers for the line, its cursor at the end. */
function bashOffers(line: string, setup = ''): string[] {
  const text = `source c.bash; ${setup}
    COMP_LINE=$1 COMP_POINT=\${#1} COMPREPLY=()
    function=_modelconv; [[ $1 == npx* ]] && function=_modelconv_npx
    $function; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return offersOf('bash', ['--norc', '-c', text, 'bash', line]);
}

/** What fish offers, without the descriptions. */
function fishOffers(line: string): string[] {
  const text = 'source c.fish; complete -C $argv[1]';
  return offersOf('fish', ['--no-config', '-c', text, line]).map(
    (offer) => offer.split('\t')[0] ?? '',
  );
}

function offersOf(shell: string, args: readonly string[]): string[] {
  const { stdout, stderr } = spawnSync(shell, args, {
    cwd: dir,
    env: { ...process.env, PATH: searchPath },
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '');
}

const OFFERS: readonly (readonly [Shell, (line: string) => string[]])[] = [
  ['bash', bashOffers],
  ['fish', fishOffers],
];

describe.for(OFFERS)('%s offers', ([shell, offers]) => {
  it.skipIf(!isInstalled(shell))('every command and every flag of the program', async () => {
    const whole = await program();
    expect(offers('modelconv ')).toEqual(
      expect.arrayContaining([...whole.commands.map((command) => command.name()), 'help']),
    );
    const missing: string[] = [];
    for (const { words, command } of leaves(whole)) {
      // fish shows short flags after one hyphen alone
      const offered = offers(`modelconv ${words.join(' ')} --`);
      for (const { long, hidden } of command.options)
        if (!hidden && !offered.includes(long ?? '')) missing.push(`${words.join(' ')} ${long}`);
    }
    expect(missing).toEqual([]);
  });

  it.skipIf(!isInstalled(shell))('subcommands, and the choices of flags and arguments', () => {
    expect(offers('modelconv toolchains rem')).toEqual(['remove']);
    expect(offers('modelconv convert --precision fp').sort()).toEqual(['fp16', 'fp32', 'fp64']);
    expect(offers('modelconv convert --json --layout nh')).toEqual(['nhwc']);
    expect(offers('modelconv completion ').sort()).toEqual(['bash', 'fish', 'zsh']);
    expect(offers('modelconv help insp')).toEqual(['inspect']);
  });

  it.skipIf(!isInstalled(shell))(
    'devices of the inventory, built-in, own, and of --devices',
    () => {
      expect(offers('modelconv convert m.onnx -d rk3566')).toEqual(['rk3566']);
      expect(offers('modelconv check a.tar --device gate')).toEqual(['gate-camera-3']);
      expect(offers('modelconv devices show loc')).toEqual(['local']);
      expect(offers('modelconv check --devices "more devices.yaml" -d zeb')).toEqual(['zebra-box']);
      expect(offers('modelconv check --devices more\\ devices.yaml -d zeb')).toEqual(['zebra-box']);
      expect(offers('modelconv check -d zebra')).toEqual([]);
    },
  );

  it.skipIf(!isInstalled(shell))('toolchains that are installed, or can be', () => {
    const last = (line: string): string[] =>
      offers(line).map((offer) => offer.replace(/^(mnn)?@/, ''));
    expect(last('modelconv convert --toolchain mnn')).toEqual([expect.stringMatching('3.6.1')]);
    expect(last('modelconv toolchains remove mnn@3')).toEqual(['3.6.1']);
    expect(last('modelconv toolchains install mnn@3.2')).toEqual(['3.2.0']);
    expect(offers('modelconv toolchains install openv')).toContain('openvino');
    expect(offers('modelconv toolchains doctor nc')).toEqual(['ncnn']);
  });

  it.skipIf(!isInstalled(shell))(
    'nothing where a number or a text stands, and after a mistake',
    () => {
      expect(offers('modelconv convert --seed ')).toEqual([]);
      expect(offers('modelconv nothing ')).toEqual([]);
      expect(offers('modelconv devices nothing --')).not.toContain('--device');
    },
  );

  it.skipIf(!isInstalled(shell))('the same after npx', () => {
    expect(offers('npx modelconv toolchains rem')).toEqual(['remove']);
    expect(offers('npx modelconv convert -d rk3566')).toEqual(['rk3566']);
  });
});

describe.skipIf(!isInstalled('bash'))('bash', () => {
  it('asks for what follows the last character that it breaks words at', () => {
    // readline puts in what follows =, and what starts with @
    expect(bashOffers('modelconv convert --precision=int8')).toEqual(['int8']);
    expect(bashOffers('modelconv toolchains remove mnn@')).toEqual(['@3.6.1']);
    const unbroken = "COMP_WORDBREAKS=$' \\t\\n'";
    expect(bashOffers('modelconv convert --precision=int8', unbroken)).toEqual([
      '--precision=int8',
    ]);
    expect(bashOffers('modelconv toolchains remove mnn@', unbroken)).toEqual(['mnn@3.6.1']);
  });

  it('is not led astray by quotes, values and --', () => {
    expect(bashOffers('modelconv convert \'a b.onnx\' -o "c d" --lay')).toEqual([
      '--layout',
      '--layers',
    ]);
    expect(bashOffers('modelconv convert --name convert --lay')).toHaveLength(2);
    expect(bashOffers('modelconv convert -- --lay')).toEqual([]);
  });

  it('works with the program in the project alone', () => {
    searchPath = process.env['PATH'] ?? '';
    const project = path.join(dir, 'node_modules', '.bin');
    mkdirSync(project, { recursive: true });
    symlinkSync(BIN, path.join(project, 'modelconv'));
    const below = 'mkdir -p sub; cd sub';
    expect(bashOffers('npx modelconv toolchains remove mnn', below)).toEqual(['mnn@3.6.1']);
    expect(bashOffers('node_modules/.bin/modelconv convert -d rk3566')).toEqual(['rk3566']);
  });

  it('says nothing where the program is not to be found', () => {
    searchPath = process.env['PATH'] ?? '';
    expect(bashOffers('modelconv convert -d rk3566')).toEqual([]);
    expect(bashOffers('modelconv convert --prec')).toEqual(['--precision']);
  });
});

/** Lines as typed, and what a TAB makes of them. */
const TYPED: readonly (readonly [string, string])[] = [
  ['modelconv conv', 'modelconv convert '],
  ['modelconv convert --prec', 'modelconv convert --precision'],
  ['modelconv convert --precision fp3', 'modelconv convert --precision fp32 '],
  ['modelconv convert --precision=bf', 'modelconv convert --precision=bf16 '],
  ['modelconv convert m.onnx -d gate', 'modelconv convert m.onnx -d gate-camera-3 '],
  ['modelconv toolchains remove mnn@3', 'modelconv toolchains remove mnn@3.6.1 '],
  ['modelconv inspect ./two', 'modelconv inspect ./two\\ words.onnx '],
  ['modelconv check x -d ./box', 'modelconv check x -d ./box\\:1.yaml '],
  [
    'modelconv check --devices more\\ devices.yaml -d zeb',
    'modelconv check --devices more\\ devices.yaml -d zebra-box ',
  ],
  ['npx modelconv verif', 'npx modelconv verify '],
  ['mc conv', 'mc convert '],
];

describe('in a terminal a TAB completes the line', () => {
  const RC: Partial<Record<Shell, string>> = {
    bash: 'complete -F _modelconv mc',
    zsh: 'alias mc=modelconv',
    fish: 'alias mc modelconv',
  };
  it.for(SHELLS)('of %s', { timeout: 60_000 }, async (shell, { skip }) => {
    if (!isInstalled(shell) || !isInstalled('script')) skip(`${shell} or script is not installed`);
    for (const name of ['two words.onnx', 'box:1.yaml']) writeFileSync(path.join(dir, name), '');
    const became = await typeWithTab(
      shell,
      TYPED.map(([line]) => line),
      { dir, script: `c.${shell}`, path: searchPath, rc: RC[shell] ?? '' },
    );
    // the end of the word is each shell's own affair, and so is the quoting of a colon
    const plain = (lines: readonly string[]): string[] =>
      lines.map((line) => line.replace(/[ =]+$/, '').replaceAll('\\:', ':'));
    expect(plain(became)).toEqual(plain(TYPED.map(([, line]) => line)));
  });
});

describe('modelconv __complete', () => {
  async function candidates(...words: string[]): Promise<string> {
    const result = await cli(['__complete', ...words], { cwd: dir });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    return result.stdout;
  }

  it('prints a value and what it is, one in a line, each once', async () => {
    const text = await candidates('device');
    expect(text).toMatch(/^gate-camera-3\tmodelconv\.devices\.yaml\n/);
    expect(text).toMatch(/^local\tthis machine\n/m);
    const names = text.split('\n').map((line) => line.split('\t')[0]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('passes over a faulty device file in silence, and keeps the others', async () => {
    writeFileSync(path.join(dir, 'modelconv.devices.yaml'), 'name: [\n');
    const text = await candidates('device', 'check', '--devices=more devices.yaml', '-d', '');
    expect(text).toContain('zebra-box\t');
    expect(text).toContain('rk3566\t');
    expect(await candidates('device', 'check', '--devices', '/not/there.yaml')).toContain('rk3566');
  });

  it('lets no text of a file drive the terminal', async () => {
    const device = 'name: a\nclass: edge\ndescription: "x\\e[2Jy\\tz"\n';
    writeFileSync(path.join(dir, 'modelconv.devices.yaml'), device);
    expect((await candidates('device')).split('\n')[0]).toBe('a\tx?[2Jy?z');
  });

  it('prints nothing for what it does not know', async () => {
    expect(await candidates('nothing')).toBe('');
    expect(await candidates()).toBe('');
  });
});

describe('modelconv completion', () => {
  it('of an unknown shell is exit 64 and names the shells', async () => {
    const result = await run(['completion', 'tcsh']);
    expect(result.code).toBe(64);
    expect(result.stderr).toContain('bash, zsh, fish');
  });
});
