import type { ArgumentDefinition, CommandDefinition, FlagDefinition } from './definition.js';
import { fillScript } from './template.js';
import type { ValueKind } from './value-kind.js';

/** The completion script for zsh: a file `_modelconv` in `fpath`, or sourced after `compinit`. */
export async function zshScript(commands: readonly CommandDefinition[]): Promise<string> {
  return await fillScript('zsh', commands.map(functionOf));
}

/** The function of a command, `_modelconv-toolchains-install`, or of the program. */
function nameOf(words: readonly string[]): string {
  return words.length === 0 ? '_modelconv_root' : ['_modelconv', ...words].join('-');
}

function functionOf(definition: CommandDefinition): string {
  const { words, commands, flags } = definition;
  const specs = flags.flatMap(flagSpecs);
  const body =
    commands.length > 0
      ? groupBody(definition, specs)
      : [call('-s -S', [...specs, ...argumentSpecs(definition)])];
  return `${nameOf(words)}() {\n${body.join('\n')}\n}\n`;
}

function groupBody({ words, commands }: CommandDefinition, specs: readonly string[]): string[] {
  const names = commands.map(({ name, summary }) => quoted(`${escaped(name)}:${summary}`));
  const cases = commands.map(({ name }) => `    ${name}) ${nameOf([...words, name])} ;;`);
  return [
    '  local curcontext="$curcontext" state state_descr line',
    '  typeset -A opt_args',
    `  local -a _modelconv_commands=(\n    ${names.join('\n    ')}\n  )`,
    call('-C -S', [...specs, "'1:command:->command'", "'*::argument:->rest'"]),
    '  case $state in',
    "    command) _describe -t commands 'command' _modelconv_commands ;;",
    '    rest)',
    // as zsh's own completions do it: styles can name the command
    '      curcontext=$' + '{curcontext%:*}-$line[1]:',
    `      case $line[1] in\n    ${cases.join('\n    ')}\n      esac`,
    '      ;;',
    '  esac',
  ];
}

function call(flags: string, specs: readonly string[]): string {
  return `  _arguments ${flags} \\\n    ${specs.join(' \\\n    ')}`;
}

/** `(-d --device)--device=[what it is]:placeholder:action`, once for each of its names. */
function flagSpecs({ names, summary, value, placeholder, isRepeatable }: FlagDefinition): string[] {
  return names.map((name) => {
    const before = isRepeatable ? '*' : `(${names.join(' ')})`;
    const mark = value === undefined ? '' : name.startsWith('--') ? '=' : '+';
    const rest = value === undefined ? '' : `:${escaped(placeholder)}:${actionOf(value)}`;
    return quoted(`${before}${name}${mark}[${escaped(summary)}]${rest}`);
  });
}

function argumentSpecs({ arguments: all }: CommandDefinition): string[] {
  return all.map(({ name, value, isVariadic }: ArgumentDefinition, index) =>
    quoted(`${isVariadic ? '*' : index + 1}:${escaped(name)}:${actionOf(value)}`),
  );
}

function actionOf(value: ValueKind): string {
  if (typeof value !== 'string') return `(${value.oneOf.join(' ')})`;
  if (value === 'file') return '_files';
  if (value === 'directory') return '_files -/';
  return value === 'text' ? ' ' : ` _modelconv_look_up ${value}`;
}

function escaped(text: string): string {
  return text.replaceAll(/[[\]:\\]/g, (char) => `\\${char}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
