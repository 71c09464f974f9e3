import path from 'node:path';
import { compareVersions } from '../../device/version.js';
import { ModelconvError } from '../../errors.js';
import type {
  DescribedArgument,
  DescribedCalibration,
  DescribedCondition,
  DescribedWords,
  ModelTensor,
} from '../../schema/generated/types.js';
import { isOpen } from '../../tensor/open-shape.js';
import type { ConversionJob } from '../contract.js';
import { fillTemplate, parseTemplate } from './template.js';

/** What the words of a step depend on. */
export interface Filling {
  readonly job: ConversionJob;
  /** Options of the job, defaults filled in. */
  readonly options: Readonly<Record<string, string>>;
  readonly values: ReadonlyMap<string, string>;
}

/** Whether a condition holds; no condition always does. */
export function holds(condition: DescribedCondition | undefined, filling: Filling): boolean {
  const { job, options, values } = filling;
  const { precision, source, target, sourcePrecision, toolFrom, toolBelow } = condition ?? {};
  const { calibrated, fixedSizes, closedSizes } = condition ?? {};
  const { info } = job.source;
  const compared = (version: string): number => compareVersions(job.toolchain.version, version);
  const facts: readonly [asked: boolean | undefined, is: boolean][] = [
    [calibrated, job.calibration !== undefined],
    [fixedSizes, Object.keys(job.inputShapes).length > 0],
    [closedSizes, info.inputs.every(({ shape }) => !isOpen(shape))],
  ];
  return (
    (precision === undefined || precision.includes(job.precision)) &&
    (source === undefined || source.includes(info.format)) &&
    (target === undefined || target.includes(values.get('target') ?? '')) &&
    (sourcePrecision === undefined || sourcePrecision.includes(info.precision ?? 'fp32')) &&
    (toolFrom === undefined || compared(toolFrom) >= 0) &&
    (toolBelow === undefined || compared(toolBelow) < 0) &&
    facts.every(([asked, is]) => asked === undefined || asked === is) &&
    Object.entries(condition?.options ?? {}).every(([name, wanted]) =>
      wanted.includes(options[name] ?? ''),
    )
  );
}

/**
 * The words of a command line.
 *
 * @throws {@link ModelconvError} `E_NOT_CONVERTIBLE` for a tensor name that the tool would take apart.
 */
export function fillArguments(args: readonly DescribedArgument[], filling: Filling): string[] {
  return args.flatMap((argument) => {
    if (typeof argument === 'string') return [fillTemplate(argument, filling.values)];
    if (!holds(argument.if, filling)) return [];
    if (argument.join !== undefined) return [joined(argument, filling)];
    const { args: words = [] } = argument;
    if (argument.each === undefined) return words.map((word) => fillTemplate(word, filling.values));
    return tensorsOf(argument, filling).flatMap((values) =>
      words.map((word) => fillTemplate(word, values)),
    );
  });
}

function joined(words: DescribedWords, filling: Filling): string {
  const { join = '', item = '', text = '{items}' } = words;
  const items = tensorsOf(words, filling, markup(words)).map((values) =>
    fillTemplate(item, values),
  );
  return fillTemplate(text, new Map([...filling.values, ['items', items.join(join)]]));
}

/** What the tool splits the joined word at: letters and digits never do. */
function markup({ join = '', item = '' }: DescribedWords): ReadonlySet<string> {
  const fixed = parseTemplate(item).map((piece) => ('text' in piece ? piece.text : ''));
  return new Set([...`${join}${fixed.join('')}`].filter((sign) => !/[\w.-]/.test(sign)));
}

/**
 * The lines of a list name inputs beside their files: no name may end an entry or a line.
 *
 * @throws {@link ModelconvError} `E_NOT_CONVERTIBLE`.
 */
export function refuseListNames(
  { entry = '', separator = ' ' }: DescribedCalibration,
  filling: Filling,
): void {
  const isNamed = parseTemplate(entry).some(
    (piece) => 'name' in piece && piece.name === 'input.name',
  );
  if (isNamed) tensorsOf({ each: 'input' }, filling, new Set([...separator, '\n', '\r']));
}

/** For each input or output: the values of the job and its own. */
function tensorsOf(
  { each = 'input', sizes = ',' }: DescribedWords,
  { job, values }: Filling,
  unspeakable: ReadonlySet<string> = new Set(),
): ReadonlyMap<string, string>[] {
  const { info } = job.source;
  return (each === 'input' ? info.inputs : info.outputs).map((tensor) => {
    if ([...tensor.name].some((sign) => unspeakable.has(sign)))
      throw unspeakableName(job, each, tensor, [...unspeakable]);
    return new Map([
      ...values,
      [`${each}.name`, tensor.name],
      [`${each}.sizes`, (tensor.shape ?? []).join(sizes)],
    ]);
  });
}

function unspeakableName(
  { source, device, toolchain }: ConversionJob,
  each: string,
  { name }: ModelTensor,
  signs: readonly string[],
): ModelconvError {
  return new ModelconvError('E_NOT_CONVERTIBLE', {
    what: `${path.basename(source.path)} cannot be converted for ${device.name}: ${toolchain.tool} cannot be told about its ${each} ${JSON.stringify(name)}`,
    why: `${toolchain.tool} gives ${signs.map(shown).join(' ')} a meaning of their own`,
    next: `rename the ${each} in the model`,
  });
}

function shown(sign: string): string {
  return /\s/.test(sign) ? JSON.stringify(sign) : sign;
}
