import type { OutputValues } from './outputs-of.js';

/** Share of elements at one and the same end from which on that end is a wall. */
const LEAST_SHARE = 0.01;
const LEAST_COUNT = 4;
/** Part of its range by which the reference has to go beyond. */
const BEYOND = 0.02;

interface Wall {
  readonly value: number;
  readonly share: number;
  /** What the reference has where the other model stands at the wall, at most. */
  readonly reached: number;
}

/** An output whose values pile up at an end that those of the reference go beyond: its quantization clips. */
export function saturatedOutput(reference: OutputValues, other: OutputValues): string | undefined {
  for (const sign of [1, -1] as const) {
    const wall = wallOf(reference, other, sign);
    if (wall === undefined) continue;
    const percent = Number((wall.share * 100).toPrecision(3));
    const end = sign === 1 ? 'greatest' : 'least';
    return `${percent} % of output ${other.name} stand at its ${end} value ${short(wall.value)}, where the source goes to ${short(wall.reached)}: the scale of its quantization is too small, so that it saturates`;
  }
  return undefined;
}

function wallOf(reference: OutputValues, other: OutputValues, sign: 1 | -1): Wall | undefined {
  let value = -Infinity;
  let [least, most] = [Infinity, -Infinity];
  const each = (visit: (a: number, b: number) => void): void => {
    for (const [index, a] of reference.samples.entries()) {
      const b = other.samples[index];
      if (b === undefined || a.length !== b.length) return;
      for (let i = 0; i < a.length; i++) visit((a[i] ?? 0) * sign, (b[i] ?? 0) * sign);
    }
  };
  each((a, b) => {
    value = Math.max(value, b);
    least = Math.min(least, a);
    most = Math.max(most, a);
  });
  const tolerance = (most - least) * 1e-6;
  let [count, all, beyond, reached] = [0, 0, 0, -Infinity];
  each((a, b) => {
    all++;
    if (value - b > tolerance) return;
    count++;
    reached = Math.max(reached, a);
    if (a > value + (most - least) * BEYOND) beyond++;
  });
  const isWall = count >= LEAST_COUNT && count / all >= LEAST_SHARE && beyond >= count / 2;
  return isWall ? { value: value * sign, share: count / all, reached: reached * sign } : undefined;
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
