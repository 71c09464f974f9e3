import type { VendorLayout } from './fake-vendor.js';

const SITE_PACKAGES = 'lib/python3.10/site-packages';

/** How the vendors' installations look, by the id of the adapter. */
export const LAYOUTS = {
  'ascend-atc': {
    version: '8.0.1',
    programs: ['atc'],
    directory: 'x86_64-linux/bin',
    files: {
      'x86_64-linux/ascend_toolkit_install.info':
        'package_name=Ascend-cann-toolkit\nversion=8.0.1\narch=x86_64\nos=linux\n',
    },
  },
  tensorrt: { version: '10.13.0', programs: ['trtexec'], directory: 'bin', files: {} },
  qairt: {
    version: '2.39.0.250926',
    programs: ['qairt-converter', 'qairt-quantizer'],
    directory: 'bin/x86_64-linux-clang',
    files: { 'sdk.yaml': 'name: qairt\nversion: 2.39.0.250926\n' },
  },
  snpe: {
    version: '2.28.0.241029',
    programs: ['snpe-onnx-to-dlc', 'snpe-dlc-quant'],
    directory: 'bin/x86_64-linux-clang',
    files: { 'sdk.yaml': 'name: snpe\nversion: "2.28.0.241029"\n' },
  },
  hailo: {
    version: '3.31.0',
    programs: ['hailo'],
    directory: 'bin',
    files: {
      'bin/python': '#!/bin/sh\nexit 1\n',
      'pyvenv.cfg': 'version = 3.10.12\n',
      [`${SITE_PACKAGES}/hailo_dataflow_compiler-3.31.0.dist-info/METADATA`]:
        'Metadata-Version: 2.1\nName: hailo-dataflow-compiler\nVersion: 3.31.0\n',
    },
  },
} as const satisfies Record<string, VendorLayout>;
