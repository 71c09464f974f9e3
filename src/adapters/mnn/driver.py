"""What MNN offers as a Python API: its converter without the telemetry of its scripts, and its runtime."""
import argparse
import hashlib
import json
import mmap
import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))

import MNN  # noqa: E402  first: _tools needs its libraries
import MNN.expr as F  # noqa: E402
import MNN.nn as nn  # noqa: E402
import numpy as np  # noqa: E402

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# the scripts mnnconvert and mnnquant run pip and send usage reports around this very call
_CONVERTER = "import json, sys, MNN, _tools; _tools.mnnconvert(json.load(sys.stdin))"
# after these it says "Success!", with weights of whatever was in memory
_DAMAGE = ("Can't open file:", "Do not support weight bits")
_DTYPES = {F.int: np.int32, F.int64: np.int64, F.uint8: np.uint8, F.double: np.float64}


def fail(message):
    """One line that says why, last in the log."""
    sys.stdout.flush()
    print("modelconv: " + message, file=sys.stderr, flush=True)
    sys.exit(1)


def convert(args, rest):
    biz_code = args.biz_code
    if args.biz_code_file:
        with open(args.biz_code_file, encoding="utf-8") as file:
            biz_code = file.read()
    shapes = json.loads(args.shapes)
    if shapes:
        rest = [*rest, "--saveStaticModel", "--inputConfigFile", write_shapes(shapes)]
    call_converter([
        "mnnconvert", "-f", args.framework, "--modelFile", args.model,
        "--MNNModel", args.output, "--bizCode", biz_code, *rest,
    ])
    if not os.path.isfile(args.output) or os.path.getsize(args.output) == 0:
        fail("the converter wrote no model")
    fix_uuid(args.output)
    try_out(args.output)


def call_converter(words):
    """A process of its own: what it says has to be read, for it returns nothing, whatever happened."""
    # words through stdin: Linux takes 128 KiB as one argument, a descriptor may be larger
    command = [sys.executable, "-s", "-B", "-c", _CONVERTER]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, **pipes) as process:
        process.stdin.write(json.dumps(words).encode())
        process.stdin.close()
        damage = None
        for raw in process.stdout:
            line = raw.decode("utf-8", "replace").rstrip()
            print(line, flush=True)
            damage = damage or next((line for known in _DAMAGE if known in line), None)
    if process.returncode < 0:
        fail("the converter crashed with %s" % signal.Signals(-process.returncode).name)
    if process.returncode > 0:
        fail("the converter ended with status %d" % process.returncode)
    if damage is not None:
        fail("the converter left out weights: " + damage)


def write_shapes(shapes):
    path = "mnn-inputs.txt"
    sizes = ["x".join(map(str, shape)) for shape in shapes.values()]
    lines = ("input_size = %d" % len(shapes), "input_names = " + ",".join(shapes), "input_dims = " + ",".join(sizes))
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return path


def fix_uuid(path):
    """The random name of the file becomes one that follows from its content: nothing else differs between runs."""
    uuid = MNN.get_model_uuid(path)
    if not _UUID.fullmatch(uuid or ""):
        return
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as data:
        at = data.find(uuid.encode())
        if at < 0 or data.find(uuid.encode(), at + 1) >= 0:
            fail("the identifier of the model does not stand in it exactly once")
        data[at:at + len(uuid)] = b"0" * len(uuid)
        digest = hashlib.sha256()
        for start in range(0, len(data), 1 << 20):
            digest.update(data[start:start + (1 << 20)])
        data[at:at + len(uuid)] = as_uuid(digest.digest()).encode()
        data.flush()


def as_uuid(digest):
    """RFC 9562, version 8: bits of the maker's own choice."""
    octets = bytearray(digest[:16])
    octets[6] = 0x80 | octets[6] & 0x0F
    octets[8] = 0x80 | octets[8] & 0x3F
    word = octets.hex()
    return "-".join((word[:8], word[8:12], word[12:16], word[16:20], word[20:]))


def try_out(path):
    """It says "Success!" of models that it cannot run: one run on zeros shows it."""
    _, infer, inputs = open_model(path)
    if all(size > 0 for one in inputs for size in one.shape):
        infer([np.zeros(one.shape) for one in inputs])


def open_model(path, threads=None):
    # high: what the file holds is compared, not what this processor would make faster of it
    precision = "high" if threads is None else "normal"
    runtime = nn.create_runtime_manager(({"backend": "CPU", "precision": precision, "numThread": threads or 1},))
    try:
        net = nn.load_module_from_file(path, [], [], runtime_manager=runtime)
    except SystemError as error:
        fail("MNN cannot load the model: %s" % (error.__cause__ or error))
    info = net.get_info()
    inputs, names = info["inputs"], list(info["outputNames"])

    def infer(arrays):
        if len(arrays) != len(inputs):
            fail("the model has %d inputs, not %d" % (len(inputs), len(arrays)))
        found = net.forward([feed(array, wanted) for array, wanted in zip(arrays, inputs)])
        found = found if isinstance(found, (list, tuple)) else [found]
        if len(found) != len(names):
            fail("MNN cannot run the model: it gives %d of %d outputs" % (len(found), len(names)))
        return [read(name, one) for name, one in zip(names, found)]

    return info, infer, inputs


def feed(array, wanted):
    array = np.ascontiguousarray(array, _DTYPES.get(wanted.dtype, np.float32))
    layout = F.NHWC if wanted.data_format == F.NHWC else F.NCHW
    variable = F.placeholder(list(array.shape), layout, wanted.dtype)
    try:
        variable.write(array)
    except SystemError:
        fail("MNN does not take inputs of type %s" % wanted.dtype)
    return variable


def read(name, variable):
    if variable.data_format == F.NC4HW4:
        variable = F.convert(variable, F.NCHW)
    try:
        return np.array(variable.read()).reshape(variable.shape)
    except SystemError:
        fail("MNN cannot run the model: output %s has the shape %s" % (name, variable.shape))


def load(path, threads):
    info, infer, _ = open_model(path, threads)
    names = list(info["inputNames"])

    def infer_sample(sample):
        is_named = set(names) <= set(sample)
        return infer([sample[name] for name in names] if is_named else list(sample.values()))

    return list(info["outputNames"]), infer_sample


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("convert", allow_abbrev=False)
    for flag in ("--framework", "--model", "--output", "--shapes"):
        one.add_argument(flag, required=True)
    text = one.add_mutually_exclusive_group(required=True)
    text.add_argument("--biz-code")
    text.add_argument("--biz-code-file")
    two = commands.add_parser("run", allow_abbrev=False)
    two.add_argument("--spec", required=True)
    # what is left is for the converter
    args, rest = parser.parse_known_args()
    if args.command == "convert":
        convert(args, rest)
    else:
        import run_files

        run_files.run_models(args.spec, load)


main()
