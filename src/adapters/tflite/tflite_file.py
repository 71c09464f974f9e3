"""TFLite files as objects: names as in the source, and text in Metadata entries."""
import copy
import json
import os

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from failure import Failure

DESCRIPTOR = "modelconv"
# names of inputs and outputs that are NHWC here and NCHW in the source
LAYOUT = "modelconv.layout"
# schema.fbs: "force_align: 16" on the data of a buffer; the Python API of the schema leaves it out
_ALIGNMENT = 16


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    if data[4:8] != b"TFL3":
        raise Failure("%s is not a TFLite file" % path)
    model = schema.ModelT.InitFromPackedBuf(data, 0)
    # offsets of 0 and 1 stand for none
    if any((buffer.offset or 0) > 1 for buffer in model.buffers):
        raise Failure("%s keeps its data outside of the 2 GB that a flatbuffer can hold" % path)
    return model


def write(model, path):
    model.buffers = [_Aligned(buffer) for buffer in model.buffers]
    builder = flatbuffers.Builder(1024)
    try:
        builder.Finish(model.Pack(builder), b"TFL3")
    except flatbuffers.builder.BuilderSizeError:
        raise Failure("the model is larger than the 2 GB that a TFLite file can hold") from None
    with open(path + ".part", "wb") as file:
        file.write(builder.Output())
    os.replace(path + ".part", path)


class _Aligned:
    """A buffer whose data starts at a multiple of 16, as the schema demands."""

    def __init__(self, buffer):
        self.data = buffer.data

    def Pack(self, builder):  # the name that the schema's code calls
        data = None
        if self.data is not None and len(self.data) > 0:
            payload = np.asarray(self.data, dtype=np.uint8).tobytes()
            builder.StartVector(1, len(payload), _ALIGNMENT)
            builder.head -= len(payload)
            builder.Bytes[builder.head : builder.head + len(payload)] = payload
            data = builder.EndVector()
        schema.BufferStart(builder)
        if data is not None:
            schema.BufferAddData(builder, data)
        return schema.BufferEnd(builder)


def restore_names(model, inputs, outputs):
    """Inputs and outputs called, and in the order, as in the source; maps from plain to source names."""
    graph = model.subgraphs[0]
    [signature] = model.signatureDefs
    graph.inputs = _restore(graph, signature.inputs, inputs)
    graph.outputs = _restore(graph, signature.outputs, outputs)
    if len(graph.outputs) != len(outputs):
        raise Failure("an output of the model got lost")


def restore_shapes(model, shapes):
    """Give outputs that left flat their shape back; by plain name, before restore_names."""
    graph = model.subgraphs[0]
    [signature] = model.signatureDefs
    for entry in signature.outputs:
        shape = shapes.get(entry.name.decode())
        if shape is not None:
            index = _reshaped(model, graph, entry.tensorIndex, shape)
            graph.outputs = [index if one == entry.tensorIndex else one for one in graph.outputs]
            entry.tensorIndex = index


def _reshaped(model, graph, index, shape):
    """Index of a tensor of this shape that holds what tensor `index` holds."""
    makers = [op for op in graph.operators if index in op.outputs]
    users = [op for op in graph.operators if index in op.inputs]
    # the flattening is the last operator, and can go when it got the wanted shape to flatten
    if len(makers) == 1 and not users and _is_reshape(model, makers[0]):
        before = makers[0].inputs[0]
        if list(graph.tensors[before].shape) == shape and before not in graph.inputs:
            graph.operators.remove(makers[0])
            return before
        _set_shape(model, graph, makers[0], shape)
        graph.tensors[index].shape = np.array(shape, dtype=np.int32)
        graph.tensors[index].shapeSignature = None
        return index
    result = copy.copy(graph.tensors[index])
    result.name = result.name + b"_shaped"
    result.shape = np.array(shape, dtype=np.int32)
    result.shapeSignature = None
    result.buffer = 0
    graph.tensors.append(result)
    added = len(graph.tensors) - 1
    step = schema.OperatorT()
    step.opcodeIndex = _reshape_code(model)
    step.inputs = [index]
    step.outputs = np.array([added], dtype=np.int32)
    graph.operators.append(step)
    _set_shape(model, graph, step, shape)
    return added


def _is_reshape(model, op):
    return _builtin(model.operatorCodes[op.opcodeIndex]) == schema.BuiltinOperator.RESHAPE


def _builtin(code):
    # the old field is a byte and ends at 127
    return max(code.builtinCode, code.deprecatedBuiltinCode)


def _reshape_code(model):
    for index, code in enumerate(model.operatorCodes):
        if _builtin(code) == schema.BuiltinOperator.RESHAPE:
            return index
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.RESHAPE
    code.version = 1
    model.operatorCodes.append(code)
    return len(model.operatorCodes) - 1


def _set_shape(model, graph, op, shape):
    array = np.array(shape, dtype=np.int32)
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(array.astype("<i4").tobytes(), dtype=np.uint8)
    model.buffers.append(buffer)
    target = schema.TensorT()
    target.name = "shape_%d" % len(graph.tensors)
    target.type = schema.TensorType.INT32
    target.shape = np.array([len(shape)], dtype=np.int32)
    target.buffer = len(model.buffers) - 1
    target.hasRank = True
    graph.tensors.append(target)
    op.inputs = np.array([op.inputs[0], len(graph.tensors) - 1], dtype=np.int32)
    op.builtinOptionsType = schema.BuiltinOptions.ReshapeOptions
    op.builtinOptions = schema.ReshapeOptionsT()
    op.builtinOptions.newShape = array


def _restore(graph, entries, names):
    # an input that nothing depends on does not come through
    entries.sort(key=lambda entry: entry.name)
    for entry in entries:
        name = names[entry.name.decode()]
        tensor = graph.tensors[entry.tensorIndex]
        tensor.name = name
        entry.name = name
    return np.array([entry.tensorIndex for entry in entries], dtype=np.int32)


def set_metadata(model, name, text):
    """Put a text in the entry of this name, in place of what was there."""
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(text.encode("utf-8"), dtype=np.uint8)
    for entry in model.metadata or []:
        if entry.name == name.encode():
            model.buffers[entry.buffer] = buffer
            return
    model.buffers.append(buffer)
    entry = schema.MetadataT()
    entry.name = name
    entry.buffer = len(model.buffers) - 1
    model.metadata = [*(model.metadata or []), entry]


def permuted_names(path):
    """What set_layout said; nothing for files of other makers."""
    with open(path, "rb") as file:
        model = schema.Model.GetRootAs(file.read(), 0)
    for index in range(model.MetadataLength()):
        entry = model.Metadata(index)
        if entry.Name() == LAYOUT.encode():
            return set(json.loads(model.Buffers(entry.Buffer()).DataAsNumpy().tobytes())["nhwc"])
    return set()


def set_layout(model, permuted):
    if permuted:
        set_metadata(model, LAYOUT, json.dumps({"nhwc": sorted(permuted)}))
