/** A step of a long operation, as shown to people. `name` is one word, `detail` a short phrase. */
export interface Progress {
  /** A step begins; it ends with {@link Progress.done} or by an error that ends the operation. */
  start(name: string, detail?: string): void;
  done(name: string, detail: string): void;
  /** Something that the user should know and that does not end the operation. */
  warn(message: string): void;
}

/** Says nothing: for library callers that do not care. */
export const SILENT: Progress = { start: () => {}, done: () => {}, warn: () => {} };
