"""Claims about the reranker: why the NPU is slow, where its time goes, what int8 changes."""
from berth_runs import candidate, stage_of
from ledger import (ANALYSIS, CONVERSION, EMBEDDER, RESULTS, Claim, Verdict, by_conditions, by_factor, by_interval,
                    by_share, figures, gigabytes, interval, megabytes, ms, percent, times)
import public_data as public
from reference_case import (ATTENTION, BUCKET_128, EMBEDDINGS, FFN, HEAD, HELD, MEASURED, NORMS, OUTPUT, PROJECTIONS,
                            RERANKER, bound_share, dram_bytes, part_macs, part_ms, term_ms)


def causes(case):
    """Explanations of the slow reranker."""
    npu, half, cpu = case.npu(), case.npu("fp16"), case.cpu()
    cpu_full, small_bucket = case.cpu(tokens=512), case.npu(bucket=128)
    held_full = case.changed({"stages.rerank.tokens": "512"})
    full_npu = candidate(held_full, "rerank", "npu")
    stream = public.best_weight_stream()
    weights_ms = 36.5e6 / stream * 1e3
    clock_share, mac_share = public.attention_clock_share(), public.attention_mac_share()
    scores_ms = part_ms(npu, ATTENTION)
    heads, layers = (public.model_sizes(RERANKER)[key] for key in ("heads", "layers"))
    elements = heads * layers * 512 * 512
    published = [public.attention_point(mhz) * 1e9 for mhz in (1000, 300)]

    yield Claim(
        ANALYSIS, "Attention (12 layers) ~45ms 53% 512² × 12 heads",
        f"The CPU's runtime takes the {HELD} tokens that the input holds, the NPU's the 512 it was compiled for. At "
        f"512 tokens the CPU is predicted to take {interval(cpu_full)}, at {HELD} {interval(cpu)}; the document's 85 "
        "ms is to be compared with both.",
        by_conditions(cpu_full["low_ms"] > 85 and cpu["low_ms"] <= 85 <= cpu["high_ms"],
                      cpu_full["low_ms"] <= 85 <= cpu_full["high_ms"],
                      "contradicted if 85 ms lies in the interval of 122 tokens and below that of 512, supported if it "
                      "lies in that of 512"),
        f"{ms(cpu_full['latency_ms'])} on the CPU at 512 tokens against 85 ms", (cpu_full, cpu),
        then={Verdict.CONTRADICTED: "The documents compare 512 tokens on the NPU with 122 on the CPU.",
              Verdict.UNDECIDED: "Timing ONNX Runtime with passages of 122 and of 512 tokens would decide."})

    yield Claim(
        RESULTS, "Do Not Use NPU Reranker",
        f"In a bucket of 128 the {HELD} tokens take {interval(small_bucket)} on one NPU core, against {interval(cpu)} "
        f"on the CPU. berth then runs the reranker on {stage_of(case.changed(BUCKET_128), 'rerank')['chosen']}, with "
        f"a probability of {percent(stage_of(case.changed(BUCKET_128), 'rerank')['confidence'])}.",
        by_conditions(stage_of(case.changed(BUCKET_128), "rerank")["chosen"] == "npu"
                      and stage_of(case.changed(BUCKET_128), "rerank")["confidence"] >= 0.9,
                      stage_of(case.changed(BUCKET_128), "rerank")["chosen"] == "cpu",
                      "contradicted if a bucket of 128 moves the stage to the NPU with 90 % confidence, supported if "
                      "it "
                      "stays on the CPU"),
        f"{ms(case.changed(BUCKET_128)['total']['latency_ms'])} for the query instead of "
        f"{ms(case.query['total']['latency_ms'])}", (small_bucket, cpu, case.changed(BUCKET_128)), case.bucket_stake_ms,
        {Verdict.CONTRADICTED: "One more bucket costs no accuracy, and passages longer than it (the conversion's "
                               "calibration set has up to 500 tokens) still find the 512. Timing it on the board would "
                               "confirm this.",
         Verdict.UNDECIDED: "Timing the reranker compiled for 128 tokens would decide."})

    yield Claim(
        ANALYSIS,
        "36.5 MB model doesn't fit in 4 MB SRAM, requiring constant DDR access where NPU has no advantage over CPU",
        f"Published calls stream weights at up to {gigabytes(stream)} on one core, so that reading 36.5 MB once takes "
        f"{ms(weights_ms)} of the 181.5 ms. The embedder, called a success, is 45 MB and fits no better.",
        by_share(weights_ms / MEASURED["npu int8"]), f"{ms(weights_ms)} of 181.5 ms, {percent(weights_ms / 181.5)}",
        then={Verdict.CONTRADICTED: "Weights that do not fit explain next to nothing.",
              Verdict.UNDECIDED: "The runtime's per-layer profile of this model would decide."})

    yield Claim(
        ANALYSIS, "Attention is compute-bound (38M operations)",
        f"Of the fused attention operator's published time at 1000 MHz, {percent(clock_share)} follows the NPU's "
        f"clock, and its MACs need {percent(mac_share)} at the array's peak. {figures(elements / 1e6)} million is the "
        f"number of score elements; each takes several passes and {figures(part_macs(npu, ATTENTION) / elements)} "
        "MACs.",
        by_conditions(clock_share < 0.5 and mac_share < 0.5, clock_share > 0.8,
                      "contradicted if less than half follows the clock and the array is less than half busy, "
                      "supported if "
                      "80 % follows the clock"),
        f"{percent(clock_share)} of the time follows the clock (rk3588_rknn_sdpa_points.csv)", (npu,))

    yield Claim(
        ANALYSIS, "QK^T matmul is memory-bandwidth-bound on NPU",
        f"The document says both this and \"compute-bound\". {percent(1 - clock_share)} of the published attention "
        f"time does not follow the NPU's clock; in the model {percent(bound_share(npu, 'dram'))} of the reranker's "
        "time is in kernels that wait for DRAM, because scores do not stay on chip.",
        by_conditions(clock_share > 0.5, clock_share < 0.5 and bound_share(npu, "dram") > 0.5,
                      "contradicted if more than half follows the clock, supported if less does and the model's "
                      "kernels "
                      "wait for DRAM"),
        f"{percent(1 - clock_share)} of the time does not follow the clock (rk3588_rknn_sdpa_points.csv)", (npu,),
        then={Verdict.SUPPORTED:
                  "That the fixed part is DRAM traffic is the model's reading of two clocks; a counter of "
                                 "DRAM bytes during one attention layer would prove it."})

    yield Claim(
        ANALYSIS, "Attention didn't improve because: ... Softmax is FP32 regardless of quantization",
        "The vendor's list offers softmax on the NPU for "
        f"{public.supported('Softmax')['dtypes'] or 'no stated dtype'}. Whatever precision it uses inside, arithmetic "
        f"can explain only the share of attention that follows the clock, {percent(clock_share)}.",
        by_conditions(clock_share < 0.5, clock_share > 0.8,
                      "contradicted if less than half of attention follows the clock, supported above 80 %"),
        f"{percent(clock_share)} (rk3588_rknn_sdpa_points.csv, rk3588_operator_support.csv)")

    ratio = part_ms(half, ATTENTION) / scores_ms
    yield Claim(
        ANALYSIS, "Attention 110ms 110ms 1.00x ← No change!",
        f"The fused attention operator is predicted at {ms(part_ms(half, ATTENTION))} in fp16 and {ms(scores_ms)} in "
        f"int8, {percent(scores_ms / npu['latency_ms'])} of the int8 model. Its cost is per score element, not per "
        "byte of the operands; no int8 attention was published, so this rests on fp16 layers with heads of 64.",
        by_conditions(ratio > 1.5, ratio < 1.15,
                      "contradicted if int8 attention is 1.5 times faster, supported below 1.15"),
        f"{times(ratio)} faster in int8", (half, npu))

    yield Claim(
        RESULTS, "Memory bandwidth wasn't the limiting factor",
        f"Halving the weights saves {ms(36.5e6 / stream * 1e3)} at the published rate. In all the model moves "
        f"{megabytes(dram_bytes(npu))} per passage, "
        f"{percent(dram_bytes(npu, ATTENTION) / dram_bytes(npu))} "
        "of it for attention. Halving the weights is no test of bandwidth.",
        by_conditions(bound_share(npu, "dram") > 0.5, bound_share(npu, "dram") < 0.25,
                      "contradicted if kernels bound by DRAM take half of the time, supported below a quarter"),
        f"{percent(bound_share(npu, 'dram'))} of the time waits for DRAM", (npu,),
        then={Verdict.CONTRADICTED:
                  "That attention waits for DRAM is the model's reading of two clocks (see the claim on "
                                    "QK^T)."})

    growth, cpu_growth = npu["latency_ms"] / small_bucket["latency_ms"], cpu_full["latency_ms"] / case.cpu(
        tokens=128)["latency_ms"]
    yield Claim(
        ANALYSIS, "O(n²) scaling hurts NPU more than CPU",
        f"From 128 to 512 tokens, four times as many, the NPU is predicted to take {times(growth)} as long and the CPU "
        f"{times(cpu_growth)}.",
        by_conditions(cpu_growth > 1.1 * growth, growth > 1.1 * cpu_growth,
                      "each verdict by a factor of 1.1 between the two growths"),
        f"{times(growth)} against {times(cpu_growth)}", (npu, small_bucket, cpu_full, case.cpu(tokens=128)))

    yield Claim(
        ANALYSIS, "No fused attention kernels",
        f"The vendor's list for this version {'has' if public.supported('exSDPAttention') else 'lacks'} "
        "exSDPAttention, and the published profile of a speech encoder "
        f"{'runs' if 'exSDPAttention' in public.layer_types() else 'does not run'} it, at {figures(published[0])} ns "
        "per score element on one core.",
        by_conditions(public.supported("exSDPAttention") and "exSDPAttention" in public.layer_types(),
                      not public.supported("exSDPAttention"),
                      "contradicted if the operator is listed and was profiled, supported if it is not listed"),
        "exSDPAttention (rk3588_operator_support.csv, rk3588_rknn_per_layer_profiles.csv)",
        then={Verdict.CONTRADICTED:
                  "Whether the compiler used it for this model is in its build log, which the documents do "
                                    "not show."})

    fused = sorted({"ConvExGelu", "ConvAdd", "exSDPAttention"} & public.layer_types())
    yield Claim(
        ANALYSIS,
        "RKNN cannot fuse: ... Attention + Softmax (dynamic shapes) ... Complex activation patterns (GELU, etc.)",
        f"The published profile of version 2.3 shows {', '.join(fused) or 'none of the fused layers'}.",
        by_conditions("ConvExGelu" in fused and "exSDPAttention" in fused, not fused,
                      "contradicted if both fused layers were profiled, supported if no fused layer was"),
        f"{len(fused)} fused layer types (rk3588_rknn_per_layer_profiles.csv)")

    dispatch = (term_ms(npu, "dispatch_ms") + term_ms(npu, "fork_join_ms")) / npu["latency_ms"]
    yield Claim(
        ANALYSIS, "Per-layer scheduling overhead",
        f"The model launches {sum(1 for op in npu['operators'] if op['terms'])} kernels, which takes "
        f"{percent(dispatch)} of the {ms(npu['latency_ms'])}. The cost of one launch inside a compiled graph is an "
        "assumption of the profile.",
        by_share(dispatch, 0.05, 0.2), f"{percent(dispatch)} of the time", (npu,))

    setup = (term_ms(npu, "dma_ms") + npu["handover_ms"]) / npu["latency_ms"]
    yield Claim(
        ANALYSIS, "DMA overhead: ~10% of total time",
        f"Descriptors take {ms(term_ms(npu, 'dma_ms'))} and hand-overs between host and NPU {ms(npu['handover_ms'])}. "
        f"Kernels that wait for the transfers themselves make up {percent(bound_share(npu, 'dram'))} of the time.",
        by_factor(setup, 0.10), f"{percent(setup)} of the time", (npu,),
        then={Verdict.UNDECIDED:
                  "No public row measures a hand-over; timing rknn_inputs_set and rknn_outputs_get would."})

    effective = 2 * part_macs(npu) / (MEASURED["npu int8"] * 1e-3)
    yield Claim(
        ANALYSIS, "Throughput: ~20-30 GOPS effective (for transformers)",
        f"The reranker at 512 tokens has {figures(part_macs(npu) / 1e9)} GMAC, two operations each; over the measured "
        "181.5 ms that is the figure at the right.",
        by_factor(effective / 1e9, 30), f"{figures(effective / 1e9)} GOP/s", (npu,))

    held_ops = 2 * part_macs(cpu) / (MEASURED["cpu int8"] * 1e-3) / 1e9
    yield Claim(
        ANALYSIS, "Throughput: 50-100 GOPS effective",
        f"Said of the CPU in int8. At {HELD} tokens the reranker has {figures(part_macs(cpu) / 1e9)} GMAC; over the "
        "measured 85 ms that is the figure at the right.",
        by_conditions(not 25 <= held_ops <= 200, 50 <= held_ops <= 100,
                      "supported inside the range, contradicted a factor of 2 outside"),
        f"{figures(held_ops)} GOP/s", (cpu,))

    yield Claim(
        RESULTS, "512 tokens (reranker): CPU wins (2.1x faster)",
        f"With inputs that hold all 512 tokens the NPU is predicted to take {interval(full_npu)} and the CPU "
        f"{interval(cpu_full)}; berth chooses {stage_of(held_full, 'rerank')['chosen']} with a probability of "
        f"{percent(stage_of(held_full, 'rerank')['confidence'])}.",
        by_conditions(stage_of(held_full, "rerank")["chosen"] == "npu"
                      and stage_of(held_full, "rerank")["confidence"] >= 0.9,
                      stage_of(held_full, "rerank")["chosen"] == "cpu",
                      "contradicted if the NPU is chosen for 512 tokens with 90 % confidence, supported if the CPU is"),
        f"{times(cpu_full['latency_ms'] / full_npu['latency_ms'])} as long on the CPU as on the NPU",
        (held_full, cpu_full),
        then={Verdict.UNDECIDED: "Timing both with passages that fill 512 tokens would decide."})


