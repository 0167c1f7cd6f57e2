// Reads the engines of a device from YAML: matrix, vector, attention and DMA.
#include <fmt/format.h>

#include "hardware/key_reader.h"

namespace berth {

namespace {

// Reads either one number for all dtypes or one per dtype.
void read_columns(std::array<std::int64_t, kDTypeNames.size()>& columns, const YamlNode& node) {
    if (!node.is_map()) {
        columns.fill(node.integer(kCountRange).value_or(1));
        return;
    }
    columns.fill(1);
    for (const auto& row : kDTypeNames) {
        if (const auto entry = node.find(row.name)) {
            columns[static_cast<std::size_t>(row.value)] = entry->integer(kCountRange).value_or(1);
        }
    }
    node.reject_unknown_keys();
}

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
    const YamlNode align = node.require("align", "a map with m, n and k");
    matrix.align_m = integer_in(kCountRange, align, "m");
    read_columns(matrix.align_n, align.require("n", "a whole number, or a map from dtypes to whole numbers"));
    matrix.align_k = integer_in(kCountRange, align, "k");
    align.reject_unknown_keys();
    KeyReader rows(node);
    matrix_keys(rows, matrix);
    if (const auto block = node.find("core_block")) {
        matrix.core_block = {integer_in(kCountRange, *block, "m"), integer_in(kCountRange, *block, "n")};
        block->reject_unknown_keys();
    }
    if (const auto weight_only = node.find("weight_only")) {
        matrix.weight_only = read_weight_only(*weight_only, device);
    }
    node.reject_unknown_keys();
    return matrix;
}

void read_vector(Device& device, const YamlNode& node) {
    const bool has_lanes = node.find("lanes").has_value();
    device.vector_lanes = integer_in(kCountRange, node, "lanes", 1);
    if (const auto by_host = node.find("by_host")) {
        device.vector_by_host = by_host->boolean().value_or(false);
    }
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
    if (const auto from = node.find("keeps_scores_from"); from && !attention.keeps_scores) {
        from->error("has no meaning with 'keeps_scores: false'", "one of the two");
    }
    node.reject_unknown_keys();
    return attention;
}

// The setting that makes a limit possible: where the limit itself was set, a core that draws no more than it.
std::string allowing_limit(const Device& device, const YamlNode& dma, const YamlNode& limit,
                           const CoreCluster& cluster) {
    return limit.is_set() && dma.find("bandwidth") ? setting(dma.path() + ".bandwidth", device.dram_limit.value)
                                                   : setting(dma.path() + ".limit", cluster.bandwidth.value);
}

void read_dma(Device& device, const YamlNode& node) {
    KeyReader rows(node);
    dma_keys(rows, device);
    for (const CoreCluster& cluster : device.clusters) {
        if (device.dram_limit.value > Bandwidth() && cluster.bandwidth.value > device.dram_limit.value) {
            const YamlNode limit = node.require("limit");
            const RelativeNumber* share = limit.relative();
            const double least = cluster.bandwidth.value / device.dram_limit.value;
            limit.error(
                fmt::format("{} is less than one core of '{}' draws", to_text(device.dram_limit.value), cluster.name),
                share != nullptr
                    ? fmt::format("at least {} of {}", relative_share_text(share->share * least, share->per_cycle, 4),
                                  share->base)
                    : fmt::format("at least {}; {} allows it", to_text(cluster.bandwidth.value),
                                  allowing_limit(device, node, limit, cluster)));
        }
    }
    node.reject_unknown_keys();
}

}  // namespace

void read_engines(Device& device, const YamlNode& node, const YamlNode& matrix, const YamlNode& dma) {
    device.matrix = read_matrix(matrix, device);
    read_dma(device, dma);
    read_vector(device, node.require("vector", "a map with a rate for each class"));
    if (const auto attention = node.find("attention")) {
        device.attention = read_attention(*attention);
    }
}

}  // namespace berth
