"""Built models of operators of ONNX Runtime (com.microsoft) and of later operator sets, each with its own count.

The inference of the onnx package knows no shapes of these, so each model states its multiply-accumulates and the
elements of the matrices that it multiplies by, by the definitions in onnxruntime/docs/ContribOperators.md and
onnx/docs/Operators.md.
"""
import numpy as np
from onnx import TensorProto, helper, numpy_helper

RUNTIME = "com.microsoft"
BATCH, TOKENS, HEADS, WIDTH = 2, 12, 4, 8
HIDDEN = HEADS * WIDTH


def value(name, *shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def weight(name, *shape, kind=np.float32):
    return numpy_helper.from_array(np.zeros(shape, kind), name)


def number(name, *data, kind=np.int64):
    return numpy_helper.from_array(np.array(data if len(data) != 1 else data[0], kind), name)


def model(name, op, inputs, given, weights, made, macs, held, domain=RUNTIME, opset=21, **attributes):
    """One node; `inputs` are names, "" if not given; `made` are its results."""
    node = helper.make_node(op, inputs, [each.name for each in made], domain=domain, **attributes)
    graph = helper.make_graph([node], name, given, made, weights)
    built = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset), helper.make_opsetid(RUNTIME, 1)])
    return f"runtime_{name}", built, macs, held


def attention(rows, keys, batch=BATCH):
    """Scores and values: every query meets every key, once for each."""
    return 2 * batch * HEADS * rows * keys * WIDTH


def products():
    x, b = value("x", BATCH, TOKENS, HIDDEN), weight("b", 16)
    y = value("y", BATCH, TOKENS, 16)
    macs, held = BATCH * TOKENS * HIDDEN * 16, HIDDEN * 16
    w, t, q = weight("w", HIDDEN, 16), weight("w", 16, HIDDEN), weight("w", HIDDEN, 16, kind=np.int8)
    one, zero = number("s", 1, kind=np.float32), number("z", 0, kind=np.int8)
    x8, y8 = value("x", BATCH, TOKENS, HIDDEN, kind=TensorProto.INT8), value("y", BATCH, TOKENS, 16,
                                                                             kind=TensorProto.INT8)
    yield model("fused_matmul", "FusedMatMul", ["x", "w"], [x], [t], [y], macs, held, transB=1, alpha=0.5)
    yield model("fused_matmul_turned", "FusedMatMul", ["x", "v"], [value("x", 2, HIDDEN, 5), value("v", 2, HIDDEN, 7)],
                [], [value("y", 2, 5, 7)], 2 * 5 * 7 * HIDDEN, 0, transA=1)
    yield model("fused_matmul_batch", "FusedMatMul", ["x", "v"], [value("x", 5, 2, HIDDEN), value("v", 2, HIDDEN, 7)],
                [], [value("y", 2, 5, 7)], 2 * 5 * 7 * HIDDEN, 0, transBatchA=1)
    yield model("fused_matmul_activation", "FusedMatMulActivation", ["x", "w"], [x], [w], [y], macs, held,
                activation="Relu")
    yield model("transpose_matmul", "TransposeMatMul", ["x", "w"], [x], [t], [y], macs, held, transB=1)
    row, made = value("x", 24, HIDDEN), value("y", 24, 16)
    yield model("fused_gemm", "FusedGemm", ["x", "w", "b"], [row], [t, b], [made], macs, held, transB=1,
                activation="Relu")
    yield model("gemm_fast_gelu", "GemmFastGelu", ["x", "w", "b"], [x], [w, b], [y], macs, held)
    yield model("gemm_float8", "GemmFloat8", ["x", "w", "b"], [row], [t, b], [made], macs, held, transB=1)
    yield model("q_gemm", "QGemm", ["x", "s", "z", "w", "s", "z", "", "s", "z"],
                [value("x", 24, HIDDEN, kind=TensorProto.INT8)], [q, one, zero],
                [value("y", 24, 16, kind=TensorProto.INT8)], macs, held)
    yield model("matmul_integer_to_float", "MatMulIntegerToFloat", ["x", "w", "s", "s", "z", "z"], [x8], [q, one, zero],
                [y], macs, held)
    yield model("dynamic_quantize_matmul", "DynamicQuantizeMatMul", ["x", "w", "s", "z", "b"], [x], [q, one, zero, b],
                [y], macs, held)
    yield model("matmul_integer_16", "MatMulInteger16", ["x", "w"],
                [value("x", BATCH, TOKENS, HIDDEN, kind=TensorProto.INT16)], [weight("w", HIDDEN, 16, kind=np.int16)],
                [value("y", BATCH, TOKENS, 16, kind=TensorProto.INT32)], macs, held)
    yield model("matmul_n_bits", "MatMulNBits", ["x", "w", "c"], [x],
                [weight("w", 16, 1, 16, kind=np.uint8), weight("c", 16)], [y], macs, held, K=HIDDEN, N=16, bits=4,
                block_size=32)
    yield model("matmul_bnb4", "MatMulBnb4", ["x", "w", "c"], [x], [weight("w", 256, kind=np.uint8), weight("c", 16)],
                [y], macs, held, K=HIDDEN, N=16, block_size=32, quant_type=1)
    yield model("q_ordered_matmul", "QOrderedMatMul", ["x", "s", "w", "s", "s"], [x8], [q, one], [y8], macs, held,
                order_A=1, order_B=0, order_Y=1)
    yield model("distances", "CDist", ["x", "v"], [value("x", 24, HIDDEN), value("v", 16, HIDDEN)], [], [made], macs, 0,
                metric="sqeuclidean")


