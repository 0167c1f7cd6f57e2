// Use of each device by a scenario's placements: kernels, cores, and transfers over links.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "berth/evaluation/evaluation.h"
#include "berth/scenario/scenario.h"

namespace berth {

/// Use of one device by all feasible placements, chosen or not.
struct DeviceUse {
    std::vector<Kernel> kernels;       ///< without duplicates
    std::vector<KernelCost> costs;     ///< parallel to `kernels`
    int asked_cores = 1;               ///< most cores that a stage asks for
    int used_cores = 1;                ///< most cores that a kernel runs on; fewer where no operator is split
    std::set<std::string> stages;      ///< stages that can run there
    std::string reason;                ///< reason if no stage can run there
    std::set<OperatorKind> fell_back;  ///< operator kinds that fall back to another device
    [[nodiscard]] bool any() const { return !kernels.empty(); }

    [[nodiscard]] std::set<OperatorKind> kinds() const;  ///< including epilogues
    [[nodiscard]] std::set<DType> multiplied() const;    ///< dtypes at which its array multiplies
    [[nodiscard]] std::set<VectorClass> vector_classes() const;
};

struct ScenarioUse {
    std::vector<DeviceUse> devices;                       ///< [device]
    std::set<std::pair<DeviceId, DeviceId>> handed_over;  ///< pairs of from and to
    bool generates = false;                               ///< some stage generates text
};

/// Use of the devices by a scenario and its evaluation.
[[nodiscard]] ScenarioUse use_of(const Scenario& scenario, const ScenarioResult& result);

}  // namespace berth
