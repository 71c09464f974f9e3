"""ONNX to TFLite with onnx2tf, and with TensorFlow's converter behind it for fp16 and int8."""
import os
import shutil

import onnx

from failure import Failure, one_line

WORK = "onnx2tf"
COPY = WORK + "/model.onnx"
OUT = WORK + "/out"


def lower(source, precision, io, samples):
    """Path of the .tflite file that was made; everything else in WORK is litter.

    `samples` are what int8 measures its ranges on.
    """
    # without it onnx2tf goes on, and writes operators that no runtime knows
    if shutil.which("onnxsim") is None:
        raise Failure("onnxsim, which onnx2tf starts, is not on PATH")
    os.makedirs(WORK)
    onnx.save(source.model, COPY)
    if precision == "fp32":
        _onnx2tf(source)
        return OUT + "/model_float32.tflite"
    # the float16 file of onnx2tf computes in half precision, for which TFLite's kernels are not made
    _complete_saved_model()
    _onnx2tf(source, flatbuffer_direct_output_saved_model=True)
    return _tensorflow(source, precision, io, samples)


def _onnx2tf(source, **further):
    import onnx2tf

    try:
        onnx2tf.convert(
            input_onnx_file_path=COPY,
            output_folder_path=OUT,
            # its other back end decides on layouts by running random inputs: top-1 of 0.64 instead of 0.98
            tflite_backend="flatbuffer_direct",
            keep_shape_absolutely_input_names=list(source.inputs),
            verbosity="error",
            **further,
        )
    except SystemExit as error:
        raise Failure("onnx2tf gave up with status %s" % error.code) from None


def _complete_saved_model():
    """onnx2tf 2.6.9 writes these operators into TFLite files, but not into SavedModels."""
    import tensorflow as tf
    from onnx2tf.tflite_builder import saved_model_exporter as exporter

    def gelu(executor, op, env):
        x = executor._resolve_tensor(op.inputs[0], env)
        approximate = bool(op.options.get("approximate", False))
        executor._assign_outputs(op, [tf.nn.gelu(x, approximate=approximate)], env)

    def unary(function):
        def kernel(executor, op, env):
            executor._assign_outputs(op, [function(executor._resolve_tensor(op.inputs[0], env))], env)

        return kernel

    further = {
        "GELU": gelu,
        "HARD_SWISH": unary(lambda x: x * tf.nn.relu6(x + 3.0) / 6.0),
        "IDENTITY": unary(tf.identity),
        "ROUND": unary(tf.math.round),
        "RSQRT": unary(tf.math.rsqrt),
        "SQUARE": unary(tf.math.square),
    }
    for name, kernel in further.items():
        exporter._REGISTERED_KERNELS.setdefault(name, kernel)
        exporter.SUPPORTED_KERNEL_OP_TYPES.add(name)


def _tensorflow(source, precision, io, samples):
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(OUT)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    # never SELECT_TF_OPS: such files need TensorFlow itself on the device
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if precision == "fp16":
        converter.target_spec.supported_types = [tf.float16]
    else:
        converter.representative_dataset = lambda: (_feeds(source, sample) for sample in samples)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8 if io == "int8" else tf.float32
        converter.inference_output_type = converter.inference_input_type
    try:
        data = converter.convert()
    except Exception as error:
        raise Failure("TensorFlow's converter: " + one_line(error)) from error
    file = WORK + "/converted.tflite"
    with open(file, "wb") as handle:
        handle.write(data)
    return file


def _feeds(source, sample):
    """A sample as the copy takes it: under its names, in its layout, float32."""
    return {plain: _feed(source, name, sample[name]) for plain, name in source.inputs.items()}


def _feed(source, name, array):
    if array.dtype.kind == "f":
        array = array.astype("float32")
    return array.transpose(0, 2, 3, 1) if name in source.permuted else array
