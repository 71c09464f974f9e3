// Make the pinned Python locks of the vendor toolchains, src/adapters/<name>/locks/<version>.txt.
//
//   node scripts/lock-toolchain.mjs [--check] [NAME/VERSION ...]
//
// One run needs `uv` and, for each release, one Python of its range on PATH. Nothing is built and
// nothing is installed: uv resolves the pins below as the index stood on SNAPSHOT, for every Python and
// platform at once, and this script keeps the hashes of the wheels that can be used. Then uv reads the
// lock back for each platform and Python and says where it is complete; that goes into the header.
// --check compares with what is there and writes nothing.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Packages that were uploaded later do not exist for a lock: the same command makes the same bytes. */
const SNAPSHOT = '2026-11-24T00:00:00Z';

/** `uv`: uv's name of the oldest system that is looked at, and what to call it. */
const PLATFORMS = [
  { name: 'linux-x64 (glibc 2.28)', uv: 'x86_64-manylinux_2_28' },
  { name: 'linux-arm64 (glibc 2.28)', uv: 'aarch64-manylinux_2_28' },
  {
    name: 'linux-arm64 (glibc 2.35)',
    uv: 'aarch64-manylinux_2_35',
    after: 'aarch64-manylinux_2_28',
  },
  { name: 'darwin-arm64 (macOS 14)', uv: 'aarch64-apple-darwin' },
  { name: 'win32-x64', uv: 'x86_64-pc-windows-msvc' },
];
const MACOS = '14.0';
const PLATFORM_TAG =
  /^(any|(manylinux\w*|linux)_(x86_64|aarch64)|macosx_\w+_(arm64|universal2)|win_amd64)$/;

// tensorflow-cpu has wheels for these two alone; on the others the plain name is the CPU build
const TENSORFLOW_CPU = "sys_platform != 'darwin' and platform_machine != 'aarch64'";
const TENSORFLOW_PLAIN = "sys_platform == 'darwin' or platform_machine == 'aarch64'";

/** CUDA and its compiler, which torch's builds for Linux declare: a converter computes on the CPU. */
const CUDA = [
  'cuda-bindings',
  'cuda-pathfinder',
  'cuda-toolkit',
  'nvidia-cublas',
  'nvidia-cublas-cu11',
  'nvidia-cuda-cupti',
  'nvidia-cuda-nvrtc',
  'nvidia-cuda-runtime',
  'nvidia-cudnn-cu13',
  'nvidia-cufft',
  'nvidia-cufile',
  'nvidia-curand',
  'nvidia-cusolver',
  'nvidia-cusparse',
  'nvidia-cusparselt-cu13',
  'nvidia-nccl-cu13',
  'nvidia-nvjitlink',
  'nvidia-nvshmem-cu13',
  'nvidia-nvtx',
  'triton',
];

/**
 * torch's CPU-only builds for Linux are on torch's own index and not on the package index, whose builds
 * fail on import without CUDA packages ("libcudnn.so.9: cannot open shared object file"). The local
 * version in the pin keeps those out: from a wheel directory pip would else prefer them, because it
 * ranks a file whose hash the index tells above one that it has to hash itself. The cp311 x86_64 hash is
 * the wheel's own; the others are as several public projects have them in their locks.
 */
const TORCH_CPU = {
  'torch==2.13.0': {
    pin: 'torch==2.13.0+cpu',
    hashes: [
      '6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b', // cp311 x86_64
      '4ca4a9394b0c771238a4f73590fdbbc4debad85ed0fa63d026ae1b085da7d6e2', // cp312 x86_64
      '84453b69508ec79902f899c5ed9495acb9e2bbe9fda5f1d5d6f19e3c3842e1a7', // cp311 aarch64
      '6f307c2c32d764ffc6ff6893b801fad6d4752f3e67966cb8abf1843427c02604', // cp312 aarch64
    ],
  },
};

