/**
 * Systems on chip that run the same files, by the name that the files give.
 * RK3588S: RK3588 with fewer pins; RKNN-Toolkit2 2.5.0 writes `rk3588` into files made for either.
 */
const SAME_FILES: Readonly<Record<string, string>> = { rk3588s: 'rk3588' };

/** Whether a file for one system on chip runs on another. Case does not count. */
export function isSameSoc(a: string, b: string): boolean {
  const name = (soc: string): string => {
    const lower = soc.toLowerCase();
    return Object.hasOwn(SAME_FILES, lower) ? (SAME_FILES[lower] ?? lower) : lower;
  };
  return name(a) === name(b);
}
