// Started by the tests as a process of its own, to be killed: an install, from its request as JSON.
import { readFileSync } from 'node:fs';
import { installToolchain } from '../../src/toolchain/install.js';
import type { PythonToolchain } from '../../src/toolchain/python-toolchain.js';

const { toolchain, findLinks, python } = JSON.parse(
  readFileSync(process.argv[2] ?? '', 'utf8'),
) as { toolchain: PythonToolchain; findLinks: string; python?: string };

await installToolchain({
  toolchain: {
    ...toolchain,
    releases: toolchain.releases.map((release) => ({ ...release, lock: new URL(release.lock) })),
  },
  findLinks,
  python,
  noUv: true,
});
