"""Generate small ONNX graphs from the node tests of the `onnx` package: `operator_graphs.py OUT [COUNT]`.

Each graph is one case of the backend test set, its further inputs made constants as exporters do, with an
elementwise operator before or behind it where the types allow. Operators take turns, so that few graphs meet
many of them. The same version of `onnx` gives the same graphs.
"""
import json
import os
import random
import re
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SEED = 20240229
CASES = os.path.join(os.path.dirname(onnx.__file__), "backend", "test", "data", "node")
# results that nobody can compare, training, text, and what is no tensor
LEFT_OUT = re.compile(
    r"Random|Bernoulli|Multinomial|Dropout|Sequence|Optional|String|Regex|Tokenizer|TfIdf|Momentum|Adam|Adagrad|Gradient|ImageDecoder|^If$|^Loop$|^Scan$"
)
TYPES = {
    TensorProto.FLOAT, TensorProto.INT64, TensorProto.INT32, TensorProto.BOOL, TensorProto.UINT8, TensorProto.INT8,
}
MOST_ELEMENTS = 50_000
DATA_DEPENDENT = ("Range", "NonZero", "Compress", "Unique")
BEHIND = ("Relu", "Sigmoid", "Tanh", "Neg", "Abs", "HardSwish")
BEFORE = ("Add", "Mul")


def load(name):
    """A case that can be used, or None: model, and the arrays of its inputs."""
    folder = os.path.join(CASES, name)
    model = onnx.load(os.path.join(folder, "model.onnx"))
    graph = model.graph
    if name.endswith("_expanded") or "_expanded_" in name or len(graph.node) != 1:
        return None
    if LEFT_OUT.search(graph.node[0].op_type) or any(one.domain not in ("", "ai.onnx") for one in model.opset_import):
        return None
    values = [*graph.input, *graph.output]
    if not graph.input or any(not one.type.HasField("tensor_type") for one in values):
        return None
    if any(one.type.tensor_type.elem_type not in TYPES for one in values):
        return None
    arrays = {}
    for place, one in enumerate(graph.input):
        with open(os.path.join(folder, "test_data_set_0", "input_%d.pb" % place), "rb") as file:
            arrays[one.name] = numpy_helper.to_array(TensorProto.FromString(file.read()))
    # rows of a table by numbers that need not be whole: what a fraction means is not defined
    if graph.node[0].op_type == "OneHot" and arrays[graph.input[0].name].dtype.kind == "f":
        return None
    if any(array.size == 0 or array.size > MOST_ELEMENTS for array in arrays.values()):
        return None
    return model, arrays


def main_input(graph, arrays):
    """What stays an input: the first real numbers, else the first numbers."""
    floats = [one.name for one in graph.input if arrays[one.name].dtype == np.float32 and arrays[one.name].size > 1]
    return floats[0] if floats else graph.input[0].name


def build(name, model, arrays, chance):
    graph = model.graph
    chosen = main_input(graph, arrays)
    array = arrays[chosen]
    constants = [numpy_helper.from_array(arrays[one.name], one.name) for one in graph.input if one.name != chosen]
    nodes, source = list(graph.node), chosen
    shape = list(array.shape)
    if array.dtype == np.float32 and chance.random() < 0.3:
        source = "graph_input"
        kind = chance.choice(BEFORE)
        constants.append(numpy_helper.from_array(np.array(0.5 if kind == "Mul" else 0.25, np.float32), "before"))
        nodes.insert(0, helper.make_node(kind, [source, "before"], [chosen], "before"))
    outputs = list(graph.output)
    first = outputs[0].type.tensor_type
    if first.elem_type == TensorProto.FLOAT and chance.random() < 0.4:
        kind = chance.choice(BEHIND)
        nodes.append(helper.make_node(kind, [outputs[0].name], ["y_behind"], "behind"))
        behind = onnx.ValueInfoProto()
        behind.CopyFrom(outputs[0])
        behind.name = "y_behind"
        outputs[0] = behind
    for one in outputs if graph.node[0].op_type in DATA_DEPENDENT else ():
        # the shape of the case is that of its own data alone
        one.type.tensor_type.ClearField("shape")
    kind = helper.np_dtype_to_tensor_dtype(array.dtype)
    made = helper.make_graph(nodes, name, [helper.make_tensor_value_info(source, kind, shape)], outputs, constants)
    # HardSwish came with 14
    version = max(14, *(one.version for one in model.opset_import))
    whole = helper.make_model(made, opset_imports=[helper.make_opsetid("", version)], producer_name="modelconv-operators")
    whole.ir_version = max(8, min(model.ir_version, 10))
    onnx.checker.check_model(whole, full_check=True)
    return whole


def generate(out, count):
    order = random.Random(SEED)
    by_operator = {}
    for name in sorted(os.listdir(CASES)):
        found = load(name)
        if found is not None:
            by_operator.setdefault(found[0].graph.node[0].op_type, []).append((name, *found))
    for cases in by_operator.values():
        order.shuffle(cases)
    made = []
    while len(made) < count and any(by_operator.values()):
        for operator in sorted(by_operator):
            if len(made) == count or not by_operator[operator]:
                continue
            name, model, arrays = by_operator[operator].pop()
            try:
                whole = build(name, model, arrays, random.Random("%d %s" % (SEED, name)))
            except Exception as error:  # raised to a newer operator set, some cases are no longer valid
                print("left out %s: %s" % (name, str(error).splitlines()[0]), file=sys.stderr)
                continue
            file = "%s.onnx" % re.sub(r"^test_", "", name)
            onnx.save(whole, os.path.join(out, file))
            made.append({"file": file, "operators": [node.op_type for node in whole.graph.node]})
    with open(os.path.join(out, "graphs.json"), "w", encoding="utf-8") as file:
        json.dump(made, file, indent=1)
    print("%d graphs, %d operators" % (len(made), len({one for each in made for one in each["operators"]})))


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    generate(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200)
