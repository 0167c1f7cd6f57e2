// Reads the engines of a device from YAML: matrix, vector, attention and DMA.
#include <fmt/format.h>

#include <algorithm>

#include "hardware/key_reader.h"

namespace berth {

namespace {

// Map from stored dtypes to the dtypes at which they are multiplied.
std::array<std::optional<DType>, kDTypeCount> read_weight_only(const YamlNode& node, const Device& device) {
    std::array<std::optional<DType>, kDTypeCount> widens;
    for (const auto& row : kDTypeNames) {
        const auto entry = node.find(row.name);
        const auto at = entry ? entry->enumeration(kDTypeNames) : std::nullopt;
        for (const CoreCluster& cluster : device.clusters) {
            if (at && !cluster.macs_per_cycle.at(static_cast<std::size_t>(*at))) {
                entry->error(
                    fmt::format("'{}' has no macs_per_cycle for {}", cluster.name, choice_name(kDTypeNames, *at)));
                break;
            }
        }
        widens.at(static_cast<std::size_t>(row.value)) = at;
    }
    node.reject_unknown_keys();
    return widens;
}

MatrixEngine read_matrix(const YamlNode& node, const Device& device) {
    MatrixEngine matrix;
    read_section(node.require("align", "a map with m, n and k"), [&](KeyReader& align) { align_keys(align, matrix); });
    KeyReader rows(node);
    matrix_keys(rows, matrix);
    if (const auto block = node.find("core_block")) {
        read_section(*block, [&](KeyReader& sizes) { core_block_keys(sizes, matrix.core_block.emplace()); });
    }
    if (const auto weight_only = node.find("weight_only")) {
        matrix.weight_only = read_weight_only(*weight_only, device);
    }
    node.reject_unknown_keys();
    return matrix;
}

void read_vector(Device& device, const YamlNode& node) {
    const bool has_lanes = node.find("lanes").has_value();
    KeyReader own(node);
    vector_keys(own, device);
    for (const auto& row : kVectorClassNames) {
        const YamlNode rate = node.require(row.name, "a map with per_cycle and traffic");
        VectorRate& target = device.vector[static_cast<std::size_t>(row.value)];
        KeyReader rows(rate);
        vector_rate_keys(rows, target);
        if (target.tail_cycles && !has_lanes) {
            rate.require("tail_cycles")
                .error("has no meaning without how many elements a vector holds",
                       "'lanes' beside the classes, such as 16");
        }
        rate.reject_unknown_keys();
    }
    node.reject_unknown_keys();
}

AttentionEngine read_attention(const YamlNode& node) {
    AttentionEngine attention;
    KeyReader rows(node);
    attention_keys(rows, attention);
    const auto unaligned = node.find("unaligned");
    if (attention.row_granule == 1 && unaligned) {
        unaligned->error("has no meaning without a 'row_granule' above 1");
    } else if (attention.row_granule > 1 && !unaligned) {
        (void)node.require("unaligned", expected_number<double>(NumberForm::kFactor));
    }
    const auto keeps = node.find("keeps_scores");
    const auto from = node.find("keeps_scores_from");
    if (keeps && keeps->is_set() && from && !from->is_set()) {  // asks what the runtime would do whatever the memory
        attention.keeps_scores_from.reset();
    } else if (from && !attention.keeps_scores) {
        from->error("has no meaning with 'keeps_scores: false'", "one of the two");
    }
    node.reject_unknown_keys();
    return attention;
}

// Whether an override set the bandwidth of the cores of a cluster.
bool is_core_set(const YamlNode& device, const YamlNode& dma, const CoreCluster& cluster) {
    if (cluster.bandwidth_at_device) {
        return dma.require("bandwidth").is_set();
    }
    return std::ranges::any_of(device.require("clusters").sequence(), [&cluster](const YamlNode& one) {
        return one.require("name").text() == cluster.name && one.require("bandwidth").is_set();
    });
}

/// A limit below what one core draws, and the places of both.
struct LimitTooLow {
    const Device& device;
    const CoreCluster& cluster;
    const YamlNode& limit;
    bool core_set = false;
};

// A higher limit, as far as one is possible, or a core that draws no more: what an override set does not give way.
std::string way_out_of_limit(const LimitTooLow& found) {
    const Bandwidth core = found.cluster.bandwidth.value;
    const Bandwidth limit = found.device.dram_limit.value;
    const RelativeNumber* share = found.limit.relative();
    const std::string slower =
        found.core_set ? "" : setting(core_bandwidth_path(found.device, found.cluster), limit) + " allows it";
    if (share == nullptr) {
        const std::string raised = setting(found.limit.path(), core) + " allows it";
        const std::string& way = found.limit.is_set() ? slower : raised;
        return fmt::format("at least {}{}{}", to_text(core), way.empty() ? "" : "; ", way);
    }
    const double needed = share->share * (core / limit);
    const bool above_bus = share->base == "memory.dram.bandwidth" && needed > 1;
    const std::string raised =
        above_bus ? fmt::format("cores that draw at most {}", to_text(limit))
                  : fmt::format("at least {} of {}", relative_share_text(needed, share->per_cycle, 4), share->base);
    return fmt::format("{}{}{}", raised, slower.empty() ? "" : "; ", slower);
}

// Whether the number is what a core could ask for of any memory: the width of its port, or what chips of the kind have.
// Such a core draws what the device may; one of which a draw above that is stated contradicts the limit.
bool is_of_core_alone(const YamlNode& dma, const CoreCluster& cluster) {
    const auto written = cluster.bandwidth_at_device ? dma.find("bandwidth") : std::nullopt;
    const RelativeNumber* share = written ? written->relative() : nullptr;
    return cluster.bandwidth.origin == Origin::kInherited || (share != nullptr && share->per_cycle);
}

void read_dma(Device& device, const YamlNode& whole, const YamlNode& node) {
    KeyReader rows(node);
    dma_keys(rows, device);
    for (const CoreCluster& cluster : device.clusters) {
        const bool above = device.dram_limit.value > Bandwidth() && cluster.bandwidth.value > device.dram_limit.value;
        if (above && !is_of_core_alone(node, cluster)) {
            const YamlNode limit = node.require("limit");
            limit.error(
                fmt::format("{} is less than one core of '{}' draws", to_text(device.dram_limit.value), cluster.name),
                way_out_of_limit(LimitTooLow{device, cluster, limit, is_core_set(whole, node, cluster)}));
        }
    }
    node.reject_unknown_keys();
}

}  // namespace

void read_engines(Device& device, const YamlNode& node, const YamlNode& matrix, const YamlNode& dma) {
    device.matrix = read_matrix(matrix, device);
    read_dma(device, node, dma);
    read_vector(device, node.require("vector", "a map with a rate for each class"));
    if (const auto attention = node.find("attention")) {
        device.attention = read_attention(*attention);
    }
}

}  // namespace berth
