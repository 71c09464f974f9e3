import type { ModelconvError } from '../errors.js';
import type { ProgressEvent } from '../schema/generated/types.js';
import { errorReport } from './error-report.js';
import type { GlobalFlags, Io, OutStream } from './io.js';
import type { CliProgress } from './progress.js';

/** What is told, without when and for which device. */
type Told<Event = ProgressEvent> = Event extends ProgressEvent
  ? Omit<Event, 'time' | 'device'>
  : never;

/** Progress as one JSON object per line on stderr; with --quiet warnings alone. */
export function eventProgress(io: Io, flags: GlobalFlags, device: string | undefined): CliProgress {
  const starts = new Map<string, number>();
  const tellStep = (told: Told): void => {
    if (flags.quiet !== true) tell(io.stderr, told, device);
  };
  return {
    start: (step, detail = '') => {
      starts.set(step, performance.now());
      tellStep({ event: 'start', step, ...(detail === '' ? {} : { detail }) });
    },
    done: (step, detail) => {
      const started = starts.get(step);
      const durationMs =
        started === undefined ? undefined : Math.round(performance.now() - started);
      tellStep({
        event: 'done',
        step,
        detail,
        ...(durationMs === undefined ? {} : { durationMs }),
      });
    },
    warn: (message) => tell(io.stderr, { event: 'warn', message }, device),
    stop: () => {},
  };
}

/** A failure as the last event: of the whole, or of one device among several. */
export function tellError(io: Io, error: ModelconvError, device?: string): void {
  tell(io.stderr, { event: 'error', ...errorReport(error) }, device);
}

function tell(stream: OutStream, told: Told, device: string | undefined): void {
  const { event, ...rest } = told;
  const when = { time: new Date().toISOString(), ...(device === undefined ? {} : { device }) };
  stream.write(`${JSON.stringify({ event, ...when, ...rest })}\n`);
}