def convolutions():
    k = weight("w", 16, 8, 3, 3)
    macs, held = 16 * 8 * 9 * 8 * 8, 16 * 8 * 9
    yield model("fused_conv", "FusedConv", ["x", "w", "b"], [value("x", 1, 8, 10, 10)], [k, weight("b", 16)],
                [value("y", 1, 16, 8, 8)], macs, held, activation="Relu")
    last = weight("w", 16, 3, 3, 8)
    yield model("nhwc_conv", "NhwcConv", ["x", "w"], [value("x", 1, 10, 10, 8)], [last], [value("y", 1, 8, 8, 16)],
                macs, held)
    yield model("nhwc_fused_conv", "NhwcFusedConv", ["x", "w", "b"], [value("x", 1, 10, 10, 8)],
                [k, weight("b", 16)], [value("y", 1, 8, 8, 16)], macs, held, activation="Relu")
    scales = [number("s", 1, kind=np.float32), number("z", 0, kind=np.int8)]
    yield model("q_linear_conv_last", "QLinearConv", ["x", "s", "z", "w", "s", "z", "s", "z"],
                [value("x", 1, 10, 10, 8, kind=TensorProto.INT8)], [weight("w", 16, 8, 3, 3, kind=np.int8)] + scales,
                [value("y", 1, 8, 8, 16, kind=TensorProto.INT8)], macs, held, channels_last=1)
    yield model("transposed_with_pads", "ConvTransposeWithDynamicPads", ["x", "w", "p"], [value("x", 1, 8, 10, 10)],
                [weight("w", 8, 16, 3, 3), number("p", 0, 0, 0, 0)], [value("y", 1, 16, 12, 12)], 100 * 8 * 16 * 9,
                8 * 16 * 9)
    yield model("causal_conv_with_state", "CausalConvWithState", ["x", "w", "b", "s"],
                [value("x", 2, 16, 10), value("s", 2, 16, 3)], [weight("w", 16, 1, 4), weight("b", 16)],
                [value("y", 2, 16, 10), value("p", 2, 16, 3)], 2 * 16 * 10 * 4, 16 * 4, activation="silu")


