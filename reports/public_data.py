"""Reads what others published: measured rows, the operator list, and numbers of the shipped profile and models."""
import csv
import dataclasses
import functools
import re

from berth_runs import PROFILE, ROOT

MEASURED = ROOT / "hardware" / "measured" / PROFILE
UNITS = {"": 1.0, "GB/s": 1e9, "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30, "GHz": 1e9, "MHz": 1e6, "B": 1.0,
         "ns": 1e-9, "us": 1e-6, "ms": 1e-3, "%": 0.01}


@functools.cache
def rows(name):
    with (MEASURED / name).open(newline="", encoding="utf-8") as file:
        return tuple(csv.DictReader(file))


@dataclasses.dataclass(frozen=True)
class Number:
    """A number of the profile: its text, its value in base units, and where it is from."""
    path: str
    text: str
    value: float
    kind: str


def _quantity(text):
    match = re.match(r"([0-9.]+)\s*([A-Za-z/%]*)", text)
    return float(match.group(1)) * UNITS[match.group(2)]


def profile_number(path):
    """A number that the profile must have."""
    number = find_profile_number(path)
    if number is None:
        raise SystemExit(f"no number {path} in the profile {PROFILE}")
    return number


@functools.cache
def find_profile_number(path):
    """A number of hardware/PROFILE.yaml by its keys; the profile writes one per line, as {value: ..., kind: ...}."""
    keys, stack = path.split("."), []
    text = (ROOT / "hardware" / f"{PROFILE}.yaml").read_text(encoding="utf-8")
    for line in text.splitlines():
        match = re.match(r"( *)(?:- )?(\w+):\s*(.*)", line)
        if not match:
            continue
        depth = len(match.group(1))
        stack = [(indent, key) for indent, key in stack if indent < depth] + [(depth, match.group(2))]
        if [key for _, key in stack] == keys:
            value = re.match(r"\{value:\s*([^,}]+)", match.group(3))
            kind = re.search(r"kind:\s*(\w+)", match.group(3))
            stated = (value.group(1) if value else match.group(3).split("#")[0]).strip()
            return Number(path, stated, _quantity(stated), kind.group(1) if kind else "assumed")
    return None


@functools.cache
def model_sizes(name):
    text = (ROOT / "models" / f"{name}.yaml").read_text(encoding="utf-8")
    inside = re.search(r"^sizes:\s*\{(.*?)\}", text, re.MULTILINE | re.DOTALL).group(1)
    return {key: int(value) for key, value in re.findall(r"(\w+):\s*(\d+)", inside)}


def parameter_count(name):
    """Weights, biases and norms of an encoder with its three tables; the pooler and classifier are below 1 %."""
    size = model_sizes(name)
    hidden, ffn = size["hidden"], size["ffn"]
    tables = (size["vocab"] + size["max_positions"] + size["token_types"] + 2) * hidden
    layer = 4 * (hidden + 1) * hidden + (hidden + 1) * ffn + (ffn + 1) * hidden + 4 * hidden
    return tables + size["layers"] * layer


def table_parameters(name):
    size = model_sizes(name)
    return (size["vocab"] + size["max_positions"] + size["token_types"]) * size["hidden"]


def best_matmul_gops(dtype):
    """The fastest measured call of one NPU core, in 1e9 operations per second (a MAC is two)."""
    found = [float(row["gops_median"]) for row in rows("rk3588_npu_matmul_m128_30reps.csv") if row["dtype_in"] == dtype]
    return max(found)


def best_weight_stream():
    """Bytes per second of the fastest call that reads each weight once for one input row, on one NPU core."""
    size = {"fp16": 2.0, "int8": 1.0, "int4": 0.5}
    return max(int(row["k"]) * int(row["n"]) * size[row["dtype_in"]] / (float(row["latency_us"]) * 1e-6)
               for row in rows("rk3588_npu_matmul_m_sweep_native.csv") if row["m"] == "1")


def decode_streams():
    """Bytes per second that language models draw on three NPU cores: parameters by name, one byte each, times rate."""
    return sorted(float(row["model_size"].rstrip("B")) * 1e9 * float(row["decode_tokens_per_s"])
                  for row in rows("rk3588_rkllm_benchmark.csv") if row["dtype"] == "w8a8")


def one_core_read_bandwidth():
    """Bytes per second that the best Cortex-A76 of the published boards reads."""
    return max(float(row["bandwidth_mb_per_s"]) * 1e6 for row in rows("rk3588_cpu_memory_bandwidth.csv")
               if row["core_type"] == "Cortex-A76" and row["test"] == "neon_load")


def attention_point(mhz, cores=1):
    """Seconds per score element of the runtime's fused attention operator."""
    found = next(row for row in rows("rk3588_rknn_sdpa_points.csv")
                 if int(row["npu_mhz"]) == mhz and int(row["cores"]) == cores)
    return float(found["ns_per_score_element"]) * 1e-9


def attention_clock_share():
    """Share of the attention operator's time at 1000 MHz that follows the clock, from t = a + b / f at two clocks."""
    fast, slow = attention_point(1000), attention_point(300)
    return (slow - fast) / (1000 / 300 - 1) / fast


def attention_mac_share():
    """Share of the attention operator's time that the MAC array needs at its peak rate."""
    row = next(row for row in rows("rk3588_rknn_sdpa_points.csv") if row["npu_mhz"] == "1000" and row["cores"] == "1")
    rate = profile_number("devices.npu.matrix.macs_per_cycle.fp16").value * 1e9
    macs = 2 * int(row["heads_x_batch"]) * int(row["seq"]) ** 2 * int(row["head_dim"])
    return macs / rate / (float(row["measured_us"]) * 1e-6)


def supported(operator):
    """The row of the vendor's operator list, or None."""
    return next((row for row in rows("rk3588_operator_support.csv") if row["operator"] == operator), None)


def cnn_gains():
    """(name, NPU ms, best CPU ms) of the networks that both the vendor's table and ncnn's hold."""
    found = []
    for name, in_zoo, in_ncnn in (("ResNet-50", "resnet50", "resnet50"), ("MobileNetV2", "mobilenetv2",
                                                                          "mobilenet_v2")):
        npu = next(float(row["latency_ms"]) for row in rows("rk3588_model_zoo_fps.csv")
                   if row["model"].startswith(in_zoo))
        cpu = min(float(row["latency_ms_min"]) for row in rows("rk3588_ncnn_latency.csv")
                  if row["model"] == in_ncnn and row["compute_unit"] == "cpu")
        found.append((name, npu, cpu))
    return found


def layer_types():
    return {row["op_type"] for row in rows("rk3588_rknn_per_layer_profiles.csv")}


def largest_step():
    """(k, n, m, ratio): where doubling the input rows of an fp16 matmul costs most, of weights of at least 8 MB."""
    times = {(int(row["k"]), int(row["n"]), int(row["m"])): float(row["latency_us"])
             for row in rows("rk3588_npu_matmul_m_sweep_native.csv") if row["dtype_in"] == "fp16"}
    steps = [(times[k, n, 2 * m] / time, k, n, 2 * m) for (k, n, m), time in times.items()
             if (k, n, 2 * m) in times and k * n * 2 >= 8e6]
    ratio, k, n, m = max(steps)
    return k, n, m, ratio
