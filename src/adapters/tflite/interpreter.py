"""TFLite files in LiteRT's interpreter, on its own kernels."""
from importlib import metadata

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

import tflite_file
from failure import Failure, one_line


def open_model(path, threads=None, keeps=False):
    """`keeps` every tensor: otherwise their room goes to the next ones."""
    if threads is not None:
        return Interpreter(model_path=path, num_threads=threads)
    # no delegate: XNNPACK takes operators that the kernels of smaller runtimes do not
    return Interpreter(
        model_path=path,
        num_threads=1,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        experimental_preserve_all_tensors=keeps,
    )


def runtime():
    """The converter that the environment is named after runs nothing."""
    return {"tool": "LiteRT", "version": metadata.version("ai-edge-litert")}


_CANNOT_RUN = "the TFLite runtime cannot run the model: "
# enough to meet a value that an operator refuses, few enough to cost nothing
_CHECKED_SAMPLES = 4


def check(path, samples=None):
    """Load, allocate and run: onnx2tf ends with 0 when it has written what no runtime takes."""
    try:
        interpreter = open_model(path)
        interpreter.allocate_tensors()
    except (RuntimeError, ValueError) as error:
        raise Failure("the TFLite runtime refuses the model: " + one_line(error)) from error
    if samples is not None:
        _, infer = load(path, None)
        try:
            for index in range(min(samples.count, _CHECKED_SAMPLES)):
                infer(samples[index])
        except (RuntimeError, ValueError) as error:
            raise Failure(_CANNOT_RUN + one_line(error)) from error
        return
    # some models divide by their input, others take zero for an index and nothing else
    errors = [_try(interpreter, fill) for fill in (0, 1)]
    if all(errors):
        raise Failure(_CANNOT_RUN + one_line(errors[0]))


def _try(interpreter, fill):
    try:
        for detail in interpreter.get_input_details():
            interpreter.set_tensor(detail["index"], np.full(detail["shape"], fill, detail["dtype"]))
        interpreter.invoke()
        # an output that no operator writes has no data, and nothing says so before it is read
        for detail in interpreter.get_output_details():
            interpreter.get_tensor(detail["index"])
    except (RuntimeError, ValueError) as error:
        return error
    return None


def load(path, threads):
    """For run_files: output names, and a function from a sample to its outputs as the source gives them."""
    interpreter = open_model(path, threads)
    permuted = tflite_file.permuted_names(path) if threads is None else set()

    def infer(sample):
        invoke(interpreter, sample, permuted)
        return [_output(interpreter, detail, permuted) for detail in interpreter.get_output_details()]

    outputs = interpreter.get_output_details()
    # where the source itself gives integers, real numbers are turned back into them
    infer.quantization = [detail["quantization"] for detail in outputs]
    return [detail["name"] for detail in outputs], infer


def load_layers(path):
    """What operators write, in their order, as the file lays it out."""
    interpreter = open_model(path, keeps=True)
    interpreter.allocate_tensors()
    permuted = tflite_file.permuted_names(path)
    details = {detail["index"]: detail for detail in interpreter.get_tensor_details()}
    shown = [
        (int(index), operator["op_name"])
        for operator in interpreter._get_ops_details()  # what the library's own debugger reads
        for index in operator["outputs"]
        if int(index) in details
    ]

    def infer(sample):
        invoke(interpreter, sample, permuted)
        return [_output(interpreter, details[index], permuted) for index, _ in shown]

    return [details[index]["name"] for index, _ in shown], [kind for _, kind in shown], infer


def invoke(interpreter, sample, permuted):
    inputs = interpreter.get_input_details()
    arrays = _in_order([detail["name"] for detail in inputs], sample)
    arrays = [
        array.transpose(0, 2, 3, 1) if detail["name"] in permuted else array
        for detail, array in zip(inputs, arrays)
    ]
    _allocate(interpreter, inputs, arrays)
    # a recurrent layer keeps its state from one run to the next
    interpreter.reset_all_variables()
    for detail, array in zip(interpreter.get_input_details(), arrays):
        interpreter.set_tensor(detail["index"], _quantized(array, detail))
    interpreter.invoke()


def _in_order(names, sample):
    """By name; by place when the names are not those of the samples."""
    if set(names) <= set(sample):
        return [sample[name] for name in names]
    if len(names) != len(sample):
        raise Failure("the model has %d inputs, the samples have %d" % (len(names), len(sample)))
    return list(sample.values())


def _allocate(interpreter, inputs, arrays):
    for detail, array in zip(inputs, arrays):
        if tuple(detail["shape"]) != array.shape:
            interpreter.resize_tensor_input(detail["index"], array.shape, strict=True)
    interpreter.allocate_tensors()


def _quantized(array, detail):
    wanted = np.dtype(detail["dtype"])
    scale, zero = detail["quantization"]
    if scale == 0 or array.dtype.kind != "f" or wanted.kind not in "iu":
        return np.ascontiguousarray(array.astype(wanted, copy=False))
    limits = np.iinfo(wanted)
    steps = np.round(array / np.float32(scale)) + zero
    return np.ascontiguousarray(np.clip(steps, limits.min, limits.max).astype(wanted))


def _output(interpreter, detail, permuted):
    array = interpreter.get_tensor(detail["index"])
    scale, zero = detail["quantization"]
    if scale != 0 and array.dtype.kind in "iu":
        array = (array.astype(np.float32) - zero) * np.float32(scale)
    elif array.dtype == np.float16:
        array = array.astype(np.float32)
    return array.transpose(0, 3, 1, 2) if detail["name"] in permuted else array