def attentions():
    x, y = value("x", BATCH, TOKENS, HIDDEN), value("y", BATCH, TOKENS, HIDDEN)
    w, b = weight("w", HIDDEN, 3 * HIDDEN), weight("b", 3 * HIDDEN)
    projected, held = BATCH * TOKENS * HIDDEN * 3 * HIDDEN, 3 * HIDDEN * HIDDEN
    yield model("attention", "Attention", ["x", "w", "b"], [x], [w, b], [y], projected + attention(TOKENS, TOKENS),
                held, num_heads=HEADS)
    yield model("attention_past", "Attention", ["x", "w", "b", "", "p"], [x, value("p", 2, BATCH, HEADS, 20, WIDTH)],
                [w, b], [y, value("q", 2, BATCH, HEADS, 32, WIDTH)], projected + attention(TOKENS, 32), held,
                num_heads=HEADS)
    one, made = value("x", BATCH, 1, HIDDEN), value("y", BATCH, 1, HIDDEN)
    yield model("attention_shared_buffer", "Attention", ["x", "w", "b", "", "p", "", "n"],
                [one, value("p", 2, BATCH, HEADS, 32, WIDTH), value("n", kind=TensorProto.INT32)], [w, b],
                [made, value("q", 2, BATCH, HEADS, 32, WIDTH)], projected // TOKENS + attention(1, 32), held,
                num_heads=HEADS, past_present_share_buffer=1)
    yield model("decoder_masked_self", "DecoderMaskedSelfAttention", ["x", "w", "b", "", "p", "", "n"],
                [one, value("p", 2, BATCH, HEADS, 32, WIDTH), value("n", kind=TensorProto.INT32)], [w, b],
                [made, value("q", 2, BATCH, HEADS, 32, WIDTH)], projected // TOKENS + attention(1, 32), held,
                num_heads=HEADS, past_present_share_buffer=1)
    scales = [number("s", 1, kind=np.float32), number("z", 0, kind=np.int8)]
    yield model("q_attention", "QAttention", ["x", "w", "b", "s", "s", "", "z", "z"],
                [value("x", BATCH, TOKENS, HIDDEN, kind=TensorProto.INT8)],
                [weight("w", HIDDEN, 3 * HIDDEN, kind=np.int8), b] + scales, [y],
                projected + attention(TOKENS, TOKENS), held, num_heads=HEADS)
    tokens = [value("x", BATCH * TOKENS, HIDDEN), value("o", BATCH, TOKENS, kind=TensorProto.INT32),
              value("c", BATCH + 1, kind=TensorProto.INT32)]
    flat = value("y", BATCH * TOKENS, HIDDEN)
    yield model("packed_attention", "PackedAttention", ["x", "w", "b", "o", "c"], tokens, [w, b], [flat],
                projected + attention(TOKENS, TOKENS), held, num_heads=HEADS)
    yield model("packed_multi_head", "PackedMultiHeadAttention", ["x", "k", "v", "b", "o", "c"],
                [value(name, BATCH * TOKENS, HIDDEN) for name in "kv"] + tokens, [b], [flat],
                attention(TOKENS, TOKENS), 0, num_heads=HEADS)
    yield model("packed_multi_head_in_one", "PackedMultiHeadAttention", ["x", "", "", "", "o", "c"],
                [value("x", BATCH * TOKENS, HEADS, 3, WIDTH)] + tokens[1:], [], [flat],
                attention(TOKENS, TOKENS), 0, num_heads=HEADS)
    yield model("multi_head", "MultiHeadAttention", ["x", "k", "v", "b"],
                [x, value("k", BATCH, 20, HIDDEN), value("v", BATCH, 20, HIDDEN)], [b], [y], attention(TOKENS, 20), 0,
                num_heads=HEADS)
    yield model("decoder_masked", "DecoderMaskedMultiHeadAttention", ["x", "k", "v", "", "", "p", "q", "n"],
                [one, value("k", BATCH, 1, HIDDEN), value("v", BATCH, 1, HIDDEN),
                 value("p", BATCH, HEADS, 32, WIDTH), value("q", BATCH, HEADS, 32, WIDTH),
                 value("n", kind=TensorProto.INT32)], [],
                [made, value("r", BATCH, HEADS, 32, WIDTH), value("t", BATCH, HEADS, 32, WIDTH)], attention(1, 32), 0,
                num_heads=HEADS, past_present_share_buffer=1)
    yield model("decoder_masked_cross", "DecoderMaskedMultiHeadAttention", ["x", "k", "v"],
                [one, value("k", BATCH, HEADS, 20, WIDTH), value("v", BATCH, HEADS, 20, WIDTH)], [], [made],
                attention(1, 20), 0, num_heads=HEADS)
    grouped = [value("x", BATCH, 1, HIDDEN), value("k", BATCH, 1, 2 * WIDTH), value("v", BATCH, 1, 2 * WIDTH),
               value("p", BATCH, 2, 19, WIDTH), value("q", BATCH, 2, 19, WIDTH)]
    lengths = [number("n", 19, 19, kind=np.int32), number("t", 20, kind=np.int32)]
    yield model("group_query", "GroupQueryAttention", ["x", "k", "v", "p", "q", "n", "t"], grouped, lengths,
                [made, value("r", BATCH, 2, 20, WIDTH), value("u", BATCH, 2, 20, WIDTH)], attention(1, 20), 0,
                num_heads=HEADS, kv_num_heads=2)
    yield model("gated_bias", "GatedRelativePositionBias", ["x", "b", "r", "w", "c", "e"],
                [x, value("r", 1, HEADS, TOKENS, TOKENS)],
                [weight("b", HIDDEN), weight("w", WIDTH, 8), weight("c", 8), weight("e", 1, HEADS, 1, 1)],
                [value("y", BATCH, HEADS, TOKENS, TOKENS)], BATCH * HEADS * TOKENS * WIDTH * 8, WIDTH * 8,
                num_heads=HEADS)


