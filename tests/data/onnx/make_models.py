#!/usr/bin/env python3
"""Writes the ONNX models of this folder, with the onnx package of Debian (python3-onnx).

Usage: make_models.py [--weights] [FOLDER]

Weights are left out, as if they stood in another file: only shapes matter to their readers. With --weights they are
drawn at random, so that a runtime can run the models; that makes files of up to 130 MB.
"""
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT, INT64, INT8, UINT8 = TensorProto.FLOAT, TensorProto.INT64, TensorProto.INT8, TensorProto.UINT8


class Graph:
    """Collects nodes and constants; every method returns the name of what it makes."""

    with_weights = False

    def __init__(self):
        self.nodes, self.constants, self.count = [], [], 0

    def name(self, stem):
        self.count += 1
        return f"{stem}_{self.count}"

    def op(self, kind, *inputs, outputs=1, node=None, domain=None, **attributes):
        names = [self.name(kind.lower()) for _ in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=node or names[0], domain=domain,
                                           **attributes))
        return names[0] if outputs == 1 else names

    def weight(self, *shape, dtype=np.float32):
        name = self.name("weight")
        if Graph.with_weights and np.dtype(dtype).kind == "f":
            drawn = np.random.default_rng(self.count).normal(0, 0.02, shape).astype(dtype)
            self.constants.append(numpy_helper.from_array(drawn, name))
        elif Graph.with_weights:
            self.constants.append(numpy_helper.from_array(np.ones(shape, dtype), name))
        elif shape and np.prod(shape) > 64:
            # Without its data, as a file with external data has it: onnx itself accepts the dims alone.
            tensor = TensorProto(name=name, data_type=helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
                                 if hasattr(helper, "np_dtype_to_tensor_dtype")
                                 else onnx.mapping.NP_TYPE_TO_TENSOR_TYPE[np.dtype(dtype)])
            tensor.dims.extend(shape)
            tensor.data_location = TensorProto.EXTERNAL
            tensor.external_data.add(key="location", value="weights.bin")
            self.constants.append(tensor)
        else:
            self.constants.append(numpy_helper.from_array(np.full(shape, 1, dtype), name))
        return name

    def scalar(self, value, dtype=np.float32):
        name = self.name("scalar")
        self.constants.append(numpy_helper.from_array(np.array(value, dtype), name))
        return name

    def ints(self, *values):
        name = self.name("ints")
        self.constants.append(numpy_helper.from_array(np.array(values, np.int64), name))
        return name

    def norm(self, x, width):
        """Layer normalisation in the steps of an exporter that has no operator for it."""
        centred = self.op("Sub", x, self.op("ReduceMean", x, axes=[-1]))
        variance = self.op("ReduceMean", self.op("Pow", centred, self.scalar(2)), axes=[-1])
        normal = self.op("Div", centred, self.op("Sqrt", self.op("Add", variance, self.scalar(1e-12))))
        return self.op("Add", self.op("Mul", normal, self.weight(width)), self.weight(width))

    def gelu(self, x):
        erf = self.op("Erf", self.op("Div", x, self.scalar(1.4142135)))
        return self.op("Mul", self.op("Mul", x, self.op("Add", erf, self.scalar(1))), self.scalar(0.5))

    def gelu_tanh(self, x):
        cube = self.op("Mul", self.op("Pow", x, self.scalar(3)), self.scalar(0.044715))
        inner = self.op("Tanh", self.op("Mul", self.op("Add", x, cube), self.scalar(0.7978846)))
        return self.op("Mul", self.op("Mul", x, self.scalar(0.5)), self.op("Add", inner, self.scalar(1)))

    # Three ways of writing x W + b.
    def linear(self, x, k, n, node=None):
        return self.op("Add", self.op("MatMul", x, self.weight(k, n), node=node), self.weight(n))

    def linear_dynamic(self, x, k, n, node=None):
        quantised, scale, zero = self.op("DynamicQuantizeLinear", x, outputs=3)
        product = self.op("MatMulInteger", quantised, self.weight(k, n, dtype=np.int8), zero, self.scalar(0, np.int8),
                          node=node)
        scales = self.op("Mul", scale, self.scalar(0.01))
        return self.op("Add", self.op("Mul", self.op("Cast", product, to=FLOAT), scales), self.weight(n))

    def linear_qdq(self, x, k, n, node=None):
        scale, zero, weight_scale, weight_zero = (self.scalar(0.1), self.scalar(128, np.uint8), self.scalar(0.01),
                                                  self.scalar(0, np.int8))
        there = self.op("QuantizeLinear", x, scale, zero)
        back = self.op("DequantizeLinear", there, scale, zero)
        weights = self.op("DequantizeLinear", self.weight(k, n, dtype=np.int8), weight_scale, weight_zero)
        return self.op("Add", self.op("MatMul", back, weights, node=node), self.weight(n))

    def heads_of(self, x, shape, heads, head_dim, order):
        """Splits the width into heads; `shape` is that of the ids, as exporters ask for it at run time."""
        batch = self.op("Unsqueeze", self.op("Gather", shape, self.scalar(0, np.int64), axis=0), self.ints(0))
        tokens = self.op("Unsqueeze", self.op("Gather", shape, self.scalar(1, np.int64), axis=0), self.ints(0))
        target = self.op("Concat", batch, tokens, self.ints(heads), self.ints(head_dim), axis=0)
        return self.op("Transpose", self.op("Reshape", x, target), perm=order)


