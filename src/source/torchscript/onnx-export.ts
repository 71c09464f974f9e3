import path from 'node:path';
import type { ModelInfo, ModelTensor } from '../../schema/generated/types.js';

/**
 * The line of Python that exports a TorchScript file to ONNX, with the sizes that are known filled in.
 *
 * @param opset - operator set, where the reader of the ONNX file does not take every one.
 */
export function onnxExport(info: ModelInfo, opset?: number): string {
  const file = path.basename(info.path);
  const output = file.replace(/\.[^.]*$/, '');
  const examples = info.inputs.map((input) => `${exampleOf(input)},`).join(' ');
  const names = info.inputs.map(({ name }) => JSON.stringify(name)).join(', ');
  return `torch.onnx.export(torch.jit.load(${JSON.stringify(file)}), (${examples}), ${JSON.stringify(`${output}.onnx`)}, input_names=[${names}]${opset === undefined ? '' : `, opset_version=${opset}`}, dynamo=False)`;
}

function exampleOf({ shape, exampleShape, dtype }: ModelTensor): string {
  const sizes = shape ?? exampleShape ?? ['…'];
  const type = dtype === 'float32' || dtype === 'unknown' ? '' : `, dtype=torch.${dtype}`;
  return `torch.zeros(${sizes.length === 0 ? '()' : sizes.join(', ')}${type})`;
}
