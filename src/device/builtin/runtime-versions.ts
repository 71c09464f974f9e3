import type { KnownVersions } from '../../schema/generated/types.js';

/** `range('2024', 0, 6)`: 2024.0 to 2024.6. */
function range(major: string, from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `${major}.${from + index}`);
}

/** Releases of ONNX Runtime, as its packages are. */
export const ONNXRUNTIME_VERSIONS: KnownVersions = {
  versions: range('1', 2, 32),
  sources: ['https://pypi.org/project/onnxruntime/#history'],
};

/** Releases of OpenVINO. */
export const OPENVINO_VERSIONS: KnownVersions = {
  versions: [
    ...range('2021', 3, 4),
    ...range('2022', 1, 3),
    ...range('2023', 0, 3),
    ...range('2024', 0, 6),
    ...range('2025', 0, 4),
    ...range('2026', 0, 4),
  ],
  sources: ['https://pypi.org/project/openvino/#history'],
};

/** TensorFlow Lite had the versions of TensorFlow; LiteRT counts anew, from 1.0 on. */
export const TFLITE_VERSIONS: KnownVersions = {
  versions: [...range('1', 0, 15), ...range('2', 0, 21)],
  sources: [
    'https://pypi.org/project/tensorflow/#history',
    'https://pypi.org/project/ai-edge-litert/#history',
  ],
};

/** ncnn names its versions after the day, behind 1.0. */
export const NCNN_VERSIONS: KnownVersions = {
  versions: [
    ...['20210525', '20210720', '20211208', '20220216', '20220419', '20220420', '20220701'],
    ...['20220721', '20220729', '20221128', '20230223', '20230517', '20230816', '20231027'],
    ...['20240102', '20240410', '20240820', '20241226', '20250428', '20250503', '20250916'],
    ...['20260114', '20260526', '20261020'],
  ].map((day) => `1.0.${day}`),
  sources: ['https://pypi.org/project/ncnn/#history'],
};

/** Tags of MNN. */
export const MNN_VERSIONS: KnownVersions = {
  versions: [...range('1', 0, 2), ...range('2', 0, 9), ...range('3', 0, 6)],
  sources: ['https://github.com/alibaba/MNN/tags'],
};

/** librknnrt is released with RKNN-Toolkit2, under the same version. */
export const RKNN_VERSIONS: KnownVersions = {
  versions: [
    ...['0.6', '0.7', '1.0', '1.1.0', '1.2.0', '1.3.0', '1.4.0', '1.5.0', '1.5.2', '1.6.0'],
    ...['2.0.0-beta0', '2.1.0', '2.2.0', '2.2.1', '2.3.0', '2.3.2', '2.5.0'],
  ],
  sources: [
    'https://github.com/airockchip/rknn-toolkit2/blob/master/CHANGELOG.md',
    'https://pypi.org/project/rknn-toolkit2/#history',
  ],
};

/** Releases of CANN that its documentation names. */
export const CANN_VERSIONS: KnownVersions = {
  versions: [
    ...['6.2.RC1', '6.3.RC1', '8.0.RC2', '8.0.RC3', '8.0.0', '8.1.RC1', '8.2.RC1', '8.3.RC1'],
    ...['8.5.0', '9.0.0'],
  ],
  sources: [
    'https://www.hiascend.com/document/detail/zh/Pytorch/720/releasenote/releasenote_0005.html',
    'https://www.hiascend.com/document/detail/en/canncommercial/850/releasenote/releasenote_0000.html',
    'https://www.hiascend.com/document/detail/zh/canncommercial/900/devaids/atctool/atlasatcparam_16_0036.html',
  ],
};

const JETPACK = {
  4: 'https://gist.github.com/Tiryoh/2b5dc1f86ab6bc3e6922e97a4c1ac2f2',
  5: 'https://github.com/edgehook/Jetson-AI-task',
  6: 'https://docs.pytorch.org/TensorRT/v2.6.1/_sources/getting_started/jetpack.rst.txt',
} as const;

const JETPACK_4_VERSIONS = ['7.1.3', '8.0.1', '8.2.1'];

/** TensorRT as JetPack 4.4.1 to 4.6.2 bring it, the last ones for Jetson Nano. */
export const NANO_TENSORRT: KnownVersions = { versions: JETPACK_4_VERSIONS, sources: [JETPACK[4]] };

/** The same, and 8.5.2 of JetPack 5.1.1 and 5.1.2, for Jetson Xavier. */
export const XAVIER_TENSORRT: KnownVersions = {
  versions: [...JETPACK_4_VERSIONS, '8.5.2'],
  sources: [JETPACK[4], JETPACK[5]],
};

/** 8.5.2 of JetPack 5.1.1 and 5.1.2, and 10.3 of JetPack 6.1, for Jetson Orin. */
export const ORIN_TENSORRT: KnownVersions = {
  versions: ['8.5.2', '10.3'],
  sources: [JETPACK[5], JETPACK[6]],
};

const HAILORT = [
  'https://github.com/hailo-ai/hailort/tags',
  'https://github.com/hailo-ai/hailort#readme',
];

/** HailoRT for Hailo-8 and Hailo-8L: the line 4, which its README keeps apart from 5. */
export const HAILORT_4: KnownVersions = { versions: range('4', 6, 24), sources: HAILORT };

/** HailoRT for Hailo-10 and Hailo-15: the line 5. */
export const HAILORT_5: KnownVersions = { versions: range('5', 0, 4), sources: HAILORT };

/** ESP-DL since it reads `.espdl` files. */
export const ESP_DL_VERSIONS: KnownVersions = {
  versions: range('3', 0, 3),
  sources: ['https://github.com/espressif/esp-dl/releases'],
};

/** nncase 1, the last line with the K210 as a target. */
export const NNCASE_1: KnownVersions = {
  versions: ['1.0', '1.1', ...range('1', 3, 9)],
  sources: ['https://pypi.org/project/nncase/#history'],
};

/** libsophon, which brings BMRuntime for BM1684 and BM1684X; BM1688 has an SDK of its own. */
export const LIBSOPHON_VERSIONS: KnownVersions = {
  versions: ['0.4', '0.5'],
  sources: ['https://github.com/sophgo/libsophon/commits/master'],
};

/** Driver of Ethos-U: releases are named by year and month, e.g. 24.11. */
export const ETHOS_U_VERSIONS: KnownVersions = {
  versions: ['22', '23', '24', '25', '26'],
  sources: ['https://github.com/MDK-Packs/tensorflow-pack/releases'],
};
