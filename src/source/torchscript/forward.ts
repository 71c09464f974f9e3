import { MalformedError } from '../file-window.js';
import { bracketed, findOutside, splitList } from './text.js';

/** One argument of forward(), but for `self`. */
export interface Argument {
  readonly name: string;
  /** As TorchScript writes it: `Tensor`, `Optional[Tensor]`, `List[int]`, … */
  readonly type: string;
  readonly hasDefault: boolean;
}

export interface Forward {
  /** `(image: Tensor, n: int=2) -> Tensor` */
  readonly signature: string;
  readonly arguments: readonly Argument[];
  /** Number of tensors that it returns; undefined when the code does not say. */
  readonly outputs: number | undefined;
}

const MAX_SIGNATURE = 64 * 1024;
const MAX_ARGUMENTS = 1024;
const MAX_TYPE = 4096;
const INDENT = '\n  ';

/**
 * What the code of a class says about its forward().
 *
 * @throws MalformedError when the class or the method is missing, or cannot be read.
 */
export function readForward(code: string, name: string): Forward {
  const body = classBody(code, name);
  const start = body.indexOf(`${INDENT}def forward(`);
  if (start < 0)
    throw new MalformedError(
      `its module ${name} has no forward(), so there is nothing that could be run`,
    );
  const open = body.indexOf('(', start);
  const text = body.slice(open, open + MAX_SIGNATURE);
  const list = bracketed(text, 0);
  const colon = list === undefined ? undefined : findOutside(text, list.end + 1, ':');
  if (list === undefined || colon === undefined)
    throw new MalformedError(`the forward() of its module ${name} cannot be read`);
  const [, ...words] = splitList(list.inside);
  if (words.length > MAX_ARGUMENTS)
    throw new MalformedError(`the forward() of its module ${name} has ${words.length} arguments`);
  const returned = text
    .slice(list.end + 1, colon)
    .replace(/^\s*->\s*/, '')
    .trim();
  return {
    signature: `(${words.map(oneLine).join(', ')}) -> ${oneLine(returned)}`,
    arguments: words.map(argumentOf),
    outputs: countTensors(oneLine(returned)) ?? countReturned(methodBody(body, open + colon)),
  };
}

/** The lines of one class, up to the next thing that begins a line. */
function classBody(code: string, name: string): string {
  const text = `\n${code}`;
  const start = text.indexOf(`\nclass ${name}(`);
  if (start < 0) throw new MalformedError(`its code has no class ${name}`);
  const rest = text.slice(start + 1);
  const end = rest.search(/\n[^\s#]/);
  return end < 0 ? rest : rest.slice(0, end);
}

function methodBody(body: string, start: number): string {
  const rest = body.slice(start);
  const end = rest.indexOf(`${INDENT}def `);
  return end < 0 ? rest : rest.slice(0, end);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

function argumentOf(word: string): Argument {
  const colon = findOutside(word, 0, ':');
  const equals = findOutside(word, 0, '=');
  const end = equals ?? word.length;
  const name = word.slice(0, Math.min(colon ?? end, end)).trim();
  if (!/^[^\s.,:=[\](){}]{1,1024}$/.test(name))
    throw new MalformedError(`the argument ${JSON.stringify(word.slice(0, 80))} cannot be read`);
  // what has no type is a tensor
  const type = colon === undefined ? 'Tensor' : oneLine(word.slice(colon + 1, end).trim());
  return { name, type, hasDefault: equals !== undefined };
}

/** How many tensors a type stands for: itself, or a tuple of such. */
function countTensors(type: string): number | undefined {
  if (type === 'Tensor') return 1;
  if (type.length > MAX_TYPE) return undefined;
  const inside = /^Tuple\[(.*)\]$/.exec(type)?.[1];
  if (inside === undefined) return undefined;
  const counts = splitList(inside).map(countTensors);
  return counts.reduce<number | undefined>(
    (sum, count) => (sum === undefined || count === undefined ? undefined : sum + count),
    0,
  );
}

/** Of a `List[Tensor]`: the elements of the one list that the method returns. */
function countReturned(body: string): number | undefined {
  const [only, ...more] = [...body.matchAll(/\n +return (.*)/g)];
  if (only === undefined || more.length > 0) return undefined;
  const name = /^(\w+)\s*$/.exec(only[1] ?? '')?.[1];
  const start =
    name === undefined
      ? only.index + only[0].indexOf('return ') + 'return '.length
      : body.indexOf(`\n    ${name} = [`) + `\n    ${name} = `.length;
  if (body[start] !== '[') return undefined;
  const list = bracketed(body, start);
  return list === undefined ? undefined : splitList(list.inside).length;
}