def encoder(layers, linear_name, hidden=384, heads=12, ffn=1536, vocab=30522, positions=512):
    g = Graph()
    linear = getattr(g, linear_name)
    shape = g.op("Shape", "input_ids")
    mask = g.op("Cast", g.op("Unsqueeze", "attention_mask", g.ints(1, 2)), to=FLOAT)
    bias = g.op("Mul", g.op("Sub", g.scalar(1), mask), g.scalar(-10000))
    tokens = g.op("Unsqueeze", g.op("Gather", shape, g.scalar(1, np.int64), axis=0), g.ints(0))
    used = g.op("Slice", g.weight(1, positions, dtype=np.int64), g.ints(0), tokens, g.ints(1))
    words = g.op("Gather", g.weight(vocab, hidden), "input_ids", node="/embeddings/word_embeddings/Gather")
    types = g.op("Gather", g.weight(2, hidden), "token_type_ids", node="/embeddings/token_type_embeddings/Gather")
    x = g.op("Add", g.op("Add", words, types), g.op("Gather", g.weight(positions, hidden), used))
    x = g.norm(x, hidden)
    head_dim = hidden // heads
    for i in range(layers):
        at = f"/encoder/layer.{i}"
        q = linear(x, hidden, hidden, node=f"{at}/attention/self/query/MatMul")
        k = linear(x, hidden, hidden, node=f"{at}/attention/self/key/MatMul")
        v = linear(x, hidden, hidden, node=f"{at}/attention/self/value/MatMul")
        q = g.heads_of(q, shape, heads, head_dim, [0, 2, 1, 3])
        k = g.heads_of(k, shape, heads, head_dim, [0, 2, 3, 1])
        v = g.heads_of(v, shape, heads, head_dim, [0, 2, 1, 3])
        scores = g.op("Add", g.op("Div", g.op("MatMul", q, k), g.scalar(head_dim ** 0.5)), bias)
        mixed = g.op("MatMul", g.op("Softmax", scores, axis=-1), v)
        mixed = g.op("Reshape", g.op("Transpose", mixed, perm=[0, 2, 1, 3]), g.ints(0, 0, hidden))
        out = linear(mixed, hidden, hidden, node=f"{at}/attention/output/dense/MatMul")
        x = g.norm(g.op("Add", out, x), hidden)
        inner = g.gelu(linear(x, hidden, ffn, node=f"{at}/intermediate/dense/MatMul"))
        x = g.norm(g.op("Add", linear(inner, ffn, hidden, node=f"{at}/output/dense/MatMul"), x), hidden)
    first = g.op("Gather", x, g.scalar(0, np.int64), axis=1)
    pooled = g.op("Tanh", g.op("Gemm", first, g.weight(hidden, hidden), g.weight(hidden), transB=1,
                               node="/pooler/dense/Gemm"))
    logits = g.op("Gemm", pooled, g.weight(1, hidden), g.weight(1), transB=1, node="/classifier/Gemm")
    ids = [helper.make_tensor_value_info(name, INT64, ["batch", "sequence"])
           for name in ("input_ids", "attention_mask", "token_type_ids")]
    return g, ids, [helper.make_tensor_value_info(logits, FLOAT, ["batch", 1])]


