import { expect, it } from 'vitest';
import { areInputsSame } from '../../src/compare/layers/first-jump.js';

it.each([
  ['all that follows from the inputs alone agrees', [[], 1e-7], [['a'], 0.9], true],
  ['it does not', [[], 0.5], [['a'], 0.9], false],
  ['one of two does not', [[], 0], [[], 0.1], false],
  ['it is not known what follows from what', [undefined, 0], [undefined, 0], false],
  ['nothing that follows from the inputs alone was compared', [['a'], 0], [['a'], 0], false],
] as const)('inputs are the same when %s: %j and %j', (_what, a, b, isSame) => {
  const layers = [a, b].map(([from, relativeError], at) => ({
    name: `t${at}`,
    relativeError,
    from: from === undefined ? undefined : [...from],
  }));
  expect(areInputsSame(layers)).toBe(isSame);
});
