// Reads on-chip memories, energy and known errors of a device from YAML.
#include <fmt/format.h>

#include <algorithm>

#include "hardware/key_reader.h"

namespace berth {

namespace {

// Whether the device computes in a dtype; a device without cores has already been reported.
bool computes_in(const Device& device, std::size_t dtype) {
    return device.clusters.front().macs_per_cycle[dtype].has_value();
}

Bytes tile_of(const MatrixEngine& matrix, DType dtype) {
    const std::int64_t columns = matrix.align_n[static_cast<std::size_t>(dtype)];
    return element_size(dtype) * (static_cast<double>(matrix.align_m + columns) * static_cast<double>(matrix.align_k));
}

// Checks that m x k and k x n operands of one array step fit on chip in every dtype that the array computes in.
void check_tile(const Device& device, const YamlNode& memories) {
    const MemoryLevel& nearest = device.memories.front();
    const MatrixEngine& matrix = device.matrix;
    for (const auto& row : kDTypeNames) {
        const auto dtype = static_cast<std::size_t>(row.value);
        const Bytes tile = tile_of(matrix, row.value);
        if (computes_in(device, dtype) && nearest.capacity.value > Bytes() && nearest.capacity.value < tile) {
            memories.require(nearest.name)
                .require("capacity")
                .error(fmt::format("{} cannot hold one tile of {} x {} x {} in {}", to_text(nearest.capacity.value),
                                   matrix.align_m, matrix.align_n[dtype], matrix.align_k, row.name),
                       fmt::format("at least {}, or a smaller devices.{}.matrix.align", to_text(tile), device.name));
            return;
        }
    }
}

}  // namespace

Bytes largest_tile(const Device& device) {
    Bytes largest;
    for (const auto& row : kDTypeNames) {
        if (computes_in(device, static_cast<std::size_t>(row.value))) {
            largest = std::max(largest, tile_of(device.matrix, row.value));
        }
    }
    return largest;
}

void read_memories(Device& device, const YamlNode& node) {
    const YamlNode memories = node.require("memories", "a map from names to memory levels, nearest first");
    for (const YamlEntry& entry : memories.entries()) {
        MemoryLevel& level = device.memories.emplace_back();
        level.name = entry.key;
        read_section(entry.value, [&](KeyReader& rows) { memory_level_keys(rows, level); });
    }
    if (memories.is_map() && device.memories.empty()) {
        memories.error("no memory level is given");
    }
    if (!device.memories.empty() && !device.clusters.empty()) {
        check_tile(device, memories);
    }
}

void read_energy_and_error(Device& device, const YamlNode& node) {
    if (const auto energy = node.find("energy")) {
        read_section(*energy, [&](KeyReader& rows) { energy_keys(rows, device.energy.emplace()); });
    }
    read_section(node.require("error", "a map with matmul, attention, vector and handover"),
                 [&](KeyReader& rows) { error_keys(rows, device.error); });
}

}  // namespace berth
