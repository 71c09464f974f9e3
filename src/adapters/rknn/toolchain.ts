import type { PythonRelease, PythonToolchain } from '../../toolchain/python-toolchain.js';

/** What holds for every release: torch has a build with CUDA and one without, so pip chooses by the user's indexes. */
const COMMON = {
  imports: ['rknn.api'],
  sizeBytes: 2_200_000_000,
  usesPip: true,
} as const satisfies Partial<PythonRelease>;

/** Rockchip's converter, quantizer and simulator for the NPUs of the RK35xx and RV11xx families. */
export const toolchain: PythonToolchain = {
  name: 'rknn',
  tool: 'RKNN-Toolkit2',
  distribution: 'rknn-toolkit2',
  variable: 'MODELCONV_RKNN',
  // it brings no executable
  executables: [],
  // what the LICENSE file of its repository grants is the use of Rockchip's software on Rockchip's chips
  license: 'LicenseRef-Rockchip',
  releases: [
    {
      ...COMMON,
      version: '2.5.0',
      // on 3.10 the torch of the ordinary index works by itself; on the others its CPU-only build is needed
      python: ['3.10', '3.11', '3.12'],
      lock: new URL('./locks/2.5.0.txt', import.meta.url),
    },
    {
      ...COMMON,
      version: '2.3.2',
      python: ['3.10', '3.11'],
      lock: new URL('./locks/2.3.2.txt', import.meta.url),
    },
    {
      ...COMMON,
      version: '2.3.0',
      python: ['3.10', '3.11'],
      lock: new URL('./locks/2.3.0.txt', import.meta.url),
    },
    {
      ...COMMON,
      version: '2.2.0',
      python: ['3.10', '3.11'],
      lock: new URL('./locks/2.2.0.txt', import.meta.url),
    },
  ],
  unlocked: {
    python: ['3.10', '3.11'],
    // setuptools 81 has no pkg_resources
    beside: ['opencv-python-headless<4.12', 'setuptools<81'],
    oldest: '2.2.0',
    olderFrom: 'https://github.com/airockchip/rknn-toolkit2/tags (rknn-toolkit2/packages)',
  },
};
