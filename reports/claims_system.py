"""Claims about the embedder, the whole query, and the guidelines drawn from them."""
from berth_runs import candidate, stage_of, total_ms
from ledger import (ANALYSIS, CONVERSION, EMBEDDER, RESULTS, Claim, Verdict, by_conditions, by_counterexample,
                    by_factor,
                    by_interval, figures, interval, megabytes, ms, percent, times)
import public_data as public
from reference_case import (BUCKET_128, EMBEDDER_MODEL, HEAD, HELD, MEASURED, SMALL_RERANKER, part_ms)
from rules_of_thumb import LAYERS, RulesOfThumb


def embedder(case):
    """The embedder."""
    npu, int8 = case.embedder(), case.embedder("int8")
    long_cpu, short_cpu = (case.cpu("fp32", tokens, EMBEDDER_MODEL) for tokens in (256, 24))
    yield Claim(
        EMBEDDER, "BERT Inference ~140ms ~19ms 7.4x (NPU)",
        f"The encoder in a bucket of 256 on one core is predicted at {interval(npu)} in fp16 and "
        f"{ms(int8['latency_ms'])} in int8. 19 ms is what the document leaves after subtracting its estimates for the "
        "rest from 39.3 ms.",
        by_interval(19, npu), f"{interval(npu)} against 19 ms", (npu, int8),
        then={Verdict.UNDECIDED: "Timing rknn_run alone, without tokenizer and pooling, would decide.",
              Verdict.CONTRADICTED: "Timing rknn_run alone would confirm it."})
    left = MEASURED["embedder"] - npu["low_ms"]
    yield Claim(
        EMBEDDER, "Tokenization ~10ms ... Mean Pooling ~5ms ... L2 Normalization ~5ms",
        f"Of the measured 39.3 ms the encoder leaves at most {ms(max(left, 0))} at the fast end of its interval, for "
        f"20 ms claimed. Mean and normalisation are arithmetic of {ms(part_ms(npu, HEAD))}; no tokenizer is modelled, "
        f"and {ANALYSIS} gives it 2 ms.",
        by_conditions(left < 20, left >= 20 and MEASURED["embedder"] - npu["latency_ms"] >= 20,
                      "contradicted if the encoder leaves less than 20 ms even at the 5 % end, supported if it "
                      "leaves that at "
                      "the median"),
        f"{ms(max(left, 0))} left for 20 ms", (npu,),
        then={Verdict.CONTRADICTED:
                  "Either the 20 ms are too much, or the model is too slow by more than its interval; "
                                    "timing rknn_run alone would tell.",
              Verdict.UNDECIDED: "Timing the tokenizer on the board would decide."})
    fits = [run["low_ms"] <= 140 <= run["high_ms"] for run in (short_cpu, long_cpu)]
    close = [1 / 1.25 <= run["latency_ms"] / 140 <= 1.25 for run in (short_cpu, long_cpu)]
    yield Claim(
        EMBEDDER, "BERT Inference ~140ms",
        f"The document does not say how many tokens its query held. For 24 tokens the CPU is predicted at "
        f"{interval(short_cpu)}, for 256 at {interval(long_cpu)}, fp32 on eight cores.",
        by_conditions(not any(fits), any(close),
                      "contradicted outside the 5-95 % intervals of both lengths, supported within "
                                                 "a factor of 1.25 of either median"),
        f"{ms(short_cpu['latency_ms'])} at 24 tokens, {ms(long_cpu['latency_ms'])} at 256", (short_cpu, long_cpu),
        then={Verdict.UNDECIDED:
                  "Only a stated input length would decide; if it was short, the embedder's NPU gain was over "
                                 "a padded or otherwise slow CPU run."})
    short_gain = short_cpu["latency_ms"] / npu["latency_ms"]
    short = case.changed({"stages.embed.tokens": "24"})
    yield Claim(
        EMBEDDER, "Embedding: ~39ms (NPU-accelerated, 3.8x faster than CPU)",
        f"For an input of 256 tokens the NPU is predicted to be {times(long_cpu['latency_ms'] / npu['latency_ms'])} "
        f"as fast, for a question of 24 tokens {times(short_gain)}, because it still pays for 256. For 24 tokens "
        f"berth chooses {stage_of(short, 'embed')['chosen']} with a probability of "
        f"{percent(stage_of(short, 'embed')['confidence'])}.",
        by_conditions(long_cpu["high_ms"] < npu["low_ms"], short_gain > 2,
                      "supported if the NPU is twice as fast for a short question too, contradicted if it is slower "
                      "even at "
                      "256 tokens"),
        f"{times(short_gain)} as fast for a short question", (npu, short_cpu, long_cpu, short),
        case.gain_ms({"stages.embed.tokens": "24"}),
        {Verdict.UNDECIDED:
             "The answer depends on the length of the question, which the documents do not give; a bucket of "
                            "32 or 64 tokens would settle it for short ones."})
    count = public.parameter_count(EMBEDDER_MODEL)
    yield Claim(
        ANALYSIS, "Model size: 45 MB INT8 (fits mostly in cache)",
        f"The embedder has {figures(count / 1e6)} million parameters, so 45 MB are {figures(45e6 / count)} bytes "
        f"each: fp16, as {EMBEDDER} says. One core's buffer holds "
        f"{public.profile_number('devices.npu.memories.sram.capacity').text}.",
        by_conditions(45e6 / count > 1.5, 45e6 / count < 1.2,
                      "contradicted above 1.5 bytes per parameter, supported below 1.2"),
        f"{figures(45e6 / count)} bytes per parameter")
    sram = 3 * public.profile_number("devices.npu.memories.sram.capacity").value
    yield Claim(
        ANALYSIS, "Smaller model fits better in NPU SRAM",
        f"Neither fits: embedder 45 MB, reranker 36.5 MB, buffers of all three cores {megabytes(sram)}. By the "
        "documents' own figures the one called smaller is larger.",
        by_conditions(45e6 > sram and 36.5e6 > sram, 45e6 <= sram,
                      "contradicted if neither fits, supported if the embedder does"),
        f"{figures(45e6 / sram)} times the buffers of three cores")
    yield Claim(
        EMBEDDER, "NPU_CORE_MASK=7 # All 3 cores",
        "Listed as an optimisation to test. On three cores the embedder is predicted at "
        f"{ms(case.embedder(cores=3)['latency_ms'])} instead of {ms(npu['latency_ms'])}, the reranker at 512 tokens "
        f"at {ms(case.npu(cores=3)['latency_ms'])} instead of {ms(case.npu()['latency_ms'])}; attention runs on one "
        "core whatever the mask.",
        by_conditions(case.embedder(cores=3)["latency_ms"] > 0.95 * npu["latency_ms"],
                      case.embedder(cores=3)["latency_ms"] < 0.75 * npu["latency_ms"],
                      "for the embedder: supported if a quarter is saved, contradicted below 5 %"),
        f"{percent(1 - case.embedder(cores=3)['latency_ms'] / npu['latency_ms'])} saved in the embedder",
        (case.embedder(cores=3), npu, case.npu(cores=3), case.npu()),
        case.gain_ms({"stages.embed.cores": "{npu: 3}"}),
        {Verdict.UNDECIDED: "A gain, but not of the order of three; the test is one environment variable."})


