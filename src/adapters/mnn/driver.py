"""What MNN offers as a Python API: its converter without the telemetry of its scripts, and its runtime."""
import argparse
import json
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))

from ending import fail  # noqa: E402

# MNN first: _tools needs its libraries. The scripts mnnconvert and mnnquant run pip and send usage reports
# around this very call
_CONVERTER = "import json, sys, MNN, _tools; _tools.mnnconvert(json.load(sys.stdin))"
# after these it says "Success!", with weights of whatever was in memory
_DAMAGE = ("Can't open file:", "Do not support weight bits")


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
    import runtime

    runtime.fix_uuid(args.output)
    runtime.try_out(args.output)


def call_converter(words):
    """A process of its own: what it says has to be read, for it returns nothing, whatever happened."""
    output, wait = (fork if hasattr(os, "fork") else spawn)(words)
    damage = None
    with output:
        for raw in output:
            line = raw.decode("utf-8", "replace").rstrip()
            print(line, flush=True)
            damage = damage or next((line for known in _DAMAGE if known in line), None)
    code = wait()
    if code < 0:
        fail("the converter crashed with %s" % signal.Signals(-code).name)
    if code > 0:
        fail("the converter ended with status %d" % code)
    if damage is not None:
        fail("the converter left out weights: " + damage)


def fork(words):
    """A copy of this process, in which MNN is loaded already."""
    import runtime  # noqa: F401
    import _tools

    reading, writing = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        for stream in (1, 2):
            os.dup2(writing, stream)
        _tools.mnnconvert(words)
        # in order, for MNN's own streams to be written out
        sys.exit(0)
    os.close(writing)
    return os.fdopen(reading, "rb"), lambda: status_of(os.waitpid(pid, 0)[1])


def status_of(status):
    """As subprocess has it: negative for a signal."""
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def spawn(words):
    """Where there is no fork."""
    # words through stdin: a descriptor may be larger than an argument can be
    command = [sys.executable, "-s", "-B", "-c", _CONVERTER]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = subprocess.Popen(command, **pipes)
    process.stdin.write(json.dumps(words).encode())
    process.stdin.close()
    return process.stdout, process.wait


def write_shapes(shapes):
    path = "mnn-inputs.txt"
    sizes = ["x".join(map(str, shape)) for shape in shapes.values()]
    lines = ("input_size = %d" % len(shapes), "input_names = " + ",".join(shapes), "input_dims = " + ",".join(sizes))
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return path


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
        import runtime

        run_files.run_models(args.spec, runtime.load)


main()
