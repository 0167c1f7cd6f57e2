"""Claims about the chip."""
from berth_runs import candidate, total_ms
from ledger import (ANALYSIS, MATMUL, RESULTS, Claim, Verdict, by_conditions, by_factor, figures, gigabytes,
                    megabytes, ms, percent, times)
import public_data as public
from reference_case import ATTENTION, RERANKER, part_macs

KEPT_ON_CHIP = {"hardware.devices.npu.memories.sram.capacity": "4 MiB",
                "hardware.devices.npu.memories.sram.keeps_tensors": "true",
                "hardware.devices.npu.memories.sram.per": "device"}


def chip(case):
    """The chip."""
    sram = public.profile_number("devices.npu.memories.sram.capacity")
    kept = candidate(case.changed(KEPT_ON_CHIP), "rerank", "npu")["latency_ms"]
    yield Claim(
        ANALYSIS, "Small on-chip SRAM (~4 MB)",
        f"The convolution buffer is {sram.text} per core ({sram.kind}). Were there 4 MiB that kept tensors between "
        f"kernels, the reranker would take {ms(kept)} on the NPU instead of {ms(case.npu()['latency_ms'])}. The build "
        "log's 3.9 MB of \"internal memory\" is scratch in DRAM.",
        by_factor(3 * sram.value, 4e6), f"{megabytes(3 * sram.value)} over three cores",
        (case.changed(KEPT_ON_CHIP), case.npu()),
        abs(total_ms(case.changed(KEPT_ON_CHIP)) - total_ms(case.query)))
    dram = public.profile_number("memory.dram.bandwidth")
    yield Claim(
        ANALYSIS, "~25 GB/s theoretical bandwidth",
        f"64-bit LPDDR4x/5 at 2112 MHz gives {dram.text} ({dram.kind}).",
        by_factor(dram.value, 25e9, 1.05, 1.2), f"{dram.text}")
    stream, decode = public.best_weight_stream(), public.decode_streams()
    repeated = public.profile_number("devices.npu.dma.bandwidth")
    yield Claim(
        ANALYSIS, "~15 GB/s effective (contention)",
        f"One core, which is what the documents used, streams weights at up to {gigabytes(stream)} in single published calls; "
        f"repeated calls give {repeated.text} ({repeated.kind}). Language models on all three draw "
        f"{figures(decode[0] / 1e9)} to {gigabytes(decode[-1])}.",
        by_factor(max(stream, repeated.value), 15e9, 1.25, 1.6),
        f"{gigabytes(max(stream, repeated.value))} for one core (rk3588_npu_matmul_m_sweep_native.csv, "
        "rk3588_rkllm_benchmark.csv)",
        then={Verdict.UNDECIDED: "A counter of DRAM bytes while one core runs the model would decide."})
    read = public.one_core_read_bandwidth()
    yield Claim(
        ANALYSIS, "High bandwidth to system RAM (50+ GB/s)",
        f"Said of the CPU. On the board the whole bus has {dram.text}, and the best published Cortex-A76 reads "
        f"{gigabytes(read)}.",
        by_conditions(dram.value < 50e9, read >= 50e9,
                      "contradicted if the bus has less, supported if one core reads that much"),
        f"{dram.text} (rk3588_cpu_memory_bandwidth.csv)",
        then={Verdict.CONTRADICTED: "It describes a desktop processor."})
    l3 = public.profile_number("devices.cpu.memories.l3.capacity")
    yield Claim(
        ANALYSIS, "Large L3 cache (16-32 MB typical) ... Hold full model weights (32MB)",
        f"The RK3588's cores share {l3.text} ({l3.kind}); weights are read from DRAM in every pass.",
        by_conditions(l3.value < 16e6, l3.value >= 16e6, "contradicted below 16 MB"), f"{l3.text}")
    names = sorted({row["device"] for row in public.rows("rk3588_ncnn_latency.csv") if "RK3588" in row["device"]})
    cores = sorted({row["core_type"] for row in public.rows("rk3588_cpu_memory_bandwidth.csv") if row["core_type"]})
    yield Claim(
        MATMUL, "Two Cortex-A73 and six Cortex-A53 CPUs are present in the RK3588",
        f"{len(public.rows('rk3588_cpu_memory_bandwidth.csv'))} published rows name {' and '.join(cores)}; ncnn's "
        f"table describes {names[0] if names else 'no RK3588'}.",
        by_conditions(not any("A73" in core or "A53" in core for core in cores), any("A73" in core for core in cores),
                      "contradicted if no published board reports these cores"),
        f"{' and '.join(cores)} (rk3588_cpu_memory_bandwidth.csv, rk3588_ncnn_latency.csv)")
    best = {dtype: public.best_matmul_gops(dtype) for dtype in ("fp16", "int8", "int4")}
    rates = {dtype: public.profile_number(f"devices.npu.matrix.macs_per_cycle.{dtype}")
             for dtype in ("fp16", "int8", "int4")}
    int8_peak = 3 * 2 * rates["int8"].value * 1e9
    yield Claim(
        MATMUL, "Although 6TOPS is mentioned in marketing materials, it only pertains to INT4",
        f"{rates['int8'].text} int8 MAC per cycle ({rates['int8'].kind}) at 1 GHz on three cores are "
        f"{figures(int8_peak / 1e12)} TOP/s. The fastest published call of one core reaches "
        f"{figures(best['int8'] / 1e3)} TOP/s in int8 and {figures(best['int4'] / 1e3)} in int4, where a third of 6 "
        "would be the peak.",
        by_conditions(best["int4"] / 1e3 > 6 / 3 or int8_peak >= 6e12, int8_peak < 4e12 and best["int4"] / 1e3 <= 6 / 3,
                      "contradicted if int8 has 6 TOP/s by the datasheet or an int4 call exceeds a third of it"),
        f"{figures(best['int4'] / 1e3)} TOP/s on one core in int4 (rk3588_npu_matmul_m128_30reps.csv)")
    yield Claim(
        MATMUL, "RK3588's NPU can perform 0.5 TFLOPS at FP16 when matrix multiplication is used",
        f"The fastest published fp16 call of one core reaches {figures(best['fp16'])} GFLOP/s; the array's rate is "
        f"{rates['fp16'].text} MAC per cycle ({rates['fp16'].kind}), twice that in operations.",
        by_conditions(best["fp16"] > 500, 400 <= best["fp16"] <= 500, "contradicted if a measured call is faster"),
        f"{figures(best['fp16'])} GFLOP/s (rk3588_npu_matmul_m128_30reps.csv)")
    gains = public.cnn_gains()
    yield Claim(
        ANALYSIS, "Examples: ResNet, YOLO, MobileNet ... Speedup: 5-10x vs CPU",
        "On one NPU core in int8 the vendor publishes "
        f"{' and '.join(f'{ms(npu_ms)} for {name}' for name, npu_ms, _ in gains)}; ncnn's best on the CPU, in fp16, "
        f"is {' and '.join(ms(cpu_ms) for _, _, cpu_ms in gains)}. Three cores on three images would triple the rate, "
        "not the speed.",
        by_conditions(all(cpu_ms / npu_ms < 5 for _, npu_ms, cpu_ms in gains),
                      all(5 <= cpu_ms / npu_ms <= 10 for _, npu_ms, cpu_ms in gains),
                      "supported if all of them lie in the range on one core, contradicted if all lie below"),
        f"{' and '.join(times(cpu_ms / npu_ms) for _, npu_ms, cpu_ms in gains)} (rk3588_model_zoo_fps.csv, "
        "rk3588_ncnn_latency.csv)")
    size = public.model_sizes(RERANKER)
    yield Claim(
        ANALYSIS, "Q = input @ W_q # [batch, 512, 64]",
        f"The reranker has a hidden width of {size['hidden']} in {size['heads']} heads, "
        f"{size['hidden'] // size['heads']} per head.",
        by_conditions(size["hidden"] // size["heads"] != 64, size["hidden"] // size["heads"] == 64,
                      "contradicted if hidden / heads is another number"),
                      f"{size['hidden'] // size['heads']} per head")
    operations = 2 * part_macs(case.npu(), ATTENTION)
    yield Claim(
        RESULTS, "Total: ~38M attention operations",
        f"Scores and values of {size['layers']} layers are {figures(operations / 1e9)} billion operations. The "
        "documents also count 6,144 per layer and 3.1 million altogether.",
        by_factor(operations, 38e6), f"{figures(operations / 1e9)} billion", (case.npu(),))
