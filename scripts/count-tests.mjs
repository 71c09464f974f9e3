// Add up the test counts of vitest's JSON reports into one closing line, after every test that failed
// and why. A report that is missing or that ran nothing counts as a failure.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

let passed = 0;
let failed = 0;
let skipped = 0;
/** The test, where it stands, and the first lines of its message: logs are long, and this is read first. */
function printFailures({ testResults }) {
  for (const { name, message, status, assertionResults } of testResults) {
    const failures = assertionResults.filter((result) => result.status === 'failed');
    for (const { fullName, failureMessages } of failures)
      console.log(`FAILED ${path.relative('.', name)}: ${fullName}\n${shortened(failureMessages)}`);
    if (status === 'failed' && failures.length === 0)
      console.log(`FAILED ${path.relative('.', name)}\n${shortened([message])}`);
  }
}

function shortened(messages) {
  return messages.flatMap((text) => text.split('\n').slice(0, 12)).join('\n');
}

for (const file of process.argv.slice(2)) {
  const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  if (report === undefined || report.numTotalTests === 0) {
    console.log(`FAILED: no report of tests in ${path.basename(file)}`);
    failed++;
    continue;
  }
  printFailures(report);
  passed += report.numPassedTests;
  failed += report.numFailedTests + (report.numFailedTests === 0 && !report.success ? 1 : 0);
  skipped += report.numPendingTests + report.numTodoTests;
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 ? 1 : 0;
