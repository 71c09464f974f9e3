"""PyTorch, the runtime that TorchScript was made for: run models on samples."""
import argparse
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))

import torch  # noqa: E402

import run_files  # noqa: E402


def fail(what, error):
    """The last line of a message of torch says what is wrong; the ones before are where."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    print("modelconv: %s: %s" % (what, lines[-1].strip()), file=sys.stderr, flush=True)
    sys.exit(1)


def load(path):
    try:
        return torch.jit.load(path, map_location="cpu").eval()
    except Exception as error:
        # of an operator that is not there only the first line says the name
        sys.stderr.write("%s\n" % error)
        fail("the model cannot be loaded", error)


def tensors(value):
    """The tensors of a result in their order; of tuples, lists and dictionaries those inside."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [one for inner in value for one in tensors(inner)]
    raise TypeError("it gives %s, which is no tensor" % type(value).__name__)


def array(tensor):
    # NumPy has neither quantized numbers nor bfloat16
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()


def run(module, sample):
    try:
        with torch.inference_mode():
            # samples have the inputs in the order of forward()
            return [array(one) for one in tensors(module(*map(torch.from_numpy, sample.values())))]
    except (RuntimeError, TypeError) as error:
        fail("the model does not run", error)


def run_models(spec):
    samples = run_files.Samples(spec)
    for model in samples.models:
        module = load(model["path"])
        if samples.timing is not None:
            torch.set_num_threads(samples.timing["threads"])
            run_files.keep_times(samples, model, lambda sample, module=module: run(module, sample))
            continue
        results = None
        for index, sample in enumerate(samples):
            if results is None:
                # how many there are shows the first of them, which is never optional
                found = run(module, sample)
                names = ["output%d" % place for place in range(len(found))]
                results = run_files.Results(model["resultDir"], names)
                results.add(found)
                continue
            run_files.add_outputs(samples, results, index, lambda: run(module, sample))
        if results is not None:
            results.close()


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("run", allow_abbrev=False)
    one.add_argument("--spec", required=True)
    run_models(parser.parse_args().spec)


main()