/** rknn-toolkit2 imports torch for every source format, and declares torch <= 2.4.0. */
const rknn = (version, pythons = ['3.10', '3.11', '3.12']) => ({
  pythons,
  // setuptools 81 has no pkg_resources, which RKNN() imports
  pins: [`rknn-toolkit2==${version}`, 'opencv-python-headless<4.12', 'setuptools<81'],
  replace: [
    "torch==1.12.1 ; python_full_version < '3.11'",
    "torch==2.13.0 ; python_full_version >= '3.11'",
    // the wheels of one version differ in what they declare; uv reads one of them, for Python 3.8
    'protobuf==4.25.4',
    "onnxruntime==1.23.2 ; python_full_version < '3.11'",
    "onnxruntime==1.26.0 ; python_full_version >= '3.11'",
  ],
  // the headless build needs no window system
  without: ['onnxoptimizer', 'opencv-python', ...CUDA],
  elsewhere: TORCH_CPU,
  note: [
    'Python 3.10 needs nothing but the package index: torch 1.12.1 carries all that it loads. Python',
    '3.11 and 3.12 take 2.13.0+cpu, which has to be offered by another index or a wheel directory.',
  ],
});

/**
 * `pins`: what is asked for. `without`: packages that some package declares and that the conversions ran
 * without. `replace`: versions in the place of the declared ones. `elsewhere`: builds that the index does
 * not have, in the place of its own (with `alsoOwn`, on Linux alone). `note`: lines for the header.
 */
const RELEASES = {
  'openvino/2026.4.1': {
    pythons: ['3.10', '3.11', '3.12', '3.13'],
    pins: ['openvino==2026.4.1', 'nncf==3.4.0'],
    without: ['openvino-telemetry', 'ninja', 'pydot', 'scikit-learn'],
  },
  'openvino/2025.4.1': {
    pythons: ['3.10', '3.11', '3.12', '3.13'],
    pins: ['openvino==2025.4.1', 'nncf==2.19.0'],
    without: ['openvino-telemetry', 'ninja', 'pydot', 'pymoo', 'scikit-learn'],
  },
  'openvino/2025.0.0': {
    pythons: ['3.10', '3.11', '3.12'],
    // 2.15, the one of its time, needs a package that has no wheel
    pins: ['openvino==2025.0.0', 'nncf==2.19.0'],
    without: ['openvino-telemetry', 'ninja', 'pydot', 'pymoo', 'scikit-learn'],
  },
  'tflite/2.6.9': {
    pythons: ['3.12', '3.13'],
    pins: ['onnx2tf==2.6.9', `tensorflow-cpu==2.21.0 ; ${TENSORFLOW_CPU}`, 'tf-keras==2.21.0'],
    // tf-keras names tensorflow, which would be there a second time beside tensorflow-cpu;
    // psutil 5.9.5, which onnx2tf names, has no wheel for Linux on arm64
    replace: [`tensorflow==2.21.0 ; ${TENSORFLOW_PLAIN}`, 'psutil==7.2.2'],
    without: [
      'backports-strenum',
      'google-pasta',
      'grpcio',
      'libclang',
      'onnxoptimizer',
      'onnxscript',
      'pytest',
    ],
  },
  'ncnn/20261020': {
    pythons: ['3.10', '3.11', '3.12', '3.13'],
    pins: ['pnnx==20261020', 'ncnn==1.0.20261020', 'numpy'],
    // the pnnx program holds torch; only the Python script that starts it imports torch
    without: ['torch', 'opencv-python', 'portalocker', 'requests', 'tqdm'],
  },
  'mnn/3.6.1': {
    pythons: ['3.9', '3.10', '3.11', '3.12', '3.13'],
    pins: ['MNN==3.6.1', 'numpy'],
  },
  'mnn/3.2.0': {
    pythons: ['3.9', '3.10', '3.11', '3.12'],
    pins: ['MNN==3.2.0', 'numpy'],
  },
  'rknn/2.5.0': rknn('2.5.0'),
  'rknn/2.3.2': rknn('2.3.2'),
  'rknn/2.3.0': rknn('2.3.0', ['3.10', '3.11']),
  'rknn/2.2.0': rknn('2.2.0', ['3.10', '3.11']),
  'torch/2.13.0': {
    pythons: ['3.11', '3.12'],
    pins: ['torch==2.13.0', 'numpy'],
    without: CUDA,
    elsewhere: { 'torch==2.13.0': { ...TORCH_CPU['torch==2.13.0'], alsoOwn: true } },
    note: ['On Linux torch 2.13.0+cpu has to be offered by another index or a wheel directory.'],
  },
  'onnxruntime/1.31.1': {
    pythons: ['3.11', '3.12', '3.13'],
    // quant_pre_process imports sympy
    pins: ['onnxruntime==1.31.1', 'onnx==1.23.2', 'sympy==1.14.0'],
  },
};

