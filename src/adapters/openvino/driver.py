"""What OpenVINO offers as a Python API only: quantization with NNCF, and running a model."""
import argparse
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))

import openvino as ov  # noqa: E402

import run_files  # noqa: E402


def quantize(args):
    import nncf

    shapes = json.loads(args.shapes)
    core = ov.Core()
    model = core.read_model(args.model)
    if shapes:
        model.reshape({name: ov.PartialShape(shape) for name, shape in shapes.items()})
    samples = run_files.Samples(args.calibration)
    quantized = nncf.quantize(
        model,
        nncf.Dataset(samples),
        preset=nncf.QuantizationPreset(args.preset),
        subset_size=samples.count,
        fast_bias_correction=args.bias_correction == "fast",
    )
    ov.save_model(quantized, args.output, compress_to_fp16=False)


# f32: what the file holds is compared, not what this processor would make faster of it
COMPARED = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}


def load(path, threads):
    core = ov.Core()
    timed = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads}
    compiled = core.compile_model(core.read_model(path), "CPU", COMPARED if threads is None else timed)
    return [output_name(port) for port in compiled.outputs], inferring(compiled)


def inferring(compiled):
    """A function from a sample to the outputs."""
    names = [port.get_names() for port in compiled.inputs]

    def infer(sample):
        feeds = list(sample.values())
        if all(known & set(sample) for known in names):
            feeds = [sample[next(iter(known & set(sample)))] for known in names]
        found = compiled(feeds)
        return [found[port] for port in compiled.outputs]

    return infer


def load_layers(path):
    """Every tensor that follows from the inputs becomes an output."""
    core = ov.Core()
    model = core.read_model(path)
    follows, shown = set(), []
    for node in model.get_ordered_ops():
        kind = node.get_type_name()
        sources = [one.get_source_output().get_node().get_friendly_name() for one in node.inputs()]
        if kind != "Parameter" and not follows.intersection(sources):
            continue
        follows.add(node.get_friendly_name())
        if kind not in ("Parameter", "Result"):
            shown += [(port, kind) for port in node.outputs()]
    existing = {one.input(0).get_source_output() for one in model.get_results()}
    results = [*model.get_results(), *(ov.opset13.result(port) for port, _ in shown if port not in existing)]
    whole = ov.Model(results, model.get_parameters(), "layers")
    compiled = core.compile_model(whole, "CPU", COMPARED)
    ports = {one.input(0).get_source_output(): place for place, one in enumerate(results)}
    infer = inferring(compiled)

    def infer_layers(sample):
        found = infer(sample)
        return [found[ports[port]] for port, _ in shown]

    return [layer_name(port) for port, _ in shown], [kind for _, kind in shown], infer_layers


def layer_name(port):
    """A tensor's name in the source, else that of what computes it."""
    names = sorted(port.get_names(), key=lambda name: (len(name), name))
    return names[0] if names else "%s:%d" % (port.get_node().get_friendly_name(), port.get_index())


def output_name(port):
    """The shortest of its names: OpenVINO adds longer ones of its own."""
    names = sorted(port.get_names(), key=lambda name: (len(name), name))
    return names[0] if names else port.get_node().get_friendly_name()


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("quantize")
    for flag in ("--model", "--output", "--shapes", "--calibration", "--preset", "--bias-correction"):
        one.add_argument(flag, required=True)
    two = commands.add_parser("run")
    two.add_argument("--spec", required=True)
    args = parser.parse_args()
    if args.command == "quantize":
        quantize(args)
    else:
        run_files.run_models(args.spec, load, load_layers=load_layers)


main()
