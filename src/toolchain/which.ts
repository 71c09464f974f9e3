import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';

/** Endings that make a name a program; only Windows has them. */
function endings(): readonly string[] {
  if (process.platform !== 'win32') return [''];
  return (process.env['PATHEXT'] || '.EXE;.CMD;.BAT').split(';').filter((ending) => ending !== '');
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

/** The directories of PATH. A relative one means the current directory: nothing is started from there. */
function pathDirectories(): string[] {
  return (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .filter((directory) => path.isAbsolute(directory));
}

/** Every program of this name in the directories (default: those of PATH), the one that a shell would start first; absolute paths. */
export async function whichAll(
  name: string,
  directories: readonly string[] = pathDirectories(),
): Promise<string[]> {
  const found: string[] = [];
  for (const dir of directories) {
    for (const ending of endings()) {
      const file = path.join(dir, `${name}${ending}`);
      if (!found.includes(file) && (await isProgram(file))) found.push(file);
    }
  }
  return found;
}

/** The program that a shell would start; undefined when there is none. */
export async function which(
  name: string,
  directories?: readonly string[],
): Promise<string | undefined> {
  return (await whichAll(name, directories))[0];
}
