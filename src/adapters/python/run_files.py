"""How a driver is told what to run, and gives its results back (the other side of run-files.ts).

One JSON document each way; tensors are raw little-endian files, samples one after the other.
"""
import json
import os
import re
import sys
import time

import numpy as np

# NumPy has no bfloat16; drivers are never asked for it
_DTYPES = {
    "float64": "<f8", "float32": "<f4", "float16": "<f2",
    "int64": "<i8", "int32": "<i4", "int16": "<i2", "int8": "|i1",
    "uint64": "<u8", "uint32": "<u4", "uint16": "<u2", "uint8": "|u1", "bool": "|b1",
}


class Samples:
    """The samples of a spec, read one at a time."""

    def __init__(self, spec_file):
        with open(spec_file, encoding="utf-8") as file:
            spec = json.load(file)
        self.count = spec["count"]
        self.models = spec.get("models", [])
        self.timing = spec.get("timing")
        self.optional = frozenset(spec.get("optional", ()))
        self.names = [one["name"] for one in spec["inputs"]]
        self._arrays = {one["name"]: self._open(one) for one in spec["inputs"]}

    def _open(self, one):
        if "shapes" in one:
            return self._open_each(one)
        shape = (self.count, *one["shape"])
        return np.memmap(one["file"], dtype=_DTYPES[one["dtype"]], mode="r", shape=shape)

    @staticmethod
    def _open_each(one):
        """Samples of several shapes."""
        data = np.memmap(one["file"], dtype=_DTYPES[one["dtype"]], mode="r")
        ends = np.cumsum([int(np.prod(shape)) for shape in one["shapes"]])
        return [data[end - int(np.prod(shape)):end].reshape(shape) for end, shape in zip(ends, one["shapes"])]

    def __getitem__(self, index):
        """One sample: arrays by input name, batch axis included."""
        if index >= self.count:
            raise IndexError(index)
        return {name: np.array(array[index]) for name, array in self._arrays.items()}

    def __iter__(self):
        return (self[index] for index in range(self.count))

    def all_of(self, name):
        """All samples of one input, stacked along its batch axis."""
        array = np.asarray(self._arrays[name])
        return array.reshape(-1, *array.shape[2:]) if array.ndim > 1 else array


class Results:
    """Writes the outputs of one model, sample after sample."""

    def __init__(self, result_dir, names, operators=None, quantization=None):
        os.makedirs(result_dir, exist_ok=True)
        self._dir = result_dir
        self._operators = operators
        self._quantization = quantization
        self._names = list(names)
        self._files = [os.path.join(result_dir, "%d.bin" % index) for index in range(len(self._names))]
        self._handles = [open(file, "wb") for file in self._files]
        self._shapes = [[] for _ in self._names]
        self._dtypes = ["unknown"] * len(self._names)
        self._refused = []

    def add(self, arrays):
        """The outputs of one sample, in the order of the names."""
        if len(arrays) != len(self._names):
            raise ValueError("%d outputs instead of %d" % (len(arrays), len(self._names)))
        for index, array in enumerate(arrays):
            # not ascontiguousarray: it makes a vector of a scalar
            array = np.asarray(array, order="C")
            array = array.astype(array.dtype.newbyteorder("<"), copy=False)
            self._handles[index].write(array.tobytes())
            self._shapes[index].append([int(size) for size in array.shape])
            self._dtypes[index] = array.dtype.name

    def refuse(self, sample, error):
        """An optional sample that the model does not take: no data, and why."""
        message = str(error).strip() or type(error).__name__
        self._refused.append({"sample": sample, "message": message[:1000]})
        for shapes in self._shapes:
            shapes.append([0])

    def close(self):
        """Without this there are no results: a run that failed half-way leaves none."""
        for handle in self._handles:
            handle.close()
        outputs = [
            {"name": name, "dtype": dtype, "file": file.replace(os.sep, "/"), "shapes": shapes}
            for name, dtype, file, shapes in zip(self._names, self._dtypes, self._files, self._shapes)
        ]
        for output, operator in zip(outputs, self._operators or ()):
            output["operator"] = operator
        for output, (scale, zero) in zip(outputs, self._quantization or ()):
            if scale != 0:
                output["quantization"] = {"scale": float(scale), "zeroPoint": int(zero)}
        write_results(self._dir, {"outputs": outputs, "refused": self._refused})