def gpt_block(hidden=768, heads=12):
    """One pre-norm decoder block with packed projections and a causal mask, and an operator that nobody knows."""
    g = Graph()
    x = "hidden_states"
    head_dim = hidden // heads
    packed = g.linear(g.norm(x, hidden), hidden, 3 * hidden, node="/h.0/attn/c_attn/MatMul")
    q, k, v = g.op("Split", packed, g.ints(hidden, hidden, hidden), outputs=3, axis=2, node="/h.0/attn/Split")
    split = g.ints(0, 0, heads, head_dim)
    q, v = (g.op("Transpose", g.op("Reshape", t, split), perm=[0, 2, 1, 3]) for t in (q, v))
    k = g.op("Transpose", g.op("Reshape", k, split), perm=[0, 2, 3, 1])
    scores = g.op("Mul", g.op("MatMul", q, k), g.scalar(head_dim ** -0.5))
    mask = g.op("Cast", g.weight(1, 1, 16, 16, dtype=np.uint8), to=TensorProto.BOOL)
    mixed = g.op("MatMul", g.op("Softmax", g.op("Where", mask, scores, g.scalar(-1e9)), axis=-1), v)
    mixed = g.op("Reshape", g.op("Transpose", mixed, perm=[0, 2, 1, 3]), g.ints(0, 0, hidden))
    x = g.op("Add", g.linear(mixed, hidden, hidden, node="/h.0/attn/c_proj/MatMul"), x)
    inner = g.gelu_tanh(g.linear(g.norm(x, hidden), hidden, 4 * hidden, node="/h.0/mlp/c_fc/MatMul"))
    x = g.op("Add", g.linear(inner, 4 * hidden, hidden, node="/h.0/mlp/c_proj/MatMul"), x)
    out = g.op("FancyScan", x, domain="example.org", node="/h.0/fancy")
    return g, [helper.make_tensor_value_info("hidden_states", FLOAT, [1, 16, hidden])], [
        helper.make_tensor_value_info(out, FLOAT, [1, 16, hidden])]


def small_cnn():
    g = Graph()
    x = g.op("Conv", "image", g.weight(32, 3, 3, 3), g.weight(32), strides=[2, 2], pads=[1, 1, 1, 1], node="/stem/Conv")
    x = g.op("Relu", x)
    y = g.op("Conv", x, g.weight(32, 1, 3, 3), pads=[1, 1, 1, 1], group=32, node="/block.0/depthwise/Conv")
    y = g.op("BatchNormalization", y, *(g.weight(32) for _ in range(4)), node="/block.0/norm")
    y = g.op("Clip", y, g.scalar(0), g.scalar(6))
    y = g.op("Conv", y, g.weight(32, 32, 1, 1), node="/block.0/pointwise/Conv")
    x = g.op("Add", x, y)
    x = g.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = g.op("Flatten", g.op("GlobalAveragePool", x))
    out = g.op("Gemm", x, g.weight(10, 32), g.weight(10), transB=1, node="/head/Gemm")
    return g, [helper.make_tensor_value_info("image", FLOAT, ["N", 3, 32, 32])], [
        helper.make_tensor_value_info(out, FLOAT, ["N", 10])]


def contrib_block(hidden=384, heads=12):
    """What the optimiser of ONNX Runtime makes of an encoder block."""
    g = Graph()
    ms = "com.microsoft"
    x = g.op("EmbedLayerNormalization", "input_ids", "segment_ids", g.weight(1000, hidden), g.weight(512, hidden),
             g.weight(2, hidden), g.weight(hidden), g.weight(hidden), outputs=2, domain=ms, node="embed")[0]
    a = g.op("Attention", x, g.weight(hidden, 3 * hidden), g.weight(3 * hidden), num_heads=heads, domain=ms,
             node="attention")
    a = g.linear(a, hidden, hidden, node="output")
    x = g.op("SkipLayerNormalization", a, x, g.weight(hidden), g.weight(hidden), domain=ms, node="norm_1")
    y = g.op("BiasGelu", g.op("MatMul", x, g.weight(hidden, 4 * hidden), node="up"), g.weight(4 * hidden), domain=ms,
             node="gelu")
    y = g.linear(y, 4 * hidden, hidden, node="down")
    x = g.op("SkipLayerNormalization", y, x, g.weight(hidden), g.weight(hidden), domain=ms, node="norm_2")
    ids = [helper.make_tensor_value_info(name, TensorProto.INT32, [1, 128]) for name in ("input_ids", "segment_ids")]
    return g, ids, [helper.make_tensor_value_info(x, FLOAT, [1, 128, hidden])]


def write(folder, name, made):
    g, inputs, outputs = made
    graph = helper.make_graph(g.nodes, name, inputs, outputs, g.constants)
    model = helper.make_model(graph, producer_name="make_models.py", opset_imports=[
        helper.make_opsetid("", 14), helper.make_opsetid("com.microsoft", 1), helper.make_opsetid("example.org", 1)])
    (folder / f"{name}.onnx").write_bytes(model.SerializeToString())


def main():
    folders = [argument for argument in sys.argv[1:] if argument != "--weights"]
    Graph.with_weights = "--weights" in sys.argv
    folder = pathlib.Path(folders[0]) if folders else pathlib.Path(__file__).parent
    write(folder, "minilm-l12", encoder(12, "linear"))
    write(folder, "minilm-block", encoder(1, "linear"))
    write(folder, "minilm-block-dynamic-int8", encoder(1, "linear_dynamic"))
    write(folder, "minilm-block-qdq", encoder(1, "linear_qdq"))
    write(folder, "gpt-block", gpt_block())
    write(folder, "small-cnn", small_cnn())
    write(folder, "contrib-block", contrib_block())


if __name__ == "__main__":
    main()
