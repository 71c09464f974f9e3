/**
 * Start to count the processor time of this process: what else the machine does makes it no longer.
 *
 * @returns milliseconds since the start.
 */
export function processorTime(): () => number {
  const started = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(started);
    return (user + system) / 1000;
  };
}
