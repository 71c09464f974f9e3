import { readFile, writeFile } from 'node:fs/promises';
import { ModelconvError } from '../../errors.js';
import type { EmbedRequest } from '../contract.js';

/** An IR's XML is at most this large: weights are not in it. */
const END = '</rt_info>\n</net>';

/**
 * The text as `<modelconv value="…"/>` in the rt_info of the net: OpenVINO reads what it knows there and
 * keeps the rest (`model.get_rt_info(['modelconv'])` gives it back).
 *
 * @throws ModelconvError `E_TOOL_OUTPUT` when the file does not end as OpenVINO ends it.
 */
export async function appendedRtInfo({ files: [model], text }: EmbedRequest): Promise<void> {
  const xml = await readFile(model, 'utf8');
  const at = xml.lastIndexOf('</rt_info>');
  if (at < 0 || !/^<\/rt_info>\s*<\/net>\s*$/.test(xml.slice(at)))
    throw new ModelconvError('E_TOOL_OUTPUT', {
      what: 'the descriptor cannot be placed inside the IR',
      why: `it does not end with ${JSON.stringify(END)}`,
      next: 'leave --embed out',
    });
  const element = `\t<modelconv value="${escaped(text)}" />\n\t`;
  await writeFile(model, `${xml.slice(0, at)}${element}${xml.slice(at)}`);
}

/** Inside an attribute. */
function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
