"""Built models of the searches of ONNX Runtime that generate text, and of attention that meets some of the keys, each
with its own count.

A search runs its decoder once for each token, on every beam: the count is a sum over runs, with the cache as long as it
is in each. Definitions: onnxruntime/docs/ContribOperators.md.
"""
import numpy as np
from onnx import TensorProto, helper, numpy_helper

BATCH, BEAMS, PROMPT, LONGEST = 2, 3, 5, 12
HEADS, WIDTH, WORDS = 4, 8, 50
HIDDEN = HEADS * WIDTH
RUNTIME = "com.microsoft"
INT32 = TensorProto.INT32


def value(name, *shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def weight(name, *shape):
    return numpy_helper.from_array(np.zeros(shape, np.float32), name)


def whole(name, *data):
    return numpy_helper.from_array(np.array(data, np.int32), name)


def node(op, inputs, outputs, **attributes):
    domain = RUNTIME if "Attention" in op or op in SEARCHES else ""
    return helper.make_node(op, inputs, outputs, domain=domain, **attributes)


SEARCHES = ("BeamSearch", "GreedySearch", "Sampling", "WhisperBeamSearch")


def model(name, op, inputs, given, made, macs, held, weights=(), **attributes):
    graph = helper.make_graph([node(op, inputs, [each.name for each in made], **attributes)], name, given, made,
                              [whole("longest", LONGEST), whole("least", 1), whole("beams", BEAMS), whole("one", 1),
                               *weights])
    built = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(RUNTIME, 1)])
    return f"search_{name}", built, macs, held


def attention(rows, queries, keys):
    return 2 * rows * HEADS * queries * keys * WIDTH


def decoder(shared=False):
    """One layer with a cache: words, attention with its projections, and the scores of all words."""
    inputs = [value("input_ids", "rows", "length", kind=INT32), value("position_ids", "rows", "length", kind=INT32),
              value("attention_mask", "rows", "total", kind=INT32),
              value("past_0", 2, "rows", HEADS, "past", WIDTH)]
    read = ["x", "qkv", "b", "", "past_0"]
    if shared:
        inputs += [value("past_sequence_length", 1, kind=INT32), value("beam_width", 1, kind=INT32),
                   value("cache_indirection", "batch", "beams", "total", kind=INT32)]
        read += ["", "past_sequence_length"]
    layer = node("DecoderMaskedSelfAttention" if shared == "one token" else "Attention", read, ["a", "present_0"],
                 num_heads=HEADS, **({"past_present_share_buffer": 1} if shared else {}))
    return helper.make_graph(
        [node("Gather", ["words", "input_ids"], ["x"]), layer, node("MatMul", ["a", "head"], ["logits"])], "decoder",
        inputs, [value("logits", "rows", "length", WORDS), value("present_0", 2, "rows", HEADS, "total", WIDTH)],
        [weight("words", WORDS, HIDDEN), weight("qkv", HIDDEN, 3 * HIDDEN), weight("b", 3 * HIDDEN),
         weight("head", HIDDEN, WORDS)])


DECODER_HELD = HIDDEN * (3 * HIDDEN + WORDS)


def decoded(rows):
    """The prompt, then one token at a time; each sees those before and itself."""
    macs = rows * PROMPT * DECODER_HELD + attention(rows, PROMPT, PROMPT)
    for keys in range(PROMPT + 1, LONGEST):
        macs += rows * DECODER_HELD + attention(rows, 1, keys)
    return macs


def decoders():
    ids = [value("ids", BATCH, PROMPT, kind=INT32)]
    found = [value("found", BATCH, LONGEST, kind=INT32)]
    beams = ["ids", "longest", "least", "beams", "one"]
    yield model("greedy", "GreedySearch", ["ids", "longest"], ids, found, decoded(BATCH), DECODER_HELD,
                decoder=decoder(), model_type=0)
    yield model("sampling", "Sampling", ["ids", "longest"], ids, found, decoded(BATCH), DECODER_HELD, decoder=decoder())
    yield model("beams", "BeamSearch", beams, ids, [value("found", BATCH, 1, LONGEST, kind=INT32)],
                decoded(BATCH * BEAMS), DECODER_HELD, decoder=decoder(), model_type=0)
    yield model("shared_buffer", "GreedySearch", ["ids", "longest"], ids, found, decoded(BATCH), 2 * DECODER_HELD,
                decoder=decoder("one token"), init_decoder=decoder("whole prompt"))