def precision(case):
    """What int8 changes."""
    npu, half = case.npu(), case.npu("fp16")
    gain, gain_128 = half["latency_ms"] / npu["latency_ms"], case.npu("fp16", 128)["latency_ms"] / case.npu(
        bucket=128)["latency_ms"]
    yield Claim(
        CONVERSION, "Expected speedup: 2-4x vs FP16",
        f"From fp16 to int8 the reranker is predicted to become {times(gain)} faster at 512 tokens and "
        f"{times(gain_128)} at 128; measured {times(MEASURED['npu fp16'] / MEASURED['npu int8'])}. In attention the "
        f"gain is {times(part_ms(half, ATTENTION) / part_ms(npu, ATTENTION))}, in the feed-forward part "
        f"{times(part_ms(half, FFN) / part_ms(npu, FFN))}.",
        by_conditions(MEASURED["npu fp16"] / MEASURED["npu int8"] < 1.5, gain >= 2,
                      "contradicted if less than 1.5 times was measured, supported from 2 times predicted"),
        f"{times(gain)}", (half, npu, case.npu("fp16", 128), case.npu(bucket=128)))
    yield Claim(
        CONVERSION, "INT8: 50-90ms/passage (estimated 2-4x speedup)",
        f"Predicted {interval(npu)}, measured later 181.5 ms. Smaller buckets are predicted to "
        f"take {ms(case.npu(bucket=256)['latency_ms'])} at 256 tokens, {ms(case.npu(bucket=128)['latency_ms'])} at "
        "128.",
        by_conditions(MEASURED["npu int8"] > 1.25 * 90, 50 <= npu["latency_ms"] <= 90,
                      "contradicted if a quarter more was measured, supported if predicted in the range"),
        f"{interval(npu)}", (npu, case.npu(bucket=256), case.npu(bucket=128)))
    yield Claim(
        EMBEDDER, "Expected performance: ~245ms → ~30-50ms per candidate",
        f"On one core at 512 tokens {interval(half)} in fp16 and {interval(npu)} in int8. "
        f"In a bucket of 128 it is {interval(case.npu('fp16', 128))} in fp16.",
        by_interval((30, 50), half), f"{interval(half)}", (half, npu, case.npu("fp16", 128)),
        then={Verdict.CONTRADICTED: "The compiled length is paid, whatever the input holds."})
    best = {dtype: public.best_matmul_gops(dtype) for dtype in ("fp16", "int8")}
    yield Claim(
        CONVERSION, "FP16 operations emulated ... INT8 native hardware support",
        f"The fastest published matmul calls on one core reach {figures(best['fp16'])} GOP/s in fp16 and "
        f"{figures(best['int8'])} GOP/s in int8; the datasheet's rates are "
        f"{public.profile_number('devices.npu.matrix.macs_per_cycle.fp16').text} and "
        f"{public.profile_number('devices.npu.matrix.macs_per_cycle.int8').text} MAC per cycle.",
        by_conditions(best["fp16"] > best["int8"] / 4, best["fp16"] < best["int8"] / 8,
                      "contradicted if fp16 reaches a quarter of int8, supported below an eighth"),
        f"{times(best['int8'] / best['fp16'])} (rk3588_npu_matmul_m128_30reps.csv)")
    sizes = {dtype: size for dtype, size in (("fp16", 68.7e6), ("int8", 36.5e6))}
    count = public.parameter_count(RERANKER)
    tables = public.table_parameters(RERANKER)
    yield Claim(
        RESULTS, "NPU FP16 68.7 MB ... NPU INT8 36.5 MB",
        f"The model has {figures(count / 1e6)} million parameters, so the files hold {figures(sizes['fp16'] / count)} "
        f"and {figures(sizes['int8'] / count)} bytes per parameter. berth's weights on this device are "
        f"{megabytes(half['weight_bytes'])} and {megabytes(npu['weight_bytes'])}, because it keeps the tables of the "
        "embeddings in fp32 on the host.",
        by_conditions(not (1.8 < sizes["fp16"] / count < 2.3 and 0.9 < sizes["int8"] / count < 1.3),
                      1.8 < sizes["fp16"] / count < 2.3 and 0.9 < sizes["int8"] / count < 1.3,
                      "supported if the files hold about 2 bytes and about 1 byte per parameter"),
        f"{figures(sizes['int8'] / count)} bytes per parameter in int8", (half, npu))
    per_parameter, mixed = 67.3e6 / count, (4 * tables + count - tables)
    yield Claim(
        CONVERSION, "Total Weight Memory: 67.3 MB (INT8 quantized weights)",
        f"67.3 MB are {figures(per_parameter)} bytes per parameter: not int8 throughout. fp16 throughout would be "
        f"{megabytes(2 * count)}, int8 with fp32 tables {megabytes(mixed)}; berth's int8 model holds "
        f"{megabytes(npu['weight_bytes'])}, of the second kind. The line of the build log alone does not say which.",
        by_conditions(per_parameter > 1.5, per_parameter < 1.2,
                      "contradicted above 1.5 bytes per parameter, supported below 1.2"),
        f"{figures(per_parameter)} bytes per parameter", (npu,))
    peak_half, peak = half["peak_activation_bytes"], npu["peak_activation_bytes"]
    yield Claim(
        CONVERSION, "Total Internal Memory: 3.9 MB (scratch/activation memory)",
        f"The most that is alive at once is {megabytes(peak_half)} with fp16 activations and {megabytes(peak)} with "
        "int8. An allocator needs at least that, so the line says which precision the activations had in that build.",
        by_conditions(peak > 1.25 * 3.9e6, 1 / 1.25 <= 3.9e6 / peak <= 1.25,
                      "of the int8 model: supported within a factor of 1.25, contradicted if more is needed"),
        f"{megabytes(peak)} in int8, {megabytes(peak_half)} in fp16", (npu, half),
        then={Verdict.UNDECIDED:
                  "It matches a build with wider activations, or buffers that are not reused; the build log "
                                 "of the fp16 model would tell."})


