// Placement of a whole model on one device; unsupported operators go to its fallbacks.
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "berth/placement/placement.h"

namespace berth {

namespace {

const DevicePlan& plan_of(const std::vector<DevicePlan>& plans, DeviceId device) {
    const auto found = std::ranges::find(plans, device, &DevicePlan::device);
    if (found == plans.end()) {
        throw std::logic_error("a device without a plan");
    }
    return *found;
}

// Device on which operator `op` runs: `device`, or the first of its chain of fallbacks that supports it. Absent, with
// reasons in `why`, if none does.
std::optional<DeviceId> place_of(const std::vector<DevicePlan>& plans, DeviceId device, std::size_t op,
                                 std::string& why) {
    why.clear();
    for (std::size_t step = 0; step < plans.size(); ++step) {  // a longer chain would be cyclic
        const OperatorPlan& plan = plan_of(plans, device).operators.at(op);
        if (plan.supported) {
            return device;
        }
        why += why.empty() ? plan.reason : fmt::format("; where it falls back to: {}", plan.reason);
        if (!plan.fallback) {
            return std::nullopt;
        }
        device = *plan.fallback;
    }
    return std::nullopt;
}

}  // namespace

std::optional<Assignment> whole_model(const Graph& graph, const std::vector<DevicePlan>& plans, DeviceId device,
                                      std::string* why) {
    Assignment assignment;
    std::string reasons;
    for (std::size_t op = 0; op < graph.operators.size(); ++op) {
        const auto place = place_of(plans, device, op, reasons);
        if (!place) {
            if (why != nullptr) {
                *why = fmt::format("{}: {}", graph.operators[op].name, reasons);
            }
            return std::nullopt;
        }
        assignment.push_back(*place);
    }
    return assignment;
}

}  // namespace berth
