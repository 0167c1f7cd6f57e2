#!/usr/bin/python3
"""Counts multiply-accumulates and weights of ONNX models by itself and compares with what `berth import` counts.

Usage: onnx_test.py BERTH [FOLDER...]. Without a folder: the models of Debian's libonnx-testdata, and models that are
built here for what those lack. Operators of ONNX Runtime and of later operator sets are counted where they are built
(onnx_runtime_models.py, onnx_search_models.py). Elsewhere shapes come from the shape inference of the onnx package, not
from Berth; formulas are those of the operators' definitions. A model that cannot be counted here (an operator that
multiplies but has no formula, a shape that is not known) is left out and named with --verbose. The test fails if more
than 2 % of the others differ, if an import lost a product without a word, or if Berth does not accept what it wrote.
"""
import itertools
import pathlib
import re
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper, shape_inference
except ImportError as missing:
    sys.exit(f"{missing}: install python3-onnx (./dev does)")

from onnx_runtime_models import runtime_models
from onnx_search_models import search_models

FOLDER = pathlib.Path("/usr/share/libonnx-testdata/data")
SUMS = re.compile(r"^graph:  # \d+ operators, (?P<parameters>\d+) parameters, (?P<macs>\d+) MACs$", re.MULTILINE)
UNCOUNTABLE = {"Attention", "DeformConv", "DFT", "STFT", "SequenceMap", "Gradient"}
SHARE_EQUAL = 0.98
WEIGHT_TYPES = {TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.BFLOAT16, TensorProto.INT8,
                TensorProto.UINT8}
STORED_OTHERWISE = {"Identity", "Cast", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "QuantizeLinear",
                    "DequantizeLinear"}


class CannotCount(Exception):
    """Something multiplies, but this script cannot say how much."""


def product(sizes):
    result = 1
    for size in sizes:
        result *= size
    return result


def attributes(node):
    return {each.name: helper.get_attribute_value(each) for each in node.attribute}


def einsum_macs(equation, shapes):
    """Term after term, as written: each step sums over letters that no later term and not the result has."""
    left, _, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if "..." in equation or not right and len(terms) > 1:
        raise CannotCount(f"Einsum {equation}")
    sizes = {letter: size for term, shape in zip(terms, shapes) for letter, size in zip(term, shape)}
    macs, held = 0, set(terms[0])
    for index, term in enumerate(terms[1:], 1):
        kept = set(right).union(*terms[index + 1:])
        both = held | set(term)
        summed = (held & set(term)) - kept
        macs += product(sizes[letter] for letter in (both & kept) | summed) if summed and product(
            sizes[letter] for letter in summed) > 1 else 0
        held = both & kept
    return macs


