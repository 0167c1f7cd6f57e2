// Laws of the cost model: better hardware is never slower, traffic never beats its bounds, fusion and splitting never
// cost more than what they replace.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <functional>

#include "berth/cost/cost.h"
#include "berth/cost/fusion.h"
#include "berth/cost/plan.h"
#include "graph_fixtures.h"
#include "hardware_fixtures.h"
#include "plan_fixtures.h"
#include "random_kernels.h"

namespace berth {
namespace {

constexpr double kRounding = 1 + 1e-9;

const Profile& board() {
    static const Profile profile = board_with_all_rules();
    return profile;
}
const Device& npu() { return board().devices[0]; }
const Device& cpu() { return board().devices[1]; }

Execution any_npu_execution() { return {*rc::gen::inRange(1, 4), std::nullopt}; }

/// Checks that a kernel is not slower on a device after `improve`.
void never_slower(const std::function<void(Device&, double)>& improve) {
    const Kernel kernel = any_npu_kernel();
    const Execution execution = any_npu_execution();
    const double factor = 1 + *rc::gen::inRange(1, 300) / 100.0;
    Device better = npu();
    improve(better, factor);
    RC_ASSERT(kernel_cost(kernel, better, execution).total <= kernel_cost(kernel, npu(), execution).total * kRounding);
}

ConvDims any_convolution() {
    ConvDims conv;
    conv.batch = *rc::gen::inRange<std::int64_t>(1, 3);
    conv.in_channels = *rc::gen::inRange<std::int64_t>(1, 600);
    conv.out_channels = *rc::gen::inRange<std::int64_t>(1, 600);
    conv.in_height = *rc::gen::inRange<std::int64_t>(1, 130);
    conv.in_width = *rc::gen::inRange<std::int64_t>(1, 130);
    conv.kernel_height = std::min(conv.in_height, 2 * *rc::gen::inRange<std::int64_t>(0, 4) + 1);
    conv.kernel_width = std::min(conv.in_width, 2 * *rc::gen::inRange<std::int64_t>(0, 4) + 1);
    conv.stride = *rc::gen::inRange<std::int64_t>(1, 4);
    conv.out_height = (conv.in_height + conv.stride - 1) / conv.stride;
    conv.out_width = (conv.in_width + conv.stride - 1) / conv.stride;
    return conv;
}

RC_GTEST_PROP(CostProperty, ConvolutionsMoveAndComputeNoLessThanTheyMust, ()) {
    const DType dtype = *rc::gen::element(DType::kInt8, DType::kFp16);
    const KernelCost cost =
        kernel_cost(kernel_at(OperatorKind::kConv2d, any_convolution(), dtype), npu(), any_npu_execution());
    RC_ASSERT((cost.traffic.read + cost.traffic.write) * kRounding >= cost.compulsory);
    RC_ASSERT(cost.padded_macs * kRounding >= cost.macs);
}

RC_GTEST_PROP(CostProperty, ADepthwiseConvolutionIsNeverDearerThanTheDenseOne, ()) {
    ConvDims dense = any_convolution();
    dense.out_channels = dense.in_channels;
    ConvDims depthwise = dense;
    depthwise.groups = dense.in_channels;
    const DType dtype = *rc::gen::element(DType::kInt8, DType::kFp16);
    const Device& device = *rc::gen::element(&npu(), &cpu()) == &npu() ? npu() : cpu();
    const DType runs_at = &device == &cpu() ? DType::kFp32 : dtype;
    RC_ASSERT(kernel_cost(kernel_at(OperatorKind::kConv2d, depthwise, runs_at), device, {1, std::nullopt}).total <=
              kernel_cost(kernel_at(OperatorKind::kConv2d, dense, runs_at), device, {1, std::nullopt}).total *
                  kRounding);
}

RC_GTEST_PROP(CostProperty, GroupsNeverComputeMoreThanTheDenseConvolution, ()) {
    ConvDims dense = any_convolution();
    ConvDims grouped = dense;
    grouped.groups = *rc::gen::element(2, 4, 16, 32);
    grouped.in_channels = dense.in_channels *= grouped.groups;
    grouped.out_channels = dense.out_channels *= grouped.groups;
    const auto computed = [](const ConvDims& dims) {
        return kernel_cost(kernel_at(OperatorKind::kConv2d, dims, DType::kInt8), npu(), {1, std::nullopt}).padded_macs;
    };
    RC_PRE(grouped.in_channels > grouped.groups);
    RC_ASSERT(computed(grouped) <= computed(dense) * kRounding);
}

RC_GTEST_PROP(CostProperty, MoreBandwidthIsNeverSlower, ()) {
    never_slower([](Device& device, double factor) {
        device.clusters[0].bandwidth.value *= factor;
        device.dram_limit.value *= factor;
    });
}

RC_GTEST_PROP(CostProperty, MoreMacsAreNeverSlower, ()) {
    never_slower([](Device& device, double factor) {
        for (auto& macs : device.clusters[0].macs_per_cycle) {
            if (macs) {
                macs->value *= factor;
            }
        }
    });
}

RC_GTEST_PROP(CostProperty, AHigherClockIsNeverSlower, ()) {
    never_slower([](Device& device, double factor) { device.clusters[0].clock.value *= factor; });
}

RC_GTEST_PROP(CostProperty, MoreBufferIsNeverSlower, ()) {
    never_slower([](Device& device, double factor) {
        device.matrix.row_tile->value *= factor;
        device.matrix.library_row_tile->value *= factor;
        device.memories[0].capacity.value *= factor;
    });
}

RC_GTEST_PROP(CostProperty, MoreCacheIsNeverSlower, ()) {
    const Kernel kernel = kernel_at(OperatorKind::kMatmul, any_matmul(), DType::kFp32);
    Device better = cpu();
    better.memories.back().capacity.value *= 1 + *rc::gen::inRange(1, 300) / 100.0;
    RC_ASSERT(kernel_cost(kernel, better, {2, {}}).total <= kernel_cost(kernel, cpu(), {2, {}}).total * kRounding);
}

Kernel any_kernel_on_chip() {
    Kernel kernel = kernel_at(OperatorKind::kMatmul, any_matmul(), DType::kFp32);
    kernel.cache = *rc::gen::element(CacheState::kHot, CacheState::kGraph);
    kernel.input_on_chip = kernel.output_on_chip = kernel.weights_on_chip = true;
    return kernel;
}

// A shared cache needs a private level of the cores before it. Were DRAM hidden behind the cache altogether, a miss
// would make it busier and the cache less.
Device with_shared_cache() {
    Device device = cpu();
    device.overlap.value = 0.5;
    MemoryLevel own = device.memories.back();
    own.share = MemoryShare::kCore;
    own.capacity.value = kibibytes(512);
    device.memories.insert(device.memories.end() - 1, own);
    return device;
}

// From caches that hold a small part of the operands to those that hold all.
RC_GTEST_PROP(CostProperty, MoreOfASharedCacheIsNeverSlower, ()) {
    const Kernel kernel = any_kernel_on_chip();
    Device smaller = with_shared_cache();
    smaller.memories.back().co_runners = Parameter<Bandwidth>{bytes_per_second(*rc::gen::inRange(1, 100) * 1e9)};
    const Bytes operands = kernel_cost(kernel, smaller, {2, {}}).compulsory;
    smaller.memories.back().capacity.value = operands * (*rc::gen::inRange(5, 300) / 100.0);
    Device larger = smaller;
    larger.memories.back().capacity.value *= 1 + *rc::gen::inRange(1, 300) / 100.0;
    const auto total = [&kernel](const Device& device) { return kernel_cost(kernel, device, {2, {}}).total; };
    RC_ASSERT(total(larger) <= total(smaller) * kRounding);
}

RC_GTEST_PROP(CostProperty, OthersInTheCacheNeverMakeAKernelFaster, ()) {
    const Kernel kernel = any_kernel_on_chip();
    const Device quiet = with_shared_cache();
    Device busy = quiet;
    Device busier = quiet;
    const double rate = *rc::gen::inRange(1, 100) * 1e9;
    busy.memories.back().co_runners = Parameter<Bandwidth>{bytes_per_second(rate)};
    busier.memories.back().co_runners = Parameter<Bandwidth>{bytes_per_second(2 * rate)};
    const auto cost = [&kernel](const Device& device) { return kernel_cost(kernel, device, {2, {}}); };
    RC_ASSERT(cost(quiet).total <= cost(busy).total * kRounding);
    RC_ASSERT(cost(busy).total <= cost(busier).total * kRounding);
    if (cost(quiet).compulsory <= kibibytes(1024)) {
        RC_ASSERT(cost(quiet).total == cost(busier).total);
    }
}

RC_GTEST_PROP(CostProperty, NoCoreHasLessThanAnEvenShareOrMoreThanAll, ()) {
    const MatmulDims dims = any_matmul();
    const CoreBlock block{*rc::gen::inRange<std::int64_t>(1, 100), *rc::gen::inRange<std::int64_t>(1, 200)};
    const int cores = *rc::gen::inRange(2, 9);
    const double share = largest_share(dims, block, cores);
    RC_ASSERT(share >= 1.0 / cores - 1e-12);
    RC_ASSERT(share <= 1.0);
}

// Lower bound on the traffic of any tiling: the larger of the compulsory traffic (each operand once) and 2 m n k /
// sqrt(S) - 2 S, where S is the capacity in elements (Smith et al. 2019).
Bytes matmul_traffic_bound(const MatmulDims& dims, Bytes element, Bytes capacity) {
    const double m = static_cast<double>(dims.m);
    const double k = static_cast<double>(dims.k);
    const double n = static_cast<double>(dims.n);
    const double compulsory = m * k + k * n + m * n;
    const double elements = capacity / element;
    const double communication = 2 * m * n * k / std::sqrt(elements) - 2 * elements;
    return element * (std::max(compulsory, communication) * static_cast<double>(dims.batch));
}

RC_GTEST_PROP(CostProperty, TrafficIsNeverBelowItsBounds, ()) {
    const MatmulDims dims = any_matmul();
    const bool on_npu = *rc::gen::arbitrary<bool>();
    const Device& device = on_npu ? npu() : cpu();
    const DType dtype = on_npu ? DType::kFp16 : DType::kFp32;
    const KernelCost cost = kernel_cost(kernel_at(OperatorKind::kMatmul, dims, dtype), device, {1, {}});
    const Bytes moved = cost.traffic.read + cost.traffic.write;
    RC_ASSERT(moved * kRounding >= cost.compulsory);
    RC_ASSERT(moved * kRounding >=
              matmul_traffic_bound(dims, element_size(dtype), device.memories.back().capacity.value));
}

RC_GTEST_PROP(CostProperty, NoKernelMovesLessThanEachOperandOnce, ()) {
    const Kernel kernel = any_npu_kernel();
    const KernelCost cost = kernel_cost(kernel, npu(), {1, {}});
    RC_ASSERT((cost.traffic.read + cost.traffic.write) * kRounding >= cost.compulsory);
    RC_ASSERT(cost.padded_macs * kRounding >= cost.macs);
}

RC_GTEST_PROP(CostProperty, NoTermExceedsTheTotal, ()) {
    const KernelCost cost = kernel_cost(any_npu_kernel(), npu(), any_npu_execution());
    for (const Time term :
         {cost.compute, cost.vector, cost.dram + cost.dma, cost.sram, cost.dispatch, cost.stall, cost.results}) {
        RC_ASSERT(term <= cost.total * kRounding);
    }
    const Time all = cost.compute + cost.vector + cost.dram + cost.dma + cost.sram + cost.dispatch + cost.fork_join +
                     cost.stall + cost.results;
    RC_ASSERT(cost.total <= all * kRounding);
}

RC_GTEST_PROP(CostProperty, HalfTheBitsNeverMoveMore, ()) {
    const OperatorKind kind = any_kind();
    const Dims dims = any_dims(kind);
    const auto moved = [&](DType dtype) {
        const Traffic traffic = kernel_cost(kernel_at(kind, dims, dtype), npu(), {1, {}}).traffic;
        return traffic.read + traffic.write;
    };
    RC_ASSERT(moved(DType::kInt8) <= moved(DType::kFp16) * kRounding);
}

RC_GTEST_PROP(CostProperty, NarrowerWeightsNeverMoveMore, ()) {
    Kernel kernel = kernel_at(OperatorKind::kMatmul, any_matmul(), DType::kFp16);
    const auto moved = [&](DType weight, std::int64_t group) {
        kernel.weight = weight;
        kernel.weight_group = group;
        const Traffic traffic = kernel_cost(kernel, npu(), {1, {}}).traffic;
        return traffic.read + traffic.write;
    };
    const Bytes grouped = moved(DType::kInt4, 128);
    RC_ASSERT(moved(DType::kInt4, 0) <= grouped * kRounding);
    RC_ASSERT(grouped <= moved(DType::kInt8, 0) * kRounding);
    RC_ASSERT(moved(DType::kInt8, 0) <= moved(DType::kFp16, 0) * kRounding);
}

RC_GTEST_PROP(CostProperty, NarrowerWeightsAreNeverSlower, ()) {
    Kernel kernel = kernel_at(OperatorKind::kMatmul, any_matmul(), DType::kFp16);
    const Execution execution = any_npu_execution();
    const Time wide = kernel_cost(kernel, npu(), execution).total;
    kernel.weight = *rc::gen::element(DType::kInt8, DType::kInt4);
    RC_ASSERT(kernel_cost(kernel, npu(), execution).total <= wide * kRounding);
}

RC_GTEST_PROP(CostProperty, ThreeCoresAreNeverSlowerThanOne, ()) {
    const Kernel kernel = any_npu_kernel();
    RC_ASSERT(kernel_cost(kernel, npu(), {3, {}}).total <= kernel_cost(kernel, npu(), {1, {}}).total * kRounding);
}

/// Share of its own traffic that an epilogue_op keeps: at most the share that a separate kernel does not overlap with
/// its work, since fused into a product it overlaps nothing.
double any_traffic_kept() { return *rc::gen::inRange(0, 101) / 100.0 * (1 - npu().overlap.value); }

// An operator fused into a product processes all columns of the array, including the padding.
std::int64_t columns_made(std::int64_t columns, DType dtype) {
    const std::int64_t together = npu().matrix.align_n.at(static_cast<std::size_t>(dtype));
    return (columns + together - 1) / together * together;
}

RC_GTEST_PROP(CostProperty, AFusedGroupIsNeverDearerThanItsParts, ()) {
    const MatmulDims dims = any_matmul();
    const DType dtype = *rc::gen::element(DType::kInt8, DType::kFp16);
    const OperatorKind kind = *rc::gen::element(OperatorKind::kGelu, OperatorKind::kAdd, OperatorKind::kRelu);
    const RowsDims rows{dims.batch * dims.m, dims.n, kind == OperatorKind::kAdd ? 2 : 1};
    const Kernel head = kernel_at(OperatorKind::kMatmul, dims, dtype);
    Kernel group = head;
    group.epilogue[0] = {kind, rows, any_traffic_kept()};
    group.epilogue_length = 1;
    RowsDims alone = rows;
    alone.cols = columns_made(rows.cols, dtype);
    const Time parts =
        kernel_cost(head, npu(), {1, {}}).total + kernel_cost(kernel_at(kind, alone, dtype), npu(), {1, {}}).total;
    RC_ASSERT(kernel_cost(group, npu(), {1, {}}).total <= parts * kRounding);
}

RC_GTEST_PROP(CostProperty, AGroupOfSeveralIsNeverDearerThanItsParts, ()) {
    const MatmulDims dims = any_matmul();
    const DType dtype = *rc::gen::element(DType::kInt8, DType::kFp16);
    const Execution execution{*rc::gen::inRange(1, 4), std::nullopt};
    Kernel group = kernel_at(OperatorKind::kMatmul, dims, dtype);
    Time parts = kernel_cost(group, npu(), execution).total;
    const auto epilogue = *rc::gen::inRange<std::size_t>(1, Kernel::kMaxEpilogue + 1);
    for (std::size_t i = 0; i < epilogue; ++i) {
        const OperatorKind kind = *rc::gen::element(OperatorKind::kGelu, OperatorKind::kAdd, OperatorKind::kLayerNorm);
        const RowsDims rows{dims.batch * dims.m, dims.n, kind == OperatorKind::kAdd ? 2 : 1};
        group.epilogue.at(group.epilogue_length++) = {kind, rows, any_traffic_kept()};
        RowsDims alone = rows;
        alone.cols = columns_made(rows.cols, dtype);
        parts += kernel_cost(kernel_at(kind, alone, dtype), npu(), execution).total;
    }
    RC_ASSERT(kernel_cost(group, npu(), execution).total <= parts * kRounding);
}

RC_GTEST_PROP(CostProperty, DoublingAllRatesHalvesAllTimes, ()) {
    const Kernel kernel = any_npu_kernel();
    Device twice = npu();
    twice.clusters[0].clock.value *= 2;
    twice.clusters[0].bandwidth.value *= 2;
    twice.dram_limit.value *= 2;
    twice.bus->value *= 2;
    twice.matrix.int32_output->value *= 2;
    twice.dma.setup.value *= 0.5;
    twice.runtime.dispatch_per_kernel.value *= 0.5;
    twice.runtime.fork_join.value *= 0.5;
    const Execution execution = any_npu_execution();
    const double ratio = kernel_cost(kernel, npu(), execution).total / kernel_cost(kernel, twice, execution).total;
    RC_ASSERT(std::abs(ratio - 2) < 1e-9);
}

Graph encoder_of(int layers, std::int64_t tokens) {
    static const Model model = shipped_model("ms-marco-MiniLM-L-12-v2");
    Model sized = model;
    set_layers(sized, layers);
    sized.sizes["groups"] = layers;
    Graph graph = lay_out(sized, {1, tokens});
    for (Operator& op : graph.operators) {
        op.dtype = DType::kFp16;
    }
    return graph;
}

const Profile& rk3588() {
    static const Profile profile = [] {
        Diagnostics diagnostics;
        const std::filesystem::path folder = std::filesystem::path(BERTH_SOURCE_DIR) / "hardware";
        return load_profile(folder / "rk3588-rknn-2.3.2.yaml", profiles_in({folder}), {}, diagnostics).value();
    }();
    return profile;
}

Time plan_time(const Graph& graph, DeviceId device) { return total_of(plan_device(graph, rk3588(), device, {1, {}})); }

RC_GTEST_PROP(PlanProperty, LayersCostTheSameEach, ()) {
    const auto device = *rc::gen::element<DeviceId>(0, 1);
    const std::int64_t tokens = *rc::gen::inRange<std::int64_t>(1, 513);
    const int layers = *rc::gen::inRange(2, 13);
    // The first and the last layer have other neighbours than the rest; the rest are alike.
    const Time one = plan_time(encoder_of(3, tokens), device) - plan_time(encoder_of(2, tokens), device);
    const Time all = plan_time(encoder_of(layers + 1, tokens), device) - plan_time(encoder_of(2, tokens), device);
    RC_ASSERT(std::abs(all / one - (layers - 1)) < 1e-6);
}

// Lengths that the runtime pads for itself (multiples of its granule) are the ones that a bucket can be chosen from.
RC_GTEST_PROP(PlanProperty, PaddingNeverHelps, ()) {
    const std::int64_t tokens = 16 * *rc::gen::inRange<std::int64_t>(1, 32);
    const std::int64_t bucket = 16 * *rc::gen::inRange<std::int64_t>(tokens / 16, 33);
    RC_ASSERT(plan_time(encoder_of(2, tokens), 0) <= plan_time(encoder_of(2, bucket), 0) * kRounding);
}

RC_GTEST_PROP(PlanProperty, EachKernelCostsWhatItCostsByItself, ()) {
    const DevicePlan plan = plan_device(encoder_of(2, *rc::gen::inRange<std::int64_t>(1, 513)), rk3588(),
                                        *rc::gen::element<DeviceId>(0, 1), {*rc::gen::inRange(1, 4), {}});
    const Device& device = rk3588().devices[static_cast<std::size_t>(plan.device)];
    RC_ASSERT(plan.kernels.size() == plan.costs.size());
    for (std::size_t i = 0; i < plan.kernels.size(); ++i) {
        RC_ASSERT(kernel_cost(plan.kernels[i], device, plan.execution).total == plan.costs[i].total);
    }
}

RC_GTEST_PROP(PlanProperty, SchemesNeverMakeAPlanDearerInWeights, ()) {
    const Graph graph = encoder_of(2, 16 * *rc::gen::inRange<std::int64_t>(1, 17));
    const auto plan_at = [&graph](const Scheme& scheme) {
        Graph asked = graph;
        Diagnostics diagnostics;
        apply_precision(asked, {scheme, {}}, diagnostics);
        Profile profile = rk3588();
        profile.devices[0].runtime.precisions.reset();  // the array's precisions, not this runtime's
        return plan_device(asked, profile, 0, {1, {}});
    };
    const DevicePlan fp16 = plan_at(DType::kFp16);
    const DevicePlan w8a16 = plan_at({DType::kInt8, DType::kFp16});
    const DevicePlan grouped = plan_at({DType::kInt4, DType::kFp16, 128});
    RC_ASSERT(w8a16.weight_bytes < fp16.weight_bytes);
    RC_ASSERT(grouped.weight_bytes < w8a16.weight_bytes);
    RC_ASSERT(total_of(w8a16) <= total_of(fp16) * kRounding);
    RC_ASSERT(total_of(grouped) <= total_of(w8a16) * kRounding);
}

RC_GTEST_PROP(PlanProperty, TheOrderOfEqualWorkDoesNotMatter, ()) {
    const auto device = *rc::gen::element<DeviceId>(0, 1);
    const auto sizes = *rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 6));
    RC_PRE(!sizes.empty());
    const auto cost_in = [device](const std::vector<int>& order) {
        WiredGraph wired;
        for (const int size : order) {
            const OperatorId up =
                wired.add(OperatorKind::kMatmul, MatmulDims{1, 16L * size, 64, 128}, {}, DType::kInt8);
            wired.add(OperatorKind::kGelu, RowsDims{16L * size, 128}, {up}, DType::kInt8);
        }
        return total_of(plan_device(wired.done(), rk3588(), device, {2, {}}));
    };
    const Time one_way = cost_in(sizes);
    const Time other_way = cost_in({sizes.rbegin(), sizes.rend()});
    // A CPU's cache keeps a little more of the weights where the activations peak lower, which is a matter of order.
    RC_ASSERT(std::abs(one_way / other_way - 1) < (device == 0 ? 1e-9 : 1e-4));
}

