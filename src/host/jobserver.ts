import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemErrorCode } from '../errors.js';

/** Permission to do one more thing at the same time. */
export interface Token {
  /** Give it back; a second time does nothing. */
  release(): void;
}

/** Where make keeps its tokens: https://www.gnu.org/software/make/manual/html_node/POSIX-Jobserver.html */
export interface Jobserver {
  /** Wait for a token. @returns undefined once `signal` is aborted. */
  acquire(signal: AbortSignal): Promise<Token | undefined>;
  close(): void;
}

/** Between two looks for a token, in milliseconds. */
const LOOK_MS = 50;

/**
 * The jobserver of the make that started this process.
 *
 * @param makeFlags - the variable MAKEFLAGS.
 * @returns undefined when there is none; `'unreachable'` when make has one and does not share it, as with
 *   a recipe without `+` before make 4.4.
 */
export function openJobserver(
  makeFlags: string | undefined,
): Jobserver | 'unreachable' | undefined {
  // the last one counts, as for make itself; what stands behind -- are variables
  const words = (makeFlags ?? '').split(/ -- /)[0]?.split(/\s+/) ?? [];
  const auth = words
    .flatMap((word) => /^--jobserver-(?:auth|fds)=(.+)$/.exec(word)?.[1] ?? [])
    .at(-1);
  if (auth === undefined) return undefined;
  try {
    return withPipe(...openPipe(auth));
  } catch {
    return 'unreachable';
  }
}

/** Both ends in a description of our own, for it must not block and that of make must not be changed. */
function openPipe(auth: string): [read: number, write: number] {
  const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;
  const fifo = /^fifo:(.+)$/.exec(auth)?.[1];
  const pair = /^(\d+),(\d+)$/.exec(auth)?.slice(1).map(Number);
  const places =
    fifo === undefined ? pair?.map((fd) => `/proc/self/fd/${inherited(fd)}`) : [fifo, fifo];
  const [from, to] = places ?? [];
  if (from === undefined || to === undefined) throw new Error(`not understood: ${auth}`);
  const read = openSync(from, O_RDONLY | O_NONBLOCK);
  const isPipe = fstatSync(read).isFIFO();
  if (!isPipe) closeSync(read);
  if (!isPipe) throw new Error(`${from} is no pipe`);
  return [read, openSync(to, O_WRONLY | O_NONBLOCK)];
}

/** A number that make gave away may be that of a file of Node.js by now: those are closed in children. */
function inherited(fd: number): number {
  const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
  const O_CLOEXEC = 0o2000000;
  if ((Number.parseInt(flags ?? '', 8) & O_CLOEXEC) !== 0) throw new Error('not inherited');
  return fd;
}

function withPipe(read: number, write: number): Jobserver {
  const held = new Set<Token>();
  const giveBack = (): void => {
    for (const token of held) token.release();
  };
  // whatever ends this process: make waits for every token at its end
  process.once('exit', giveBack);
  return {
    acquire: async (signal) => {
      while (!signal.aborted) {
        const byte = takeByte(read);
        if (byte !== undefined) return hold(byte, write, held);
        await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
      }
      return undefined;
    },
    close: () => {
      giveBack();
      process.removeListener('exit', giveBack);
      closeSync(read);
      closeSync(write);
    },
  };
}

/** undefined: all tokens are in use. */
function takeByte(read: number): Buffer | undefined {
  const byte = Buffer.alloc(1);
  try {
    return readSync(read, byte, 0, 1, null) === 1 ? byte : undefined;
  } catch (error) {
    if (systemErrorCode(error) === 'EAGAIN') return undefined;
    throw error;
  }
}

/** The same byte goes back: make may tell tokens apart. */
function hold(byte: Buffer, write: number, held: Set<Token>): Token {
  const token: Token = {
    release: () => {
      if (held.delete(token)) writeSync(write, byte);
    },
  };
  held.add(token);
  return token;
}
