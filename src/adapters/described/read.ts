import path from 'node:path';
import { ModelconvError } from '../../errors.js';
import { readSmallText } from '../../host/files.js';
import { checkDocument, invalidDocument } from '../../schema/check.js';
import type { AdapterDescription } from '../../schema/generated/types.js';
import { parseYaml } from '../../schema/parse.js';
import { keysOf } from './faults.js';
import { lintDescription } from './lint.js';

const MAX_BYTES = 256 * 1024;
const CODE = 'E_ADAPTER_INVALID';

/**
 * Read the description of an adapter.
 *
 * @throws {@link ModelconvError} `E_INPUT` or `E_ADAPTER_INVALID`, with every fault and its place.
 */
export async function readDescription(file: string): Promise<AdapterDescription> {
  const parsed = parseYaml(await readSmallText(file, MAX_BYTES, CODE), file, CODE);
  const description = await checkDocument('adapter', parsed.data, file, parsed);
  const faults = lintDescription(description).map((fault) => ({
    ...fault,
    ...parsed.place(keysOf(fault.path)),
  }));
  if (faults.length > 0) throw invalidDocument(CODE, file, 'its parts do not go together', faults);
  const name = path.basename(file).replace(/\.ya?ml$/, '');
  if (description.id === name) return description;
  throw new ModelconvError(CODE, {
    what: `${file} describes the adapter "${description.id}"`,
    why: 'an adapter is found by the name of its file',
    next: `name the file ${description.id}.yaml`,
  });
}