def experts():
    x, y = value("x", TOKENS, HIDDEN), value("y", TOKENS, HIDDEN)
    r = value("r", TOKENS, 6)
    yield model("moe", "MoE", ["x", "r", "u", "", "d"], [x, r], [weight("u", 6, 24, HIDDEN), weight("d", 6, HIDDEN, 24)],
                [y], 2 * TOKENS * 2 * HIDDEN * 24, 6 * 2 * HIDDEN * 24, k=2, activation_type="silu")
    yield model("q_moe", "QMoE", ["x", "r", "u", "s", "", "d", "t"], [x, r],
                [weight("u", 6, 24, HIDDEN // 2, kind=np.uint8), weight("s", 6, 24), weight("d", 6, HIDDEN, 12,
                                                                                       kind=np.uint8),
                 weight("t", 6, HIDDEN)], [y], 2 * TOKENS * 2 * HIDDEN * 24, 6 * 2 * HIDDEN * 24, k=2,
                expert_weight_bits=4, activation_type="silu")


def recurrences():
    yield model("dynamic_quantize_lstm", "DynamicQuantizeLSTM",
                ["x", "w", "r", "b", "", "", "", "", "s", "z", "s", "z"], [value("x", 20, 3, 12)],
                [weight("w", 1, 12, 64, kind=np.int8), weight("r", 1, 16, 64, kind=np.int8), weight("b", 1, 128),
                 number("s", 1, kind=np.float32), number("z", 0, kind=np.int8)], [value("y", 20, 1, 3, 16)],
                20 * 3 * 64 * 28, 64 * 28, hidden_size=16)
    # Keys of the memory once; at each step four gates of input, state and attention, a query, 9 scores, their sum.
    yield model("attn_lstm", "AttnLSTM", ["x", "w", "r", "b", "", "", "", "", "q", "k", "v", "memory", "", "a"],
                [value("x", 20, 3, 12), value("memory", 3, 9, 10)],
                [weight("w", 1, 64, 12 + 5), weight("r", 1, 64, 16), weight("b", 1, 128), weight("q", 1, 16, 7),
                 weight("k", 1, 10, 7), weight("v", 1, 7), weight("a", 1, 10 + 16, 5)],
                [value("y", 20, 1, 3, 16)],
                3 * 9 * 10 * 7 + 20 * 3 * (64 * (12 + 5 + 16) + 16 * 7 + 9 * 7 + 9 * 10 + 26 * 5),
                64 * (12 + 5 + 16) + 16 * 7 + 10 * 7 + 7 + 26 * 5, hidden_size=16)


def later_sets():
    q, k = value("x", BATCH, HEADS, TOKENS, WIDTH), [value(name, BATCH, 2, 20, WIDTH) for name in "kv"]
    yield model("attention_23", "Attention", ["x", "k", "v"], [q] + k, [], [value("y", BATCH, HEADS, TOKENS, WIDTH)],
                attention(TOKENS, 20), 0, domain="", opset=23)
    yield model("attention_23_past", "Attention", ["x", "k", "v", "", "p", "w"],
                [q] + k + [value(name, BATCH, 2, 30, WIDTH) for name in "pw"], [],
                [value("y", BATCH, HEADS, TOKENS, WIDTH), value("r", BATCH, 2, 50, WIDTH),
                 value("s", BATCH, 2, 50, WIDTH)], attention(TOKENS, 50), 0, domain="", opset=23)
    yield model("attention_23_flat", "Attention", ["x", "k", "v"],
                [value("x", BATCH, TOKENS, HIDDEN)] + [value(name, BATCH, 20, 2 * WIDTH) for name in "kv"], [],
                [value("y", BATCH, TOKENS, HIDDEN)], attention(TOKENS, 20), 0, domain="", opset=23, q_num_heads=HEADS,
                kv_num_heads=2)


def followed(name, op, inputs, given, weights, shape, domain=RUNTIME, opset=21, **attributes):
    """An operator of the given result shape, and a product that fits behind no other shape; its MACs tell the rows."""
    nodes = [helper.make_node(op, inputs, ["t"], domain=domain, **attributes),
             helper.make_node("MatMul", ["t", "behind"], ["y"])]
    made = [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)]
    graph = helper.make_graph(nodes, name, given, made, weights + [weight("behind", shape[-1], 4096)])
    built = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset), helper.make_opsetid(RUNTIME, 1)])
    macs, held = 4096, shape[-1] * 4096
    for size in shape:
        macs *= size
    return f"behind_{name}", built, macs, held