def encoder_and_decoder():
    """The encoder makes keys and values that every step of the decoder reads, for each beam."""
    cross = ["past_key_cross_0", "past_value_cross_0"]
    shape = whole("heads", 0, 0, HEADS, WIDTH)
    shape = numpy_helper.from_array(numpy_helper.to_array(shape).astype(np.int64), "heads")
    def apart(product, made):
        return [node("Reshape", [product, "heads"], [product + "_heads"]),
                node("Transpose", [product + "_heads"], [made], perm=[0, 2, 1, 3])]
    encoder = helper.make_graph(
        [node("Gather", ["words", "encoder_input_ids"], ["x"]), node("MatMul", ["x", "k"], ["keys"]),
         node("MatMul", ["x", "v"], ["values"]), *apart("keys", "present_key_cross_0"),
         *apart("values", "present_value_cross_0")], "encoder",
        [value("encoder_input_ids", "batch", "length", kind=INT32),
         value("encoder_attention_mask", "batch", "length", kind=INT32)],
        [value("present_key_cross_0", "batch", HEADS, "length", WIDTH),
         value("present_value_cross_0", "batch", HEADS, "length", WIDTH)],
        [weight("words", WORDS, HIDDEN), weight("k", HIDDEN, HIDDEN), weight("v", HIDDEN, HIDDEN), shape])
    step = helper.make_graph(
        [node("Gather", ["words", "input_ids"], ["x"]), node("MatMul", ["x", "q"], ["query"]),
         node("MultiHeadAttention", ["query", "x", "x", "", "", "", "past_key_self_0", "past_value_self_0"],
              ["self", "present_key_self_0", "present_value_self_0"], num_heads=HEADS),
         node("MultiHeadAttention", ["self", *cross], ["a"], num_heads=HEADS),
         node("MatMul", ["a", "head"], ["logits"])], "decoder",
        [value("input_ids", "rows", 1, kind=INT32), value("encoder_attention_mask", "rows", "length", kind=INT32)] +
        [value(f"past_{what}_self_0", "rows", HEADS, "past", WIDTH) for what in ("key", "value")] +
        [value(name, "rows", HEADS, "length", WIDTH) for name in cross],
        [value("logits", "rows", 1, WORDS)] +
        [value(f"present_{what}_self_0", "rows", HEADS, "total", WIDTH) for what in ("key", "value")],
        [weight("words", WORDS, HIDDEN), weight("q", HIDDEN, HIDDEN), weight("head", HIDDEN, WORDS)])
    rows = BATCH * BEAMS
    macs = BATCH * PROMPT * 2 * HIDDEN * HIDDEN
    for keys in range(1, LONGEST):
        macs += rows * (HIDDEN * HIDDEN + HIDDEN * WORDS) + attention(rows, 1, keys) + attention(rows, 1, PROMPT)
    yield model("encoder_and_decoder", "BeamSearch", ["ids", "longest", "least", "beams", "one"],
                [value("ids", BATCH, PROMPT, kind=INT32)], [value("found", BATCH, 1, LONGEST, kind=INT32)], macs,
                3 * HIDDEN * HIDDEN + HIDDEN * WORDS, encoder=encoder, decoder=step, model_type=1)


