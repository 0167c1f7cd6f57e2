// The synthetic result. Its numbers are round, so that sums in the reports can be checked by eye.
#include "report_sample.h"

#include <utility>

namespace berth {

namespace {

using namespace literals;

constexpr DeviceId kCpu = 0;
constexpr DeviceId kNpu = 1;

template <class Q>
Parameter<Q> known(Q value, double spread = 0, Origin origin = Origin::kDatasheet, std::string source = "") {
    Parameter<Q> parameter;
    parameter.value = value;
    parameter.spread = spread;
    parameter.origin = origin;
    parameter.source = std::move(source);
    return parameter;
}

Device device(std::string name, DeviceKind kind, int cores) {
    Device result;
    result.name = std::move(name);
    result.kind = kind;
    CoreCluster cluster;
    cluster.name = result.name;
    cluster.cores = cores;
    cluster.clock = known(1_GHz);
    cluster.clock_at_device = cluster.macs_at_device = cluster.bandwidth_at_device = true;
    cluster.macs_per_cycle[static_cast<std::size_t>(DType::kInt8)] =
        known(operations(64), 0, Origin::kDatasheet, "data sheet, table 3");
    cluster.macs_per_cycle[static_cast<std::size_t>(DType::kFp16)] = known(operations(32));
    cluster.bandwidth =
        known(8_GBps, 0.1, Origin::kMeasured, "copies of 64 MiB by one core, median of thirty runs on a quiet board");
    result.clusters = {cluster};
    result.matrix.efficiency = known(0.8, 0.05, Origin::kCalibrated, "twelve matmuls");
    for (VectorRate& rate : result.vector) {
        rate.per_cycle = known(operations(4), 0.5, Origin::kAssumed, "lanes of the vector unit");
        rate.traffic = known(1.0);
    }
    result.dma.setup = known(1_us, 1.0, Origin::kAssumed);
    result.dma.write_cost = known(1.25, 0.1, Origin::kCalibrated);
    result.dram_limit = known(16_GBps, 0.1, Origin::kMeasured);
    result.overlap = known(0.75, 0.1, Origin::kCalibrated);
    result.runtime.name = "runtime 1.0";
    result.runtime.dispatch_per_kernel = known(10_us, 0.5, Origin::kAssumed);
    result.runtime.dispatch_per_graph = known(50_us, 0.5, Origin::kAssumed);
    result.runtime.fork_join = known(5_us, 0.5, Origin::kAssumed);
    result.error.matmul = known(0.2, 0, Origin::kCalibrated);
    return result;
}

Profile profile() {
    Profile result;
    result.name = "toy-chip";
    result.dram = {known(4_GiB), std::nullopt, std::nullopt, known(20_GBps), known(16_GBps)};
    result.devices = {device("cpu", DeviceKind::kCpu, 4), device("npu", DeviceKind::kNpu, 1),
                      device("gpu", DeviceKind::kGpu, 1)};
    result.host = kCpu;
    Link link;
    link.from = kCpu;
    link.to = kNpu;
    link.per_crossing = known(20_us, 0.6, Origin::kAssumed, "two ioctl calls");
    link.cache_maintenance = known(4_GBps, 0.3, Origin::kMeasured);
    result.links = {link};
    return result;
}

/// A kernel whose terms follow from the device above: 64 MACs per cycle, 1 GHz, 80 %, 8 GB/s.
KernelCost matmul_cost(double mega_macs, double megabytes_read) {
    KernelCost cost;
    cost.dispatch = 10_us;
    cost.macs = cost.padded_macs = operations(mega_macs * 1e6);
    cost.compute = cost.padded_macs / operations_per_second(64e9 * 0.8);
    cost.traffic.read = megabytes(megabytes_read);
    cost.traffic.write = megabytes(0.4);
    cost.dram = (cost.traffic.read + 1.25 * cost.traffic.write) / 8_GBps;
    cost.dma = 3_us;
    const Time memory = cost.dram + cost.dma;
    const bool by_compute = cost.compute > memory;
    cost.total = cost.dispatch + (by_compute ? cost.compute + 0.25 * memory : memory + 0.25 * cost.compute);
    cost.rule = {false, false, 0.75, 0.75, {}};
    cost.bound = by_compute ? Bound::kCompute : Bound::kDram;
    cost.compulsory = megabytes(0.5 * megabytes_read + 0.4);
    cost.tile = {64, 256, 1024, 1, 2, 1};
    return cost;
}

KernelCost norm_cost() {
    KernelCost cost;
    cost.dispatch = 10_us;
    cost.elements = operations(400e3);
    cost.vector = cost.elements / operations_per_second(4e9);
    cost.traffic = {0.8_MB, 0.8_MB};
    cost.dram = (0.8_MB + 1.25 * 0.8_MB) / 8_GBps;
    cost.dma = 1_us;
    cost.total = cost.dispatch + cost.dram + cost.dma + 0.25 * cost.vector;
    cost.rule = {false, false, 0.75, 0.75, {}};
    cost.bound = Bound::kDram;
    cost.compulsory = 1.6_MB;
    return cost;
}

OperatorResult matmul(std::string name, DeviceId on, double mega_macs, double megabytes_read) {
    OperatorResult op;
    op.name = std::move(name);
    op.kind = OperatorKind::kMatmul;
    op.category = op.name.find("attention") != std::string::npos ? Category::kAttention : Category::kFfn;
    op.device = on;
    op.ran_at = DType::kInt8;
    op.cost = matmul_cost(mega_macs, megabytes_read);
    Kernel kernel;
    kernel.kind = OperatorKind::kMatmul;
    kernel.dims = MatmulDims{1, 128, 256, static_cast<std::int64_t>(mega_macs * 1e6 / 128 / 256)};
    kernel.input = kernel.weight = kernel.output = DType::kInt8;
    op.kernel = kernel;
    op.latency = op.cost->total;
    op.bound = op.cost->bound;
    op.macs = op.cost->macs;
    op.dram_bytes = op.cost->traffic.read + op.cost->traffic.write;
    return op;
}

OperatorResult norm(std::string name, DeviceId on) {
    OperatorResult op;
    op.name = std::move(name);
    op.kind = OperatorKind::kLayerNorm;
    op.category = Category::kNorm;
    op.device = on;
    op.ran_at = DType::kFp16;
    op.cost = norm_cost();
    Kernel kernel;
    kernel.kind = OperatorKind::kLayerNorm;
    kernel.dims = RowsDims{128, 3125};
    kernel.input = kernel.weight = kernel.output = DType::kFp16;
    op.kernel = kernel;
    op.latency = op.cost->total;
    op.bound = op.cost->bound;
    op.dram_bytes = op.cost->traffic.read + op.cost->traffic.write;
    return op;
}

OperatorResult epilogue_op(std::string name, const std::string& leader, DeviceId on) {
    OperatorResult op;
    op.name = std::move(name);
    op.kind = OperatorKind::kGelu;
    op.category = Category::kFfn;
    op.device = on;
    op.ran_at = DType::kInt8;
    op.fused_into = leader;
    op.latency = 20_us;
    op.bound = Bound::kVector;
    return op;
}

/// `blocks` blocks of four operators; `on` holds the device of each of the four.
std::vector<OperatorResult> operators(int blocks, const std::array<DeviceId, 4>& on) {
    std::vector<OperatorResult> all;
    for (int i = 0; i < blocks; ++i) {
        const std::string prefix = "layer." + std::to_string(i) + ".";
        all.push_back(matmul(prefix + "attention.query", on[0], 40, 1.2));
        all.push_back(matmul(prefix + "ffn.up", on[1], 120, 4.4));
        all.push_back(epilogue_op(prefix + "ffn.gelu", prefix + "ffn.up", on[2]));
        all.push_back(norm(prefix + "norm", on[3]));
    }
    Time at;
    DeviceId before = kCpu;
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i].id = static_cast<OperatorId>(i);
        if (all[i].device != before) {
            all[i].handover = 100_us;
            all[i].latency += all[i].handover;
        }
        before = all[i].device;
        all[i].start = at;
        at += all[i].latency;
    }
    return all;
}

