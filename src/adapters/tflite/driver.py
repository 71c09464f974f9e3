"""ONNX to TFLite with onnx2tf, running TFLite files, and a text placed inside one."""
import argparse
import json
import os
import sys
import traceback

# before TensorFlow starts: fewer words, no GPU, and the same sums on every processor
os.environ.update(
    TF_CPP_MIN_LOG_LEVEL="2",
    CUDA_VISIBLE_DEVICES="-1",
    TF_ENABLE_ONEDNN_OPTS="0",
    TQDM_DISABLE="1",
)
sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))

from failure import Failure, one_line  # noqa: E402


def convert(args):
    import interpreter
    import lowering
    import onnx_source
    import tflite_file

    source = onnx_source.prepare(args.model, json.loads(args.shapes), args.layout)
    samples = calibration_samples(args)
    made = lowering.lower(source, args.precision, args.io, samples)
    model = tflite_file.read(made)
    tflite_file.restore_shapes(model, source.shapes)
    tflite_file.restore_names(model, source.inputs, source.outputs)
    tflite_file.set_layout(model, source.permuted)
    tflite_file.write(model, made)
    interpreter.check(made, samples)
    os.replace(made, args.output)


def calibration_samples(args):
    import run_files

    if args.precision != "int8":
        return None
    if args.calibration is None:
        raise Failure("int8 needs calibration data")
    return run_files.Samples(args.calibration)


def embed(args):
    import interpreter
    import tflite_file

    with open(args.text, encoding="utf-8") as file:
        text = file.read()
    model = tflite_file.read(args.model)
    tflite_file.set_metadata(model, tflite_file.DESCRIPTOR, text)
    changed = args.text + ".tflite"
    tflite_file.write(model, changed)
    interpreter.check(changed)
    os.replace(changed, args.model)


def run(args):
    import interpreter
    import run_files

    run_files.run_models(args.spec, interpreter.load, interpreter.runtime, interpreter.load_layers)


def parse():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("convert")
    for flag in ("--model", "--output", "--precision", "--shapes", "--layout", "--io"):
        one.add_argument(flag, required=True)
    one.add_argument("--calibration")
    one.set_defaults(work=convert)
    two = commands.add_parser("embed")
    two.add_argument("--model", required=True)
    two.add_argument("--text", required=True)
    two.set_defaults(work=embed)
    three = commands.add_parser("run")
    three.add_argument("--spec", required=True)
    three.set_defaults(work=run)
    return parser.parse_args()


def main():
    args = parse()
    try:
        args.work(args)
    except Exception as error:
        if not isinstance(error, Failure):
            traceback.print_exc()
        sys.stdout.flush()
        # last, in one line: what stands before it is the noise of the tools
        print("failed: %s" % (error if isinstance(error, Failure) else one_line(error)), file=sys.stderr)
        sys.exit(1)


main()
