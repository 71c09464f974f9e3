import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeAtomically } from '../host/outputs.js';
import { readCheckedJson, writeCheckedJson } from './checked-json.js';
import type { CacheSettings } from './settings.js';

/** Where things were seen; small beside the entries, and not counted with them. */
export const NOTES = 'seen';

type NoteKind = 'sources' | 'calibrations';

function noteFile({ directory }: CacheSettings, kind: NoteKind, sha256: string): string {
  return path.join(directory, NOTES, kind, `${sha256}.json`);
}

/** Note something of a digest, in place of what was noted before. @throws system errors, `E_OUTPUT`. */
export async function writeNote(
  settings: CacheSettings,
  kind: NoteKind,
  sha256: string,
  note: unknown,
): Promise<void> {
  const file = noteFile(settings, kind, sha256);
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await writeAtomically(file, async (_handle, temporary) => {
    await writeCheckedJson(temporary, note);
  });
}

/** undefined when nothing is noted, or the note is damaged. */
export async function readNote<T>(
  settings: CacheSettings,
  kind: NoteKind,
  sha256: string,
): Promise<T | undefined> {
  // the digest says that it is what this version of the layout wrote
  return (await readCheckedJson(noteFile(settings, kind, sha256)).catch(() => undefined)) as
    | T
    | undefined;
}
