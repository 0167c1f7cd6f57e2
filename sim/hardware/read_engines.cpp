// The engines of a device from YAML: matrix, vector, attention and DMA.
#include <fmt/format.h>

#include "hardware/profile_reading.h"

namespace berth {

namespace {

// One number for all dtypes, or one for each.
void read_columns(std::array<std::int64_t, kDTypeNames.size()>& columns, const YamlNode& node) {
    if (!node.is_map()) {
        columns.fill(node.integer({1, kLargestCount}).value_or(1));
        return;
    }
    columns.fill(1);
    for (const auto& row : kDTypeNames) {
        if (const auto entry = node.find(row.name)) {
            columns[static_cast<std::size_t>(row.value)] = entry->integer({1, kLargestCount}).value_or(1);
        }
    }
    node.reject_unknown_keys();
}

MatrixEngine read_matrix(const YamlNode& node) {
    MatrixEngine matrix;
    const YamlNode align = node.require("align", "a map with m, n and k");
    matrix.align_m = positive_integer(align, "m");
    read_columns(matrix.align_n, align.require("n", "a whole number, or a map from dtypes to whole numbers"));
    matrix.align_k = positive_integer(align, "k");
    align.reject_unknown_keys();
    read_share(matrix.efficiency, node, "efficiency");
    read_parameter(matrix.row_tile, node, "row_tile");
    read_parameter(matrix.library_row_tile, node, "library_row_tile");
    matrix.min_rows = positive_integer(node, "min_rows", 1);
    matrix.image_channels = positive_integer(node, "image_channels", 0);
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
    if (node.find("overlap")) {
        read_share(matrix.overlap.emplace(), node, "overlap");
    }
    node.reject_unknown_keys();
    return matrix;
}

void read_vector(Device& device, const YamlNode& node) {
    for (const auto& row : kVectorClassNames) {
        const YamlNode rate = node.require(row.name, "a map with per_cycle and traffic");
        VectorRate& target = device.vector[static_cast<std::size_t>(row.value)];
        read_per_cycle(target.per_cycle, rate, "per_cycle");
        read_parameter(target.traffic, rate, "traffic");
        rate.reject_unknown_keys();
    }
    node.reject_unknown_keys();
}

AttentionEngine read_attention(const YamlNode& node) {
    AttentionEngine attention;
    read_parameter(attention.score_bytes, node, "score_bytes");
    read_per_cycle(attention.per_cycle, node, "per_cycle");
    attention.row_granule = positive_integer(node, "row_granule", 1);
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
    node.reject_unknown_keys();
    return attention;
}

void read_dma(Device& device, const YamlNode& node) {
    read_parameter(device.dma.setup, node, "setup", kZeroAllowed);
    device.dma.channels = positive_integer(node, "channels");
    read_parameter(device.dma.write_cost, node, "write_cost");
    const YamlNode limit = node.require("limit", "the bandwidth of all cores together, such as 16 GB/s");
    device.dram_limit = bandwidth_per(limit, Sharing::kDevice).value_or(Parameter<Bandwidth>{});
    for (const CoreCluster& cluster : device.clusters) {
        if (device.dram_limit.value > Bandwidth() && cluster.bandwidth.value > device.dram_limit.value) {
            limit.error(
                fmt::format("{} is less than one core of '{}' draws", to_text(device.dram_limit.value), cluster.name),
                fmt::format("at least {}", to_text(cluster.bandwidth.value)));
        }
    }
    node.reject_unknown_keys();
}

}  // namespace

void read_engines(Device& device, const YamlNode& node, const YamlNode& matrix, const YamlNode& dma) {
    device.matrix = read_matrix(matrix);
    read_dma(device, dma);
    read_vector(device, node.require("vector", "a map with a rate for each class"));
    if (const auto attention = node.find("attention")) {
        device.attention = read_attention(*attention);
    }
}

}  // namespace berth
