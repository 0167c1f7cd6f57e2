#!/usr/bin/env python3
"""Writes a GGUF file of a llama-like model with random weights.

Usage: random_model.py OUT f16|q8_0|q4_0|q4_k HIDDEN LAYERS HEADS KV_HEADS FFN VOCAB TIED

The layout is that of GGUF 3; blocks are those of ggml-common.h, of random bits with small scales.
"""
import math
import struct
import sys

import numpy as np

# Number of the type in GGUF, weights in a block, bytes of a block.
TYPES = {"f32": (0, 1, 4), "f16": (1, 1, 2), "q4_0": (2, 32, 18), "q8_0": (8, 32, 34), "q4_k": (12, 256, 144)}
SCALES = {"q4_0": 0.004, "q8_0": 0.0003, "q4_k": 0.0001}
UINT32, INT32, FLOAT32, STRING, ARRAY = 4, 5, 6, 8, 9
ALIGNMENT = 32


def text(value):
    return struct.pack("<Q", len(value.encode())) + value.encode()


def metadata(hidden, layers, heads, kv_heads, ffn, vocab):
    numbers = {"context_length": 2048, "embedding_length": hidden, "block_count": layers, "feed_forward_length": ffn,
               "rope.dimension_count": hidden // heads, "attention.head_count": heads,
               "attention.head_count_kv": kv_heads, "vocab_size": vocab}
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    tokens += [f"\u2581t{i}" for i in range(vocab - len(tokens))]
    kinds = [2, 3, 3] + [6] * 256 + [1] * (vocab - 259)  # unknown, control, bytes, words

    def array(kind, items):
        return struct.pack("<IIQ", ARRAY, kind, vocab) + b"".join(items)

    pairs = {"general.architecture": struct.pack("<I", STRING) + text("llama"),
             "llama.attention.layer_norm_rms_epsilon": struct.pack("<If", FLOAT32, 1e-5),
             "tokenizer.ggml.model": struct.pack("<I", STRING) + text("llama"),
             "tokenizer.ggml.tokens": array(STRING, map(text, tokens)),
             "tokenizer.ggml.scores": array(FLOAT32, (struct.pack("<f", -float(i)) for i in range(vocab))),
             "tokenizer.ggml.token_type": array(INT32, (struct.pack("<i", kind) for kind in kinds))}
    pairs |= {f"llama.{name}": struct.pack("<II", UINT32, value) for name, value in numbers.items()}
    for place, name in enumerate(["unknown", "bos", "eos"]):
        pairs[f"tokenizer.ggml.{name}_token_id"] = struct.pack("<II", UINT32, place)
    return len(pairs), b"".join(text(name) + value for name, value in pairs.items())


def tensors(kind, hidden, layers, heads, kv_heads, ffn, vocab, tied):
    keys = kv_heads * (hidden // heads)
    yield "token_embd.weight", (hidden, vocab), "f16" if kind == "q4_0" and not tied else kind
    for layer in range(layers):
        block = {"attn_norm": (hidden,), "attn_q": (hidden, hidden), "attn_k": (hidden, keys), "attn_v": (hidden, keys),
                 "attn_output": (hidden, hidden), "ffn_norm": (hidden,), "ffn_gate": (hidden, ffn),
                 "ffn_up": (hidden, ffn), "ffn_down": (ffn, hidden)}
        for name, shape in block.items():
            yield f"blk.{layer}.{name}.weight", shape, "f32" if len(shape) == 1 else kind
    yield "output_norm.weight", (hidden,), "f32"
    if not tied:
        yield "output.weight", (hidden, vocab), kind


def size_of(shape, kind):
    _, weights, size = TYPES[kind]
    return math.prod(shape) // weights * size


def content(shape, kind, random):
    if kind == "f32":
        return np.ones(shape, "<f4").tobytes()
    if kind == "f16":
        return (random.standard_normal(math.prod(shape), dtype=np.float32) * 0.02).astype("<f2").tobytes()
    _, weights, size = TYPES[kind]
    blocks = random.integers(0, 256, (math.prod(shape) // weights, size), dtype=np.uint8)
    scale = np.frombuffer(np.array([SCALES[kind]], "<f2").tobytes(), np.uint8)
    blocks[:, 0:2] = scale
    if kind == "q4_k":
        blocks[:, 2:4] = scale  # of the minima
    return blocks.tobytes()


def main():
    if len(sys.argv) != 10:
        sys.exit(__doc__)
    kind, sizes = sys.argv[2], [int(size) for size in sys.argv[3:9]]
    count, pairs = metadata(*sizes)
    all_tensors = list(tensors(kind, *sizes, int(sys.argv[9])))
    heads, offset = b"", 0
    for name, shape, stored in all_tensors:
        heads += text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape)
        heads += struct.pack("<IQ", TYPES[stored][0], offset)
        offset += -(-size_of(shape, stored) // ALIGNMENT) * ALIGNMENT
    random = np.random.default_rng(1)
    with open(sys.argv[1], "wb") as file:
        file.write(b"GGUF" + struct.pack("<IQQ", 3, len(all_tensors), count) + pairs + heads)
        file.write(bytes(-file.tell() % ALIGNMENT))
        for _, shape, stored in all_tensors:
            data = content(shape, stored, random)
            file.write(data + bytes(-len(data) % ALIGNMENT))


main()
