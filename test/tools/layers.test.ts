import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CompareResult } from '../../src/schema/generated/types.js';
import { run, sandbox } from '../cli/run-main.js';
import { expectValid } from '../cli/schemas.js';
import { fixture } from '../support/files.js';
import { findTool, skipByName } from './tool.js';

const FAULTS = fixture('models/faults');
const GOOD = path.join(FAULTS, 'good.onnx');

/** What each fault is to be named, by the runtime of the vendor against that of the source. */
const NAMED: readonly (readonly [fault: string, named: RegExp])[] = [
  ['weights-perturbed', /first layer that differs is (c2 \(Conv\)|r2 \((Conv, )?Relu\))/],
  ['channels-swapped', /RGB and BGR are swapped/],
  ['wrong-mean', /a mean that is subtracted from the input is wrong/],
  ['scaled-255', /multiplied by 1\/255: a scale of the input is wrong/],
  ['normalised-twice', /once more: they are in the converted model/],
  ['outputs-reordered', /outputs are in another order/],
  ['saturated', /its scale|saturates/],
  ['wrong-opset', /first layer that differs is (attention|a1|m1) \((.*, )?(Softmax|Reshape|Mul)\)/],
  ['softmax-added', /softmax more/],
];

const DEVICES = {
  onnxruntime: 'local',
  openvino: 'openvino-cpu',
  tflite: 'tflite-cpu',
  ncnn: 'ncnn-cpu',
  mnn: 'mnn-cpu',
};
/** Its runtime shows outputs alone. */
const WITHOUT_LAYERS = ['mnn'];

for (const [id, device] of Object.entries(DEVICES)) {
  const { detection } = await findTool(id);
  if (!detection.found) {
    skipByName(id, detection.why, `${id}, layer by layer`);
    continue;
  }
  describe(`${id}, layer by layer`, () => {
    const converted = async (model: string): Promise<string> => {
      const output = path.join(sandbox().dir, `${path.basename(model, '.onnx')}.tar`);
      // what images are normalised with is declared; the fixture does it once more
      const declared = [
        '--range',
        '0,1',
        '--mean',
        '0.485,0.456,0.406',
        '--scale',
        '4.367,4.464,4.444',
      ];
      const words = ['convert', model, '-d', device, '-o', output, '-q', ...declared];
      const result = await run(words);
      expect(result.code, result.stderr).toBe(0);
      return output;
    };
    const compared = async (model: string): Promise<{ code: number; result: CompareResult }> => {
      const layers = WITHOUT_LAYERS.includes(id) ? [] : ['--layers'];
      const words = ['compare', GOOD, await converted(model), ...layers, '--json', '-q'];
      const { code, stdout, stderr } = await run(words);
      expect(stdout, stderr).not.toBe('');
      return { code, result: expectValid('compare-result', JSON.parse(stdout) as CompareResult) };
    };

    it('an honest conversion has no layer that differs', async () => {
      const { code, result } = await compared(GOOD);
      expect(code).toBe(0);
      expect(result.layers?.first).toBeUndefined();
      if (WITHOUT_LAYERS.includes(id)) expect(result.layers).toBeUndefined();
      else expect(result.layers?.tensors.length).toBeGreaterThan(4);
    });

    it.each(NAMED)('%s is caught, and named', async (fault, named) => {
      const { code, result } = await compared(path.join(FAULTS, `${fault}.onnx`));
      expect(code).toBe(2);
      const isOfLayer = named.source.startsWith('first layer');
      const wanted =
        isOfLayer && WITHOUT_LAYERS.includes(id) ? /weights or operators differ/ : named;
      expect([...result.faults, result.layers?.first?.message].join('\n')).toMatch(wanted);
    });
  });
}
