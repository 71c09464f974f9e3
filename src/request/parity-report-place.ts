/** Where a report of what a conversion compared lies that nobody named a place for: beside the output. */
export function parityReportOf(output: string): string {
  return `${output}.parity.html`;
}
