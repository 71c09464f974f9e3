import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { builtInAdapterIds, loadAdapter } from '../../src/adapters/registry.js';

const locks = (
  await Promise.all(
    builtInAdapterIds().map(async (id) =>
      ((await loadAdapter(id))?.toolchain?.releases ?? []).map(({ version, lock }) => ({
        title: `${id} ${version}`,
        packages: packagesOf(readFileSync(lock, 'utf8')),
      })),
    ),
  )
).flat();

/** `openvino==2026.4.1 \` lines; a marker may follow. */
function packagesOf(text: string): Map<string, string> {
  const found = text.matchAll(/^([A-Za-z0-9_.-]+)==([^\s;\\]+)/gm);
  return new Map([...found].map(([, name = '', version = '']) => [name.toLowerCase(), version]));
}

describe.each(locks)('the lock of $title', ({ packages }) => {
  it('holds nothing that sends usage reports, and nothing for a GPU', () => {
    expect(packages.size).toBeGreaterThan(0);
    const unwanted = [...packages.keys()].filter((name) =>
      /telemetry|aliyun|^nvidia-|^triton$|cuda/.test(name),
    );
    expect(unwanted).toEqual([]);
  });
});

it.each(locks.filter(({ title }) => title.startsWith('rknn ')))(
  'the lock of $title has a setuptools with pkg_resources, which RKNN-Toolkit2 imports',
  ({ packages }) => {
    expect(Number(packages.get('setuptools')?.split('.')[0])).toBeLessThan(81);
  },
);