class Counter:
    """One graph, with the shapes of its values at hand."""

    def __init__(self, graph, shapes, constants):
        self.graph, self.shapes, self.constants = graph, dict(shapes), dict(constants)
        self.weights = {}
        for value in list(graph.input) + list(graph.output) + list(graph.value_info):
            self.note(value)
        for tensor in graph.initializer:
            self.shapes[tensor.name] = list(tensor.dims)
            self.constants[tensor.name] = tensor

    def note(self, value):
        kind = value.type.tensor_type
        if kind.HasField("shape") and all(dim.dim_value > 0 for dim in kind.shape.dim):
            self.shapes[value.name] = [dim.dim_value for dim in kind.shape.dim]

    def shape(self, name, node):
        if name not in self.shapes:
            raise CannotCount(f"{node.op_type}: shape of {name}")
        return self.shapes[name]

    def data(self, name):
        tensor = self.constants.get(name)
        return None if tensor is None else numpy_helper.to_array(tensor)

    def hold(self, name):
        """Elements of a constant that is multiplied by, once however often it is used."""
        makers = {output: node for node in self.graph.node for output in node.output}
        while name not in self.constants and name in makers and makers[name].op_type in STORED_OTHERWISE:
            name = makers[name].input[0]
        if name in self.constants and self.constants[name].data_type in WEIGHT_TYPES:
            self.weights[name] = product(self.constants[name].dims)

    def matmul(self, node, left, right, transposed=False):
        a, b = self.shape(left, node), self.shape(right, node)
        self.hold(right)
        self.hold(left)
        depth = a[-2] if transposed else a[-1]
        return product(self.shape(node.output[0], node)) * depth

    def conv(self, node, weights, transposed=False):
        kernel = self.shape(weights, node)
        self.hold(weights)
        places = self.shape(node.input[0] if transposed else node.output[0], node)
        # Per position and channel of the places: the other channels that it meets, times the kernel.
        return product(places) * product(kernel[1:])

    def recurrent(self, node):
        tokens, batch, inputs = self.shape(node.input[0], node)
        directions, columns, _ = self.shape(node.input[1], node)
        hidden = columns // {"LSTM": 4, "GRU": 3, "RNN": 1}[node.op_type]
        self.hold(node.input[1])
        self.hold(node.input[2])
        return tokens * batch * directions * columns * (inputs + hidden)

    def dearest(self, *bodies):
        """What the body that multiplies most counts, with its weights."""
        counters = [Counter(each, self.shapes, self.constants) for each in bodies]
        macs, index = max((each.count(), -i) for i, each in enumerate(counters))
        self.weights.update(counters[-index].weights)
        return macs

    def loop(self, node, values):
        macs = self.dearest(values["body"])
        if macs == 0:
            return 0
        trips = self.data(node.input[0]) if node.op_type == "Loop" else None
        if trips is None:
            raise CannotCount(f"{node.op_type} that runs nobody knows how often")
        return int(trips) * macs

    def node(self, node):
        values, op = attributes(node), node.op_type
        if op in UNCOUNTABLE:
            raise CannotCount(op)
        if op == "Constant" and "value" in values:
            self.constants[node.output[0]] = values["value"]
            self.shapes[node.output[0]] = list(values["value"].dims)
        if op in ("MatMul", "MatMulInteger"):
            return self.matmul(node, node.input[0], node.input[1])
        if op == "Gemm":
            return self.matmul(node, node.input[0], node.input[1], values.get("transA", 0))
        if op == "QLinearMatMul":
            return self.matmul(node, node.input[0], node.input[3])
        if op in ("Conv", "ConvInteger"):
            return self.conv(node, node.input[1])
        if op == "QLinearConv":
            return self.conv(node, node.input[3])
        if op == "ConvTranspose":
            return self.conv(node, node.input[1], transposed=True)
        if op in ("LSTM", "GRU", "RNN"):
            if values.get("layout", 0):
                raise CannotCount("batch first")
            return self.recurrent(node)
        if op == "Einsum":
            for name in node.input:
                self.hold(name)
            return einsum_macs(values["equation"].decode(), [self.shape(name, node) for name in node.input])
        if op == "If":
            return self.dearest(values["then_branch"], values["else_branch"])
        if op in ("Loop", "Scan"):
            return self.loop(node, values)
        return 0

    def count(self):
        return sum(self.node(node) for node in self.graph.node)


def count(model):
    """MACs of the model, and the elements of the weights that are multiplied by."""
    inferred = shape_inference.infer_shapes(model, data_prop=True)
    counter = Counter(inferred.graph, {}, {})
    return counter.count(), sum(counter.weights.values())