def write_results(result_dir, results):
    os.makedirs(result_dir, exist_ok=True)
    with open(os.path.join(result_dir, "results.json"), "w", encoding="utf-8") as file:
        json.dump(results, file)


def run_models(spec_file, load, runtime=None, load_layers=None):
    """Run every model of a spec.

    `load(path, threads)` gives (output names, function from a sample to its outputs). Without `threads` it sets
    the runtime so that results can be compared: one thread, the precision of the file. With them the model is
    timed: the settings are the runtime's own, as a product has them, and samples come in the layout of the file.
    `load_layers(path)` gives the same for every tensor that the runtime can show, in the order of execution, with
    what computes each in between.
    `infer.quantization`, where a driver sets it, is (scale, zero point) of each output that it turned into real
    numbers, and scale 0 for the others.
    `runtime` gives its name and version, where it is another one than the tool that the environment is named after.
    """
    samples = Samples(spec_file)
    for model in samples.models:
        if model.get("layers"):
            names, operators, infer = load_layers(model["path"])
            keep_outputs(samples, Results(model["resultDir"], names, operators), infer)
        elif samples.timing is None:
            names, infer = load(model["path"], None)
            quantization = getattr(infer, "quantization", None)
            keep_outputs(samples, Results(model["resultDir"], names, quantization=quantization), infer)
        else:
            _, infer = load(model["path"], samples.timing["threads"])
            keep_times(samples, model, infer, runtime)


def keep_outputs(samples, results, infer):
    for index, sample in enumerate(samples):
        add_outputs(samples, results, index, lambda: infer(sample))
    results.close()


def add_outputs(samples, results, index, infer):
    """The outputs of one sample; of an optional one that it may be refused."""
    try:
        found = infer()
    # a driver that says what is wrong and ends does so for this sample alone
    except (Exception, SystemExit) as error:
        if index not in samples.optional:
            raise
        results.refuse(index, "what is wrong is in the log" if isinstance(error, SystemExit) else error)
        return
    results.add(found)


def keep_times(samples, model, infer, runtime=None):
    durations = time_runs(samples, infer, samples.timing)
    timing = {"durationsNs": durations, **peak_memory(), **({} if runtime is None else {"runtime": runtime()})}
    write_results(model["resultDir"], {"outputs": [], "timing": timing})


def time_runs(samples, infer, timing):
    """Nanoseconds of each run; samples take turns, and are read between the runs."""
    for index in range(timing["warmup"]):
        infer(samples[index % samples.count])
    durations = []
    latest = time.perf_counter_ns() + timing.get("durationMs", float("inf")) * 1e6
    while not durations or (len(durations) < timing["runs"] and time.perf_counter_ns() < latest):
        sample = samples[len(durations) % samples.count]
        start = time.perf_counter_ns()
        infer(sample)
        durations.append(time.perf_counter_ns() - start)
    return durations


def peak_memory():
    """The most memory that this process had resident, in bytes; nothing where the system does not tell."""
    # Linux: ru_maxrss begins with the peak of the process that started this one, VmHWM does not
    try:
        with open("/proc/self/status", encoding="utf-8") as file:
            found = re.search(r"^VmHWM:\s+(\d+) kB$", file.read(), re.MULTILINE)
    except OSError:
        found = None
    if found:
        return {"peakMemoryBytes": int(found.group(1)) * 1024}
    try:
        import resource
    except ImportError:
        return {}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"peakMemoryBytes": peak if sys.platform == "darwin" else peak * 1024}
