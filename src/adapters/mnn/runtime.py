"""MNN's runtime, and the identifier of a model."""
import hashlib
import mmap
import re

import MNN
import MNN.expr as F
import MNN.nn as nn
import numpy as np

from ending import fail

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DTYPES = {F.int: np.int32, F.int64: np.int64, F.uint8: np.uint8, F.double: np.float64}


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