Candidate candidate(std::string placement, std::vector<OperatorResult> ops, double sigma) {
    Candidate result;
    result.placement = std::move(placement);
    result.feasible = true;
    Time sum;
    for (const OperatorResult& op : ops) {
        result.assignment.push_back(op.device);
        result.by_category[op.category] += op.latency - op.handover;
        result.by_bound[op.bound] += op.latency;
        result.handover += op.handover;
        sum += op.latency;
    }
    result.latency = log_normal_estimate(sum, sigma);
    result.uncertainty.effect = {-0.8 * sigma, 0.6 * sigma, 0};
    result.uncertainty.independent = result.uncertainty.effect;
    result.operators = std::move(ops);
    result.padded_tokens = result.actual_tokens = 100;
    result.weight_bytes = 33.4_MB;
    result.peak_activation_bytes = 1.5_MiB;
    result.spilled_bytes = 12_MB;
    return result;
}

Candidate impossible() {
    Candidate result;
    result.placement = "gpu";
    result.reason = "layer.0.norm: no kernel for layer_norm in runtime 1.0";
    result.actual_tokens = 100;
    return result;
}

StageResult embed_result() {
    StageResult stage;
    stage.name = "embed";
    stage.model = "tiny-encoder";
    stage.candidates = {candidate("cpu", operators(2, {kCpu, kCpu, kCpu, kCpu}), 0.1),
                        candidate("npu", operators(2, {kNpu, kNpu, kNpu, kNpu}), 0.2), impossible()};
    for (DeviceId device = 0; device < 3; ++device) {
        stage.candidates[static_cast<std::size_t>(device)].device = device;
    }
    stage.candidates[0].cores = 4;
    stage.candidates[0].proved_optimal = true;
    stage.candidates[1].padded_tokens = 256;
    stage.candidates[1].latency = log_normal_estimate(25_ms, 0.2);
    stage.candidates[1].energy = 40_mJ;
    stage.chosen = 0;
    stage.passes = {{0, 1}};
    stage.latency = stage.candidates[0].latency;
    stage.confidence = 0.9921;
    stage.budget = 30_ms;
    return stage;
}

