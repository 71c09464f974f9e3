import path from 'node:path';
import { it, vi } from 'vitest';
import { openvino } from '../../dist/adapters/openvino/index.js';
import { fakeEnvironments } from '../support/fake-python.js';
import { fixture } from '../support/files.js';
import { expectRefusal, run, sandbox } from './run-main.js';

const toolchain = openvino.toolchain;
if (toolchain === undefined) throw new Error('OpenVINO has no toolchain');
const fakes = fakeEnvironments(toolchain, 'openvino-ir');

it('a precision that was asked for and not made is refused', async () => {
  const box = sandbox();
  vi.stubEnv(toolchain.variable, path.join(fakes, 'halves'));
  const model = fixture('models/digits-cnn-static.onnx');
  const words = ['convert', model, '-d', 'openvino-cpu', '--precision', 'fp32'];
  expectRefusal(await run([...words, '-o', path.join(box.out, 'a.tar')]), {
    exit: 78,
    code: 'E_NOT_CONVERTIBLE',
    names: ['OpenVINO', 'fp32', 'fp16', '--precision'],
  });
  box.expectOnly();
});
