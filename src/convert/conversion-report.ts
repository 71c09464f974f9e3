import { rm } from 'node:fs/promises';
import type { ReportInput } from '../compare/report/html.js';
import { type ErrorCode, ModelconvError } from '../errors.js';
import { exists, writeFully } from '../host/files.js';
import { checkOutput, writeAtomically } from '../host/outputs.js';
import { isOwnFile } from '../host/own-file.js';
import { parityReportOf } from '../request/parity-report-place.js';

/** First line of a report that a conversion left: such a file is its own to replace. */
const HTML_START = '<!doctype html><!-- modelconv convert: what was compared -->';
/** Ends that what was compared explains. */
const SHOWN: ReadonlySet<ErrorCode> = new Set(['E_PARITY', 'E_ACCURACY']);
const KIND = 'ConversionReport';
const JSON_START = `{\n  "kind": "${KIND}"`;

/** Holds what the last check of a conversion compared, until it is known whether it is kept. */
export class ReportKeeper {
  #latest: (() => ReportInput) | undefined;

  /** undefined: nothing was compared. */
  latest(): ReportInput | undefined {
    return this.#latest?.();
  }

  keep(report: () => ReportInput): void {
    this.#latest = report;
  }

  /** What a later check found, on other data: the report is of a failure now. */
  add(faults: readonly string[]): void {
    const before = this.#latest;
    if (before === undefined) return;
    this.#latest = () => {
      const { result, ...report } = before();
      return {
        ...report,
        result: { ...result, passed: false, faults: [...result.faults, ...faults] },
      };
    };
  }
}

/** A page for people and the same for programs, each with what it starts with. */
function filesOf(html: string): readonly [html: MarkedFile, json: MarkedFile] {
  const json = `${html.replace(/\.html?$/i, '')}.json`;
  return [
    { file: html, start: HTML_START },
    { file: json, start: JSON_START },
  ];
}

/** The files that a report consists of. */
export function reportFilesOf(report: string): string[] {
  return filesOf(report).map(({ file }) => file);
}

interface MarkedFile {
  readonly file: string;
  readonly start: string;
}

/**
 * Refuse a report that cannot be written, before any work: a report of an earlier conversion may be
 * replaced, another file only with `force`.
 *
 * @throws ModelconvError `E_OUTPUT`, `E_OUTPUT_EXISTS`.
 */
export async function checkReport(
  report: string,
  inputs: readonly string[],
  force: boolean,
): Promise<void> {
  for (const { file, start } of filesOf(report))
    await checkOutput(file, inputs, force || (await isOwnFile(file, start)), '--report');
}

/**
 * Write the report that `--report` asked for.
 *
 * @throws ModelconvError `E_OUTPUT`.
 */
export async function writeReport(report: ReportInput, place: string): Promise<void> {
  const { htmlReport } = await import('../compare/report/html.js');
  const [html, json] = filesOf(place);
  const result = { kind: KIND, ...report.result };
  await writeText(html.file, htmlReport(report, HTML_START));
  await writeText(json.file, `${JSON.stringify(result, null, 2)}\n`).catch(
    async (error: unknown) => {
      // a page without its JSON would be half a report
      await rm(html.file, { force: true }).catch(() => {});
      throw error;
    },
  );
}

async function writeText(file: string, text: string): Promise<void> {
  await writeAtomically(
    file,
    async (handle) => await writeFully(handle, Buffer.from(text), 0),
    true,
    '--report',
  );
}

/**
 * Keep what a failed check compared: where `--report` says, else beside the would-be output, unless a
 * file of the user stands there.
 *
 * @returns the error, with the file that shows why.
 */
export async function keepFailureReport(
  error: unknown,
  reports: ReportKeeper,
  { report, output }: { readonly report: string | undefined; readonly output: string },
): Promise<unknown> {
  if (!(error instanceof ModelconvError) || !SHOWN.has(error.code)) return error;
  const latest = reports.latest();
  if (latest === undefined) return error;
  const place = report ?? parityReportOf(output);
  if (report === undefined)
    for (const { file, start } of filesOf(place)) if (!(await isOwnFile(file, start))) return error;
  // the report is a help: where it cannot be written, the error itself still stands
  return await writeReport(latest, place).then(
    () => error.withReportFile(place),
    () => error,
  );
}

/** A conversion whose checks were passed leaves no report of an earlier failure. */
export async function removeFailureReport(output: string): Promise<void> {
  for (const { file, start } of filesOf(parityReportOf(output)))
    if ((await exists(file)) && (await isOwnFile(file, start)))
      await rm(file, { force: true }).catch(() => {});
}
