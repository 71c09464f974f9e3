import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** Whether a program is on PATH. */
export function hasTool(name: string): boolean {
  return (process.env['PATH'] ?? '').split(path.delimiter).some((place) => {
    try {
      accessSync(path.join(place, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
