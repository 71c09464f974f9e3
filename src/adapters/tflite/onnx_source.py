"""The copy of an ONNX model that onnx2tf gets: float32, of fixed sizes, with plain names.

onnx2tf gives ":" and "/" in names a meaning of their own, and writes over the file that it reads.
"""
import math

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper, shape_inference

from failure import Failure

# a protobuf message, and so the graph that TensorFlow reads, ends here; a TFLite file as well
LIMIT = 2**31 - 1
_OTHER_FLOATS = (TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.BFLOAT16)
# attributes that name a type of elements, by operator; CastLike and the like name none
_TYPE_ATTRIBUTES = ("to", "dtype", "softmax_precision", "stash_type")


class Source:
    """The prepared model, and what its inputs and outputs are called in the source."""

    def __init__(self, model, inputs, outputs, shapes, permuted):
        self.model = model
        # plain name -> name in the source, in the order of the source
        self.inputs = inputs
        self.outputs = outputs
        # plain name -> shape that an output has to get back
        self.shapes = shapes
        # names in the source of what is NHWC in the copy and NCHW in the source
        self.permuted = permuted


def prepare(path, shapes, layout):
    model = onnx.load(path)
    graph = model.graph
    if sum(_size(tensor) for tensor in graph.initializer) > LIMIT:
        raise Failure("the weights are larger than the 2 GB that a TFLite file can hold")
    for each in _graphs(graph):
        _to_float32(each)
    _drop_given_inputs(graph)
    _fix_sizes(model, shapes)
    model = shape_inference.infer_shapes(model)
    graph = model.graph
    names = [value.name for value in graph.output]
    _separate_outputs(graph)
    inputs = _rename(graph, graph.input, "modelconv_in_")
    outputs = dict(zip(_rename(graph, graph.output, "modelconv_out_"), names))
    permuted = set()
    if layout == "nhwc":
        _images_to_nhwc(graph, inputs, permuted)
    shapes = _flatten_outputs(graph, outputs, layout, permuted)
    return Source(model, inputs, outputs, shapes, permuted)


def _size(tensor):
    count = 1
    for size in tensor.dims:
        count *= size
    return count * helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize


def _graphs(graph):
    """A graph and those inside its nodes."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in [attribute.g] * attribute.HasField("g") + list(attribute.graphs):
                yield from _graphs(inner)


def _to_float32(graph):
    """TFLite's kernels compute in float32: half precision is a way to store weights there."""
    for tensor in graph.initializer:
        _tensor_to_float32(tensor)
    for value in (*graph.input, *graph.output, *graph.value_info):
        if value.type.tensor_type.elem_type in _OTHER_FLOATS:
            value.type.tensor_type.elem_type = TensorProto.FLOAT
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.name in _TYPE_ATTRIBUTES and attribute.i in _OTHER_FLOATS:
                attribute.i = TensorProto.FLOAT
            for tensor in (attribute.t, *attribute.tensors):
                _tensor_to_float32(tensor)


def _tensor_to_float32(tensor):
    if tensor.data_type not in _OTHER_FLOATS:
        return
    array = numpy_helper.to_array(tensor).astype("float32")
    tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))


def _drop_given_inputs(graph):
    """Before IR version 4 weights were listed as inputs too."""
    given = {tensor.name for tensor in graph.initializer}
    _replace(graph.input, [value for value in graph.input if value.name not in given])


def _replace(field, values):
    copies = [type(value).FromString(value.SerializeToString()) for value in values]
    del field[:]
    field.extend(copies)


def _fix_sizes(model, shapes):
    graph = model.graph
    for value in graph.input:
        if value.name in shapes:
            _set_shape(value, shapes[value.name])
        if _shape(value) is None:
            raise Failure("input %s has an open size" % value.name)
    if shapes:
        # what was inferred from the open sizes is inferred again
        del graph.value_info[:]
        for value in graph.output:
            value.type.tensor_type.ClearField("shape")


def _separate_outputs(graph):
    """An output that is an input or a weight as well gets a name of its own."""
    made = {name for node in graph.node for name in node.output}
    for value in graph.output:
        if value.name not in made:
            own = "modelconv_same_as_" + value.name
            graph.node.append(helper.make_node("Identity", [value.name], [own]))
            value.name = own


def _rename(graph, values, prefix):
    """Plain names; the map from them to the names in the source."""
    names = {value.name: "%s%04d" % (prefix, index) for index, value in enumerate(values)}
    for each in _graphs(graph):
        for node in each.node:
            for field in (node.input, node.output):
                for index, name in enumerate(field):
                    field[index] = names.get(name, name)
    for value in (*graph.input, *graph.output, *graph.value_info, *graph.initializer):
        value.name = names.get(value.name, value.name)
    return {plain: name for name, plain in names.items()}


def _images_to_nhwc(graph, names, permuted):
    """Image inputs come in as [N, H, W, C]; onnx2tf takes out the transpositions that meet."""
    added = []
    for value in graph.input:
        if _is_image(value):
            inner = _inside(graph, value)
            added.append(helper.make_node("Transpose", [value.name], [inner], perm=[0, 3, 1, 2]))
            _set_shape(value, _permuted(_shape(value)))
            permuted.add(names[value.name])
    _replace(graph.node, [*added, *graph.node])


def _flatten_outputs(graph, names, layout, permuted):
    """Outputs leave as [N, everything]: onnx2tf picks a layout of its own for what has more axes.

    Returns the shapes to give back, by plain name.
    """
    shapes = {}
    for value in graph.output:
        shape = _shape(value)
        if shape is None or len(shape) < 3:
            continue
        inner = _inside(graph, value)
        if layout == "nhwc" and _is_image(value):
            turned = inner + "_nhwc"
            graph.node.append(helper.make_node("Transpose", [inner], [turned], perm=[0, 2, 3, 1]))
            permuted.add(names[value.name])
            inner, shape = turned, _permuted(shape)
        flat = [shape[0], math.prod(shape[1:])]
        target = numpy_helper.from_array(np.array(flat, dtype="int64"), value.name + "_flat")
        graph.initializer.append(target)
        graph.node.append(helper.make_node("Reshape", [inner, target.name], [value.name]))
        _set_shape(value, flat)
        shapes[value.name] = shape
    return shapes


def _shape(value):
    """Sizes of the axes; None when one of them is open."""
    tensor = value.type.tensor_type
    sizes = [one.dim_value for one in tensor.shape.dim]
    return sizes if tensor.HasField("shape") and all(size > 0 for size in sizes) else None


def _set_shape(value, shape):
    sizes = value.type.tensor_type.shape
    del sizes.dim[:]
    for size in shape:
        sizes.dim.add().dim_value = size


def _is_image(value):
    shape = _shape(value)
    return shape is not None and len(shape) == 4 and value.type.tensor_type.elem_type == TensorProto.FLOAT


def _permuted(shape):
    return [shape[axis] for axis in (0, 2, 3, 1)]


def _inside(graph, value):
    """Another name for what is called like an input or output, wherever the graph uses it."""
    inner = value.name + "_inside"
    for node in (node for each in _graphs(graph) for node in each.node):
        for field in (node.input, node.output):
            for index, name in enumerate(field):
                field[index] = inner if name == value.name else name
    return inner
