// Rooflines (Williams, Waterman, Patterson, CACM 2009): every operator of a device under its compute and DRAM roofs.
#pragma once

#include <string>
#include <vector>

#include "berth/evaluation.h"

namespace berth {

/// Operators of the same name in all blocks, with the same position.
struct RooflinePoint {
    double intensity = 0;  ///< operations per byte; 0 where no byte moves at DRAM
    double rate = 0;       ///< operations per second
    Category category{};
    Bound bound{};          ///< of the first
    bool has_macs = false;  ///< operations are MACs, else elements
    std::size_t stage = 0;  ///< of Roofline::stages
    std::string name;
    int count = 0;
    Time time;
};

/// A rate at which the device multiplied, and for which dtypes.
struct Roof {
    std::string dtypes;  ///< `fp16, int8`
    double rate = 0;     ///< MACs per second
};

/// One device as one runtime uses it, with the stages that may run there as a whole.
struct Roofline {
    std::string device, runtime;
    std::vector<RooflinePoint> points;
    std::vector<Roof> roofs;  ///< the highest first
    double bandwidth = 0;     ///< bytes per second
    int cores = 1;
    std::vector<std::string> stages;
};

/// One per device and runtime under which something runs there; its rates are that runtime's.
[[nodiscard]] std::vector<Roofline> rooflines(const ScenarioResult& result, const Profile& profile);

}  // namespace berth
