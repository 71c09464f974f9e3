import { dropText } from '../../accuracy/accuracy-text.js';
import { printableLine } from '../../printable.js';
import type { ComparedModel, ComparedOutput, CompareResult } from '../../schema/generated/types.js';
import { type SampleSet, shapeOf } from '../../tensor/samples.js';
import type { OutputDifference } from '../outputs.js';
import { histogramChart, scatterChart, shortNumber } from './charts.js';
import { isImage, sampleImage } from './sample-image.js';
import { STYLE } from './style.js';

export interface ReportInput {
  readonly result: CompareResult;
  /** The same outputs with all that was collected. */
  readonly outputs: readonly OutputDifference[];
  readonly samples: SampleSet;
}

/**
 * A comparison as one HTML file that needs nothing else: no scripts, no network.
 *
 * @param start - its first line.
 */
export function htmlReport(
  { result, outputs, samples }: ReportInput,
  start = '<!doctype html>',
): string {
  const verdict = verdictOf(result);
  const title = `${baseName(result.b.path)} ${verdict}`;
  return [
    start,
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escaped(title)}</title><style>${STYLE}</style></head><body>`,
    `<h1 class="${result.passed ? 'good' : 'bad'}">${result.passed ? '✓' : '✗'} ${escaped(title)}</h1>`,
    models(result),
    findings(result),
    accuracyTable(result),
    metricsTable(result),
    layerTable(result),
    ...outputs.map((output, at) => section(output, result.outputs[at], samples)),
    '</body></html>\n',
  ].join('\n');
}

function verdictOf({ passed, accuracy, outputs, faults }: CompareResult): string {
  if (passed) return 'computes the same';
  const isSame = outputs.every((output) => output.faults.length === 0);
  // the only fault that there is
  const isAccuracy = accuracy?.passed === false && faults.length === 1;
  return isSame && isAccuracy ? 'loses too much accuracy' : 'does not compute the same';
}

function baseName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}

/** Text of a model file or of a user: never markup. */
function escaped(text: string): string {
  return printableLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function models({ a, b, samples, inputs, tolerance }: CompareResult): string {
  const row = (label: string, model: ComparedModel): string =>
    `<tr><th>${label}</th><td>${escaped(model.path)}</td><td>${escaped(model.format)}</td><td>${model.precision ?? 'unknown'}</td><td>${escaped(model.runtime.name)} ${escaped(model.runtime.version)}</td></tr>`;
  const bounds = Object.entries(tolerance).map(([name, bound]) => `${name} ${bound}`);
  return [
    '<table><thead><tr><th></th><th>file</th><th>format</th><th>precision</th><th>run by</th></tr></thead><tbody>',
    row('reference', a),
    row('compared', b),
    '</tbody></table>',
    `<p>${samples} ${inputs.kind} samples${inputs.seed === undefined ? '' : `, seed ${inputs.seed}`}${bounds.length === 0 ? '' : `; bounds: ${escaped(bounds.join(', '))}`}</p>`,
  ].join('\n');
}

function findings({ faults, outputs }: CompareResult): string {
  const all = [
    ...faults,
    ...outputs.flatMap(({ name, faults: own }) => own.map((fault) => `output ${name}: ${fault}`)),
  ];
  if (all.length === 0) return '';
  return `<ul class="findings">${all.map((fault) => `<li>${escaped(fault)}</li>`).join('')}</ul>`;
}

const SCORES = [
  ['top1', 'top-1', percent],
  ['top5', 'top-5', percent],
  ['meanAbsoluteError', 'mean absolute error', shortNumber],
  ['nonFinite', 'NaN or infinite', String],
] as const;

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}

/** What both models scored on labelled data, where that was measured. */
function accuracyTable({ accuracy }: CompareResult): string {
  if (accuracy === undefined) return '';
  const { before, after, data, output } = accuracy;
  const cell = (value: number | undefined, text: (value: number) => string): string =>
    `<td class="number">${value === undefined ? '' : text(value)}</td>`;
  const rows = SCORES.flatMap(([key, label, text]) =>
    before[key] === undefined && after?.[key] === undefined
      ? []
      : [`<tr><th>${label}</th>${cell(before[key], text)}${cell(after?.[key], text)}</tr>`],
  );
  return [
    `<h2>Accuracy</h2><p>${data.samples} labelled samples, output ${escaped(output)}: ${escaped(dropText(accuracy))}</p>`,
    `<table><thead><tr><th></th><th>before</th><th>after</th></tr></thead><tbody>${rows.join('')}</tbody></table>`,
  ].join('\n');
}

const COLUMNS = [
  ['maxAbs', 'max abs'],
  ['maxRel', 'max rel'],
  ['rmse', 'RMSE'],
  ['snrDb', 'SNR (dB)'],
  ['cosine', 'cosine'],
  ['top1Agreement', 'top-1 agrees'],
] as const;

function metricsTable({ outputs }: CompareResult): string {
  if (outputs.length === 0) return '';
  const head = COLUMNS.map(([, label]) => `<th>${label}</th>`).join('');
  const rows = outputs.map((output) => {
    const cells = COLUMNS.map(([key]) => {
      const value = output.metrics?.[key];
      return `<td class="number">${value === undefined ? '' : metricText(key, value)}</td>`;
    });
    const mark = output.faults.length === 0 ? 'good' : 'bad';
    return `<tr class="${mark}"><th>${escaped(output.name)}</th><td>[${output.shape?.join(', ') ?? '?'}]</td>${cells.join('')}</tr>`;
  });
  return `<table><thead><tr><th>output</th><th>shape</th>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

/** A cosine of 0.99993 is not 1. */
function metricText(key: (typeof COLUMNS)[number][0], value: number): string {
  if (key === 'top1Agreement') return `${Number((value * 100).toFixed(2))} %`;
  return key === 'cosine' ? String(value) : shortNumber(value);
}

/** Every tensor that was compared, with a bar for its error. */
function layerTable({ layers }: CompareResult): string {
  if (layers === undefined) return '';
  const { first, tensors, unmatched, samples, against } = layers;
  const most = Math.max(...tensors.map(({ relativeError = 0 }) => relativeError), 1e-12);
  const rows = tensors.map(({ name, otherName, operator = '', relativeError, cosine }) => {
    const share = relativeError === undefined ? 1 : relativeError / most;
    const bar = `<svg viewBox="0 0 100 8" role="presentation"><rect class="bar" width="${(share * 100).toFixed(1)}" height="8"/></svg>`;
    const error = relativeError === undefined ? 'not finite' : shortNumber(relativeError);
    return `<tr${name === first?.name ? ' class="bad"' : ''}><th>${escaped(name)}</th><td>${escaped(operator)}</td><td class="number">${error}</td><td class="share">${bar}</td><td class="number">${cosine}</td><td>${escaped(otherName)}</td></tr>`;
  });
  const verdict =
    first === undefined
      ? 'No layer adds an error beyond what rounding does.'
      : escaped(first.message);
  const stand =
    against === undefined
      ? ''
      : ` The reference does not show its layers: what ${escaped(against)} computes in floating point stands in for it.`;
  return [
    `<section><h2>Layer by layer</h2><p${first === undefined ? '' : ' class="bad"'}>${verdict}</p>`,
    '<table><thead><tr><th>tensor</th><th>computed by</th><th>relative error</th><th></th><th>cosine</th><th>in the other model</th></tr></thead>',
    `<tbody>${rows.join('')}</tbody></table>`,
    `<p>${tensors.length} tensors, ${samples} samples; ${unmatched.length} tensors of the reference have no counterpart: they were fused into others, or are not shown.${stand}</p></section>`,
  ].join('\n');
}

function section(
  { name, collector, transposed }: OutputDifference,
  result: ComparedOutput | undefined,
  samples: SampleSet,
): string {
  if (collector === undefined) return '';
  const note =
    transposed === true
      ? '<p>The converter moved the channels last; they were moved back to compare.</p>'
      : '';
  return [
    `<section><h2>${escaped(name)}</h2>${note}`,
    `<div class="charts"><figure>${histogramChart(collector.histogram)}<figcaption>How the differences are spread</figcaption></figure>`,
    `<figure>${scatterChart(collector.points)}<figcaption>Each dot is one element: on the line it is the same in both</figcaption></figure></div>`,
    worstSamples(result, samples),
    '</section>',
  ].join('\n');
}

/** Shapes of one sample, where not all have the same. */
function sizesOf({ inputs }: SampleSet, index: number): string {
  return inputs
    .filter(({ shapes }) => shapes !== undefined)
    .map((input) => `<br>${escaped(input.name)} [${shapeOf(input, index).join(', ')}]`)
    .join('');
}

function worstSamples(result: ComparedOutput | undefined, samples: SampleSet): string {
  const worst = result?.worstSamples ?? [];
  if (worst.length === 0) return '';
  const images = samples.inputs.filter(isImage);
  const cards = worst.map(({ index, maxAbs, cosine }) => {
    const shown = images.map((input) => {
      const source = sampleImage(input, index);
      return source === undefined
        ? ''
        : `<img src="${source}" alt="sample ${index}, input ${escaped(input.name)}">`;
    });
    return `<figure class="sample">${shown.join('')}<figcaption>sample ${index}${sizesOf(samples, index)}<br>max abs ${shortNumber(maxAbs)}, cosine ${cosine}</figcaption></figure>`;
  });
  return `<h3>Samples that differ most</h3><div class="samples">${cards.join('')}</div>`;
}