function uv(args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync('uv', ['--no-config', ...args], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    ...options,
    env: { ...process.env, UV_PYTHON_DOWNLOADS: 'never', MACOSX_DEPLOYMENT_TARGET: MACOS },
  });
  if (error) throw new Error(`uv cannot be started (pip install uv): ${error.message}`);
  return { ok: status === 0, stdout, stderr };
}

function uvOrThrow(args, options) {
  const result = uv(args, options);
  if (!result.ok) throw new Error(`uv ${args.join(' ')}\n${result.stderr}`);
  return result.stdout;
}

const minor = (python) => Number(python.split('.')[1]);

function project({ pythons, pins, without = [], replace = [] }) {
  const list = (items) => JSON.stringify(items);
  return `[project]
name = "lock"
version = "0"
requires-python = ">=${pythons[0]},<3.${minor(pythons.at(-1)) + 1}"
dependencies = ${list(pins)}
[tool.uv]
package = false
no-build = true
exclude-newer = "${SNAPSHOT}"
exclude-dependencies = ${list(without)}
override-dependencies = ${list(replace)}
`;
}

/** The resolved packages with every wheel that the index has of them, from uv's PEP 751 output. */
function resolve(release, directory) {
  writeFileSync(path.join(directory, 'pyproject.toml'), project(release));
  uvOrThrow(['lock', '--quiet', '--python', release.pythons.at(-1)], { cwd: directory });
  const args = ['export', '--quiet', '--frozen', '--no-emit-project', '--format', 'pylock.toml'];
  const [, ...blocks] = uvOrThrow(args, { cwd: directory }).split('[[packages]]');
  return blocks.map((block) => ({
    name: /^name = "(.+)"$/m.exec(block)[1],
    version: /^version = "(.+)"$/m.exec(block)[1],
    marker: /^marker = "(.+)"$/m.exec(block)?.[1],
    wheels: [...block.matchAll(/url = "([^"]+\.whl)".*?sha256 = "([0-9a-f]{64})"/g)].map(
      ([, url, sha256]) => ({ file: decodeURIComponent(url.split('/').at(-1)), sha256 }),
    ),
  }));
}

/** Whether a wheel's tags fit CPython 3.`version`: its own ABI, an older stable ABI, or none. */
function fitsPython([tags, abis], version) {
  return tags.split('.').some((tag) => {
    const [, kind, digits] = /^(cp|py)3(\d*)$/.exec(tag) ?? [];
    if (kind === 'py') return abis === 'none' && Number(digits) <= version;
    if (kind !== 'cp') return false;
    if (Number(digits) === version) return [`cp3${version}`, 'abi3', 'none'].includes(abis);
    return Number(digits) < version && abis === 'abi3';
  });
}

function fits(file, pythons) {
  const tags = file.slice(0, -'.whl'.length).split('-').slice(-3);
  return (
    tags[2].split('.').some((platform) => PLATFORM_TAG.test(platform)) &&
    pythons.some((python) => fitsPython(tags, minor(python)))
  );
}

function requirement({ name, version, marker, wheels }, { pythons, elsewhere = {} }) {
  const found = `${name}==${version}`;
  const usable = wheels.filter(({ file }) => fits(file, pythons));
  const own = { pin: found, hashes: usable.map(({ sha256 }) => sha256) };
  const other = elsewhere[found] ?? own;
  if (other.alsoOwn !== true) return lines(other, marker);
  const rest = usable.filter(({ file }) => !file.includes('linux')).map(({ sha256 }) => sha256);
  return [
    lines(other, "sys_platform == 'linux'"),
    lines({ pin: found, hashes: rest }, "sys_platform != 'linux'"),
  ].join('\n');
}

