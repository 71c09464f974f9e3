import type { PythonToolchain } from '../../toolchain/python-toolchain.js';

/** OpenVINO's converter and runtime with NNCF, its quantizer. */
export const toolchain: PythonToolchain = {
  name: 'openvino',
  tool: 'OpenVINO',
  distribution: 'openvino',
  variable: 'MODELCONV_OPENVINO',
  executables: ['ovc'],
  license: 'Apache-2.0',
  releases: [
    {
      version: '2026.4.1',
      python: ['3.11', '3.12', '3.13', '3.10'],
      lock: new URL('./locks/2026.4.1.txt', import.meta.url),
      imports: ['openvino', 'nncf'],
      sizeBytes: 490_000_000,
    },
    {
      version: '2025.4.1',
      python: ['3.11', '3.12', '3.13', '3.10'],
      lock: new URL('./locks/2025.4.1.txt', import.meta.url),
      imports: ['openvino', 'nncf'],
      sizeBytes: 560_000_000,
    },
    {
      version: '2025.0.0',
      python: ['3.11', '3.12', '3.10'],
      lock: new URL('./locks/2025.0.0.txt', import.meta.url),
      imports: ['openvino', 'nncf'],
      sizeBytes: 500_000_000,
    },
  ],
  // before 2023.1 there was no ovc; NNCF 2.16 and newer do not load beside OpenVINO 2024
  unlocked: { python: ['3.10', '3.11'], beside: ['nncf<2.16'], oldest: '2023.1' },
};
