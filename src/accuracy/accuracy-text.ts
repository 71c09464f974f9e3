import type { Accuracy } from '../schema/generated/types.js';

/** `top-1 97.22 % -> 96.94 %, top-5 100 % -> 100 %, 360 samples` */
export function accuracyText(accuracy: Accuracy): string {
  const { before, after, data } = accuracy;
  const change = (was: string, is: string | undefined): string =>
    is === undefined ? was : `${was} -> ${is}`;
  const parts = [
    ...(before.top1 === undefined
      ? []
      : [`top-1 ${change(percent(before.top1), mapped(after?.top1, percent))}`]),
    ...(before.top5 === undefined
      ? []
      : [`top-5 ${change(percent(before.top5), mapped(after?.top5, percent))}`]),
    ...(before.meanAbsoluteError === undefined
      ? []
      : [
          `mean absolute error ${change(short(before.meanAbsoluteError), after === undefined ? undefined : (mapped(after.meanAbsoluteError, short) ?? 'none is finite'))}`,
        ]),
    ...((after?.nonFinite ?? 0) === 0 ? [] : [`${after?.nonFinite} NaN or infinite`]),
  ];
  return `${parts.join(', ')}, ${data.samples} samples`;
}

/** What was lost, and what may be: `0.28 points lost, 0.5 allowed`. */
export function dropText({ drop, maxDrop, task }: Accuracy): string {
  const unit = task === 'classification' ? ' points' : ' %';
  const lost =
    drop === undefined
      ? 'a loss that no number tells'
      : `${short(drop * 100)}${unit} ${task === 'classification' ? 'lost' : 'more'}`;
  return maxDrop === undefined ? lost : `${lost}, ${short(maxDrop * 100)}${unit} allowed`;
}

function mapped(value: number | undefined, text: (value: number) => string): string | undefined {
  return value === undefined ? undefined : text(value);
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
