"""RKNN-Toolkit2 has a Python API only: convert a model, and run it in the simulator while it is in memory."""
import argparse
import functools
import json
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))

import numpy as np  # noqa: E402

import run_files  # noqa: E402

# the toolkit splits the lines of this list at blanks and looks for its files beside it
DATASET = "dataset/list.txt"
# accuracy_analysis writes here: tables of names, and the tensors of one sample
ANALYSIS = "analysis"
_COLUMNS = re.compile(r"^(.+?)\s{2,}(.+?)\s*$")
_SAID = re.compile(r"[\w.]*(Error|Exception): ")


def fail(step, why):
    sys.stderr.write("rknn: %s failed: %s\n" % (step, why))
    sys.stderr.flush()
    sys.exit(1)


def check(step, call, **arguments):
    """Some failures are a return value of -1, others an exception that holds a whole traceback."""
    try:
        returned = call(**arguments)
    except Exception as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        # torch prints the whole graph behind what it says
        said = [line for line in lines if _SAID.match(line)] or lines
        fail(step, said[-1].strip())
    if returned not in (0, None):
        fail(step, "it returned %s, the reason stands above" % returned)


def used_inputs(model, inputs):
    """Inputs in the order of the model, without those that the toolkit drops because no node takes them."""
    import onnx

    graph = onnx.load(model, load_external_data=False).graph
    taken = {name for node in graph.node for name in node.input} | {output.name for output in graph.output}
    return [one for one in inputs if one["name"] in taken]


def export_as_before():
    """What load_pytorch does not have itself it hands to torch.onnx.export as it was up to torch 2.8: without dynamo."""
    import inspect

    import torch

    if "dynamo" in inspect.signature(torch.onnx.export).parameters:
        torch.onnx.export = functools.partial(torch.onnx.export, dynamo=False)


def channels(shape):
    """What the toolkit takes for the number of channels of an input, whatever its rank."""
    return shape[1] if len(shape) > 1 else 0


def narrowed(array):
    """The toolkit computes float64 models in float32, and takes no other inputs for them."""
    return array.astype(np.float32) if array.dtype == np.float64 else array


def as_source(array, shape):
    """A scalar comes back as a vector of one; everything else has the shape that the source gives it."""
    fixed = shape is not None and all(isinstance(size, int) for size in shape)
    return array.reshape(shape) if fixed and array.size == np.prod(shape, dtype=int) else array


def write_dataset(spec_file, names):
    """One line for each sample: the files of all inputs, in the layout that the ONNX model takes."""
    samples = run_files.Samples(spec_file)
    os.makedirs(os.path.dirname(DATASET), exist_ok=True)
    with open(DATASET, "w", encoding="utf-8") as listing:
        for number, sample in enumerate(samples):
            files = ["%d-%d.npy" % (number, place) for place in range(len(names))]
            for file, name in zip(files, names):
                np.save(os.path.join(os.path.dirname(DATASET), file), narrowed(sample[name]))
            listing.write(" ".join(files) + "\n")
    return DATASET


def simulate(rknn, args, names):
    """The simulator takes no file: it runs what was built in this process."""
    check("the simulator", rknn.init_runtime)
    samples = run_files.Samples(args.simulate)
    outputs = json.loads(args.outputs)
    results = run_files.Results(args.results, [one["name"] for one in outputs])
    for sample in samples:
        feeds = [narrowed(sample[name]) for name in names]
        # its own default is nhwc, for inputs of four axes
        found = rknn.inference(inputs=feeds, data_format=["nchw"] * len(feeds))
        if found is None or len(found) != len(outputs):
            fail("the simulator", "it gave %d outputs instead of %d" % (len(found or []), len(outputs)))
        results.add([as_source(array, one.get("shape")) for array, one in zip(found, outputs)])
    results.close()


def rows(file):
    """Lines of a table of the analysis that have two columns at least, the first one and the rest."""
    with open(os.path.join(ANALYSIS, file), encoding="utf-8", errors="replace") as table:
        return [match.groups() for match in map(_COLUMNS.match, table) if match]


def shown_layers():
    """Tensors of the analysis in the order of execution: name, what computes it, file.

    A tensor that was fused into the next one has no figures in the table: the file of it holds another computation.
    """
    files = dict(rows("map_name_to_file.txt"))
    shown = []
    for title, figures in rows("error_analysis.txt"):
        operator, _, name = title.partition("] ")
        if operator.startswith("[") and operator != "[Input" and "|" in figures and name in files:
            shown.append((name, operator[1:], os.path.splitext(files[name])[0] + ".npy"))
    return shown


def analyse(rknn, args, names):
    """Every tensor, in the simulator and in floating point. The tool takes one sample, as files in the layout of the source."""
    results, layers = {}, None
    for sample in run_files.Samples(args.analyse):
        files = ["analysed-%d.npy" % place for place in range(len(names))]
        for file, name in zip(files, names):
            np.save(file, narrowed(sample[name]))
        shutil.rmtree(ANALYSIS, ignore_errors=True)
        check("accuracy_analysis", rknn.accuracy_analysis, inputs=files, output_dir=ANALYSIS, target=None)
        if layers is None:
            layers = shown_layers()
            for kind, directory in (("simulator", args.results), ("golden", args.golden)):
                results[kind] = run_files.Results(directory, [one[0] for one in layers], [one[1] for one in layers])
        for kind, written in results.items():
            written.add([np.load(os.path.join(ANALYSIS, kind, "npy", file)) for _, _, file in layers])
    for written in results.values():
        written.close()
    shutil.rmtree(ANALYSIS)


def load(rknn, args, names, shapes):
    if args.torchscript:
        export_as_before()
        # it refuses names that do not end in .pt or .torchscript
        shutil.copyfile(args.model, "model.pt")
        check("load_pytorch", rknn.load_pytorch, model="model.pt", input_size_list=shapes)
        return
    sizes = {"inputs": names, "input_size_list": shapes} if args.fix_sizes else {}
    check("load_onnx", rknn.load_onnx, model=args.model, **sizes)


def convert(args):
    from rknn.api import RKNN

    inputs = json.loads(args.inputs)
    if not args.torchscript:
        inputs = used_inputs(args.model, inputs)
    names = [one["name"] for one in inputs]
    rknn = RKNN(verbose=False)
    check(
        "config",
        rknn.config,
        target_platform=args.target,
        # samples come preprocessed but for what is to be built in
        mean_values=[one.get("mean") or [0] * channels(one["shape"]) for one in inputs],
        std_values=[one.get("std") or [1] * channels(one["shape"]) for one in inputs],
        quantized_dtype="w8a8",
        float_dtype="float16",
        quantized_algorithm=args.algorithm,
        quantized_method=args.method,
        optimization_level=int(args.optimization_level),
    )
    load(rknn, args, names, [one["shape"] for one in inputs])
    dataset = write_dataset(args.calibration, names) if args.calibration else None
    check("build", rknn.build, do_quantization=dataset is not None, dataset=dataset)
    if args.analyse:
        analyse(rknn, args, names)
    else:
        check("export_rknn", rknn.export_rknn, export_path=args.output)
    if args.simulate:
        simulate(rknn, args, names)
    rknn.release()


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("convert")
    for flag in ("model", "output", "target", "inputs", "outputs", "algorithm", "method", "optimization-level"):
        one.add_argument("--" + flag, required=True)
    one.add_argument("--fix-sizes", action="store_true")
    one.add_argument("--torchscript", action="store_true")
    for flag in ("calibration", "simulate", "analyse", "results", "golden"):
        one.add_argument("--" + flag)
    convert(parser.parse_args())


main()
