import { appendFile } from 'node:fs/promises';
import type { EmbedRequest } from '../contract.js';

/** The text as a comment behind the last layer of the `.param`: ncnn reads as many lines as line 2 says. */
export async function appendedComment({ files: [param], text }: EmbedRequest): Promise<void> {
  await appendFile(param, `# modelconv ${text}\n`);
}
