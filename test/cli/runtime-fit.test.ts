import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { fixture } from '../support/files.js';
import { expectRefusal, run, sandbox } from './run-main.js';

// A file in the device's own format is packed as it is, so nothing else would tell that its runtime refuses it:
// "Invalid RKNN model version 6", https://github.com/airockchip/rknn-toolkit2/issues/254
it.each([
  ['rknn/digits-cnn-rk3588-fp16.rknn', 'rknn', '2.0.0', '2.5.0'],
  ['openvino/digits-cnn-fp32.xml', 'openvino', '2025.2', '2026.4.1'],
  ['mnn/digits-cnn-fp32.mnn', 'mnn', '3.0.0', '3.6.1'],
])('%s is refused for a device with %s %s', async (file, kind, version, made) => {
  const box = sandbox();
  const device = path.join(box.dir, 'old.yaml');
  const format = kind === 'openvino' ? 'openvino-ir' : kind;
  const old = { name: 'old', soc: 'rk3588', stack: { kind, version }, formats: [format] };
  writeFileSync(device, JSON.stringify(old));
  const source = fixture(`models/${file}`);
  const output = path.join(box.out, 'a.tar');
  const result = await run(['convert', source, '-d', device, '-o', output]);
  const names = [source, 'old', made, version, 'modelconv convert'];
  expectRefusal(result, { exit: 78, code: 'E_NOT_CONVERTIBLE', names });
  box.expectOnly();
  writeFileSync(device, JSON.stringify({ ...old, stack: { kind, version: made } }));
  const fitting = await run(['convert', source, '-d', device, '-o', output, '--no-verify', '-q']);
  expect(fitting).toMatchObject({ code: 0 });
});
