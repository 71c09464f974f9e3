import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

// What stands beside the modules that drivers share can be imported like a package: a folder named torch there
// was taken for PyTorch by NNCF, which asks whether it is installed.
it('the folder that drivers put on their path holds nothing but modules of their own', () => {
  const shared = fileURLToPath(new URL('../../src/adapters/python/', import.meta.url));
  const names = readdirSync(shared, { withFileTypes: true });
  expect(names.filter((entry) => !entry.isFile() || path.extname(entry.name) !== '.py')).toEqual(
    [],
  );
});
