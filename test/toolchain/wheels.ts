import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { crc32 } from 'node:zlib';
import type { PythonRelease, PythonToolchain } from '../../src/toolchain/python-toolchain.js';

/** A zip of stored entries, all of 1980: the same files give the same bytes. */
function zip(entries: Readonly<Record<string, string>>): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(entries)) {
    const [file, data] = [Buffer.from(name), Buffer.from(text)];
    // versions 2.0, no flags, stored, 00:00 on 1980-01-01, then checksum, sizes, length of the name
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x21, 8);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(file.length, 22);
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), common, file, data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    const made = Buffer.from([20, 0]);
    directory.push(Buffer.concat([Buffer.from('PK\u0001\u0002'), made, common, tail, file]));
    bodies.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006');
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, central, end]);
}

export interface WheelSpec {
  readonly name: string;
  readonly version: string;
  /** Content of `<module>/__init__.py`. */
  readonly code?: string;
}

const moduleOf = (name: string): string => name.replaceAll('-', '_');

/** Write a wheel of one pure Python module; returns its line in a lock. */
export function writeWheel(directory: string, { name, version, code = '' }: WheelSpec): string {
  const module = moduleOf(name);
  const info = `${module}-${version}.dist-info`;
  const files: Record<string, string> = {
    [`${module}/__init__.py`]: code,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
    [`${info}/WHEEL`]:
      'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    [`${info}/entry_points.txt`]: `[console_scripts]\n${name}c = ${module}:main\n`,
  };
  const record = Object.entries(files).map(([file, text]) => {
    const digest = createHash('sha256').update(text).digest('base64url');
    return `${file},sha256=${digest},${Buffer.byteLength(text)}\n`;
  });
  const bytes = zip({ ...files, [`${info}/RECORD`]: `${record.join('')}${info}/RECORD,,\n` });
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, `${module}-${version}-py3-none-any.whl`), bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return `${name}==${version} \\\n    --hash=sha256:${sha256}\n`;
}

/** A toolchain that can be installed offline, and the directory of its wheels. */
export interface FakeToolchain {
  readonly toolchain: PythonToolchain;
  readonly wheels: string;
}

export interface FakeRelease {
  readonly version: string;
  /** Packages beside the tool itself. */
  readonly others?: readonly WheelSpec[];
  /** Content of the tool's module. */
  readonly code?: string;
  readonly imports?: readonly string[];
  readonly python?: readonly string[];
  /** Changes the lock, to break it. */
  readonly changeLock?: (lock: string) => string;
  readonly sizeBytes?: number;
}

/** Versions of CPython, any of which a pure Python wheel fits. */
export const ANY_PYTHON: readonly string[] = ['3.11', '3.12', '3.10', '3.13', '3.9', '3.14'];

/** The toolchain `acme`, with wheels and locks of its releases in `directory`. */
export function fakeToolchain(
  directory: string,
  releases: readonly FakeRelease[],
  name = 'acme',
): FakeToolchain {
  const wheels = path.join(directory, 'wheels');
  const toRelease = (release: FakeRelease): PythonRelease => {
    const { version, others = [], code = 'def main(): print("acme")\n' } = release;
    const specs = [{ name: `${name}-sdk`, version, code }, ...others];
    const lock = specs.map((spec) => writeWheel(wheels, spec)).join('');
    const file = path.join(directory, `${name}-${version}.txt`);
    writeFileSync(file, `# lock of ${name}\n${(release.changeLock ?? ((text) => text))(lock)}`);
    return {
      version,
      python: release.python ?? ANY_PYTHON,
      lock: pathToFileURL(file),
      imports: release.imports ?? [`${name}_sdk`],
      sizeBytes: release.sizeBytes ?? 1000,
    };
  };
  const toolchain: PythonToolchain = {
    name,
    tool: `${name.toUpperCase()} SDK`,
    distribution: `${name}-sdk`,
    variable: `MODELCONV_${name.toUpperCase()}`,
    executables: [`${name}-sdkc`],
    license: 'Apache-2.0',
    releases: releases.map(toRelease),
  };
  return { toolchain, wheels };
}
