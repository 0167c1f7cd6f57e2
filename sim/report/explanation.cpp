// The terms of a kernel, each in words and with the numbers of the profile that went into it.
#include "report/explanation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "berth/quantity_text.h"
#include "report/names.h"
#include "report/text_layout.h"

namespace berth {

namespace {

/// The cluster whose cores are slowest at this rate among those that `cores` cores reach: it decides for all.
template <class Rate>
const CoreCluster& slowest_cluster(const Device& device, int cores, Rate rate) {
    const CoreCluster* slowest = &device.clusters.front();
    int left = cores;
    for (const CoreCluster& cluster : device.clusters) {
        if (left <= 0) {
            break;
        }
        if (rate(cluster) < rate(*slowest)) {
            slowest = &cluster;
        }
        left -= cluster.cores;
    }
    return *slowest;
}

Frequency clock_of(const Device& device, const CoreCluster& cluster, const Execution& execution) {
    return execution.clock && &cluster == &device.clusters.front() ? *execution.clock : cluster.clock.value;
}

std::string path_of(const Device& device, std::string_view rest) {
    return fmt::format("devices.{}.{}", device.name, rest);
}

std::string cluster_path(const Device& device, const CoreCluster& cluster, bool at_device, std::string_view section,
                         std::string_view rest) {
    return at_device ? fmt::format("devices.{}.{}{}", device.name, section, rest)
                     : fmt::format("devices.{}.clusters.{}.{}", device.name, cluster.name, rest);
}

NumberUsed clock_number(const Device& device, const CoreCluster& cluster, const Execution& execution) {
    const Frequency clock = clock_of(device, cluster, execution);
    NumberUsed number =
        number_used(cluster_path(device, cluster, cluster.clock_at_device, "", "clock"), cluster.clock, to_text(clock));
    if (clock != cluster.clock.value) {
        number.source = "set by the stage";
    }
    return number;
}

Term compute_term(const Kernel& kernel, const KernelCost& cost, const Device& device, const Execution& execution) {
    const auto dtype = static_cast<std::size_t>(multiplied_at(kernel));
    const CoreCluster& cluster = slowest_cluster(device, cost.cores, [&](const CoreCluster& c) {
        const auto& per_cycle = c.macs_per_cycle[dtype];
        return per_cycle ? per_cycle->value * clock_of(device, c, execution) : OperationRate{};
    });
    Term term{"compute", cost.compute, "padded MACs / (MACs per cycle x clock x cores x efficiency)", "", {}};
    const auto& per_cycle = cluster.macs_per_cycle[dtype];
    if (!per_cycle || cost.padded_macs <= Operations{}) {
        return term;
    }
    const double efficiency = device.matrix.efficiency.value;
    const std::string name(choice_name(kDTypeNames, multiplied_at(kernel)));
    const Frequency clock = clock_of(device, cluster, execution);
    const std::string unpadded =
        cost.padded_macs > cost.macs ? fmt::format(" ({} unpadded)", number_text(in_operations(cost.macs), 6)) : "";
    term.filled_in = fmt::format("{} MAC{} / ({} x {} x {} x {})", number_text(in_operations(cost.padded_macs), 6),
                                 unpadded, number_text(in_operations(per_cycle->value), 4), to_text(clock), cost.cores,
                                 number_text(efficiency, 3));
    if (cost.busiest > 1) {
        term.formula += " x what the busiest core has, relative to an even share";
        term.filled_in += fmt::format(" x {}", number_text(cost.busiest, 3));
    }
    term.numbers = {
        number_used(cluster_path(device, cluster, cluster.macs_at_device, "matrix.", "macs_per_cycle." + name),
                    *per_cycle, number_text(in_operations(per_cycle->value))),
        clock_number(device, cluster, execution),
        number_used(path_of(device, "matrix.efficiency"), device.matrix.efficiency, number_text(efficiency, 3))};
    return term;
}

void add_rate(Term& term, const Device& device, OperatorKind kind) {
    const VectorClass vector_class = traits(kind).vector_class;
    const VectorRate& rate = device.vector[static_cast<std::size_t>(vector_class)];
    const std::string path = path_of(device, fmt::format("vector.{}", choice_name(kVectorClassNames, vector_class)));
    const bool known = std::any_of(term.numbers.begin(), term.numbers.end(),
                                   [&path](const NumberUsed& n) { return n.path == path + ".per_cycle"; });
    if (!known) {
        term.numbers.push_back(
            number_used(path + ".per_cycle", rate.per_cycle, number_text(in_operations(rate.per_cycle.value))));
        term.numbers.push_back(number_used(path + ".traffic", rate.traffic, number_text(rate.traffic.value)));
    }
}

Term vector_term(const Kernel& kernel, const KernelCost& cost, const Device& device, const Execution& execution) {
    Term term{"vector", cost.vector, "elements / (elements per cycle x clock x cores)", "", {}};
    if (cost.elements <= Operations{}) {
        return term;
    }
    if (kernel.kind == OperatorKind::kAttention && device.attention) {
        term.formula = "score elements / (elements per cycle x clock x cores), after the MACs";
        term.numbers.push_back(number_used(path_of(device, "attention.per_cycle"), device.attention->per_cycle,
                                           number_text(in_operations(device.attention->per_cycle.value))));
    } else if (traits(kernel.kind).form == DimsForm::kRows || traits(kernel.kind).form == DimsForm::kGather ||
               traits(kernel.kind).form == DimsForm::kScan) {
        add_rate(term, device, kernel.kind);
    }
    for (std::size_t i = 0; i < kernel.follower_count; ++i) {
        add_rate(term, device, kernel.followers[i].kind);
    }
    const CoreCluster& cluster = slowest_cluster(device, cost.cores, [&](const CoreCluster& c) {
        return clock_of(device, c, execution) * c.vector_scale.value;
    });
    const Frequency clock = clock_of(device, cluster, execution);
    const Operations implied =
        cost.vector > Time{}
            ? cost.elements / (cost.vector * (clock * cluster.vector_scale.value * static_cast<double>(cost.cores)))
            : Operations{};
    term.filled_in = fmt::format(
        "{} elements / ({} x {} x {}{})", number_text(in_operations(cost.elements), 6),
        number_text(in_operations(implied), 3), to_text(clock), cost.cores,
        cluster.vector_scale.value == 1 ? "" : fmt::format(" x {}", number_text(cluster.vector_scale.value, 3)));
    term.numbers.push_back(clock_number(device, cluster, execution));
    if (cluster.vector_scale.value != 1) {
        term.numbers.push_back(number_used(cluster_path(device, cluster, false, "", "vector_scale"),
                                           cluster.vector_scale, number_text(cluster.vector_scale.value, 3)));
    }
    return term;
}

Term dram_term(const Kernel& kernel, const KernelCost& cost, const Device& device, const Execution& execution) {
    Term term{"dram", cost.dram, "(bytes read + write cost x bytes written) / bandwidth", "", {}};
    const CoreCluster& cluster =
        slowest_cluster(device, cost.cores, [](const CoreCluster& c) { return c.bandwidth.value; });
    const CoreRates rates = core_rates(device, {cost.cores, execution.clock}, multiplied_at(kernel));
    term.filled_in =
        fmt::format("({} + {} x {}) / {}", to_text(cost.traffic.read), number_text(device.dma.write_cost.value, 3),
                    to_text(cost.traffic.write), to_text(rates.dram));
    term.numbers = {number_used(cluster_path(device, cluster, cluster.bandwidth_at_device, "dma.", "bandwidth"),
                                cluster.bandwidth, to_text(cluster.bandwidth.value) + " per core"),
                    number_used(path_of(device, "dma.limit"), device.dram_limit, to_text(device.dram_limit.value)),
                    number_used(path_of(device, "dma.write_cost"), device.dma.write_cost,
                                number_text(device.dma.write_cost.value, 3))};
    for (const MemoryLevel& level : device.memories) {
        if (level.others && cost.displaced > Bytes{}) {
            term.formula += fmt::format("; {} because others fill {} meanwhile", to_text(cost.displaced), level.name);
            term.numbers.push_back(number_used(path_of(device, fmt::format("memories.{}.others", level.name)),
                                               *level.others, to_text(level.others->value)));
        }
    }
    if (kernel.kind == OperatorKind::kAttention && device.attention) {
        const AttentionEngine& engine = *device.attention;
        term.formula += "; scores cost bytes each";
        term.numbers.push_back(number_used(path_of(device, "attention.score_bytes"), engine.score_bytes,
                                           to_text(engine.score_bytes.value)));
        if (engine.row_granule > 1) {
            term.numbers.push_back(number_used(path_of(device, "attention.unaligned"), engine.unaligned,
                                               number_text(engine.unaligned.value, 3)));
        }
    }
    return term;
}

Term dma_term(const KernelCost& cost, const Device& device) {
    Term term{"dma", cost.dma, "descriptors x setup / channels", "", {}};
    const Time setup = device.dma.setup.value;
    if (cost.dma > Time{} && setup > Time{}) {
        term.filled_in =
            fmt::format("{} x {} / {}", number_text(cost.dma / setup * static_cast<double>(device.dma.channels), 4),
                        to_text(setup), device.dma.channels);
        term.numbers = {number_used(path_of(device, "dma.setup"), device.dma.setup, to_text(setup))};
    }
    return term;
}

Term results_term(const KernelCost& cost, const Device& device) {
    Term term{"results",
              cost.results,
              "32-bit results beyond the buffer / the rate at which they leave, beside the rest",
              "",
              {}};
    if (cost.results > Time{}) {
        term.numbers = {number_used(path_of(device, "matrix.wide_output"), *device.matrix.wide_output,
                                    to_text(device.matrix.wide_output->value))};
    }
    return term;
}

Term stall_term(const KernelCost& cost) {
    return {"stall", cost.stall, "columns computed together leave no room to load all of the next ones ahead", "", {}};
}

Term sram_term(const KernelCost& cost, const Device& device) {
    Term term{
        "sram", cost.sram, "bytes that stayed on chip / the bandwidth of the nearest level that holds them", "", {}};
    if (cost.busiest > 1) {
        term.formula += fmt::format(" x {}, as with compute", number_text(cost.busiest, 3));
    }
    for (const MemoryLevel& level : device.memories) {
        if (cost.sram > Time{} && level.keeps_tensors && level.bandwidth) {
            term.numbers.push_back(number_used(path_of(device, fmt::format("memories.{}.bandwidth", level.name)),
                                               *level.bandwidth, to_text(level.bandwidth->value) + " per core"));
        }
    }
    return term;
}

struct DispatchText {
    std::string_view formula, path;
};

DispatchText dispatch_text(CacheState cache, const Runtime& runtime) {
    if (cache == CacheState::kHot && runtime.dispatch_repeated) {
        return {"per call of the same kernel", "runtime.dispatch.repeated"};
    }
    if (cache == CacheState::kCold && runtime.dispatch_cold) {
        return {"per call of a kernel that is in memory", "runtime.dispatch.cold"};
    }
    return {"per kernel", "runtime.dispatch.per_kernel"};
}

std::vector<Term> overhead_terms(const KernelCost& cost, CacheState cache, const Device& device) {
    const Runtime& runtime = device.runtime;
    const DispatchText text = dispatch_text(cache, runtime);
    const Parameter<Time>& dispatch = dispatch_of(cache, runtime);
    std::vector<Term> terms{{"dispatch",
                             cost.dispatch,
                             std::string(text.formula),
                             "",
                             {number_used(path_of(device, text.path), dispatch, to_text(dispatch.value))}}};
    if (runtime.dispatch_per_position && cost.dispatch > runtime.dispatch_per_kernel.value) {
        terms.front().formula = "per kernel, and per position that enters the cache";
        terms.front().numbers.push_back(number_used(path_of(device, "runtime.dispatch.per_position"),
                                                    *runtime.dispatch_per_position,
                                                    to_text(runtime.dispatch_per_position->value)));
    }
    if (cost.cores > 1) {
        terms.push_back({"fork/join",
                         cost.fork_join,
                         "per kernel on more than one core",
                         "",
                         {number_used(path_of(device, "runtime.dispatch.fork_join"), runtime.fork_join,
                                      to_text(runtime.fork_join.value))}});
        for (const MemoryLevel& level : device.memories) {
            if (level.exchange && cost.fork_join > runtime.fork_join.value) {
                terms.back().formula =
                    "per kernel on more than one core, and fetching what others have in their caches";
                terms.back().numbers.push_back(
                    number_used(path_of(device, fmt::format("memories.{}.exchange", level.name)), *level.exchange,
                                to_text(level.exchange->value) + " per core"));
            }
        }
    }
    return terms;
}

/// The engines of an attention kernel work one after the other.
bool phases_follow(const Kernel& kernel, const Device& device) {
    return kernel.kind == OperatorKind::kAttention && device.attention.has_value();
}

/// Engines that run at once compete one by one; memory time is bytes and descriptors together, as is overhead.
std::vector<Contender> contenders(const Kernel& kernel, const KernelCost& cost, const Device& device) {
    std::vector<Contender> all{{cost.dma > cost.dram ? Bound::kDma : Bound::kDram, cost.dram + cost.dma},
                               {Bound::kDram, cost.results},
                               {Bound::kSram, cost.sram},
                               {Bound::kDispatch, cost.dispatch + cost.fork_join}};
    if (phases_follow(kernel, device)) {
        all.push_back({cost.compute >= cost.vector ? Bound::kCompute : Bound::kVector, cost.compute + cost.vector});
    } else {
        all.push_back({Bound::kCompute, cost.compute});
        all.push_back({Bound::kVector, cost.vector});
    }
    std::stable_sort(all.begin(), all.end(), [](const Contender& a, const Contender& b) { return a.time > b.time; });
    return all;
}

std::string kernel_text_of(const Kernel& kernel, const KernelCost& cost, const Device& device) {
    std::string text = fmt::format("{} {}, {}", traits(kernel.kind).name, dims_text(kernel.dims),
                                   choice_name(kDTypeNames, kernel.input));
    if (kernel.weight != kernel.input || kernel.output != kernel.input) {
        const std::string group =
            kernel.weight_group > 0 ? fmt::format(" with a scale per {}", kernel.weight_group) : std::string();
        text += fmt::format(" (weights {}{}, result {})", choice_name(kDTypeNames, kernel.weight), group,
                            choice_name(kDTypeNames, kernel.output));
    }
    for (std::size_t i = 0; i < kernel.follower_count; ++i) {
        text += fmt::format(" + {}", traits(kernel.followers[i].kind).name);
    }
    return text + (device.cores() == 1
                       ? fmt::format(", on {}", device.name)
                       : fmt::format(", on {} of {} cores of {}", cost.cores, device.cores(), device.name));
}

std::string tile_text(const Kernel& kernel, const Tile& tile) {
    if (tile.m <= 0) {
        return "";
    }
    return fmt::format(
        "{} rows x {} deep x {} columns of {}; the input is read {}, the weights {}, the result written {}", tile.m,
        tile.k, tile.n, dims_text(kernel.dims), times_text(tile.input_reads), times_text(tile.weight_reads),
        times_text(tile.output_writes));
}

std::string traffic_text(const Kernel& kernel, const KernelCost& cost) {
    const Bytes moved = cost.traffic.read + cost.traffic.write;
    std::string text =
        fmt::format("{} read and {} written at DRAM", to_text(cost.traffic.read), to_text(cost.traffic.write));
    if (cost.compulsory > Bytes{}) {
        const std::string ratio = number_text(moved / cost.compulsory, 3);
        text += ratio == "1" ? "; that is each operand once"
                             : fmt::format("; {} times the {} of each operand once", ratio, to_text(cost.compulsory));
    }
    if (moved > Bytes{} && cost.macs > Operations{}) {
        text += fmt::format("; {} MAC per byte", number_text(in_operations_per_byte(cost.macs / moved), 3));
    }
    const bool stays = kernel.input_on_chip || kernel.output_on_chip || kernel.weights_on_chip;
    if (stays) {
        text += fmt::format("; on chip:{}{}{}", kernel.input_on_chip ? " input" : "",
                            kernel.weights_on_chip ? " weights" : "", kernel.output_on_chip ? " result" : "");
        text += kernel.lost > 0 ? fmt::format(", {} of {} lost again", percent_text(kernel.lost, 2),
                                              kernel.cache == CacheState::kHot ? "which" : "the weights")
                                : "";
    }
    return text;
}

}  // namespace

Explanation explain_kernel(const Kernel& kernel, const KernelCost& cost, const Device& device,
                           const Execution& execution) {
    Explanation explanation;
    explanation.kernel = kernel_text_of(kernel, cost, device);
    explanation.terms = overhead_terms(cost, kernel.cache, device);
    for (Term& term :
         std::vector<Term>{compute_term(kernel, cost, device, execution), vector_term(kernel, cost, device, execution),
                           sram_term(cost, device), dram_term(kernel, cost, device, execution), dma_term(cost, device),
                           stall_term(cost), results_term(cost, device)}) {
        explanation.terms.push_back(std::move(term));
    }
    // The array's own double buffering, where it is known, hides more than other kernels do.
    const bool array = cost.padded_macs > Operations{} && !phases_follow(kernel, device) && device.matrix.overlap;
    const Parameter<double>& overlap = array ? *device.matrix.overlap : device.overlap;
    explanation.sum = fmt::format("overheads + longest{} + (1 - overlap {}) x the others{}",
                                  phases_follow(kernel, device) ? " (compute + vector together)" : "",
                                  number_text(overlap.value, 3), cost.stall > Time{} ? " + overlap x stall" : "");
    explanation.overlap = {
        number_used(path_of(device, array ? "matrix.overlap" : "overlap"), overlap, number_text(overlap.value, 3))};
    explanation.contenders = contenders(kernel, cost, device);
    explanation.tile = tile_text(kernel, cost.tile);
    explanation.traffic = traffic_text(kernel, cost);
    return explanation;
}

}  // namespace berth
