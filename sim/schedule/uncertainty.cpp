// How much each uncertain number moves a latency: central differences at one standard deviation of its logarithm.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "schedule/work.h"

namespace berth {

namespace {

Time mix_time(const std::vector<WeightedWork>& mix, const Profile& profile) {
    Time time;
    for (const WeightedWork& weighted : mix) {
        time += time_of(weighted.work, *weighted.length, profile) * weighted.share;
    }
    return time;
}

bool is_model_error(const ParameterView& number) { return number.path.find(".error.") != std::string::npos; }

// Numbers of devices that take no part cannot matter; leaving them out halves the work.
bool concerns(const ParameterView& number, const Profile& profile, const std::vector<bool>& used) {
    constexpr std::string_view kDevices = "devices.";
    if (!number.path.starts_with(kDevices)) {
        return true;
    }
    for (std::size_t d = 0; d < used.size(); ++d) {
        if (number.path.starts_with(fmt::format("{}{}.", kDevices, profile.devices[d].name))) {
            return used[d];
        }
    }
    return true;
}

// Share of the mix's time per device and class of kernel.
std::vector<std::array<Time, kErrorClassNames.size()>> class_times(const std::vector<WeightedWork>& mix,
                                                                   std::size_t devices) {
    std::vector<std::array<Time, kErrorClassNames.size()>> times(devices);
    for (const WeightedWork& weighted : mix) {
        for (const ScheduledKernel& scheduled : weighted.work.kernels) {
            const DevicePlan& plan = weighted.length->plans[static_cast<std::size_t>(scheduled.device)];
            const auto kernel = static_cast<std::size_t>(scheduled.kernel);
            times[static_cast<std::size_t>(scheduled.device)]
                 [static_cast<std::size_t>(error_class(plan.kernels[kernel].kind))] +=
                plan.costs[kernel].total * weighted.share;
        }
        for (const Handover& handover : weighted.work.handovers) {
            times[static_cast<std::size_t>(handover.to)][static_cast<std::size_t>(ErrorClass::kHandover)] +=
                handover.cost * weighted.share;
        }
    }
    return times;
}

// Effects of the numbers at these paths, the first of the list, with correlated ones told apart.
std::vector<double> decorrelated(std::vector<double> effect, const std::vector<std::string>& paths,
                                 const Correlations& correlations) {
    if (correlations.paths.empty()) {
        return effect;
    }
    std::vector<double> together;
    for (const std::string& path : correlations.paths) {
        const auto place = static_cast<std::size_t>(std::ranges::find(paths, path) - paths.begin());
        const bool uncertain = place < paths.size();  // else it was set to an exact value, or its device left out
        together.push_back(uncertain ? std::exchange(effect[place], 0) : 0);
    }
    const std::vector<double> parts = correlations.independent(together);
    effect.insert(effect.end(), parts.begin(), parts.end());
    return effect;
}

}  // namespace

ErrorClass error_class(OperatorKind kind) {
    switch (traits(kind).form) {
        case DimsForm::kMatmul:
        case DimsForm::kConv:
            return ErrorClass::kMatmul;
        case DimsForm::kAttention:
            return ErrorClass::kAttention;
        case DimsForm::kRows:
        case DimsForm::kGather:
        case DimsForm::kScan:
            break;
    }
    return ErrorClass::kVector;
}

const Parameter<double>& error_of(const Device& device, ErrorClass error) {
    switch (error) {
        case ErrorClass::kMatmul:
            return device.error.matmul;
        case ErrorClass::kAttention:
            return device.error.attention;
        case ErrorClass::kVector:
            return device.error.vector;
        case ErrorClass::kHandover:
            break;
    }
    return device.error.handover;
}

double Uncertainty::sigma() const {
    double sum = 0;
    for (const double one : independent) {
        sum += one * one;
    }
    return std::sqrt(sum);
}

std::vector<std::string> uncertain_numbers(const Profile& profile) {
    Profile copy = profile;
    std::vector<std::string> paths;
    for (const ParameterView& number : parameters(copy)) {
        if (number.spread > 0 && !is_model_error(number)) {
            paths.push_back(number.path);
        }
    }
    for (const Device& device : profile.devices) {
        for (const auto& row : kErrorClassNames) {
            paths.push_back(fmt::format("devices.{}.error.{}", device.name, row.name));
        }
    }
    return paths;
}

Uncertainty uncertainty_of(const std::vector<WeightedWork>& mix, const Profile& profile) {
    Profile moved = profile;
    Uncertainty uncertainty;
    std::vector<std::string> paths;
    std::vector<bool> used(profile.devices.size(), false);
    for (const WeightedWork& weighted : mix) {
        for (const ScheduledKernel& scheduled : weighted.work.kernels) {
            used[static_cast<std::size_t>(scheduled.device)] = true;
        }
    }
    for (const ParameterView& number : parameters(moved)) {
        if (number.spread <= 0 || is_model_error(number)) {
            continue;
        }
        double effect = 0;
        if (concerns(number, profile, used)) {
            const double factor = 1 + number.spread;
            number.set(number.value * factor);
            const Time up = mix_time(mix, moved);
            number.set(number.value / factor);
            const Time down = mix_time(mix, moved);
            number.set(number.value);
            effect = 0.5 * std::log(up / down);
        }
        uncertainty.effect.push_back(effect);
        paths.push_back(number.path);
    }
    const auto times = class_times(mix, profile.devices.size());
    const Time total = mix_time(mix, profile);
    for (std::size_t d = 0; d < profile.devices.size(); ++d) {
        for (const auto& row : kErrorClassNames) {
            const double share = times[d][static_cast<std::size_t>(row.value)] / total;
            uncertainty.effect.push_back(share * std::log1p(error_of(profile.devices[d], row.value).value));
        }
    }
    uncertainty.independent = decorrelated(uncertainty.effect, paths, profile.correlations);
    return uncertainty;
}

}  // namespace berth
