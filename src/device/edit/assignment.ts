import { ModelconvError } from '../../errors.js';
import { parseYaml } from '../../schema/parse.js';

/** A field of a device, as the keys that lead to it, and what it is to be. */
export interface Assignment {
  readonly path: readonly string[];
  readonly value: unknown;
}

/**
 * Fields that hold text: `stack.version=2.3` is not the number that YAML makes of it. All others
 * are lists and numbers, or extensions and options, which hold what they are given.
 */
export const TEXT_FIELDS: ReadonlySet<string> = new Set([
  ...['protocol', 'kind', 'name', 'extends', 'description', 'class', 'vendor', 'soc', 'npu'],
  ...['arch', 'os', 'cpu', 'stack.kind', 'stack.version', 'stack.driver'],
  ...['connection.type', 'connection.host', 'connection.user'],
  ...['converter.adapter', 'converter.toolchain'],
]);

/** Names of options may hold dots themselves. */
const OPTIONS = 'converter.options.';

/** The keys of a dotted field. @throws ModelconvError `E_USAGE` for an empty one. */
export function parseField(field: string, flag: string): string[] {
  const path = field.startsWith(OPTIONS)
    ? ['converter', 'options', field.slice(OPTIONS.length)]
    : field.split('.');
  if (path.some((key) => key.trim() === ''))
    throw new ModelconvError('E_USAGE', {
      what: `${flag} ${field}: there is no such field`,
      next: `name a field, as in: ${flag} stack.version${flag === '--set' ? '=2.3.2' : ''}`,
    });
  return path;
}

/**
 * `KEY=VALUE`: a dotted field, and its value as YAML (`formats=[rknn]`); fields of text take it as it stands.
 *
 * @throws ModelconvError `E_USAGE` when it is none.
 */
export function parseAssignment(word: string): Assignment {
  const at = word.indexOf('=');
  if (at <= 0)
    throw new ModelconvError('E_USAGE', {
      what: `--set ${word}: there is no "=" after the name of a field`,
      next: 'give it as KEY=VALUE, as in: --set stack.version=2.3.2',
    });
  const path = parseField(word.slice(0, at), '--set');
  const text = word.slice(at + 1);
  return { path, value: readValue(path.join('.'), text, `--set ${word}`) };
}

function readValue(field: string, text: string, label: string): unknown {
  const isText = TEXT_FIELDS.has(field);
  try {
    const { data } = parseYaml(text, label, 'E_USAGE');
    // quotes are YAML's, whatever the field
    return isText && typeof data !== 'string' ? text : data;
  } catch (error) {
    if (isText) return text;
    throw error;
  }
}
