// A graph whose operators already carry their times: the input of placement, however the times were measured.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "berth/base/diagnostics.h"

namespace berth {

/// One operator. Times, transfers and sizes are in the unit of the file, which it does not name.
struct CostedNode {
    std::int64_t id = 0;
    std::string name;
    bool on_accelerator = true;         ///< an accelerator can run it
    double cpu_time = 0;                ///< on one CPU core
    double accelerator_time = 0;        ///< on an accelerator
    double size = 0;                    ///< accelerator memory that it needs
    double transfer = 0;                ///< time of moving its output between an accelerator and CPU memory
    std::optional<std::int64_t> color;  ///< nodes of one colour class share a device
    SourceLocation where;
};

/// Operators for identical accelerators and CPU cores (Tarnawski et al., "Efficient Algorithms for Device Placement of
/// DNN Graph Operators", NeurIPS 2020). Nodes are identified by their position in `nodes`.
struct CostedGraph {
    std::size_t accelerators = 0;
    std::size_t cpus = 0;
    double accelerator_memory = 0;  ///< per accelerator
    std::vector<CostedNode> nodes;
    std::vector<std::pair<int, int>> edges;  ///< producer and consumer, each pair once, sorted
};

/// Reads the JSON of github.com/msr-fiddle/dnn-partitioning: `maxFPGAs`, `maxSizePerFPGA`, `maxCPUs`, `nodes` and
/// `edges`. Errors: malformed JSON, a missing or unknown key, a value of another kind or out of range, a duplicate id,
/// an edge to an unknown node, a cycle, a backward node. A producer whose edges have different costs gets the largest,
/// with a warning.
[[nodiscard]] std::optional<CostedGraph> read_costed_graph(std::string_view json, const std::string& file,
                                                           Diagnostics& diagnostics);
[[nodiscard]] std::optional<CostedGraph> load_costed_graph(const std::filesystem::path& path, Diagnostics& diagnostics);

}  // namespace berth
