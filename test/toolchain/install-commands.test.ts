import { mkdirSync, writeFileSync } from 'node:fs';
import { devNull } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { explainInstall } from '../../src/toolchain/explain-install.js';
import {
  fetchingEnvironment,
  offlineEnvironment,
  pipDownloadArgs,
  pipInstallArgs,
  uvInstallArgs,
  venvArgs,
} from '../../src/toolchain/install-commands.js';
import { isPipConfigured } from '../../src/toolchain/pip-config.js';
import { parseLock } from '../../src/toolchain/requirements.js';
import { tempDir } from '../support/files.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

const PIP = '-I -m pip --disable-pip-version-check --no-input';
const LOCKED = '--require-hashes --no-deps --only-binary=:all: --progress-bar=off';

it.each([
  [venvArgs('/e', true), '-I -m venv /e'],
  [venvArgs('/e', false), '-I -m venv --without-pip /e'],
  [pipDownloadArgs('l.txt', '/w', {}), `${PIP} download ${LOCKED} -d /w -r l.txt`],
  [
    pipDownloadArgs('l.txt', '/w', { indexUrl: 'u', extraIndexUrls: ['v', 'x'] }),
    `${PIP} download ${LOCKED} --index-url u --extra-index-url v --extra-index-url x -d /w -r l.txt`,
  ],
  [
    pipDownloadArgs('l.txt', '/w', { findLinks: '/a' }),
    `${PIP} download ${LOCKED} --no-index --find-links /a -d /w -r l.txt`,
  ],
  [pipInstallArgs('l.txt', '/w'), `${PIP} install ${LOCKED} --no-index --find-links /w -r l.txt`],
  [
    uvInstallArgs('l.txt', '/e/bin/python', { findLinks: '/a' }),
    'pip install --require-hashes --no-deps --only-binary :all: --no-progress --no-index --find-links /a -r l.txt --python /e/bin/python',
  ],
])('%j', (args, line) => {
  expect(args.join(' ')).toBe(line);
});

describe('the environment of an installer', () => {
  const BENDS = [
    'PYTHONPATH',
    'PYTHONHOME',
    'VIRTUAL_ENV',
    'PIP_TARGET',
    'PIP_USER',
    'PIP_PREFIX',
    'PIP_REQUIRE_VIRTUALENV',
    'UV_SYSTEM_PYTHON',
  ];

  it.each(BENDS)('is without %s', (name) => {
    vi.stubEnv(name, '1');
    expect(fetchingEnvironment()).not.toHaveProperty(name);
  });

  it.each(['PIP_INDEX_URL', 'PIP_CERT', 'HTTPS_PROXY', 'HOME', 'UV_DEFAULT_INDEX'])(
    'keeps %s while it fetches',
    (name) => {
      vi.stubEnv(name, 'kept');
      expect(fetchingEnvironment()).toMatchObject({ [name]: 'kept' });
    },
  );

  it('has no configuration of pip at all while nothing is fetched', () => {
    vi.stubEnv('PIP_INDEX_URL', 'x');
    vi.stubEnv('PIP_CONFIG_FILE', 'y');
    const names = Object.entries(offlineEnvironment()).filter(([name]) => name.startsWith('PIP_'));
    expect(names).toEqual([['PIP_CONFIG_FILE', devNull]]);
  });
});

describe('pip fetches, and not uv,', () => {
  // /etc/pip.conf of this machine may say anything: only what these tests add is looked at
  const withConfig = async (text: string): Promise<boolean> => {
    for (const name of Object.keys(process.env)) if (name.startsWith('PIP_')) vi.stubEnv(name, '');
    const file = path.join(tempDir(), 'pip.conf');
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    vi.stubEnv('PIP_CONFIG_FILE', file);
    return await isPipConfigured();
  };

  it.each(['[global]\nindex-url = x\n', '[install]\nfind-links: /a\n', '[global]\n  proxy=p\n'])(
    'with %j in its configuration',
    async (text) => {
      expect(await withConfig(text)).toBe(true);
    },
  );

  it.each(['PIP_INDEX_URL', 'PIP_EXTRA_INDEX_URL', 'PIP_FIND_LINKS', 'PIP_CERT'])(
    'with %s in the environment',
    async (name) => {
      vi.stubEnv(name, 'x');
      expect(await isPipConfigured()).toBe(true);
    },
  );
});

describe('a lock', () => {
  const A = 'a'.repeat(64);
  const B = 'B'.repeat(64);

  it('is read package by package, with markers, hashes, comments and continued lines', () => {
    const text = `# by hand\nnumpy==2.4.6 ; python_version >= "3.11" \\\n    --hash=sha256:${A} \\\r\n    --hash=sha256:${B}\n\n  torch==2.13.0 --hash=sha256:${A} # builds\n`;
    expect(parseLock(text).map(({ label, sha256 }) => [label, sha256])).toEqual([
      ['numpy==2.4.6', [A, B.toLowerCase()]],
      ['torch==2.13.0', [A]],
    ]);
    expect(parseLock(text)[0]?.text).toContain('; python_version >= "3.11"');
  });

  it.each(['numpy==1.0', `numpy>=1.0 --hash=sha256:${A}`, 'numpy==1.0 --hash=md5:ff', '-r other'])(
    'with %j is refused',
    (line) => {
      expect(() => parseLock(`${line}\n`)).toThrow('not a pinned requirement');
    },
  );
});

// lines as pip 23 to 25 and uv 0.13 print them
it.each([
  [
    "WARNING: Retrying after connection broken by 'NewConnectionError: Failed to establish a new connection: [Errno -2] Name or service not known'\nERROR: No matching distribution found for numpy==2.4.6",
    /index was not reached/,
    /proxy/,
  ],
  ['ERROR: No matching distribution found for numpy==2.4.6', /numpy==2\.4\.6/, /--find-links/],
  [
    '  × No solution found\n  ╰─▶ Because there is no version of numpy==2.4.6 and you require numpy==2.4.6',
    /numpy==2\.4\.6/,
    /--index-url/,
  ],
  ['OSError: [Errno 28] No space left on device', /disk is full/, /MODELCONV_HOME/],
  [
    'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated…\n    numpy==2.4.6 from file:///w/numpy.whl:\n        Expected sha256 00',
    /refused.*numpy==2\.4\.6/,
    /--index-url/,
  ],
  [
    'Error: Refusing to create a venv in /a:b because it contains the PATH separator :.',
    /PATH/,
    /MODELCONV_HOME/,
  ],
  ['something new', /could not be installed: pip failed/, /log/],
])('%j is explained', (logTail, what, next) => {
  const failure = { label: 'acme 2.0', command: 'pip', ending: 'exit status 1', logTail };
  const error = explainInstall({ ...failure, logFile: '/l' });
  expect(error.message).toMatch(what);
  expect(error.next).toMatch(next);
  expect(error).toMatchObject({ logTail, logFile: '/l' });
});
