// What a scenario's placements ask of each device: which kernels run there, on how many cores, and what crosses links.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "berth/evaluation.h"
#include "berth/scenario.h"

namespace berth {

/// What the placements that can run, chosen or not, do on one device.
struct DeviceUse {
    std::vector<Kernel> kernels;       ///< each once
    std::vector<KernelCost> costs;     ///< parallel to `kernels`
    std::set<int> cores;               ///< that stages run on
    std::set<std::string> stages;      ///< that can run there
    std::string reason;                ///< where nothing does: why not
    std::set<OperatorKind> fell_back;  ///< kinds that the device hands to another one
    [[nodiscard]] bool any() const { return !kernels.empty(); }

    [[nodiscard]] std::set<OperatorKind> kinds() const;  ///< epilogue included
    [[nodiscard]] std::set<DType> multiplied() const;    ///< dtypes that its array works at
    [[nodiscard]] std::set<VectorClass> vector_classes() const;
    [[nodiscard]] int most_cores() const { return cores.empty() ? 1 : *cores.rbegin(); }
};

struct ScenarioUse {
    std::vector<DeviceUse> devices;                       ///< by DeviceId
    std::set<std::pair<DeviceId, DeviceId>> handed_over;  ///< from and to
    bool generates = false;                               ///< some stage generates text
};

/// Of a scenario and its evaluation.
[[nodiscard]] ScenarioUse use_of(const Scenario& scenario, const ScenarioResult& result);

}  // namespace berth
