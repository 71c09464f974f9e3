import path from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { tempDir } from './files.js';

/** A cache of this test alone, also for the processes that it starts. @returns its directory. */
export function ownCache(size = '1GiB'): string {
  const directory = path.join(tempDir(), 'cache');
  vi.stubEnv('MODELCONV_CACHE_DIR', directory);
  vi.stubEnv('MODELCONV_CACHE_SIZE', size);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  return directory;
}
