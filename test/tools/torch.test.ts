import path from 'node:path';
import { expect, it } from 'vitest';
import { expectRefusal, run, sandbox } from '../cli/run-main.js';
import { fixture } from '../support/files.js';
import { converted, describeTool, findTool, skipByName } from './tool.js';

// PyTorch converts nothing: it runs TorchScript, the reference of what the others make of it.

const torch = await findTool('torch');
const converters = {
  ncnn: { tool: await findTool('ncnn'), device: 'ncnn-cpu', format: 'ncnn' },
  rknn: { tool: await findTool('rknn'), device: 'rk3588', format: 'rknn' },
} as const;

interface Case {
  readonly id: keyof typeof converters;
  readonly model: string;
  readonly inputs: readonly string[];
  readonly precision: 'fp32' | 'fp16' | 'int8';
}

const IMAGE = ['image=1,1,8,8'];
/** The same CNN, traced and scripted, and a model with an integer input. */
const CASES: readonly Case[] = [
  { id: 'ncnn', model: 'digits-cnn', inputs: IMAGE, precision: 'fp32' },
  { id: 'ncnn', model: 'digits-cnn', inputs: IMAGE, precision: 'fp16' },
  { id: 'ncnn', model: 'digits-cnn-scripted', inputs: IMAGE, precision: 'fp32' },
  {
    id: 'ncnn',
    model: 'two-inputs',
    inputs: ['ids=1,6:int64', 'weights=1,6'],
    precision: 'fp32',
  },
  { id: 'rknn', model: 'digits-cnn', inputs: IMAGE, precision: 'fp16' },
  { id: 'rknn', model: 'digits-cnn', inputs: IMAGE, precision: 'int8' },
  { id: 'rknn', model: 'digits-cnn-scripted', inputs: IMAGE, precision: 'fp16' },
];

describeTool(torch, () => {
  for (const { id, model, inputs, precision } of CASES) {
    const { tool, device, format } = converters[id];
    const title = `TorchScript ${model} to ${id} in ${precision} computes the same`;
    if (!tool.detection.found) {
      skipByName(id, tool.detection.why, title);
      continue;
    }
    it(title, async () => {
      const box = sandbox();
      const flags = [
        fixture(`models/torchscript/${model}.pt`),
        ...inputs.flatMap((input) => ['--input', input]),
        ...['--precision', precision],
        ...(precision === 'int8' ? ['--calibration', fixture('data/digits-calib.npy')] : []),
        // the same images that the ONNX model is judged by
        ...(model === 'two-inputs' ? [] : ['--samples', fixture('data/digits-test.npy')]),
      ];
      const { outcome, descriptor } = await converted(flags, device, path.join(box.out, 'a.tar'));
      expect(outcome).toMatchObject({ status: 'converted' });
      expect(descriptor).toMatchObject({
        model: { format },
        conversion: { source: { format: 'torchscript' } },
        verification: { passed: true, reference: { runtime: 'torch' } },
      });
    });
  }

  const { ncnn } = converters;
  if (ncnn.tool.detection.found)
    it('the trap: an input that pnnx folds into a constant is found, whatever parity would say', async () => {
      const box = sandbox();
      const model = fixture('models/bad/folded-embedding.pt');
      const inputs = ['--input', 'ids=1,6:int64', '--input', 'weights=1,6', '--no-verify'];
      const words = ['convert', model, '-d', ncnn.device, ...inputs];
      const result = await run([...words, '-o', path.join(box.out, 'a.tar')]);
      expectRefusal(result, {
        exit: 78,
        code: 'E_NOT_CONVERTIBLE',
        names: ['ids', 'torch.jit.trace'],
      });
    });
});
