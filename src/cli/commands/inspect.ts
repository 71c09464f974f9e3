import { type Command, Option } from 'commander';
import { addGlobalFlags, type CommandContext, examples } from '../command.js';
import { type GlobalFlags, styleFor, writeJson } from '../io.js';

interface InspectFlags extends GlobalFlags {
  readonly yaml?: boolean;
  readonly field?: string;
  readonly quantization?: boolean;
  readonly io?: boolean;
}

/** `modelconv inspect PKG|MODEL` */
export function addInspect(program: Command, { io }: CommandContext): void {
  const command = program
    .command('inspect')
    .summary('show what a package or a model file is')
    .description(
      'Show what a package or a bare model file (ONNX, ORT, TFLite, OpenVINO IR, ncnn, MNN, RKNN) says about itself. Of a package, 64 KiB are read, however large it is.',
    )
    .argument(
      '<file>',
      'package or model file; of OpenVINO IR the .xml, of ncnn the .param, with the .bin beside it',
    )
    .addOption(
      new Option('--yaml', 'print the descriptor (or the facts of a model file) as YAML').conflicts(
        ['json', 'field'],
      ),
    )
    .addOption(
      new Option('--field <path>', 'print one field, e.g. software.stack.minimumVersion').conflicts(
        ['yaml'],
      ),
    )
    .addOption(
      new Option(
        '--quantization',
        'print how it is quantized: tensors with their scales and zero points, what stayed in floating point, and its share of weights and work; all numbers with --json',
      ).conflicts(['yaml', 'field', 'io']),
    )
    .addOption(
      new Option(
        '--io',
        'show the inputs and outputs in their order, and which tensor of the source each is',
      ).conflicts(['yaml', 'field']),
    )
    .addHelpText(
      'after',
      examples(
        'modelconv inspect digits.tar',
        'modelconv inspect digits.onnx --json',
        'modelconv inspect digits.tar --field model.inputs.0.name',
        'modelconv inspect digits.tflite --quantization',
        'modelconv inspect digits.tar --io',
      ),
    )
    .action(async (file: string, flags: InspectFlags) => {
      const { inspectFile } = await import('../../inspect/inspect.js');
      const inspection = await inspectFile(file, {
        quantization: flags.quantization === true,
        signal: io.signal,
      });
      const { result } = inspection;
      if (flags.io === true) {
        const { ioMapOf } = await import('../../inspect/io-map.js');
        const map = ioMapOf(result);
        if (flags.json === true) return writeJson(io.stdout, map);
        const { renderIoMap } = await import('../render/io-map.js');
        io.stdout.write(renderIoMap(map, await styleFor(io.stdout, io, flags)));
        return;
      }
      const { renderField, renderTable, renderYaml } = await import('../render/inspect.js');
      if (flags.field !== undefined)
        io.stdout.write(await renderField(result, flags.field, flags.json === true));
      else if (flags.json === true) writeJson(io.stdout, result);
      else if (result.quantization !== undefined) {
        const { renderQuantization } = await import('../render/quantization.js');
        io.stdout.write(
          renderQuantization(result.quantization, await styleFor(io.stdout, io, flags)),
        );
      } else if (flags.yaml === true) io.stdout.write(await renderYaml(inspection));
      else io.stdout.write(renderTable(result, await styleFor(io.stdout, io, flags)));
    });
  addGlobalFlags(command, 'inspect-result', 'io-map');
}