def query(case):
    """Totals of the CPU, the query and the voice assistant."""
    cpu, fp32, longer = case.cpu(), case.cpu("fp32"), case.cpu("int8", 256)
    spread = [run for run in (cpu, fp32, longer) if run["low_ms"] <= 245 <= run["high_ms"]]
    yield Claim(
        EMBEDDER, "Per-candidate: ~245ms",
        f"The other documents measured 85 ms for the same model on the same board. Int8 at {HELD} tokens is predicted "
        f"at {interval(cpu)}, fp32 at {interval(fp32)}, int8 at 256 tokens at {interval(longer)}.",
        by_conditions(not spread, 1 / 1.25 <= cpu["latency_ms"] / 245 <= 1.25,
                      "contradicted if no such configuration allows it, supported if the one that took 85 ms does"),
        f"{ms(cpu['latency_ms'])} for int8, {ms(fp32['latency_ms'])} for fp32", (cpu, fp32, longer),
        then={Verdict.UNDECIDED:
                  "Precision, threads and passage length of that run are not stated; any of them explains the "
                                 "difference."})
    yield Claim(
        RESULTS, "CPU INT8 32.0 MB 85.0ms 425ms",
        f"Predicted {interval(cpu)} on eight cores and {ms(case.cpu(cores=4)['latency_ms'])} on the four big ones. What "
        "the interval rests on stands in [accuracy](../../docs/accuracy.md#what-would-narrow-the-cpu).",
        by_interval(85, cpu), f"{interval(cpu)} against 85 ms", (cpu, case.cpu(cores=4)),
        then={Verdict.CONTRADICTED: "It was measured: on the board, the model is wrong; elsewhere, the next claim tells.",
              Verdict.UNDECIDED:
                  "The interval is wide; ONNX Runtime's per-operator profile on 1, 4 and 8 threads would narrow "
                                 "it."})
    x86, x86_longest = (case.cpu(tokens=tokens, cores=cores, hardware="x86-avx512-vnni")
                        for tokens, cores in ((HELD, 2), (512, 1)))
    yield Claim(
        ANALYSIS, "Intel/AMD CPU (x86_64) ... AVX-512 VNNI instructions - Native INT8 dot products",
        "The other documents name an Orange Pi 5 Max, whose cores are Arm. A small x86 processor with VNNI is "
        f"predicted at {interval(x86)} for {HELD} tokens on two cores and {interval(x86_longest)} for 512 on one, the "
        f"RK3588's CPU at {interval(cpu)} for {HELD}; 85 ms was measured.",
        by_conditions(not x86["low_ms"] <= 85 <= x86_longest["high_ms"],
                      x86["low_ms"] <= 85 <= x86["high_ms"] and not cpu["low_ms"] <= 85 <= cpu["high_ms"],
                      "contradicted if 85 ms is outside what such a processor may take for 122 to 512 tokens on one core "
                      "or two, supported if two cores take it for 122 tokens and the RK3588's do not"),
        f"{ms(x86['latency_ms'])} on x86 against 85 ms",
        (x86, x86_longest, cpu, case.changed({"stages.rerank.on": "npu"})),
        case.gain_ms({"stages.rerank.on": "npu"}),
        {Verdict.UNDECIDED: "If 85 ms is an x86 figure, nothing in the documents measures the board's CPU and their "
                                 "decision has no ground; `lscpu` beside a repeated run would tell."})
    reference = case.query["total"]
    yield Claim(
        RESULTS, "Total RAG ... ~124ms",
        "39 ms and 85 ms: one passage, no retrieval. The query with its five passages and 26 ms of retrieval is "
        f"predicted at {interval(reference)}.",
        by_interval(124, reference), interval(reference), (case.query,))
    yield Claim(
        RESULTS, "Total RAG query Hybrid ~484ms",
        f"The same query is predicted at {interval(reference)}, over its budget of {figures(reference['budget_ms'])} "
        f"ms with a probability of {percent(1 - reference['budget_probability'])}.",
        by_interval(484, reference), interval(reference), (case.query,))
    bare = case.changed({"stages.rerank.enabled": "false"})["total"]
    yield Claim(
        EMBEDDER, "Total Query Time: 65.3ms",
        f"Embedder on the NPU and 26 ms of retrieval, without reranker: {interval(bare)}.",
        by_interval(65.3, bare), interval(bare), (case.changed({"stages.rerank.enabled": "false"}),),
        then={Verdict.CONTRADICTED: "It was measured: the model is wrong here."})
    voice = case.berth.run("voice-rk3588")
    reranked = case.berth.run("voice-rk3588", {"stages.rerank.enabled": "true"})
    yield Claim(
        EMBEDDER, "Total: ~1-2 seconds ✓",
        f"The voice answer is predicted at {interval(voice['total'])}, the fixed stages being the document's own "
        f"ranges; its budget is {figures(voice['total']['budget_ms'])} ms.",
        by_interval((1000, 2000), voice["total"]), interval(voice["total"]), (voice,))
    yield Claim(
        EMBEDDER, "With reranker enabled: ... Total: ~2-3 seconds ⚠️ (too slow)",
        f"With five passages reranked where berth puts them ({stage_of(reranked, 'rerank')['chosen']}) the answer is "
        f"predicted at {interval(reranked['total'])}; the probability that it meets the document's own budget of 3 s "
        f"is {percent(reranked['total']['budget_probability'])}.",
        by_interval((2000, 3000), reranked["total"]), interval(reranked["total"]), (reranked,))


