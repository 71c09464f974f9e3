// Says of each adapter whether it was run with its real tool, or skipped and why:
// `summarize-tools.mjs INSTALLED.json TESTS.json`, the report of install-toolchains.mjs and the one of
// vitest. Ends with 1 when a suite failed or is missing, or a tool that was installed was not run.
// `--installed INSTALLED.json` prints the names of what was installed, for MODELCONV_REQUIRE_TOOLS.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { builtInAdapterIds } from '../dist/adapters/registry.js';

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

function installed(report) {
  return Object.entries(report)
    .filter(([, end]) => end.installed !== undefined)
    .map(([name]) => name);
}

/** The tests of one adapter: its suite is the file of that name. */
function suiteOf(tests, id) {
  return tests.testResults.find(({ name }) => path.basename(name) === `${id}.test.ts`);
}

function summaryOf(id, suite, end) {
  const results = suite?.assertionResults ?? [];
  const count = (wanted) => results.filter(({ status }) => status === wanted).length;
  const skips = results.filter(({ status }) => status === 'pending' || status === 'skipped');
  const [passed, failed] = [count('passed'), count('failed')];
  if (failed > 0 || results.length === 0 || suite.status === 'failed')
    return {
      text: `FAILED: ${failed} of ${results.length} tests ${suite?.message ?? ''}`,
      failed: true,
    };
  if (passed === 0) {
    const why = end?.failed === undefined ? '' : `; it could not be installed: ${end.failed}`;
    const title = skips.map(({ title: text }) => text.replace(`${id}: not run, `, '')).join('; ');
    return { text: `SKIPPED: ${title}${why}`, failed: end?.installed !== undefined };
  }
  // `openvino: OpenVINO 2026.4.1`
  const [head = ''] = results.find(({ status }) => status === 'passed').ancestorTitles;
  const rest = skips.map(({ title }) => `; SKIPPED: ${title}`).join('');
  return {
    text: `run for real with ${head.replace(`${id}: `, '')}, ${passed} passed${rest}`,
    failed: false,
  };
}

const [first, second] = process.argv.slice(2);
if (first === '--installed') {
  console.log(installed(readJson(second)).join(','));
} else {
  const [report, tests] = [readJson(first), readJson(second)];
  for (const id of builtInAdapterIds()) {
    const { text, failed } = summaryOf(id, suiteOf(tests, id), report[id]);
    console.log(`${id.padEnd(12)} ${text.trim()}`);
    if (failed) process.exitCode = 1;
  }
}
