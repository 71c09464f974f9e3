// trtexec of TensorRT, as its source has it (NVIDIA/TensorRT, samples/trtexec and samples/common): the first
// line of every run names the version; information goes to stdout, warnings and errors to stderr.
import { writeFileSync } from 'node:fs';
import { flagsOf, one } from './flags.mjs';

const COMMON = {
  '--onnx': 0,
  '--saveEngine': 0,
  '--shapes': 0,
  '--noTF32': 0,
  '--builderOptimizationLevel': 0,
  '--useDLACore': 0,
  '--allowGPUFallback': 0,
  '--skipInference': 0,
};
/** TensorRT 11 has no flags for precisions any more. */
const TYPES = { '--fp16': 0, '--bf16': 0, '--int8': 0 };

function title(word, version, words) {
  const [major, minor, patch] = version.split('.').map(Number);
  const number =
    major < 10 ? major * 1000 + minor * 100 + patch : major * 10000 + minor * 100 + patch;
  return `&&&& ${word} TensorRT.trtexec [TensorRT v${number}] [b35] # trtexec ${words.join(' ')}`;
}

/** kPLAN_FILE_TAG, the serialization version, and at byte 24 the version of the creator. */
export function engineFile(version) {
  const file = Buffer.alloc(4096, 7);
  file.write('ftrt', 0, 'latin1');
  file.writeUInt32LE(0, 4);
  file.set([...version.split('.').map(Number), 35], 24);
  return file;
}

export const trtexec = {
  version(words, version) {
    console.log(title('RUNNING', version, words));
    if (!words.includes('--help')) return false;
    console.log('=== Model Options ===\n  --onnx=<file>               ONNX model');
    return true;
  },

  outputs: (words) => [
    words.find((word) => word.startsWith('--saveEngine='))?.slice('--saveEngine='.length),
  ],

  check(words, version) {
    const flags = flagsOf(
      words,
      { ...COMMON, ...(Number.parseInt(version, 10) < 11 ? TYPES : {}) },
      (word) => {
        console.error(`Unknown option: ${word} `);
        return this.failed(words, version);
      },
    );
    const shapes = one(flags, '--shapes');
    if (shapes === undefined) return;
    if (!/^[^:,]+:\d+(x\d+)*(,[^:,]+:\d+(x\d+)*)*$/.test(shapes)) {
      console.error(`[E] Cannot find input tensor with name "${shapes}" in the network inputs!`);
      this.failed(words, version);
    }
  },

  write: (file, version) => writeFileSync(file, engineFile(version)),
  succeeded: (words, version) => console.log(title('PASSED', version, words)),
  failed(words, version) {
    console.log(title('FAILED', version, words));
    process.exit(1);
  },
};