def guidelines(case):
    """General guidelines, and the alternatives that the documents did not pursue."""
    def choice(changes):
        run = case.changed(changes)
        stage = stage_of(run, "rerank")
        return run, stage["chosen"], stage["confidence"]

    deep_short, small_long = choice(BUCKET_128), choice({"stages.rerank.model": SMALL_RERANKER})
    full = choice({"stages.rerank.tokens": "512"})
    rules = RulesOfThumb(case.berth)
    shallow, deep = (rules.answer(layers, 512) for layers in (LAYERS[0], LAYERS[-1]))
    yield Claim(
        ANALYSIS, "Use NPU when: ... Model ≤ 6 layers ... Use CPU when: ... Model > 6 layers",
        f"Twelve layers in a bucket of 128: berth chooses {deep_short[1]} with a probability of "
        f"{percent(deep_short[2])}. Six layers in a bucket of 512, holding {HELD} tokens: {small_long[1]} with "
        f"{percent(small_long[2])}. In a bucket of 512 the NPU is the faster one from {rules.npu_from(LAYERS[0], 512)} "
        f"tokens on with {LAYERS[0]} layer, from {rules.npu_from(LAYERS[-1], 512)} with {LAYERS[-1]}; see the "
        "[corrected rule](#rules-of-thumb-tested-and-corrected).",
        by_counterexample([(deep_short[2], deep_short[1] == "npu"), (small_long[2], small_long[1] == "cpu")]),
        f"12 layers: {deep_short[1]}, 6 layers: {small_long[1]}", (deep_short[0], small_long[0], shallow, deep),
        then={Verdict.UNDECIDED: "Timing the 12-layer model compiled for 128 tokens would decide.",
              Verdict.CONTRADICTED: "Depth multiplies both devices almost alike; it cannot decide between them."})
    yield Claim(
        ANALYSIS, "Use NPU when: ... Sequence length ≤ 256 tokens ... Use CPU when: ... Sequence length > 256 tokens",
        f"With 512 tokens held and compiled, berth chooses {full[1]} with a probability of {percent(full[2])}. With "
        f"{HELD} held and 512 compiled, {percent(1 - HELD / 512)} of what the NPU computes is padding. With 12 layers the "
        f"NPU is the faster one from {rules.npu_from(12, 128)} tokens on in a bucket of 128, from "
        f"{rules.npu_from(12, 512)} in one of 512; see the [corrected rule](#rules-of-thumb-tested-and-corrected).",
        by_counterexample([(full[2], full[1] == "npu")]), f"{full[1]} at 512 tokens held",
        (full[0], rules.answer(12, 128), rules.answer(12, 512)),
        then={Verdict.UNDECIDED: "Timing both devices with passages that fill 512 tokens would decide.",
              Verdict.CONTRADICTED: "Padding decides, not length."})
    fits = public.profile_number("devices.npu.memories.sram.capacity")
    yield Claim(
        ANALYSIS, "Use NPU when: ... Memory-efficient (fits in 4 MB SRAM)",
        f"The embedder, which the documents run on the NPU, is 45 MB; one core's buffer holds {fits.text} "
        f"({fits.kind}).",
        by_conditions(45e6 > 4e6, 45e6 <= 4e6, "contradicted if the documents' own success exceeds 4 MB"),
        "45 MB against 4 MB")
    run, chosen, confidence = choice({"stages.rerank.buckets": "[256]"})
    npu = case.npu(bucket=256)
    yield Claim(
        RESULTS, "Reduce Sequence Length (384 or 256 tokens) ... Would reduce attention complexity ... But may hurt "
                 "reranking accuracy",
        f"At 384 tokens the NPU is predicted at {ms(case.npu(bucket=384)['latency_ms'])}, at 256 at "
        f"{ms(npu['latency_ms'])}, where berth chooses {chosen} with a probability of {percent(confidence)}. Inputs of "
        f"{HELD} tokens lose no accuracy by either, and fit 128 as well.",
        by_conditions(npu["latency_ms"] > 0.9 * case.npu()["latency_ms"],
                      npu["latency_ms"] < 0.5 * case.npu()["latency_ms"],
                      "supported if 256 tokens take less than half as long as 512, contradicted above 90 %"),
        f"{ms(npu['latency_ms'])} at 256 tokens", (case.npu(bucket=384), npu, run), case.gain_ms(
            {"stages.rerank.buckets": "[256]"}))
    small = case.changed({"stages.rerank.model": SMALL_RERANKER})
    halved = stage_of(small, "rerank")["latency_ms"] / stage_of(case.query, "rerank")["latency_ms"]
    yield Claim(
        RESULTS, "Use smaller model (6-layer instead of 12-layer)",
        f"Six layers take {percent(halved)} of the time where the stage runs, and the query {ms(total_ms(small))}; at "
        f"512 tokens the NPU is at {ms(candidate(small, 'rerank', 'npu')['latency_ms'])}. Accuracy is given up, which "
        "the bucket does not ask.",
        by_conditions(halved > 0.8, halved < 0.65,
                      "supported if it saves a third of the stage, contradicted below a fifth"),
        f"{ms(total_ms(small))} for the query", (small,), case.gain_ms({"stages.rerank.model": SMALL_RERANKER}))
    batch = case.npu(batch=5)
    per_passage = batch["latency_ms"] / 5 / case.npu()["latency_ms"]
    yield Claim(
        RESULTS, "Process multiple passages in parallel - May improve NPU utilization",
        f"Five passages as one batch take {ms(batch['latency_ms'])} on one NPU core, {percent(per_passage)} of five "
        "single passes. Scores cost per element, and weights are read again for each tile of rows.",
        by_conditions(per_passage > 0.95, per_passage < 0.85,
                      "supported if 15 % is saved per passage, contradicted below 5 %"),
        f"{percent(1 - per_passage)} saved per passage", (batch, case.npu()))
    mixed = case.berth.run("rag-rk3588-mixed-precision")
    mixed_ms = candidate(mixed, "rerank", "npu")["latency_ms"]
    yield Claim(
        RESULTS, "Try FP16 with INT8 for different layers - Target specific bottlenecks",
        f"Feed-forward in int8 and the rest in fp16 takes {ms(mixed_ms)} on the NPU, "
        f"{ms(case.npu()['latency_ms'])} all in int8 and {ms(case.npu('fp16')['latency_ms'])} all in fp16.",
        by_conditions(mixed_ms >= case.npu()["latency_ms"], mixed_ms < 0.9 * case.npu()["latency_ms"],
                      "supported if it saves 10 % against int8 throughout, contradicted if it saves nothing"),
        f"{ms(mixed_ms)} against {ms(case.npu()['latency_ms'])}", (mixed, case.npu(), case.npu("fp16")))
    yield Claim(
        CONVERSION, "If >100ms: CPU reranker remains best option",
        f"The test was made at 512 tokens only, {ms(MEASURED['npu int8'])}. In a bucket of 128 the same file's model "
        f"is predicted at {interval(case.npu(bucket=128))}, against 85 ms measured on the CPU.",
        by_conditions(case.npu(bucket=128)["high_ms"] < 85, case.npu(bucket=128)["low_ms"] > 85,
                      "contradicted if the interval at 128 tokens lies below 85 ms, supported if above"),
        f"{interval(case.npu(bucket=128))} against 85 ms", (case.npu(bucket=128),))
