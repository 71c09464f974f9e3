import { describe, expect, it } from 'vitest';
import { dropOf, isWithin, parseMaxDrop } from '../../src/accuracy/max-drop.js';
import { scorerFor } from '../../src/accuracy/score.js';

const scores = (...values: readonly number[]): Float64Array => Float64Array.from(values);

describe('top-1 and top-5', () => {
  it('count the samples whose right class has the greatest score, and one of the five greatest', () => {
    const scorer = scorerFor('classification');
    scorer.add(scores(2), scores(0, 1, 9, 2, 3, 4)); // first
    scorer.add(scores(0), scores(5, 9, 8, 7, 6, 1)); // fifth
    scorer.add(scores(5), scores(5, 9, 8, 7, 6, 1)); // sixth
    scorer.add(scores(1), scores(5, 9, 8, 7, 6, 1)); // first
    expect(scorer.result()).toEqual({ top1: 0.5, top5: 0.75 });
  });

  it('take the first of equal scores, as argmax does', () => {
    const scorer = scorerFor('classification');
    scorer.add(scores(0), scores(1, 1, 1));
    scorer.add(scores(1), scores(1, 1, 1));
    expect(scorer.result()).toEqual({ top1: 0.5 });
  });

  it('count a row with a NaN as wrong, and say how many there are', () => {
    const scorer = scorerFor('classification');
    scorer.add(scores(1), scores(Number.NaN, 5, 1));
    scorer.add(scores(1), scores(Number.NEGATIVE_INFINITY, 5, 1));
    expect(scorer.result()).toEqual({ top1: 0.5, nonFinite: 1 });
  });

  it('score each row of a batch', () => {
    const scorer = scorerFor('classification');
    scorer.add(scores(0, 1), scores(9, 1, 2, 0, 1, 2));
    expect(scorer.result()).toEqual({ top1: 0.5 });
  });

  it('say what does not fit', () => {
    const scorer = scorerFor('classification');
    expect(scorer.add(scores(3), scores(1, 2, 3))).toMatch(/3 scores, and a label is 3/);
    expect(scorer.add(scores(0, 1), scores(1, 2, 3))).toMatch(/3 scores for 2 labels/);
  });
});

describe('the mean absolute error', () => {
  it('is taken over all elements', () => {
    const scorer = scorerFor('regression');
    scorer.add(scores(1, 2), scores(1.5, 2));
    scorer.add(scores(-1, 0), scores(0, 0.5));
    expect(scorer.result()).toEqual({ meanAbsoluteError: 0.5 });
  });

  it('leaves out what is not finite, and says how much that is', () => {
    const scorer = scorerFor('regression');
    scorer.add(scores(1, 2, 3), scores(2, Number.NaN, Number.POSITIVE_INFINITY));
    expect(scorer.result()).toEqual({ meanAbsoluteError: 1, nonFinite: 2 });
  });

  it('says what does not fit', () => {
    expect(scorerFor('regression').add(scores(1), scores(1, 2))).toMatch(/2 numbers for 1/);
  });
});

describe('--max-drop', () => {
  it.each([
    ['0.5%', 0.005],
    ['0%', 0],
    ['100%', 1],
    ['12.25%', 0.1225],
  ])('%s', (text, share) => {
    expect(parseMaxDrop(text)).toBe(share);
  });

  it.each(['0.5', '5', '-1%', '%', 'x%', '0,5%', '1001%', '', '1e2%', 'NaN%'])(
    'refuses %j',
    (text) => {
      expect(() => parseMaxDrop(text)).toThrow(
        expect.objectContaining({ code: 'E_USAGE', next: expect.stringContaining('0.5%') }),
      );
    },
  );

  it('is percentage points of top-1: one sample of 200 is 0.5', () => {
    const [before, after] = [{ top1: 1 }, { top1: 0.995 }];
    const drop = dropOf(before, after);
    expect(drop).toBe(0.005);
    expect(isWithin({ before, after, drop: 0.005 }, 0.005)).toBe(true);
    expect(isWithin({ before, after, drop: 0.005 }, 0.0049)).toBe(false);
  });

  it('is what the mean absolute error may grow, relative to what it was', () => {
    const [before, after] = [{ meanAbsoluteError: 2 }, { meanAbsoluteError: 2.5 }];
    expect(dropOf(before, after)).toBe(0.25);
    expect(isWithin({ before, after, drop: 0.25 }, 0.25)).toBe(true);
    expect(isWithin({ before, after, drop: 0.25 }, 0.2)).toBe(false);
  });

  it('is met by a model that became better, or that stayed without any error', () => {
    expect(dropOf({ top1: 0.5 }, { top1: 0.75 })).toBe(-0.25);
    expect(dropOf({ meanAbsoluteError: 0 }, { meanAbsoluteError: 0 })).toBe(0);
  });

  it('is not met where an error comes from none, or a NaN that the source does not give', () => {
    const before = { meanAbsoluteError: 0 };
    const after = { meanAbsoluteError: 0.1 };
    expect(dropOf(before, after)).toBeUndefined();
    expect(isWithin({ before, after }, 10)).toBe(false);
    const scored = { before: { top1: 0.5 }, after: { top1: 0.5, nonFinite: 1 }, drop: 0 };
    expect(isWithin(scored, 1)).toBe(false);
  });
});
