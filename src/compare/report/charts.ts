import type { ErrorHistogram } from '../../schema/generated/types.js';
import type { Point } from '../collect.js';

const WIDTH = 420;
const HEIGHT = 220;
const LEFT = 56;
const BOTTOM = 34;
const TOP = 10;
const RIGHT = 12;
const PLOT = { width: WIDTH - LEFT - RIGHT, height: HEIGHT - TOP - BOTTOM } as const;

/** A number in at most four digits, with an exponent where zeros would fill the line. */
export function shortNumber(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size < 1e-3 || size >= 1e5 ? value.toExponential(1) : String(Number(value.toPrecision(4)));
}

function svg(title: string, body: string): string {
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}"><title>${title}</title>${body}</svg>`;
}

function text(x: number, y: number, words: string, anchor = 'middle'): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${words}</text>`;
}

function frame(): string {
  return `<path class="axis" d="M${LEFT} ${TOP}V${TOP + PLOT.height}H${LEFT + PLOT.width}"/>`;
}

/** How many elements differ by how much; both axes are told, the differences run over powers of ten. */
export function histogramChart({ edges, counts, equal }: ErrorHistogram): string {
  const title = 'absolute difference, number of elements';
  if (counts.length === 0)
    return svg(title, text(WIDTH / 2, HEIGHT / 2, `all ${equal} elements are equal`));
  const most = Math.max(...counts);
  const step = PLOT.width / counts.length;
  const bars = counts.map((count, bin) => {
    const height = (count / most) * PLOT.height;
    const [x, y] = [LEFT + bin * step, TOP + PLOT.height - height];
    const tip = `${shortNumber(edges[bin] ?? 0)} to ${shortNumber(edges[bin + 1] ?? 0)}: ${count}`;
    return `<rect class="bar" x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${Math.max(1, step - 1).toFixed(1)}" height="${height.toFixed(1)}"><title>${tip}</title></rect>`;
  });
  const middle = Math.floor(counts.length / 2);
  const tick = (at: number, anchor?: string): string =>
    text(LEFT + at * step, HEIGHT - 18, shortNumber(edges[at] ?? 0), anchor);
  // the last one ends with the plot: beside it there is no room
  const ticks = [tick(0), ...(middle > 0 ? [tick(middle)] : []), tick(counts.length, 'end')];
  const equals = equal === 0 ? '' : `, ${equal} are equal`;
  return svg(
    title,
    `${frame()}${bars.join('')}${ticks.join('')}${text(LEFT - 6, TOP + 10, String(most), 'end')}${text(LEFT - 6, TOP + PLOT.height, '0', 'end')}${text(LEFT + PLOT.width / 2, HEIGHT - 4, `absolute difference${equals}`)}`,
  );
}

/** The reference on the horizontal axis, the other model on the vertical one: right where all stand on the line. */
export function scatterChart(points: readonly Point[]): string {
  const title = 'source against converted';
  if (points.length === 0)
    return svg(title, text(WIDTH / 2, HEIGHT / 2, 'nothing could be compared'));
  const all = points.flat();
  const low = all.reduce((least, value) => Math.min(least, value), Infinity);
  const high = all.reduce((most, value) => Math.max(most, value), -Infinity);
  const span = high - low || 1;
  const x = (value: number): number => LEFT + ((value - low) / span) * PLOT.width;
  const y = (value: number): number => TOP + PLOT.height - ((value - low) / span) * PLOT.height;
  const line = `<path class="ideal" d="M${x(low).toFixed(1)} ${y(low).toFixed(1)}L${x(high).toFixed(1)} ${y(high).toFixed(1)}"/>`;
  const dots = points.map(
    ([a, b]) => `<circle cx="${x(a).toFixed(1)}" cy="${y(b).toFixed(1)}" r="1.6"/>`,
  );
  const labels = [
    text(LEFT, HEIGHT - 18, shortNumber(low)),
    text(LEFT + PLOT.width, HEIGHT - 18, shortNumber(high), 'end'),
    text(LEFT - 6, TOP + PLOT.height, shortNumber(low), 'end'),
    text(LEFT - 6, TOP + 10, shortNumber(high), 'end'),
    text(LEFT + PLOT.width / 2, HEIGHT - 4, 'source (across), converted (up)'),
  ];
  return svg(title, `${frame()}${line}<g class="dots">${dots.join('')}</g>${labels.join('')}`);
}
