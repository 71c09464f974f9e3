"""ncnn's runtime, and what a file notes of its inputs and outputs."""
import json
import os
import re

import ncnn
import numpy as np

from ending import fail

MARK = "# modelconv-io "


def open_net(param, weights, threads=None, keeps=False):
    net = ncnn.Net()
    # otherwise blobs go as soon as the next layer has them
    net.opt.lightmode = not keeps
    net.opt.use_vulkan_compute = False
    net.opt.num_threads = threads or 1
    if threads is None:
        # what the file holds is compared, not what this processor would make faster of it
        net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
        net.opt.use_bf16_storage = False
    if net.load_param(param) != 0:
        fail("ncnn cannot load the model: its layers are refused")
    if net.load_model(weights) != 0:
        fail("ncnn cannot load the model: its weights are refused")
    return net


def check_inputs(net, io):
    for kind, known in (("inputs", net.input_names()), ("outputs", net.output_names())):
        missing = [one["name"] for one in io[kind] if one["name"] not in known]
        if missing:
            fail("pnnx left out %s: %s" % (kind, ", ".join(missing)))


def numbered(name):
    """out10 comes after out9."""
    return [int(word) if word.isdigit() else word for word in re.split(r"(\d+)", name)]


def read_io(param, net):
    """What `convert` noted; of other files: every tensor lost a first axis of 1."""
    noted = None
    with open(param, encoding="utf-8") as file:
        for line in file:
            if line.startswith(MARK):
                noted = json.loads(line[len(MARK):])
    if noted is not None:
        return noted
    names = {"inputs": list(net.input_names()), "outputs": sorted(net.output_names(), key=numbered)}
    return {kind: [{"name": name, "source": name, "batchAxis": 0} for name in names[kind]] for kind in names}


def load(path, threads):
    net = open_net(path, os.path.splitext(path)[0] + ".bin", threads)
    io = read_io(path, net)

    def infer(sample):
        extractor = fed(net, io, sample)
        return [extract(extractor, one) for one in io["outputs"]]

    return [one["source"] for one in io["outputs"]], infer


def load_layers(path):
    """What layers write, in the order of the file; copies are left out."""
    net = open_net(path, os.path.splitext(path)[0] + ".bin", keeps=True)
    io = read_io(path, net)
    known = {one["name"]: one for one in io["outputs"]}
    shown = [(name, kind) for name, kind in blobs(path) if kind not in ("Input", "Split", "MemoryData")]

    def infer(sample):
        extractor = fed(net, io, sample)
        return [extract(extractor, known.get(name, {"name": name, "source": name})) for name, _ in shown]

    return [known.get(name, {"source": name})["source"] for name, _ in shown], [kind for _, kind in shown], infer


def blobs(param):
    """Name of each blob, and the kind of the layer that writes it."""
    with open(param, encoding="utf-8") as file:
        layers = [line.split() for line in file.readlines()[2:] if not line.startswith("#")]
    for layer in layers:
        if len(layer) < 4:
            continue
        kind, _, takes, gives = layer[:4]
        for name in layer[4 + int(takes):4 + int(takes) + int(gives)]:
            yield name, kind


def fed(net, io, sample):
    wanted = [one["source"] for one in io["inputs"]]
    arrays = [sample[name] for name in wanted] if set(wanted) <= set(sample) else list(sample.values())
    if len(arrays) != len(wanted):
        fail("the model has %d inputs, the samples %d" % (len(wanted), len(arrays)))
    extractor = net.create_extractor()
    for one, array in zip(io["inputs"], arrays):
        if extractor.input(one["name"], to_mat(array, one)) != 0:
            fail("ncnn does not take input " + one["source"])
    return extractor


def to_mat(array, one):
    axis, shape = one.get("batchAxis"), one.get("shape")
    # samples for the .param itself, not for its source
    is_own = shape is not None and list(array.shape) == without(axis, shape)
    if shape is not None and list(array.shape) != shape and not is_own:
        # ncnn itself does not look, and reads past the end
        fail("input %s has the shape %s, not %s" % (one["source"], list(array.shape), shape))
    if axis is not None and not is_own:
        if array.ndim <= axis or array.shape[axis] != 1:
            fail("ncnn takes one sample at a time, not the shape %s of %s" % (list(array.shape), one["source"]))
        array = np.squeeze(array, axis)
    # an index is read as int32, everything else as float32
    kind = np.int32 if array.dtype.kind in "iu" else np.float32
    return ncnn.Mat(np.ascontiguousarray(array, kind)).clone()


def without(axis, shape):
    return [size for place, size in enumerate(shape) if place != axis]


def extract(extractor, one):
    code, mat = extractor.extract(one["name"])
    if code != 0:
        fail("ncnn cannot run the model: output %s ended with %d" % (one["source"], code))
    array = np.array(mat, dtype=np.float32)
    shape = one.get("shape")
    if shape is not None and int(np.prod(shape)) == array.size:
        return array.reshape(shape)
    axis = one.get("batchAxis")
    return array if axis is None or axis > array.ndim else np.expand_dims(array, axis)


def version():
    return {"tool": "ncnn", "version": ncnn.__version__}
