import { ModelconvError } from '../errors.js';
import type { Framework, Options } from '../schema/generated/types.js';

/** `KEY=VALUE` pairs as options; numbers and booleans stay text, adapters say what they take. @throws ModelconvError `E_USAGE`. */
export function parseOptions(pairs: readonly string[]): Options {
  const options: Options = {};
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals <= 0 || !/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/.test(pair.slice(0, equals))) {
      throw new ModelconvError('E_USAGE', {
        what: `--option ${JSON.stringify(pair)} is not understood`,
        next: 'write --option KEY=VALUE',
      });
    }
    options[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  return options;
}

/** `NAME@VERSION` or `NAME`. @throws ModelconvError `E_USAGE`. */
export function parseFramework(text: string): Framework {
  const match = /^([^@\s]{1,64})(?:@([0-9A-Za-z][0-9A-Za-z.+_~-]{0,63}))?$/.exec(text);
  const [, name, version] = match ?? [];
  if (name === undefined)
    throw new ModelconvError('E_USAGE', {
      what: `--framework ${JSON.stringify(text)} is not understood`,
      next: 'write --framework NAME@VERSION, e.g. pytorch@2.13.0',
    });
  return version === undefined ? { name } : { name, version };
}
