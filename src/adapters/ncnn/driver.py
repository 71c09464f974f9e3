"""pnnx, the converter of ncnn, in a directory of its own, and ncnn's runtime."""
import argparse
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))

from ending import fail  # noqa: E402

# pnnx writes nine files, and some of them beside its source whatever it is told
_SCRATCH = "pnnx"
# the Python example that pnnx writes is the one place that says which axis of which tensor it dropped
_INPUT = re.compile(r'ex\.input\("(\w+)", ncnn\.Mat\((.*)\)\.clone\(\)\)')
_OUTPUT = re.compile(r'ex\.extract\("(\w+)"\)\s*\n\s*out\.append\((.*)\)')
_SHAPE = re.compile(r"#(\S+)=\(([\d,]*)\)")
_BUNDLES = ("prim::TupleConstruct", "prim::ListConstruct")
_AXIS = re.compile(r"batch_index=(\d+)|\.(?:un)?squeeze\((\d+)\)")
_NO_AXIS = 233


def convert(args):
    inputs, outputs = json.loads(args.inputs), json.loads(args.outputs)
    source = "model.pt" if args.torchscript else "model.onnx"
    os.makedirs(_SCRATCH)
    shutil.copyfile(args.model, os.path.join(_SCRATCH, source))
    call_pnnx([
        source,
        "inputshape=" + ",".join("[%s]%s" % (",".join(map(str, one["shape"])), one["type"]) for one in inputs),
        "fp16=%d" % (args.precision == "fp16"),
        # below 2 it leaves operators that ncnn does not have
        "optlevel=2",
    ])
    made = [os.path.join(_SCRATCH, name) for name in ("model.ncnn.param", "model.ncnn.bin")]
    for path in made:
        if not os.path.isfile(path):
            fail("pnnx wrote no " + os.path.basename(path))
    io = describe(inputs, outputs)
    import runtime

    # pnnx copies operators that ncnn does not have: only loading shows it
    runtime.check_inputs(runtime.open_net(*made), io)
    if args.torchscript:
        check_folded(made[0], io)
    with open(made[0], "a", encoding="utf-8") as file:
        file.write(runtime.MARK + json.dumps(io, separators=(",", ":"), ensure_ascii=False) + "\n")
    os.replace(made[0], args.param)
    os.replace(made[1], args.bin)


def call_pnnx(words):
    # not its script: that imports torch
    [package] = importlib.util.find_spec("pnnx").submodule_search_locations
    program = os.path.join(package, "pnnx.exe" if os.name == "nt" else "pnnx")
    process = subprocess.Popen([program, *words], cwd=_SCRATCH, stdin=subprocess.DEVNULL)
    # what loads the model is itself loaded while pnnx runs
    import runtime  # noqa: F401

    code = process.wait()
    if code < 0:
        fail("pnnx crashed with %s on %s" % (signal.Signals(-code).name, words[0]))
    if code > 0:
        fail("pnnx ended with status %d" % code)


def describe(inputs, outputs):
    """How ncnn's blobs go with the tensors of the source; `batchAxis` is the axis that a blob does not have."""
    with open(os.path.join(_SCRATCH, "model_ncnn.py"), encoding="utf-8") as file:
        example = file.read()
    io = {"inputs": join(_INPUT.findall(example), inputs), "outputs": join(_OUTPUT.findall(example), outputs)}
    shapes = output_shapes()
    for one in io["outputs"]:
        if "shape" not in one and one["name"] in shapes:
            one["shape"] = shapes[one["name"]]
    for one in io["inputs"] + io["outputs"]:
        axis, shape = one.get("batchAxis"), one.get("shape") or []
        if axis is not None and len(shape) > axis and shape[axis] != 1:
            fail("ncnn has no batch: %s has %d along axis %d" % (one["source"], shape[axis], axis))
    return io


def output_shapes():
    """What pnnx inferred where the source leaves a size open."""
    with open(os.path.join(_SCRATCH, "model.pnnx.param"), encoding="utf-8") as file:
        layers = [line.split() for line in file.readlines()[2:]]
    bundles, shapes, outputs = {}, {}, []
    for kind, name, takes, _gives, *words in layers:
        blobs = words[:int(takes)]
        shapes.update(match.groups() for match in map(_SHAPE.match, words) if match)
        if kind in _BUNDLES or "expr=[%s]" % ",".join("@%d" % place for place in range(len(blobs))) in words:
            bundles[words[int(takes)]] = blobs
        if kind == "pnnx.Output":
            # TorchScript gives several as one tuple
            outputs += [one for blob in blobs for one in bundles.get(blob, [blob])]
    return {
        "out%d" % index: [int(size) for size in shapes[blob].split(",") if size]
        for index, blob in enumerate(outputs)
        if blob in shapes
    }


def join(found, tensors):
    if len(found) != len(tensors):
        fail("pnnx kept %d of %d inputs or outputs: %s" % (len(found), len(tensors), ", ".join(one["name"] for one in tensors)))
    return [with_axis(name, code, tensor) for (name, code), tensor in zip(found, tensors)]


def with_axis(name, code, tensor):
    one = {"name": name, "source": tensor["name"]}
    if "shape" in tensor:
        one["shape"] = tensor["shape"]
    match = _AXIS.search(code)
    axis = int(match.group(1) or match.group(2)) if match else _NO_AXIS
    if axis != _NO_AXIS:
        one["batchAxis"] = axis
    return one


def check_folded(param, io):
    """What scripted code decides by an input's value or size, pnnx decides once, for numbers of its own: nothing takes the input then."""
    with open(param, encoding="utf-8") as file:
        layers = [line.split() for line in file.readlines()[2:]]
    taken = {blob for layer in layers for blob in layer[4:4 + int(layer[2])]}
    unused = [one["source"] for one in io["inputs"] if one["name"] not in taken]
    if unused:
        fail("pnnx folded inputs into constants: %s" % ", ".join(unused))


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("convert", allow_abbrev=False)
    for flag in ("--model", "--param", "--bin", "--inputs", "--outputs", "--precision"):
        one.add_argument(flag, required=True)
    one.add_argument("--torchscript", action="store_true")
    two = commands.add_parser("run", allow_abbrev=False)
    two.add_argument("--spec", required=True)
    args = parser.parse_args()
    if args.command == "convert":
        convert(args)
    else:
        import run_files
        import runtime

        run_files.run_models(args.spec, runtime.load, runtime.version, runtime.load_layers)


main()