def shapes():
    int8 = TensorProto.INT8
    scales = [number("s", 1, kind=np.float32), number("z", 0, kind=np.int8)]
    norms = [weight("g", 32), weight("b", 32)]
    image = value("x", 1, 16, 16, 32)
    yield followed("group_norm", "GroupNorm", ["x", "g", "b"], [image], norms, (1, 16, 16, 32), groups=8,
                   channels_last=1, activation=1)
    yield followed("skip_group_norm", "SkipGroupNorm", ["x", "g", "b", "k"], [image, value("k", 1, 16, 16, 32)], norms,
                   (1, 16, 16, 32), groups=8, channels_last=1, activation=1)
    yield followed("bias_add", "BiasAdd", ["x", "b", "k"], [value("x", 2, 64, 32), value("k", 2, 64, 32)], norms[1:],
                   (2, 64, 32))
    yield followed("bias_split_gelu", "BiasSplitGelu", ["x", "b"], [value("x", 2, 64, 64)], [weight("b", 64)],
                   (2, 64, 32))
    yield followed("q_concat", "QLinearConcat", ["s", "z", "x", "s", "z", "k", "s", "z"],
                   [value("x", 2, 8, kind=int8), value("k", 2, 24, kind=int8)], scales, (2, 32), axis=1)
    yield followed("q_where", "QLinearWhere", ["c", "x", "s", "z", "k", "s", "z", "s", "z"],
                   [value("c", 2, 1, kind=TensorProto.BOOL), value("x", 1, 8, kind=int8), value("k", 2, 8, kind=int8)],
                   scales, (2, 8))
    yield followed("q_mean", "QLinearReduceMean", ["x", "s", "z", "s", "z"], [value("x", 2, 5, 8, kind=int8)], scales,
                   (2, 1, 8), axes=[1], keepdims=1)
    yield followed("rfft", "Rfft", ["x"], [value("x", 2, 3, 64)], [], (2, 3, 33, 2), normalized=0, onesided=1,
                   signal_ndim=1)
    yield followed("irfft", "Irfft", ["x"], [value("x", 2, 3, 33, 2)], [], (2, 3, 64), normalized=0, onesided=1,
                   signal_ndim=1)
    yield followed("dft", "DFT", ["x"], [value("x", 2, 64, 1)], [], (2, 33, 2), domain="", opset=17, onesided=1, axis=1)
    yield followed("stft", "STFT", ["x", "p", "", "n"], [value("x", 1, 16000, 1)], [number("p", 160), number("n", 400)],
                   (1, 98, 201, 2), domain="", opset=17, onesided=1)
    yield followed("unfold", "UnfoldTensor", ["x"], [value("x", 2, 32)], [], (2, 15, 4), dim=-1, size=4, step=2)
    yield followed("expand_dims", "ExpandDims", ["x", "a"], [value("x", 2, 32)], [number("a", 1, kind=np.int32)],
                   (2, 1, 32))
    yield followed("restore_padding", "RestorePadding", ["x", "o"],
                   [value("x", 20, 32), value("o", 2, 12, kind=TensorProto.INT32)], [], (2, 12, 32))
    yield followed("remove_padding", "RemovePadding", ["x", "o"],
                   [value("x", 2, 12, 32), value("o", 2, kind=TensorProto.INT32)], [], (24, 32))
    yield followed("crop_and_resize", "CropAndResize", ["x", "r", "i", "n"],
                   [value("x", 1, 8, 32, 32), value("r", 5, 4), value("i", 5, kind=TensorProto.INT32)],
                   [number("n", 14, 12, kind=np.int32)], (5, 8, 14, 12))
    yield followed("col2im", "Col2Im", ["x", "a", "b"], [value("x", 1, 36, 64)], [number("a", 10, 12), number("b", 3, 3)],
                   (1, 4, 10, 12), domain="", opset=18)
    yield followed("center_crop", "CenterCropPad", ["x", "a"], [value("x", 1, 9, 64)], [number("a", 8, 30)], (1, 8, 30),
                   domain="", opset=18, axes=[1, -1])
    yield followed("affine_grid", "AffineGrid", ["x", "n"], [value("x", 1, 2, 3)], [number("n", 1, 3, 16, 12)],
                   (1, 16, 12, 2), domain="", opset=20)
    yield followed("roi_pool", "MaxRoiPool", ["x", "r"], [value("x", 1, 8, 50, 50), value("r", 5, 5)], [], (5, 8, 7, 6),
                   domain="", pooled_shape=[7, 6])
    yield followed("tensor_scatter", "TensorScatter", ["x", "k", "i"],
                   [value("x", 2, 4, 64, 8), value("k", 2, 4, 1, 8), value("i", 2, kind=TensorProto.INT64)], [],
                   (2, 4, 64, 8), domain="", opset=24, axis=2)


def runtime_models():
    for group in (products, convolutions, attentions, experts, recurrences, later_sets, shapes):
        yield from group()
