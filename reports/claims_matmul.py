"""Claims of the matrix multiplication benchmark."""
import math

from ledger import MATMUL, Claim, Verdict, by_conditions, figures, ms, percent, times
from matmul_case import CONSTANT, FREEDOM, PARAMETERS, RESIDUAL, SIZES, SLOPE, MatmulCase, fitted, operations
import public_data as public

RWKV = "rwkv-7-1.5b"


def decode(berth, dtype):
    """A token of RWKV on the CPU with ggml: its state takes the place of a context."""
    return berth.ask("predict", "--hardware", "rk3588-ggml", "--device", "cpu", "--model", RWKV, "--dtype", dtype,
                     "--phase", "decode", "--prompt", 16, "--new-tokens", 16)


def bound_by_memory(step):
    """Share of a token's time in operators that wait for DRAM."""
    waits = sum(one["latency_ms"] for one in step["operators"] if one["bound"] in ("dram", "dma"))
    return waits / sum(one["latency_ms"] for one in step["operators"])


def matmul(case):
    """The matrix multiplication benchmark (runtime 1.5.0; the profile is of 2.3.2)."""
    sweep = MatmulCase(case.berth)
    seconds = {size: time * 1e-3 for size, time in sweep.npu_ms.items()}
    last = SIZES[-1]
    departs = sweep.departures
    below = sum(time < RESIDUAL for time in seconds.values())
    yield Claim(
        MATMUL, "Constant = -2.98728 ... Slope = 0.000918918",
        f"The fit is exp({CONSTANT} + {SLOPE} N). As milliseconds, N={last} would run at "
        f"{figures(operations(last) / fitted(last) / 1e9)} TFLOP/s, above any peak of the chip, so it is in seconds: "
        f"{ms(fitted(128) * 1e3)} at N=128 and {ms(fitted(last) * 1e3)} at {last}. Predicted on one core are "
        f"{ms(seconds[128] * 1e3)} and {ms(seconds[last] * 1e3)}. A typical point misses the fit by {ms(RESIDUAL * 1e3)} "
        f"(Chi2 over NDf), so that it says nothing about a product that takes less, as is predicted for {below} of "
        f"{len(SIZES)} sizes; and NDf = {FREEDOM} is of {FREEDOM + PARAMETERS} points.",
        by_conditions(len(departs) > len(SIZES) / 2, not departs,
                      "contradicted if fit and prediction differ by a factor of 2 at more than half of the sizes, "
                      "supported if at none"),
        f"{len(departs)} of {len(SIZES)} sizes differ by a factor of 2" + (f", {departs[0]} to {departs[-1]}"
                                                                           if departs else ""), (sweep.sweep,),
        then={Verdict.CONTRADICTED: "The points behind the fit were not published."})
    power, exponential = sweep.shapes
    yield Claim(
        MATMUL, "since matrix multiplication is approximately O(n^3), the red line is just the blue line fitted with an "
                "exponential curve",
        f"A cube is a power, not an exponential. Of the predicted times, the best power of N (exponent "
        f"{figures(power[1])}) misses by a factor of {figures(math.exp(power[2]))}, the best exponential by "
        f"{figures(math.exp(exponential[2]))}.",
        by_conditions(exponential[2] > 2 * power[2], exponential[2] < power[2],
                      "contradicted if the exponential's residual of log time is twice the power's, supported if it is "
                      "smaller"),
        f"{times(exponential[2] / power[2])} the residual", (sweep.sweep,))
    first, clear = sweep.npu_wins_from(), sweep.npu_wins_from(0.9)
    yield Claim(
        MATMUL, "the NPU only starts winning PyTorch and TinyGrad somewhere between N = 2048 and 4096",
        "With runtime 2.3.2 and one core, hand-over of both matrices included, the NPU in fp16 is predicted to be faster "
        f"than ONNX Runtime on the CPU in fp32 from N={first}, with 90 % probability from N={clear}. The document used "
        "runtime 1.5.0 and other CPU libraries, so this is no verdict on its measurement.",
        by_conditions(clear is not None and clear <= 1024, first is not None and 2048 <= first <= 4096,
                      "contradicted if the NPU is faster with 90 % probability from N of at most 1024 on, supported if "
                      "the medians cross in the range"),
        f"N={first}" + (", the smallest of the sweep" if first == SIZES[0] else ""), (sweep.sweep,),
        then={Verdict.CONTRADICTED:
                  "It does not hold for the runtime of today; running the same ONNX graphs with it would confirm.",
              Verdict.UNDECIDED: "Running the same ONNX graphs with runtime 2.3.2 and ONNX Runtime would decide."})
    changes = sweep.tile_changes
    tiles = ", ".join(f"{after.rows} rows from N={after.size}" for _, after in changes)
    jump = max(changes, key=lambda pair: pair[1].ps_per_mac / pair[0].ps_per_mac, default=None)
    yield Claim(
        MATMUL, "there is a few steps in the curve. Maybe they are using different strategies for different matrix sizes",
        f"The rows of the first matrix that stay on chip become fewer as N grows: {sweep.tilings[0].rows} at "
        f"N={sweep.tilings[0].size}, {tiles}. All weights are read again for each of these tiles, so that a step of the "
        "tile is a step of the time.",
        by_conditions(not changes, len(changes) >= 3,
                      "supported if the tile changes at least three times over the sweep, contradicted if it never does"),
        f"{len(changes)} changes of the tile" + (f"; at N={jump[1].size} a MAC takes "
                                                 f"{times(jump[1].ps_per_mac / jump[0].ps_per_mac)} as long as before"
                                                 if jump else ""), tuple(sweep.runs[i] for i in (0, -1)))
    kernel_ms = {tiling.size: tiling.kernel_ms for tiling in sweep.tilings}
    growth = math.log2(kernel_ms[4096] / kernel_ms[2048])
    yield Claim(
        MATMUL, "Matrix multiplication doesn't scale well",
        f"From N=2048 to 4096 the predicted time of the kernel grows as N to the power of {figures(growth)}, where the work grows "
        "as its cube. The longer a row, the fewer fit the row tile, and all weights are read again for each tile.",
        by_conditions(growth < 2.9, growth > 3.15, "supported if the exponent exceeds 3.15, contradicted below 2.9"),
        f"exponent {figures(growth)}", (sweep.runs[SIZES.index(2048)], sweep.runs[SIZES.index(4096)]),
        then={Verdict.SUPPORTED: "Splitting K by hand, so that tiles keep their rows, is the remedy."})
    k, n, m, ratio = public.largest_step()
    yield Claim(
        MATMUL, "There's no sudden jump in time. The NPU doesn't seem to cache anything.",
        f"In a published sweep the fp16 product of {k} x {n} weights takes {times(ratio)} as long with {m} rows as "
        f"with {m // 2}: the buffer keeps a tile of input rows and all weights are read once more for each. The "
        "document itself sees \"a few steps\".",
        by_conditions(ratio > 1.6, ratio < 1.3,
                      "contradicted if doubling the rows of large weights anywhere costs 1.6 times, supported "
                      "if nowhere 1.3"),
        f"{times(ratio)} at {m} rows (rk3588_npu_matmul_m_sweep_native.csv)")
    wide, narrow = (decode(case.berth, dtype) for dtype in ("fp16", "w4a16_g32"))
    gain = narrow["tokens_per_s"] / wide["tokens_per_s"]
    fewer = wide["weight_bytes"] / narrow["weight_bytes"]
    waits, still_waits = (bound_by_memory(run) for run in (wide, narrow))
    yield Claim(
        MATMUL, "INT4 is roughly four times faster than FP16 ... the bottleneck is in the memory bandwidth",
        f"ggml, the library of rwkv.cpp, on the CPU: {RWKV} is predicted to make {figures(wide['tokens_per_s'])} tokens/s in F16 and "
        f"{figures(narrow['tokens_per_s'])} in Q4_0, {times(gain)} as many with {times(fewer)} fewer bytes of weights. A token in F16 waits "
        f"for DRAM {percent(waits)} of its time, one in Q4_0 {percent(still_waits)}: its products take longer than its bytes. No "
        "published row has either of them; products and their rates were measured (`hardware/measured/rk3588-ggml/`).",
        by_conditions(waits < 0.5 and gain < 2, waits > 0.5 and 3 <= gain <= 5,
                      "supported if F16 waits for DRAM most of its time and Q4_0 is 3 to 5 times as fast, contradicted if neither"),
        f"{times(gain)} as fast", (wide, narrow),
        then={Verdict.UNDECIDED:
                  "Decode rates of the same model at both with one and four threads would decide."})