RC_GTEST_PROP(PlanProperty, AMissingFusionCostsWhatItsRuleSaves, ()) {
    WiredGraph wired;
    const MatmulDims dims{1, *rc::gen::inRange<std::int64_t>(1, 300), 64, 32 * *rc::gen::inRange<std::int64_t>(1, 40)};
    const OperatorKind kind = *rc::gen::element(OperatorKind::kGelu, OperatorKind::kSoftmax, OperatorKind::kTanh);
    wired.add(kind, RowsDims{dims.m, dims.n}, {wired.add(OperatorKind::kMatmul, dims, {}, DType::kFp16)}, DType::kFp16);
    const Graph& graph = wired.done();
    Profile without = rk3588();
    without.devices[0].runtime.fuses.clear();
    Profile with = without;
    with.devices[0].runtime.fuses.push_back({{OperatorKind::kMatmul, kind}, std::nullopt, true, {}});
    const Execution execution{*rc::gen::inRange(1, 4), std::nullopt};
    const DevicePlan apart = plan_device(graph, without, 0, execution);
    const auto missing = fusion_report(graph, {apart}, without, {0, 0}).missing;
    RC_ASSERT(missing.size() == 1U);
    const Time saved = total_of(apart) - total_of(plan_device(graph, with, 0, execution));
    RC_ASSERT(*missing[0].cost >= Time{});
    RC_ASSERT(std::abs((*missing[0].cost - std::max(Time{}, saved)).si()) < 1e-15);
}

}  // namespace
}  // namespace berth
