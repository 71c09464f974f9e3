import { rememberCalibration } from '../cache/calibrations.js';
import { rememberSource } from '../cache/sources.js';
import type { PackInfo } from './pack-result.js';
import type { Work } from './run-stages.js';

/**
 * Remember where source and calibration data are, so that the package can be made again. A cache that
 * cannot be written fails no conversion.
 */
export async function rememberInputs(
  { request, source, staged, calibration }: Work,
  { digests }: Pick<PackInfo, 'digests'>,
): Promise<void> {
  const { sha256 } = digests.main;
  const { parts } = digests;
  await rememberSource({ sha256, file: source.file, parts, copy: staged.main.copy }).catch(
    () => {},
  );
  if (calibration === undefined || calibration.synthetic) return;
  const wanted = request.calibration;
  if (wanted === undefined || !('path' in wanted)) return;
  const inputs = source.info.inputs.map(({ name }) => name);
  const { path, samples } = wanted;
  await rememberCalibration({ sha256: calibration.sha256, path, samples, inputs }).catch(() => {});
}
