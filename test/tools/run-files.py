"""What run_files.py makes of samples of several shapes: run by openvino.test.ts, in a directory of its own."""
import json
import sys

import numpy as np

sys.path.insert(0, sys.argv[1])
import run_files  # noqa: E402


def load(path, threads):
    def infer(sample):
        (array,) = sample.values()
        if array.shape[0] == 3:
            raise RuntimeError("three are one too many\nand more lines")
        if array.shape[0] == 4:
            # as a driver ends that has said what is wrong
            sys.exit(1)
        return [array.sum(axis=1), np.float32(array.size)]

    return ["sums", "size"], infer


shapes = [[1, 2], [3, 2], [2, 2], [4, 2]]
np.arange(20, dtype="<f4").tofile("x.bin")
inputs = [{"name": "x", "dtype": "float32", "shape": [1, 2], "shapes": shapes, "file": "x.bin"}]
spec = {"count": 4, "inputs": inputs, "models": [{"path": "m", "resultDir": "r"}], "optional": json.loads(sys.argv[2])}
with open("spec.json", "w", encoding="utf-8") as file:
    json.dump(spec, file)
run_files.run_models("spec.json", load)