StageResult rank_result() {
    StageResult stage;
    stage.name = "rank";
    stage.model = "tiny-ranker";
    stage.repeat = 3;
    Candidate split = candidate("split", operators(3, {kNpu, kNpu, kNpu, kCpu}), 0.15);
    split.granularity = Granularity::kOperator;
    split.segments = segments(split.assignment);
    split.optimality_gap = 0.0213;
    Candidate slow = candidate("cpu", operators(3, {kCpu, kCpu, kCpu, kCpu}), 0.1);
    slow.device = kCpu;
    slow.operators[3].fell_back = true;
    slow.operators[3].reason = "npu has no layer_norm, \"yet\"";
    slow.latency = log_normal_estimate(30_ms, 0.1);
    slow.by_category[Category::kFfn] += 19_ms;
    stage.candidates = {slow, split};
    stage.chosen = 1;
    stage.passes = {{1, 3}};
    stage.confidence = 0.85;
    const Estimate<Time>& one = split.latency;
    stage.latency = {one.median * 3, one.low * 3, one.high * 3};
    return stage;
}

ModelStage model_stage(const char* model) {
    ModelStage stage;
    stage.model.name = model;
    stage.tokens = {{100, 1}};
    stage.granularity = Granularity::kOperator;
    return stage;
}

Stage stage(std::string name, std::variant<ModelStage, FixedStage> work, std::int64_t repeat) {
    Stage result;
    result.name = std::move(name);
    result.work = std::move(work);
    result.repeat = repeat;
    return result;
}

}  // namespace

Scenario sample_scenario() {
    Scenario scenario;
    scenario.name = "Find & rank: \"toy\" search";
    scenario.profile = profile();
    scenario.stages = {stage("embed", model_stage("tiny-encoder"), 1),
                       stage("search", FixedStage{log_normal_estimate(20_ms, 0.05), kCpu}, 1),
                       stage("rank", model_stage("tiny-ranker"), 3)};
    scenario.disabled = {"speak"};
    scenario.budget = 60_ms;
    return scenario;
}

ScenarioResult sample_result() {
    ScenarioResult result;
    result.scenario = sample_scenario().name;
    result.hardware = "toy-chip";
    result.devices = {"cpu", "npu", "gpu"};
    result.uncertain_numbers = {"devices.npu.dma.bandwidth", "devices.cpu.error.matmul", "devices.gpu.overlap"};
    StageResult search;
    search.name = "search";
    search.latency = log_normal_estimate(20_ms, 0.05);
    result.stages = {embed_result(), search, rank_result()};
    Time at;
    for (StageResult& one : result.stages) {
        one.start = at;
        at += one.latency.median;
    }
    result.total.latency = log_normal_estimate(at, 0.09);
    result.total.budget = 60_ms;
    result.total.budget_probability = 0.37;
    return result;
}

std::vector<Finding> sample_findings() {
    Finding padding;
    padding.kind = FindingKind::kPadding;
    padding.stage = "embed";
    padding.text = "npu computes 256 tokens for an input of 100: 61% is padding.";
    padding.change = {{"stages.embed.buckets", "[128, 256]"}, {"stages.embed.dtype", "fp16"}};
    padding.before = 60_ms;
    padding.after = 45_ms;
    padding.chosen_before = "cpu";
    padding.chosen_after = "npu";
    Finding fallback;
    fallback.kind = FindingKind::kFallback;
    fallback.stage = "rank";
    fallback.text = "One operator runs on cpu because npu has no layer_norm.";
    return {padding, fallback};
}

std::vector<TokenCurves> sample_curves() {
    LatencyCurve npu;
    npu.device = "npu";
    npu.steps = true;
    npu.points = {{128, log_normal_estimate(10_ms, 0.1)}, {256, log_normal_estimate(40_ms, 0.1)}};
    LatencyCurve cpu;
    cpu.device = "cpu";
    cpu.points = {{64, log_normal_estimate(15_ms, 0.1)}, {256, log_normal_estimate(35_ms, 0.1)}};
    return {{"embed", {npu, cpu}, {{0, 1, 129, 21_ms, true}}, 100}};
}

}  // namespace berth
