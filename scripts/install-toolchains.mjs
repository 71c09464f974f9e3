// Installs the vendor tools that the tests of real tools use: the newest release of every toolchain
// that has wheels for this machine, or those named: `node scripts/install-toolchains.mjs openvino mnn@3`.
// One line for each. Needs a build (npm run build). What is there already takes no time.
import { builtInAdapterIds, loadAdapter } from '../dist/adapters/registry.js';
import { installToolchain } from '../dist/toolchain/install.js';
import { findPythonTool } from '../dist/toolchain/python-toolchain.js';

const platform = `${process.platform}-${process.arch}`;
const asked = process.argv.slice(2).map((word) => word.split('@'));

async function* wanted() {
  for (const id of builtInAdapterIds()) {
    const { toolchain, capabilities } = await loadAdapter(id);
    if (toolchain === undefined) continue;
    if (asked.length === 0) {
      if (capabilities.hosts.includes(platform)) yield { toolchain };
      else console.log(`${id}: left out, it does not run on ${platform}`);
    }
    for (const [name, version] of asked) if (name === toolchain.name) yield { toolchain, version };
  }
}

const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => controller.abort(new Error(`ended by ${signal}`)));

const done = new Set();
for await (const { toolchain, version } of wanted()) {
  const label = version === undefined ? toolchain.name : `${toolchain.name}@${version}`;
  done.add(toolchain.name);
  const started = performance.now();
  if (toolchain.isShared && version === undefined) {
    const found = await findPythonTool(toolchain);
    if (found.found) {
      console.log(`${toolchain.name} ${found.installation.version}: was there`);
      continue;
    }
  }
  try {
    const result = await installToolchain({ toolchain, version, signal: controller.signal });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const how = result.alreadyInstalled ? 'was there' : `installed in ${seconds} s`;
    console.log(`${toolchain.name} ${result.installation.version}: ${how}`);
  } catch (error) {
    if (controller.signal.aborted) throw error;
    const why = error.why === undefined ? '' : ` (${error.why})`;
    console.log(`${label}: FAILED: ${error.message}${why}; ${error.next ?? ''}`);
    process.exitCode = 1;
  }
}
for (const [name] of asked) {
  if (done.has(name)) continue;
  console.log(`${name}: FAILED: there is no such toolchain`);
  process.exitCode = 1;
}
