import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The files of a virtual environment with one package, without a Python that could be started: what
 * is found in it is found by looking.
 *
 * @returns the directory.
 */
export function writeEnvironment(directory: string, distribution: string, version: string): string {
  const info = `${distribution.replaceAll('-', '_')}-${version}.dist-info`;
  const sitePackages = path.join(directory, 'lib', 'python3.11', 'site-packages');
  mkdirSync(path.join(sitePackages, info), { recursive: true });
  writeFileSync(path.join(sitePackages, info, 'METADATA'), '');
  mkdirSync(path.join(directory, 'bin'), { recursive: true });
  writeFileSync(path.join(directory, 'pyvenv.cfg'), 'home = /nowhere\nversion = 3.11.7\n');
  writeFileSync(path.join(directory, 'bin', 'python'), 'cannot be started');
  return directory;
}

/**
 * What modelconv leaves of a finished install, in `home`.
 *
 * @param place - name of its directory, where that is not the version.
 */
export function writeInstalled(
  home: string,
  name: string,
  version: string,
  place: string = version,
): string {
  const directory = path.join(home, 'toolchains', name, place);
  writeEnvironment(directory, `${name}-sdk`, version);
  const packages = path.join(directory, 'lib', 'python3.11', 'site-packages');
  mkdirSync(path.join(packages, `${name}_sdk`, 'api'), { recursive: true });
  writeFileSync(path.join(packages, '_core.cpython-311-x86_64-linux-gnu.so'), '');
  writeManifest(directory, name, version);
  return directory;
}

/** The file that makes an environment one that modelconv installed. */
export function writeManifest(directory: string, name: string, version: string): void {
  const manifest = {
    protocol: 'modelconv/1',
    kind: 'Toolchain',
    name,
    version,
    directory,
    python: 'bin/python',
    pythonVersion: '3.11.7',
    sitePackages: 'lib/python3.11/site-packages',
    lockSha256: '0'.repeat(64),
    installedWith: 'pip',
  };
  writeFileSync(path.join(directory, 'modelconv-toolchain.json'), JSON.stringify(manifest));
}

/** An executable script, and links to it. */
export function writeScript(file: string, text: string, ...links: readonly string[]): string {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${text}`, { mode: 0o755 });
  for (const link of links) {
    mkdirSync(path.dirname(link), { recursive: true });
    symlinkSync(file, link);
  }
  return file;
}
