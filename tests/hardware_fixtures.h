// A small profile with two devices, and helpers that read variations of it.
#pragma once

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "berth/hardware/load_profile.h"
#include "berth/hardware/profile.h"

namespace berth {

/// A board with an NPU of three cores and a CPU of two clusters; the CPU is the host.
inline std::string board_text() {
    return R"(profile: board
description: for tests
memory: {dram: {capacity: 4 GiB, bandwidth: 30 GB/s, sustained: 20 GB/s}}
host: cpu
devices:
  npu:
    kind: npu
    cores: 3
    clock: 1 GHz
    clocks: [500 MHz, 1 GHz]
    dma: {setup: 1 us, channels: 2, bandwidth: 8 GB/s ± 10% per core, write_cost: 1.5, limit: 16 GB/s}
    matrix: {macs_per_cycle: {int8: 1024, fp16: 512}, align: {m: 1, n: 32, k: 32}, efficiency: 90%, row_tile: 128 KiB}
    vector: &rates
      elementwise: {per_cycle: 4, traffic: 1}
      activation: {per_cycle: 3, traffic: 1}
      softmax: {per_cycle: 1, traffic: 2}
      norm: {per_cycle: 1, traffic: 6}
      move: {per_cycle: 1, traffic: 4}
      gather: {per_cycle: 1, traffic: 1}
      reduce: {per_cycle: 1, traffic: 1}
      convert: {per_cycle: 4, traffic: 1}
    attention: {score_bytes: 30 B, per_cycle: 0.5, row_granule: 16, unaligned: 1.25, keeps_scores: false}
    memories: {sram: {capacity: 384 KiB, per: core}}
    overlap: 0.8
    runtime:
      name: compiled 1.0
      dispatch: {per_kernel: 4 us, per_graph: 25 us, fork_join: 15 us}
      shapes: static
      pad_width_to: 16
      quantization: static
      default_cores: 1
      dtypes: [fp16, int8]
      operators:
        matmul: {on: npu, multi_core: true, max_k: 8192}
        gelu: {on: npu, dtypes: [fp16]}
        add: {on: npu, multi_core: true}
        transpose: {on: npu, max_bytes: 16 KiB, else: cpu}
        embedding: {on: cpu, reason: no gather hardware}
      fuses: [{pattern: [matmul, add], traffic: 0.33}, {pattern: [matmul, gelu], multi_core: false}]
    energy:
      per_mac: {int8: 0.2 pJ/MAC}
      per_vector_element: 1 pJ/element
      per_dram_byte: 40 pJ/B
      static_power: 0.5 W
    error: {matmul: 20%, attention: 15%, vector: 10%, handover: 50%}
  cpu:
    kind: cpu
    clusters:
      - {name: big, cores: 4, clock: 2 GHz, vector_scale: 1, bandwidth: 10 GB/s}
      - {name: little, cores: 2, clock: 1 GHz, vector_scale: 0.5, macs_per_cycle: {fp32: 4, int8: 16}}
    dma: {setup: 0 us, channels: 1, bandwidth: 5 GB/s per core, write_cost: 1, limit: 18 GB/s per device}
    matrix: {macs_per_cycle: {fp32: 8, int8: 32}, align: {m: 1, n: 8, k: 4}, efficiency: 1}
    vector: *rates
    memories:
      l1: {capacity: 32 KiB, per: core}
      l3: {capacity: 2 MiB, per: device, bandwidth: 20 GB/s per core, keeps_tensors: true}
    overlap: 100%
    runtime:
      name: eager 1.0
      dispatch: {per_kernel: 5 us, per_graph: 0 us, fork_join: 10 us}
      shapes: dynamic
      quantization: dynamic
      default_cores: 6
      dtypes: [fp32]
      operators:
        matmul: {on: cpu, multi_core: true, dtypes: [fp32, int8]}
        transpose: {on: cpu}
        embedding: {on: cpu}
    error: {matmul: 20%, attention: 15%, vector: 10%, handover: 50%}
links:
  - {between: [cpu, npu], per_crossing: 20 us, cache_maintenance: 3 GB/s, layout_change: 1 GB/s}
)";
}

/// Result of reading a profile: the profile, and the diagnostics as text.
struct ProfileReading {
    std::optional<Profile> profile;
    std::string complaints;
};

inline ProfileReading read_board(const std::vector<ProfileOverride>& overrides = {}, std::string text = board_text()) {
    Diagnostics diagnostics;
    auto document = YamlDocument::parse(text, "board.yaml", diagnostics);
    std::optional<Profile> profile;
    if (document) {
        profile = load_profile(std::move(*document), profiles_in({}), overrides, diagnostics);
    }
    return {std::move(profile), diagnostics.text()};
}

/// The shipped RK3588 with some numbers changed. Throws std::runtime_error with the errors if there are any.
inline Profile shipped_rk3588(const std::vector<ProfileOverride>& overrides = {}) {
    const auto hardware = std::filesystem::path(BERTH_SOURCE_DIR) / "hardware";
    Diagnostics diagnostics;
    auto profile = load_profile(hardware / "rk3588-rknn-2.3.2.yaml", profiles_in({hardware}), overrides, diagnostics);
    if (!profile) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*profile);
}

/// read_board() with one passage of the text replaced, which must exist.
inline ProfileReading read_board_with(std::string_view passage, std::string_view replacement) {
    std::string text = board_text();
    const auto at = text.find(passage);
    if (at == std::string::npos) {
        return {std::nullopt, "the passage is not in the text"};
    }
    text.replace(at, passage.size(), replacement);
    return read_board({}, std::move(text));
}

}  // namespace berth
