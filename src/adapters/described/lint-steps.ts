import type {
  AdapterDescription,
  DescribedArgument,
  DescribedStep,
} from '../../schema/generated/types.js';
import { didYouMean } from '../../schema/nearest.js';
import type { Faults, Place } from './faults.js';
import { parseTemplate } from './template.js';

/** Names that nothing stands for, in one step. */
export function lintStep(
  step: DescribedStep,
  place: Place,
  description: AdapterDescription,
  faults: Faults,
): void {
  const names = namesOf(description);
  lintProgram(step.program, [...place, 'program'], description, faults);
  lintCondition(step.if, [...place, 'if'], description, faults);
  for (const [index, argument] of step.args.entries())
    lintArgument(argument, [...place, 'args', index], names, description, faults);
  for (const [name, value] of Object.entries(step.env ?? {}))
    lintTemplate(value, [...place, 'env', name], names, faults);
}

function lintArgument(
  argument: DescribedArgument,
  place: Place,
  names: readonly string[],
  description: AdapterDescription,
  faults: Faults,
): void {
  if (typeof argument === 'string') {
    lintTemplate(argument, place, names, faults);
    return;
  }
  const { each = 'input', args, join, item, text } = argument;
  lintCondition(argument.if, [...place, 'if'], description, faults);
  const tensor = [...names, `${each}.name`, `${each}.sizes`];
  if (join === undefined) {
    if (args === undefined) faults.add(place, 'has neither "args" nor "join"');
    if (item !== undefined || text !== undefined)
      faults.add(place, '"item" and "text" have no use without "join"');
    for (const [index, word] of (args ?? []).entries())
      lintTemplate(word, [...place, 'args', index], argument.each ? tensor : names, faults);
    return;
  }
  if (args !== undefined) faults.add([...place, 'args'], 'has no use beside "join"');
  if (item === undefined) faults.add(place, '"item" is missing: what is joined?');
  lintTemplate(item ?? '', [...place, 'item'], tensor, faults);
  lintTemplate(text ?? '{items}', [...place, 'text'], [...names, 'items'], faults);
}

/** Options that a condition names have to be there. */
export function lintCondition(
  condition: DescribedStep['if'],
  place: Place,
  { options = {} }: AdapterDescription,
  faults: Faults,
): void {
  const known = Object.keys(options);
  for (const name of Object.keys(condition?.options ?? {}))
    if (!known.includes(name))
      faults.add(
        [...place, 'options', name],
        `there is no option "${name}".${didYouMean(name, known)}`,
      );
}

/** A program that a step names has to be one of the tool's. */
export function lintProgram(
  program: string | undefined,
  place: Place,
  { find }: AdapterDescription,
  faults: Faults,
): void {
  const known = find.programs.map(({ name }) => name);
  if (program !== undefined && !known.includes(program))
    faults.add(place, `there is no program "${program}".${didYouMean(program, known)}`);
}

/** What templates of steps can name. */
function namesOf({ options = {}, devices, calibration }: AdapterDescription): string[] {
  return [
    ...['source', 'name', 'precision', 'soc'],
    ...(devices.targets === undefined ? [] : ['target']),
    ...(calibration === undefined ? [] : ['calibration', 'calibration.count']),
    ...Object.keys(options).map((name) => `option.${name}`),
  ];
}

/** A template has to be one, and to name what can be filled in. */
export function lintTemplate(
  template: string,
  place: Place,
  names: readonly string[],
  faults: Faults,
): void {
  try {
    for (const piece of parseTemplate(template))
      if ('name' in piece && !names.includes(piece.name))
        faults.add(
          place,
          `nothing is filled in for {${piece.name}}.${didYouMean(piece.name, names)} Known here: ${names.map((name) => `{${name}}`).join(' ')}`,
        );
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    faults.add(place, `${JSON.stringify(template)} has ${error.message}`);
  }
}
