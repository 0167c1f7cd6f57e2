// From a profile to the terms of a layout, and to their sums.
#include "analysis/lowered_scenario.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "base/index.h"
#include "berth/hardware/runtimes.h"

namespace berth {

namespace {

// Relative rounding error of sums in another order; a split must be better by more than this.
constexpr double kRounding = 1e-12;

}  // namespace

bool MemoryCondition::holds(const Profile& profile) const {
    const Bytes capacity = device ? profile.devices[at(*device)].capacity->value : profile.dram.capacity.value;
    return from <= capacity && capacity < below;
}

bool LoweredStage::holds(const Profile& hardware) const {
    return std::ranges::all_of(conditions_, [&profile = under(hardware, runtime_)](const LayoutCondition& condition) {
        return std::visit([&profile](const auto& one) { return one.holds(profile); }, condition);
    });
}

std::optional<LoweredStage::Count> LoweredStage::count(const Profile& hardware, Objective objective,
                                                       std::vector<std::optional<Time>>& on_device,
                                                       Scratch& scratch) const {
    const std::size_t place = runtime_ ? 1 + *runtime_ : 0;
    const bool certain = scratch.error_factors.empty();
    terms_.work_out(under(hardware, runtime_), scratch.values,
                    certain ? std::span<const double>() : std::span<const double>(scratch.error_factors[place]));
    std::optional<Count> best;
    double least = 0;
    on_device.resize(whole_.size());
    for (std::size_t d = 0; d < whole_.size(); ++d) {
        on_device[d].reset();
        if (!whole_[d]) {
            continue;
        }
        const Count one{d, total_of(*whole_[d], scratch.values.times), total_of(*whole_[d], scratch.values.energies)};
        on_device[d] = seconds(one.time);
        const double value = row_of(objective).score(one.time, one.energy);
        if (!std::isnan(value) && (!best || value < least)) {
            best = one;
            least = value;
        }
    }
    if (best) {
        const auto time = [&](const CostSum& sum) {
            return sum.empty() ? std::nullopt : std::optional(seconds(total_of(sum, scratch.values.times)));
        };
        best->pace = {time(text_[best->chosen].first_token), time(text_[best->chosen].token)};
    }
    if (split_ && best) {
        const auto split = split_->best(scratch.values, scratch.program);
        double time = split.time;
        for (const TermId call : calls_) {
            time += scratch.values.times[call];
        }
        scratch.split = time;
        if (time < best->time * (1 - kRounding)) {
            best = Count{whole_.size(), time, split.energy};
        }
    }
    return best;
}

std::optional<LoweredScenario> LoweredScenario::of(const Scenario& scenario, const std::vector<std::string>& devices) {
    const ObjectiveRow& row = row_of(scenario.objective);
    if (row.search != SearchOver::kStages || row.time_of != TimeOf::kStage) {
        return std::nullopt;  // a choice over all stages and a schedule are not sums, and a layout has no phases
    }
    LoweredScenario result;
    result.objective_ = scenario.objective;
    result.budget_ = scenario.budget;
    result.shown_count_ = devices.size();
    for (const Device& device : scenario.profile.devices) {
        result.names_.push_back(device.name);
        const auto place = std::ranges::find(devices, device.name);
        result.shown_.push_back(
            place == devices.end() ? std::nullopt : std::optional(static_cast<std::size_t>(place - devices.begin())));
    }
    result.names_.emplace_back("split");
    for (const Stage& stage : scenario.stages) {
        Part part{std::nullopt, {}, static_cast<double>(stage.repeat)};
        if (const auto* fixed = std::get_if<FixedStage>(&stage.work)) {
            part.fixed = fixed->takes.median;
        } else {
            if (std::get<ModelStage>(stage.work).draft) {
                return std::nullopt;  // a draft has passes of its own
            }
            part.stage = LoweredStage::of(stage, scenario);
            if (!part.stage) {
                return std::nullopt;
            }
        }
        result.parts_.push_back(std::move(part));
    }
    return result.fits_together(scenario) ? std::optional(std::move(result)) : std::nullopt;
}

// Whether the models of all stages, which stay loaded, fit into DRAM together.
bool LoweredScenario::fits_together(const Scenario& scenario) {
    Bytes most;
    std::size_t models = 0;
    for (const Part& part : parts_) {
        most += part.stage ? part.stage->most_in_dram() : Bytes{};
        models += part.stage ? 1 : 0;
    }
    if (models > 1) {
        conditions_.push_back({std::nullopt, most, Bytes::from_si(std::numeric_limits<double>::infinity())});
    }
    return models <= 1 || most <= scenario.profile.dram.capacity.value;
}

bool LoweredScenario::holds(const Profile& profile) const {
    return std::ranges::all_of(parts_, [&](const Part& part) { return !part.stage || part.stage->holds(profile); }) &&
           std::ranges::all_of(conditions_, [&](const MemoryCondition& one) { return one.holds(profile); });
}

std::vector<std::string> LoweredScenario::deciding_parameters(const Profile& profile) {
    std::vector<std::string> paths = lowering_parameters(profile);
    for (const Device& device : profile.devices) {
        if (device.capacity) {
            paths.push_back(parameter_path(device, &*device.capacity));
        }
    }
    paths.emplace_back("memory.dram.capacity");
    for (const Profile& runtime : profile.runtimes) {
        for (const std::string& path : deciding_parameters(runtime)) {
            paths.push_back(path_among_all(runtime, path));
        }
    }
    return paths;
}

bool LoweredScenario::count(const Profile& profile, SweepPoint& point, Scratch& scratch) const {
    point.why_not.clear();
    point.stages.resize(parts_.size());
    Time total;
    double energy = 0;
    std::vector<std::optional<Time>>& own = scratch.on_device;
    for (std::size_t s = 0; s < parts_.size(); ++s) {
        const Part& part = parts_[s];
        SweepStage& stage = point.stages[s];
        stage.on_device.assign(shown_count_, std::nullopt);
        if (!part.stage) {
            stage.chosen.clear();
            stage.latency = part.fixed * part.repeat;
            stage.pace = {};
            energy = std::numeric_limits<double>::quiet_NaN();
        } else {
            const auto count = part.stage->count(profile, objective_, own, scratch);
            if (!count) {
                return false;
            }
            for (std::size_t d = 0; d < own.size(); ++d) {
                if (shown_[d]) {
                    stage.on_device[*shown_[d]] = own[d];
                }
            }
            stage.chosen = names_[count->chosen];
            stage.latency = seconds(count->time) * part.repeat;
            stage.pace = count->pace;
            energy += count->energy * part.repeat;
        }
        total += stage.latency;
    }
    point.total = total;
    point.energy = std::isnan(energy) ? std::nullopt : std::optional(joules(energy));
    point.meets_budget = budget_ ? std::optional(total <= *budget_) : std::nullopt;
    return true;
}

std::optional<LoweredScenario::Fixed> LoweredScenario::count_placed(const Profile& profile,
                                                                    const std::vector<std::size_t>& placed,
                                                                    Scratch& scratch) const {
    Fixed result;
    for (std::size_t s = 0; s < parts_.size(); ++s) {
        const Part& part = parts_[s];
        if (!part.stage) {
            result.best.push_back(placed[s]);
            result.total += in_seconds(part.fixed) * part.repeat;
            continue;
        }
        const auto count = part.stage->count(profile, objective_, scratch.on_device, scratch);
        const bool split = placed[s] == scratch.on_device.size();
        if (!count || (!split && !scratch.on_device[placed[s]])) {
            return std::nullopt;
        }
        result.best.push_back(count->chosen);
        result.total += (split ? scratch.split : in_seconds(*scratch.on_device[placed[s]])) * part.repeat;
    }
    return result;
}

}  // namespace berth
