"""Quantize an ONNX model with ranges measured on samples: ONNX Runtime has this in Python only."""
import argparse
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))

import onnx  # noqa: E402

import run_files  # noqa: E402
from onnxruntime.quantization import (  # noqa: E402
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process  # noqa: E402

METHODS = {
    "minmax": CalibrationMethod.MinMax,
    "entropy": CalibrationMethod.Entropy,
    "percentile": CalibrationMethod.Percentile,
}
ACTIVATIONS = {"qint8": QuantType.QInt8, "quint8": QuantType.QUInt8}
# a protobuf message holds less than 2 GiB, and scales and zero points come on top of the weights
LARGEST_MESSAGE = 1_800_000_000


class Reader(CalibrationDataReader):
    def __init__(self, spec_file):
        self._samples = iter(run_files.Samples(spec_file))

    def get_next(self):
        return next(self._samples, None)


def size_of(directory):
    files = [os.path.join(root, name) for root, _, names in os.walk(directory) for name in names]
    return sum(os.path.getsize(file) for file in files)


def prepare(model, prepared, is_large):
    """Shapes and fused operators, without which less is quantized."""
    external = {"save_as_external_data": True, "all_tensors_to_one_file": True, "external_data_location": "prepared.data"}
    more = external if is_large else {}
    try:
        quant_pre_process(model, prepared, **more)
    except Exception as error:
        # its symbolic shape inference gives up on operators that it does not know
        sys.stderr.write("shapes are inferred without symbols: %s\n" % error)
        quant_pre_process(model, prepared, skip_symbolic_shape=True, **more)


def quantize(args):
    directory = os.path.dirname(args.output)
    os.makedirs(directory, exist_ok=True)
    os.makedirs("prepared", exist_ok=True)
    prepared = os.path.join("prepared", "model.onnx")
    is_large = size_of(os.path.dirname(args.model)) > LARGEST_MESSAGE
    prepare(args.model, prepared, is_large)
    quantize_static(
        prepared,
        args.output,
        Reader(args.calibration),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=ACTIVATIONS[args.activation],
        weight_type=QuantType.QInt8,
        calibrate_method=METHODS[args.method],
        reduce_range=args.reduce_range,
        use_external_data_format=is_large,
    )
    require_quantized(args.output)


def require_quantized(file):
    """Where nothing can be quantized, quantize_static writes the model as it was."""
    graph = onnx.load(file, load_external_data=False).graph
    if not any(node.op_type == "QuantizeLinear" for node in graph.node):
        raise ValueError("no operator of the model can be quantized")


def main():
    parser = argparse.ArgumentParser()
    for flag in ("--model", "--output", "--calibration"):
        parser.add_argument(flag, required=True)
    parser.add_argument("--method", required=True, choices=sorted(METHODS))
    parser.add_argument("--activation", required=True, choices=sorted(ACTIVATIONS))
    parser.add_argument("--reduce-range", action="store_true")
    args = parser.parse_args()
    try:
        quantize(args)
    except Exception as error:
        sys.exit("onnxruntime: quantization failed: %s: %s" % (type(error).__name__, error))


main()
