import { readdirSync } from 'node:fs';
import { type GuidePage, type PageLine, readPage } from './read-page.js';

/** The pages whose command lines are executed, in the order of a reader. */
export function guidePages(): GuidePage[] {
  const guide = readdirSync(new URL('../../../docs/guide/', import.meta.url)).sort();
  return ['README.md', ...guide.map((name) => `docs/guide/${name}`)].map(readPage);
}

export function commandLines({ steps }: GuidePage): PageLine[] {
  return steps.flatMap((step) => (step.kind === 'command' ? [step] : []));
}
