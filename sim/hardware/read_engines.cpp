// The engines of a device from YAML: matrix, vector, attention and DMA.
#include <fmt/format.h>

#include "hardware/profile_reading.h"

namespace berth {

namespace {

// One number for all dtypes, or one for each.
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

// Stored dtypes, each with the dtype that it is multiplied at.
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
    read_share(matrix.efficiency, node, "efficiency");
    read_parameter(matrix.row_tile, node, "row_tile");
    read_parameter(matrix.library_row_tile, node, "library_row_tile");
    matrix.min_rows = integer_in(kCountRange, node, "min_rows", 1);
    matrix.image_channels = integer_in(kCountRange, node, "image_channels", 0);
    read_parameter(matrix.winograd, node, "winograd");
    if (matrix.winograd && matrix.winograd->value < 1) {
        node.require("winograd").error("is a factor that saves MACs", "1 or more");
    }
    if (const auto reserve = node.find("reserve")) {
        for (const auto& row : kDTypeNames) {
            read_parameter(matrix.reserve[static_cast<std::size_t>(row.value)], *reserve, row.name);
        }
        reserve->reject_unknown_keys();
    }
    read_parameter(matrix.row_piece, node, "row_piece");
    read_parameter(matrix.wide_output, node, "wide_output");
    read_parameter(matrix.result_buffer, node, "result_buffer");
    read_parameter(matrix.result_steps, node, "result_steps");
    if (node.find("overlap")) {
        read_share(matrix.overlap.emplace(), node, "overlap");
    }
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
    for (const auto& row : kVectorClassNames) {
        const YamlNode rate = node.require(row.name, "a map with per_cycle and traffic");
        VectorRate& target = device.vector[static_cast<std::size_t>(row.value)];
        read_per_cycle(target.per_cycle, rate, "per_cycle");
        read_parameter(target.traffic, rate, "traffic");
        read_parameter(target.call_cycles, rate, "call_cycles");
        read_parameter(target.row_cycles, rate, "row_cycles");
        read_parameter(target.tail_cycles, rate, "tail_cycles");
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
    read_parameter(attention.score_bytes, node, "score_bytes");
    read_per_cycle(attention.per_cycle, node, "per_cycle");
    attention.row_granule = integer_in(kCountRange, node, "row_granule", 1);
    attention.unaligned.value = 1;
    const auto unaligned = node.find("unaligned");
    if (attention.row_granule == 1 && unaligned) {
        unaligned->error("has no meaning without a 'row_granule' above 1");
    } else if (attention.row_granule > 1) {
        read_parameter(attention.unaligned, node, "unaligned");
        if (attention.unaligned.value < 1) {
            node.require("unaligned").error("is a factor on 'score_bytes' that makes it cheaper", "1 or more");
        }
    }
    if (const auto skips = node.find("skips_masked")) {
        attention.skips_masked = skips->boolean().value_or(true);
    }
    node.reject_unknown_keys();
    return attention;
}

void read_dma(Device& device, const YamlNode& node) {
    read_parameter(device.dma.setup, node, "setup", kZeroAllowed);
    device.dma.channels = integer_in(kCoreRange, node, "channels");
    read_parameter(device.dma.write_cost, node, "write_cost");
    if (node.find("overlap")) {
        read_share(device.dma.overlap.emplace(), node, "overlap");
    }
    const YamlNode limit = node.require("limit", "the bandwidth of all cores together, such as 16 GB/s");
    device.dram_limit = bandwidth_per(limit, Sharing::kDevice).value_or(Parameter<Bandwidth>{});
    for (const CoreCluster& cluster : device.clusters) {
        if (device.dram_limit.value > Bandwidth() && cluster.bandwidth.value > device.dram_limit.value) {
            limit.error(
                fmt::format("{} is less than one core of '{}' draws", to_text(device.dram_limit.value), cluster.name),
                fmt::format("at least {0}; {1} allows it", to_text(cluster.bandwidth.value),
                            setting(limit.path(), cluster.bandwidth.value)));
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
