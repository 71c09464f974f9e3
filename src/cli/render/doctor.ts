import { printableLine } from '../../printable.js';
import type { DoctorEntry, DoctorResult } from '../../schema/generated/types.js';
import type { Style } from '../io.js';
import { ORIGINS } from './toolchains.js';

/** One paragraph for each adapter: what was found or why not, its devices, what puts it right. */
export function renderDoctor({ adapters }: DoctorResult, style: Style): string {
  const width = Math.max(0, ...adapters.map(({ adapter }) => adapter.length));
  return adapters.map((entry) => `${paragraph(entry, width, style).join('\n')}\n`).join('');
}

function paragraph(entry: DoctorEntry, width: number, style: Style): string[] {
  const mark = entry.found ? style.green('✓') : style.red('✗');
  const indent = ' '.repeat(width + 4);
  const detail = (label: string, text: string): string =>
    `${indent}${style.dim(label)} ${printableLine(text)}`;
  return [
    `${mark} ${style.bold(entry.adapter.padEnd(width))}  ${printableLine(summary(entry))}`,
    ...(entry.path === undefined ? [] : [detail('in:', entry.path)]),
    ...furtherVersions(entry).map((text) => detail('also:', text)),
    ...quantizerLines(entry).map(([label, text]) => detail(label, text)),
    ...(entry.incomplete ?? []).flatMap(({ version, fix }) => [
      detail('incomplete:', version),
      detail('fix:', fix),
    ]),
    ...(entry.devices.length === 0 ? [] : [detail('devices:', entry.devices.join(', '))]),
    ...(entry.description === undefined
      ? []
      : [detail('described in:', described(entry.description))]),
    ...(entry.fix === undefined ? [] : [detail('fix:', entry.fix)]),
  ];
}

/** Versions beside the one that is used first. */
function furtherVersions({ path, quantizer, installations = [] }: DoctorEntry): string[] {
  const used = quantizer?.path ?? path;
  return installations
    .filter((installation) => installation.path !== used && installation.python !== used)
    .map(({ version, origin, path: place }) => `${version}  (${ORIGINS[origin]})  ${place}`);
}

function quantizerLines({ quantizer }: DoctorEntry): [label: string, text: string][] {
  if (quantizer === undefined) return [];
  const { tool, version, path, found, why = 'it was not found', fix } = quantizer;
  if (!found)
    return [['int8:', why], ...(fix === undefined ? [] : [['fix:', fix] as [string, string]])];
  return [['int8:', [tool, version, path && `in ${path}`].filter(Boolean).join(' ')]];
}

function described({ file, tried }: NonNullable<DoctorEntry['description']>): string {
  const label =
    tried.length === 0 ? 'from documentation, not run here' : `run with ${tried.join(', ')}`;
  return `${file} (${label})`;
}

function summary({ found, tool, version, origin, why }: DoctorEntry): string {
  if (!found) return why ?? 'it was not found';
  const where = origin === undefined ? '' : `  (${ORIGINS[origin]})`;
  return `${tool} ${version}${where}`;
}
