/** A stream that text is written to; what of a real one is used. */
export interface OutStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
}

/** Everything that a command may touch of the world around it; tests give their own. */
export interface Io {
  readonly stdout: OutStream;
  readonly stderr: OutStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly signal: AbortSignal;
}

/** How progress is told on stderr. */
export type ProgressMode = 'auto' | 'plain' | 'json' | 'none';

/** Flags that every command has. */
export interface GlobalFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly color?: boolean;
  /** Only of the commands that work in steps. */
  readonly progress?: ProgressMode;
}

/**
 * Whether a stream gets colour: it is a terminal, NO_COLOR is unset or empty (no-color.org), TERM is
 * not `dumb`, and `--no-color` was not given. The one place that decides.
 */
export function wantsColor(stream: OutStream, io: Pick<Io, 'env'>, flags: GlobalFlags): boolean {
  if (flags.color === false || stream.isTTY !== true) return false;
  return (io.env['NO_COLOR'] ?? '') === '' && io.env['TERM'] !== 'dumb';
}

/** The few ways in which text is set apart. */
export type Style = Readonly<
  Record<'bold' | 'dim' | 'red' | 'green' | 'yellow', (text: string) => string>
>;

const same = (text: string): string => text;
const PLAIN: Style = { bold: same, dim: same, red: same, green: same, yellow: same };

/** How text on a stream is set apart; chalk is loaded only where there is colour. */
export async function styleFor(stream: OutStream, io: Io, flags: GlobalFlags): Promise<Style> {
  if (!wantsColor(stream, io, flags)) return PLAIN;
  const { Chalk } = await import('chalk');
  // chalk's own guess misses NO_COLOR: the level is decided here
  return new Chalk({ level: 1 });
}

/** Write a result as one JSON document. */
export function writeJson(stream: OutStream, value: unknown): void {
  stream.write(`${JSON.stringify(value, null, 2)}\n`);
}
