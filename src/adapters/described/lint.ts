import type { Fault } from '../../errors.js';
import type { AdapterDescription } from '../../schema/generated/types.js';
import { didYouMean } from '../../schema/nearest.js';
import { EXPORT_PROGRAM } from './export-plan.js';
import { Faults, type Place } from './faults.js';
import { lintCondition, lintProgram, lintStep, lintTemplate } from './lint-steps.js';

/** What the schema cannot say about a description: names that nothing stands for, patterns that are none. */
export function lintDescription(description: AdapterDescription): Fault[] {
  const faults = new Faults();
  lintPrograms(description, faults);
  lintVersion(description, faults);
  lintPatterns(description, faults);
  lintPrecisions(description, faults);
  lintCalibration(description, faults);
  for (const [index, refusal] of (description.refuse ?? []).entries())
    lintCondition(refusal.if, ['refuse', index, 'if'], description, faults);
  for (const [index, step] of description.steps.entries())
    lintStep(step, ['steps', index], description, faults);
  lintOutput(description, faults);
  if (description.run !== undefined) {
    lintProgram(description.run.program, ['run', 'program'], description, faults);
    for (const [index, word] of description.run.args.entries())
      lintTemplate(word, ['run', 'args', index], ['spec'], faults);
  }
  return faults.list;
}

function lintOutput({ output }: AdapterDescription, faults: Faults): void {
  for (const [index, file] of output.files.entries())
    lintTemplate(file, ['output', 'files', index], ['name'], faults);
  for (const [file, others] of Object.entries(output.alternatives ?? {})) {
    const place = ['output', 'alternatives', file];
    if (!output.files.includes(file)) faults.add(place, `${file} is none of the files`);
    for (const [index, other] of others.entries())
      lintTemplate(other, [...place, index], ['name'], faults);
  }
  for (const [index, { text, hex }] of (output.signature ?? []).entries())
    if ((text === undefined) === (hex === undefined))
      faults.add(['output', 'signature', index], 'takes exactly one of: text, hex');
}

/** Steps name programs: no two may share a name, and one is taken. */
function lintPrograms({ find }: AdapterDescription, faults: Faults): void {
  const names = [EXPORT_PROGRAM];
  for (const [index, { name }] of find.programs.entries()) {
    if (names.includes(name))
      faults.add(['find', 'programs', index, 'name'], `the name "${name}" is taken`);
    names.push(name);
  }
}

function lintVersion({ find: { version } }: AdapterDescription, faults: Faults): void {
  const { args, file, files, distribution, patterns } = version;
  const place = ['find', 'version'];
  const sources = [args, file, files, distribution].filter((source) => source !== undefined);
  if (sources.length !== 1)
    faults.add(place, 'takes exactly one of: args, file, files, distribution');
  if (distribution === undefined && patterns === undefined)
    faults.add(place, '"patterns" is missing: how is the version recognized?');
  if (distribution !== undefined && patterns !== undefined)
    faults.add([...place, 'patterns'], 'has no use beside distribution');
  for (const [index, pattern] of (patterns ?? []).entries()) {
    const groups = countGroups(pattern);
    if (groups === 0) faults.add([...place, 'patterns', index], 'has no group ( ) for the version');
  }
}

/** Number of capturing groups; undefined for what is no pattern. */
function countGroups(pattern: string): number | undefined {
  try {
    return (new RegExp(`${pattern}|`, 'm').exec('')?.length ?? 1) - 1;
  } catch {
    return undefined;
  }
}

function lintPatterns(description: AdapterDescription, faults: Faults): void {
  const patterns: readonly [Place, string | undefined][] = [
    ...(description.find.version.patterns ?? []).map((pattern, index): [Place, string] => [
      ['find', 'version', 'patterns', index],
      pattern,
    ]),
    ...description.steps.map(({ successPattern }, index): [Place, string | undefined] => [
      ['steps', index, 'successPattern'],
      successPattern,
    ]),
    ...description.failures.map(({ pattern }, index): [Place, string] => [
      ['failures', index, 'pattern'],
      pattern,
    ]),
    ...Object.entries(description.options ?? {}).map(
      ([name, { pattern }]): [Place, string | undefined] => [['options', name, 'pattern'], pattern],
    ),
  ];
  for (const [place, pattern] of patterns)
    if (pattern !== undefined && countGroups(pattern) === undefined)
      faults.add(place, `${JSON.stringify(pattern)} is no regular expression`);
  const labels = description.steps.map(({ label }) => label);
  for (const [index, { step }] of description.failures.entries())
    if (step !== undefined && !labels.includes(step))
      faults.add(
        ['failures', index, 'step'],
        `no step is labelled "${step}".${didYouMean(step, labels)}`,
      );
  for (const [name, { values, pattern, default: value }] of Object.entries(
    description.options ?? {},
  )) {
    if ((values === undefined) === (pattern === undefined))
      faults.add(['options', name], 'takes exactly one of: values, pattern');
    if (values !== undefined && value !== undefined)
      faults.add(
        ['options', name, 'default'],
        'has no use beside values: the first one is the default',
      );
  }
}

function lintPrecisions({ precisions }: AdapterDescription, faults: Faults): void {
  const { to, keep = [], calibrated = [] } = precisions;
  if (to.length === 0 && keep.length === 0)
    faults.add(['precisions'], 'neither converts to a precision nor keeps one');
  for (const [index, precision] of calibrated.entries())
    if (!to.includes(precision))
      faults.add(['precisions', 'calibrated', index], `${precision} is not in "to"`);
}

function lintCalibration(description: AdapterDescription, faults: Faults): void {
  const { calibration, precisions } = description;
  const isCalibrated = (precisions.calibrated ?? []).length > 0;
  if (calibration === undefined && isCalibrated)
    faults.add(
      ['precisions', 'calibrated'],
      '"calibration" is missing: how is the data handed over?',
    );
  if (calibration !== undefined && !isCalibrated)
    faults.add(['calibration'], 'has no use: no precision is calibrated');
  if (calibration?.entry === undefined) return;
  if (calibration.form === 'npy')
    faults.add(['calibration', 'entry'], 'has no use: there is no list with one array');
  lintTemplate(calibration.entry, ['calibration', 'entry'], ['file', 'input.name'], faults);
}
