// Installs the vendor tools that the tests of real tools use: the newest release of every toolchain
// that has wheels for this machine, or those named: `node scripts/install-toolchains.mjs openvino mnn@3`.
// One line for each, and with --report FILE the same as JSON: {NAME: {installed | failed | leftOut: TEXT}},
// written anew after each tool, so that it holds when this is ended half-way. Needs a build (npm run
// build). What is there already takes no time.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { builtInAdapterIds, loadAdapter } from '../dist/adapters/registry.js';
import { installToolchain } from '../dist/toolchain/install.js';
import { findPythonTool } from '../dist/toolchain/python-toolchain.js';

const platform = `${process.platform}-${process.arch}`;
const { values: flags, positionals } = parseArgs({
  options: { report: { type: 'string' } },
  allowPositionals: true,
});
const asked = positionals.map((word) => word.split('@'));

const report = {};
function note(name, end) {
  report[name] = end;
  if (flags.report !== undefined)
    writeFileSync(flags.report, `${JSON.stringify(report, null, 2)}\n`);
}

async function* wanted() {
  for (const id of builtInAdapterIds()) {
    const { toolchain, capabilities } = await loadAdapter(id);
    if (toolchain === undefined) continue;
    if (asked.length === 0) {
      if (capabilities.hosts.includes(platform)) yield { toolchain };
      else leaveOut(toolchain.name);
    }
    for (const [name, version] of asked) if (name === toolchain.name) yield { toolchain, version };
  }
}

function leaveOut(name) {
  const leftOut = `it does not run on ${platform}`;
  note(name, { leftOut });
  console.log(`${name}: left out, ${leftOut}`);
}

const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => controller.abort(new Error(`ended by ${signal}`)));

const done = new Set();
for await (const { toolchain, version } of wanted()) {
  const label = version === undefined ? toolchain.name : `${toolchain.name}@${version}`;
  done.add(toolchain.name);
  note(toolchain.name, { failed: 'its installation did not end' });
  const started = performance.now();
  if (toolchain.isShared && version === undefined) {
    const found = await findPythonTool(toolchain);
    if (found.found) {
      note(toolchain.name, { installed: found.installation.version });
      console.log(`${toolchain.name} ${found.installation.version}: was there`);
      continue;
    }
  }
  try {
    const result = await installToolchain({ toolchain, version, signal: controller.signal });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    note(toolchain.name, { installed: result.installation.version });
    const how = result.alreadyInstalled ? 'was there' : `installed in ${seconds} s`;
    console.log(`${toolchain.name} ${result.installation.version}: ${how}`);
  } catch (error) {
    if (controller.signal.aborted) throw error;
    const why = error.why === undefined ? '' : ` (${error.why})`;
    note(toolchain.name, { failed: `${error.message}${why}` });
    console.log(`${label}: FAILED: ${error.message}${why}; ${error.next ?? ''}`);
    process.exitCode = 1;
  }
}
for (const [name] of asked) {
  if (done.has(name)) continue;
  console.log(`${name}: FAILED: there is no such toolchain`);
  process.exitCode = 1;
}
