// Rooflines (Williams, Waterman, Patterson, CACM 2009): every operator of a device under its compute and DRAM roofs.
#pragma once

#include <string>
#include <vector>

#include "berth/evaluation/evaluation.h"

namespace berth {

/// Corresponding operators of all blocks that have the same intensity and rate, as one point.
struct RooflinePoint {
    double intensity = 0;  ///< operations per byte; 0 without DRAM traffic
    double rate = 0;       ///< operations per second
    Category category{};
    Bound bound{};          ///< bound of the first operator
    bool has_macs = false;  ///< operations are MACs if true, otherwise elements
    std::size_t stage = 0;  ///< index into Roofline::stages
    std::string name;
    int count = 0;
    Time time;
};

/// A compute roof: a MAC rate that operators used, and the dtypes that have it.
struct Roof {
    std::string dtypes;  ///< `fp16, int8`
    double rate = 0;     ///< MACs per second
};

/// Roofline of one device under one runtime, with the stages that can run there as a whole.
struct Roofline {
    std::string device, runtime;
    std::vector<RooflinePoint> points;
    std::vector<Roof> roofs;  ///< in descending order
    double bandwidth = 0;     ///< bytes per second
    int cores = 1;
    std::vector<std::string> stages;
};

/// One roofline per device and runtime that runs a stage there, with the rates of that runtime.
[[nodiscard]] std::vector<Roofline> rooflines(const ScenarioResult& result, const Profile& profile);

}  // namespace berth
