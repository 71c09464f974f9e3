import path from 'node:path';
import { readSmallText } from '../host/files.js';
import type { ConversionRequest, TruthRequest } from '../schema/generated/types.js';
import { isDeviceFile } from './devices.js';

const MAX_REQUEST_BYTES = 256 * 1024;

/** Read a request document; the paths in it become relative to the current directory. @throws ModelconvError `E_INPUT`, `E_REQUEST_INVALID`. */
export async function readRequestFile(file: string): Promise<ConversionRequest> {
  const { parseDocumentOf } = await import('../schema/parse.js');
  const request = await parseDocumentOf(
    'conversion-request',
    await readSmallText(file, MAX_REQUEST_BYTES, 'E_REQUEST_INVALID'),
    file,
  );
  const from = (target: string): string =>
    path.isAbsolute(target) ? target : path.join(path.dirname(file), target);
  const fromDevice = (device: string): string => {
    if (!isDeviceFile(device)) return device;
    const file = from(device);
    // a path keeps a separator, so that it is not taken for a name
    return isDeviceFile(file) ? file : `.${path.sep}${file}`;
  };
  return {
    ...request,
    ...(typeof request.device === 'string' ? { device: fromDevice(request.device) } : {}),
    ...(request.devices === undefined ? {} : { devices: request.devices.map(fromDevice) }),
    ...(request.source === undefined
      ? {}
      : { source: { ...request.source, path: from(request.source.path) } }),
    ...(request.output === undefined ? {} : { output: from(request.output) }),
    ...(request.calibration?.path === undefined
      ? {}
      : { calibration: { ...request.calibration, path: from(request.calibration.path) } }),
    ...(request.eval === undefined
      ? {}
      : { eval: { ...request.eval, path: from(request.eval.path) } }),
    ...(request.truth === undefined
      ? {}
      : {
          truth: Object.fromEntries(
            Object.entries(request.truth).map(([key, file]) => [key, from(file)]),
          ) as unknown as TruthRequest,
        }),
    ...(request.verify?.samples === undefined
      ? {}
      : { verify: { ...request.verify, samples: from(request.verify.samples) } }),
  };
}
