"""Scales and zero points as the vendor's own library gives them, as JSON: to compare our reading with."""
import json
import re
import subprocess
import sys


def numbers(array):
    return [float(one) for one in array.reshape(-1)]


def tflite(path):
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        from tensorflow.lite import Interpreter
    found = {}
    for tensor in Interpreter(model_path=path).get_tensor_details():
        quantization = tensor["quantization_parameters"]
        if len(quantization["scales"]):
            found[tensor["name"]] = {
                "scale": numbers(quantization["scales"]),
                "zeroPoint": numbers(quantization["zero_points"]),
                "axis": int(quantization["quantized_dimension"]),
                "dtype": tensor["dtype"].__name__,
            }
    return found


def openvino(path):
    import numpy as np
    import openvino as ov

    found = {}
    for op in ov.Core().read_model(path).get_ops():
        if op.get_type_name() == "FakeQuantize":
            source = op.input_value(0)
            names = sorted(source.get_names(), key=lambda name: (len(name), name))
            low, high = (np.asarray(op.input_value(i).get_node().data, dtype=np.float64) for i in (3, 4))
            scale = (high - low) / (op.get_attributes()["levels"] - 1)
            found[names[0] if names else source.get_node().get_friendly_name()] = {
                "scale": numbers(scale),
                "zeroPoint": numbers(np.round(-low / scale)),
            }
        if op.get_type_name() == "Multiply":
            left, right = (op.input_value(i).get_node() for i in (0, 1))
            if left.get_type_name() == "Convert" and right.get_type_name() == "Constant":
                if left.input_value(0).get_node().get_type_name() == "Constant":
                    found[op.get_friendly_name()] = {"scale": numbers(np.asarray(right.data)), "zeroPoint": [0.0]}
    return found


def ort(path):
    """From the initializers that operators on integers name as scale and zero point of their weights."""
    import numpy as np
    import onnxruntime.tools.ort_format_model.ort_flatbuffers_py.fbs as fbs
    from onnxruntime.tools.ort_format_model.ort_flatbuffers_py.fbs.InferenceSession import InferenceSession

    with open(path, "rb") as file:
        graph = InferenceSession.GetRootAsInferenceSession(file.read(), 0).Model().Graph()
    types = {1: np.float32, 2: np.uint8, 3: np.int8, 6: np.int32}
    values = {}
    for index in range(graph.InitializersLength()):
        tensor = graph.Initializers(index)
        if tensor.DataType() in types:
            raw = tensor.RawDataAsNumpy()
            values[tensor.Name().decode()] = raw.tobytes() and np.frombuffer(raw.tobytes(), types[tensor.DataType()])
    found = {}
    for index in range(graph.NodesLength()):
        node = graph.Nodes(index)
        if node.OpType().decode() in ("QLinearConv", "QGemm"):
            names = [node.Inputs(i).decode() for i in range(node.InputsLength())]
            found[names[3]] = {"scale": numbers(values[names[4]]), "zeroPoint": numbers(values[names[5]])}
    return found


def mnn(path):
    import MNN  # noqa: F401  first: _tools needs its libraries

    code = "import sys, MNN, _tools; _tools.mnnconvert(sys.argv[1:])"
    words = ["mnnconvert", "-f", "MNN", "--modelFile", path, "--JsonFile", "model.json", "--bizCode", "x"]
    subprocess.run([sys.executable, "-c", code, *words], check=True, stdout=subprocess.DEVNULL)
    with open("model.json", encoding="utf-8") as file:
        ops = json.load(file)["oplists"]
    mains = {op["name"]: op["main"] for op in ops if op.get("main", {}).get("quanParameter")}
    # pairs of minimum and scale
    return {name: {"scale": main["quanParameter"]["alpha"][1::2]} for name, main in mains.items()}


def rknn(path):
    """Where the compiler says that it puts each operator, and in which type."""
    code = """
import sys
from rknn.api import RKNN
rknn = RKNN(verbose=True)
rknn.config(target_platform="rk3588", quantized_dtype="w8a8", float_dtype="float16")
rknn.load_onnx(model=sys.argv[1])
rknn.build(do_quantization=False)
"""
    done = subprocess.run([sys.executable, "-c", code, path], check=True, capture_output=True, text=True)
    row = re.compile(r"\] +\d+ +(\S+) +(\w+) +(NPU|CPU) .* (\S+:\S+) *$", re.M)
    rows = row.findall(done.stdout + done.stderr)
    return [[name, kind, unit.lower()] for kind, _, unit, name in rows if "Operator" not in kind]


print(json.dumps({"tflite": tflite, "openvino": openvino, "ort": ort, "mnn": mnn, "rknn": rknn}[sys.argv[1]](sys.argv[2])))