def sparse():
    tokens, window, chosen = 64, 8, 3
    x, y = [value("x", BATCH, tokens, HIDDEN)], [value("y", BATCH, tokens, HIDDEN)]
    flags = np.zeros((BATCH, tokens), np.int32)
    flags[:, :chosen] = 1
    met = sum(min(tokens, i + window + 1) - max(0, i - window) for i in range(tokens))
    macs = BATCH * (tokens * HIDDEN * 3 * HIDDEN + 2 * HIDDEN * met)
    everywhere = BATCH * (2 * tokens * HIDDEN * HIDDEN + chosen * HIDDEN * HIDDEN + 2 * 2 * chosen * tokens * HIDDEN)
    weights = [weight("w", HIDDEN, 3 * HIDDEN), weight("b", 3 * HIDDEN), weight("g", HIDDEN, 3 * HIDDEN)]
    yield model("longformer", "LongformerAttention", ["x", "w", "b", "m", "g", "b", "f"],
                x + [value("m", BATCH, tokens)], y, macs + everywhere, 6 * HIDDEN * HIDDEN,
                weights + [numpy_helper.from_array(flags, "f")], num_heads=HEADS, window=window)
    room, block, layouts = 64, 16, 2
    rows = np.cumsum([[0, 1, 2, 2, 2], [0, 1, 1, 2, 3]], axis=1)  # blocks of each row of blocks
    columns = np.zeros((layouts, rows.max()), np.int32)
    total = 50  # in the last row, whose own block is the last of those listed
    met = sum((rows[layout][4] - rows[layout][3] - 1) * block + (total - 1) % block + 1 for layout in range(layouts))
    cache = [value("p", BATCH, 2, room, WIDTH), value("q", BATCH, 2, room, WIDTH)]
    lists = [numpy_helper.from_array(rows.astype(np.int32), "r"), numpy_helper.from_array(columns, "c"),
             whole("t", total), whole("n", total, total)]
    yield model("blocks", "SparseAttention", ["x", "k", "v", "p", "q", "r", "c", "t", "n"],
                [value("x", BATCH, 1, HIDDEN), value("k", BATCH, 1, 2 * WIDTH), value("v", BATCH, 1, 2 * WIDTH)] + cache,
                [value("y", BATCH, 1, HIDDEN), value("r1", BATCH, 2, room, WIDTH), value("r2", BATCH, 2, room, WIDTH)],
                2 * BATCH * HEADS * WIDTH * met // layouts, 0, lists, num_heads=HEADS, kv_num_heads=2,
                sparse_block_size=block)


def others():
    yield model("inverse", "Inverse", ["x"], [value("x", BATCH, 6, 6)], [value("y", BATCH, 6, 6)], BATCH * 6 ** 3, 0)
    x = [value("x", 20, 6)]
    linear = {"coefficients": [0.0] * 18, "intercepts": [0.0] * 3}
    graph = helper.make_graph(
        [helper.make_node("LinearClassifier", ["x"], ["best", "y"], domain="ai.onnx.ml", classlabels_ints=[0, 1, 2],
                          **linear)], "linear", x, [value("best", 20, kind=TensorProto.INT64), value("y", 20, 3)])
    yield "search_classifier", helper.make_model(graph, opset_imports=[
        helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 1)]), 20 * 18, 18
    body = helper.make_graph([helper.make_node("MatMul", ["e", "w"], ["f"])], "body", [value("e", "rows", 16)],
                             [value("f", "rows", 8)], [weight("w", 16, 8)])
    graph = helper.make_graph(
        [helper.make_node("SequenceConstruct", ["a", "b"], ["s"]),
         helper.make_node("SequenceMap", ["s"], ["t"], body=body),
         helper.make_node("ConcatFromSequence", ["t"], ["y"], axis=0)], "map", [value("a", 3, 16), value("b", 5, 16)],
        [value("y", 8, 8)])
    yield "search_map", helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), 8 * 16 * 8, 16 * 8
    weights = [weight(name, HIDDEN, HIDDEN) for name in ("q", "k", "v")]
    weights = [numpy_helper.from_array(numpy_helper.to_array(each).astype(np.int8), each.name) for each in weights]
    scale = numpy_helper.from_array(np.array(1, np.float32), "s")
    bias = weight("b", HIDDEN)
    int8 = TensorProto.INT8
    yield model("ordered_attention", "QOrderedAttention", ["x", "s", "s", "s", "s", "q", "k", "v", "s", "s", "s", "b",
                                                           "b", "b", "s", "s", "s"],
                [value("x", BATCH, 20, HIDDEN, kind=int8)], [value("y", BATCH, 20, HIDDEN, kind=int8)],
                3 * BATCH * 20 * HIDDEN * HIDDEN + attention(BATCH, 20, 20), 3 * HIDDEN * HIDDEN,
                weights + [scale, bias], num_heads=HEADS)


def search_models():
    for group in (decoders, encoder_and_decoder, sparse, others):
        yield from group()