function lines({ pin, hashes }, marker) {
  if (hashes.length === 0) throw new Error(`${pin} has no wheel that can be used`);
  const words = hashes.toSorted().map((hash) => `--hash=sha256:${hash}`);
  return [marker === undefined ? pin : `${pin} ; ${marker}`, ...words].join(' \\\n    ');
}

/** The platforms and Pythons on which every requirement of the lock has a wheel. */
function completeOn(lock, { pythons }, directory) {
  const args = ['pip', 'install', '--dry-run', '--require-hashes', '--no-deps', '--only-binary'];
  const target = [':all:', '--target', path.join(directory, 'target'), '--requirements', lock];
  const reads = (platform, python) =>
    uv([...args, ...target, '--python-platform', platform, '--python-version', python]).ok;
  const found = PLATFORMS.map((platform) => ({
    ...platform,
    pythons: pythons.filter((python) => reads(platform.uv, python)),
  })).filter((platform) => platform.pythons.length > 0);
  return found.filter(({ after }) => !found.some((older) => older.uv === after));
}

function leftOut(names) {
  const others = names.filter((name) => !CUDA.includes(name));
  return others.length < names.length ? [...others, 'all CUDA packages'] : others;
}

function header(id, { pins, without = [], replace = [], note = [] }, complete) {
  const [name, version] = id.split('/');
  const line = (title, items) =>
    items.length > 0 ? [title, ...items.map((item) => `  ${item}`)] : [];
  return [
    ...line(`Toolchain ${name} ${version}:`, pins),
    ...complete.map((found) => `Complete on ${found.name}: Python ${found.pythons.join(', ')}`),
    ...line('Declared by a package, not needed for conversion, left out:', leftOut(without)),
    ...line('Versions chosen here in the place of what a package declares:', replace),
    ...note,
    `Made by: node scripts/lock-toolchain.mjs ${id} (packages as of ${SNAPSHOT})`,
    'Install into an empty environment: pip install --require-hashes --no-deps --only-binary=:all: -r',
    'This is the whole closure. Without --no-deps pip would add what was left out, and newer versions',
    'that no hash covers.',
  ].map((text) => `# ${text}\n`);
}

function makeLock(id) {
  const release = RELEASES[id];
  const directory = mkdtempSync(path.join(tmpdir(), 'lock-'));
  try {
    const packages = resolve(release, directory);
    const body = (of) => packages.map((found) => `${requirement(found, of)}\n`).join('');
    const draft = path.join(directory, 'lock.txt');
    // uv cannot see builds that are elsewhere: it looks at the index's own in their place
    writeFileSync(draft, body({ ...release, elsewhere: {} }));
    const complete = completeOn(draft, release, directory);
    if (complete.length === 0) throw new Error(`${id}: the lock is complete on no platform`);
    return `${header(id, release, complete).join('')}${body(release)}`;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function lockFile(id) {
  const [name, version] = id.split('/');
  const url = new URL(`../src/adapters/${name}/locks/${version}.txt`, import.meta.url);
  return fileURLToPath(url);
}

function readOrEmpty(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

const check = process.argv.includes('--check');
const asked = process.argv.slice(2).filter((argument) => argument !== '--check');
const unknown = asked.filter((id) => !(id in RELEASES));
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}; known: ${Object.keys(RELEASES).join(', ')}`);
  process.exit(64);
}
for (const id of asked.length > 0 ? asked : Object.keys(RELEASES)) {
  const file = lockFile(id);
  const lock = makeLock(id);
  const same = readOrEmpty(file) === lock;
  console.log(`${id}: ${same ? 'unchanged' : check ? 'DIFFERS' : 'written'}`);
  if (check && !same) process.exitCode = 1;
  if (check || same) continue;
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, lock);
}