def parts(case):
    """Where the time goes: estimates of a document, none of them measured, against the model's."""
    npu, half, cpu = case.npu(), case.npu("fp16"), case.cpu()
    estimates = [
        ("Attention matmul ~70ms 512² × 12, no fusion", 70, part_ms(npu, ATTENTION), npu,
         "The fused operator, scores to values"),
        ("Q/K/V projections ~20ms", 20, part_ms(npu, PROJECTIONS), npu, "Three matmuls per layer"),
        ("Output projection ~20ms", 20, part_ms(npu, OUTPUT), npu, "One matmul per layer"),
        ("FFN (12 layers) ~30ms 17% INT8 helps here", 30, part_ms(npu, FFN), npu,
         "Two matmuls with GELU and residual, int8"),
        ("FFN layers 50ms 30ms 1.67x", 50, part_ms(half, FFN), half, "The same in fp16"),
        ("LayerNorm ~10ms 6% Softmax inefficient", 10, part_ms(npu, NORMS), npu,
         "Norms are fp16 whatever the model's dtype"),
        ("Embeddings (input) ~15ms 8% Not optimized for lookup", 15, part_ms(npu, EMBEDDINGS), npu,
         "Lookups on the host, hand-over and additions on the NPU"),
        ("Pooling + Classifier ~6.5ms", 6.5, part_ms(npu, HEAD), npu, "Two small matmuls and tanh on one row"),
        ("Setup + Tensor prep ~10ms 6% Host → NPU transfer", 10, npu["handover_ms"], npu,
         "Every hand-over between host and NPU; what the calling program does around it is not modelled"),
        ("Attention (12 layers) ~45ms 53%", 45, cpu["by_category"]["attention"], cpu,
         "On the CPU, projections included, for 122 tokens"),
        ("FFN (12 layers) ~20ms 24% 4× width expansion", 20, part_ms(cpu, FFN), cpu, "On the CPU, for 122 tokens"),
        ("Embeddings (input) ~8ms 10% 3 lookups", 8, part_ms(cpu, EMBEDDINGS), cpu, "On the CPU"),
        ("LayerNorm ~5ms 6% 24 LayerNorms", 5, part_ms(cpu, NORMS), cpu,
         "On the CPU, fused with the additions before them")]
    for quote, claimed, found, run, what in estimates:
        yield Claim(ANALYSIS, quote,
                    f"{what}: {ms(found)}, {percent(found / run['latency_ms'])} of the model's "
                    f"{ms(run['latency_ms'])}.",
                    by_factor(found, claimed), f"{ms(found)} against {figures(claimed)} ms", (run,),
                    then={Verdict.UNDECIDED: "The runtime's per-operator profile of this model would decide."})