def models_built():
    """What the test data lacks: each operator that multiplies, in the forms that exporters write."""
    def value(name, *shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    def weight(name, *shape):
        return numpy_helper.from_array(np.zeros(shape, np.float32), name)

    def model(name, nodes, inputs, outputs, weights=()):
        graph = helper.make_graph(nodes, name, inputs, outputs, weights)
        return name, helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)])

    node = helper.make_node
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    for rank, kernel in (("1d", [3]), ("2d", [3, 5]), ("3d", [3, 3, 3])):
        size = [10] * len(kernel)
        for groups in (1, 4):
            yield model(f"conv_{rank}_groups_{groups}", [node("Conv", ["x", "w", "b"], ["y"], group=groups)],
                        [value("x", 2, 8, *size)], [y], [weight("w", 12, 8 // groups, *kernel), weight("b", 12)])
            yield model(f"transposed_{rank}_groups_{groups}",
                        [node("ConvTranspose", ["x", "w"], ["y"], group=groups, strides=[2] * len(kernel))],
                        [value("x", 2, 8, *size)], [y], [weight("w", 8, 12 // groups, *kernel)])
        yield model(f"kernels_of_activations_{rank}", [node("Conv", ["x", "v"], ["y"])],
                    [value("x", 1, 8, *size), value("v", 6, 8, *kernel)], [y])
    yield model("weight_norm",
                [node("ReduceL2", ["v"], ["l"], axes=[1, 2], keepdims=1), node("Div", ["v", "l"], ["u"]),
                 node("Mul", ["u", "g"], ["w"]), node("Conv", ["x", "w"], ["y"])],
                [value("x", 1, 8, 40)], [y], [weight("v", 16, 8, 5), weight("g", 16, 1, 1)])
    for left, right in (((6, 7), (7, 5)), ((2, 3, 6, 7), (7, 5)), ((2, 3, 6, 7), (2, 3, 7, 5)),
                        ((1, 8, 4, 12, 6), (1, 8, 1, 6, 12)), ((2, 1, 4, 12, 6), (1, 8, 1, 6, 12)),
                        ((6, 7), (3, 7, 5)), ((7,), (7, 5)), ((3, 6, 7), (7,)), ((3, 6, 7), (3, 7, 5))):
        shape = "_by_".join("x".join(map(str, each)) for each in (left, right))
        yield model(f"matmul_{shape}", [node("MatMul", ["x", "v"], ["y"])], [value("x", *left), value("v", *right)],
                    [y])
        yield model(f"matmul_{shape}_weights", [node("MatMul", ["x", "w"], ["y"])], [value("x", *left)], [y],
                    [weight("w", *right)])
        yield model(f"matmul_weights_{shape}", [node("MatMul", ["w", "x"], ["y"])], [value("x", *right)], [y],
                    [weight("w", *left)])
    for turned_a in (0, 1):
        for turned_b in (0, 1):
            yield model(f"gemm_{turned_a}{turned_b}",
                        [node("Gemm", ["x", "w"], ["y"], transA=turned_a, transB=turned_b)],
                        [value("x", *((9, 4) if turned_a else (4, 9)))], [y],
                        [weight("w", *((6, 9) if turned_b else (9, 6)))])
    for op, gates in (("LSTM", 4), ("GRU", 3), ("RNN", 1)):
        for direction, ways in (("forward", 1), ("bidirectional", 2)):
            yield model(f"{op}_{direction}",
                        [node(op, ["x", "w", "r", "b"], ["y", "h"], hidden_size=16, direction=direction)],
                        [value("x", 20, 3, 12)], [y, helper.make_tensor_value_info("h", TensorProto.FLOAT, None)],
                        [weight("w", ways, gates * 16, 12), weight("r", ways, gates * 16, 16),
                         weight("b", ways, 2 * gates * 16)])
            yield model(f"{op}_{direction}_of_activations",
                        [node(op, ["x", "w", "r"], ["y"], hidden_size=16, direction=direction)],
                        [value("x", 20, 3, 12), value("w", ways, gates * 16, 12), value("r", ways, gates * 16, 16)],
                        [y])
    for equation, shapes in (("bqhd,bkhd->bhqk", ((1, 9, 4, 6), (1, 8, 4, 6))), ("bhqk,bkhd->bqhd",
                             ((1, 4, 9, 8), (1, 8, 4, 6))), ("ij,jk->ki", ((5, 6), (6, 7))), ("i,j->ij", ((5,), (6,))),
                             ("bij,bij->bij", ((2, 3, 4), (2, 3, 4))), ("ab,bc,cd->ad", ((5, 6), (6, 7), (7, 8))),
                             ("bsd,dhk->bshk", ((2, 9, 16), (16, 4, 8)))):
        yield model(f"einsum_{equation}".replace(">", ""), [node("Einsum", ["x", "v"] + ["u"] * (len(shapes) - 2), ["y"],
                    equation=equation)], [value(name, *shape) for name, shape in zip("xvu", shapes)], [y])
        if len(shapes) == 2:
            yield model(f"einsum_weights_{equation}".replace(">", ""), [node("Einsum", ["x", "w"], ["y"],
                        equation=equation)], [value("x", *shapes[0])], [y], [weight("w", *shapes[1])])
    tied = [node("Gather", ["w", "ids"], ["e"]), node("Transpose", ["w"], ["t"], perm=[1, 0]),
            node("MatMul", ["e", "t"], ["y"])]
    yield model("tied", tied, [helper.make_tensor_value_info("ids", TensorProto.INT64, (1, 9))], [y],
                [weight("w", 100, 16)])
    branch = lambda name, width: helper.make_graph([node("MatMul", ["x", f"w{width}"], [name])], name, [],
                                                   [helper.make_tensor_value_info(name, TensorProto.FLOAT, None)],
                                                   [weight(f"w{width}", 16, width)])
    yield model("branches", [node("If", ["c"], ["y"], then_branch=branch("a", 8), else_branch=branch("b", 32))],
                [value("x", 4, 16), helper.make_tensor_value_info("c", TensorProto.BOOL, ())], [y])
    body = helper.make_graph([node("MatMul", ["s", "w"], ["t"]), node("Identity", ["c"], ["d"])], "body",
                             [helper.make_tensor_value_info("i", TensorProto.INT64, ()),
                              helper.make_tensor_value_info("c", TensorProto.BOOL, ()), value("s", 4, 16)],
                             [helper.make_tensor_value_info("d", TensorProto.BOOL, ()), value("t", 4, 16)],
                             [weight("w", 16, 16)])
    yield model("loop", [node("Loop", ["n", "", "x"], ["y"], body=body)], [value("x", 4, 16)], [y],
                [numpy_helper.from_array(np.array(12, np.int64), "n")])


def imported(berth, path, folder):
    """What berth says: status, messages, and the model it wrote, if any."""
    out = folder / "model.yaml"
    out.unlink(missing_ok=True)
    done = subprocess.run([berth, "import", path, "--out", out], capture_output=True, text=True)
    if done.returncode != 0:
        return done.stderr, None
    checked = subprocess.run([berth, "check", out], capture_output=True, text=True)
    return done.stderr + ("" if checked.returncode == 0 else "REFUSED: " + checked.stderr), out.read_text()


def main(berth, folders, verbose):
    equal, different, failed, stated = 0, [], [], {}
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        paths = sorted(path for each in folders or [FOLDER] for path in pathlib.Path(each).rglob("*.onnx"))
        for name, model in () if folders else models_built():
            paths.append(folder / f"{re.sub(r'[^A-Za-z0-9]+', '_', name)}.onnx")
            onnx.save(model, paths[-1])
        for name, model, macs, weights in () if folders else itertools.chain(runtime_models(), search_models()):
            paths.append(folder / f"{name}.onnx")
            stated[paths[-1]] = macs, weights
            onnx.save(model, paths[-1])
        if len(paths) < 100 and not folders:
            sys.exit(f"{FOLDER}: there are no models; apt-get install libonnx-testdata")
        for path in paths:
            name = f"{path.parent.name}/{path.name}"
            said, text = imported(berth, path, folder)
            if "REFUSED" in said:
                failed.append(f"{name}: {said}")
            try:
                macs, weights = stated.get(path) or count(onnx.load(str(path), load_external_data=False))
            except Exception as reason:  # whatever this script stumbles over, it cannot count
                if verbose:
                    print(f"not counted: {name}: {reason} {'imported' if text else said.strip()}")
                continue
            if text is None:
                if verbose:
                    print(f"not imported: {name} ({macs} MACs): {said.strip()}")
                if macs > 0 and "cannot be counted" not in said and "no operator is left" not in said:
                    different.append(f"{name}: {macs} MACs, but it is not imported: {said.strip()}")
                continue
            found = SUMS.search(text)
            close = int(found["parameters"]) >= weights and (weights == 0 or
                                                             int(found["parameters"]) <= 1.05 * weights + 4096)
            if int(found["macs"]) == macs and close:
                equal += 1
            else:
                different.append(f"{name}: {found['macs']} MACs and {found['parameters']} parameters, counted {macs} "
                                 f"and {weights} in matrices")
                if macs > 0 and int(found["macs"]) == 0 and "cannot be counted" not in said:
                    failed.append(f"{name}: 0 MACs without a word")
    for each in different + failed:
        print(each)
    share = equal / max(1, equal + len(different))
    print(f"{equal} of {equal + len(different)} models equal ({100 * share:.1f} %)")
    sys.exit(1 if failed or share < SHARE_EQUAL else 0)


if __name__ == "__main__":
    arguments = [each for each in sys.argv[1:] if each != "--verbose"]
    main(arguments[0], arguments[1:], "--verbose" in sys.argv)
