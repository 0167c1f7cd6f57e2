// From a profile to the numbers of a layout, and to the sums over them.
#include "whatif/laid_out_scenario.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/index.h"
#include "schedule/work.h"

namespace berth {

namespace {

// Sums in another order differ in their last digits; a split has to be better by more than that.
constexpr double kRounding = 1e-12;

}  // namespace

bool LayoutCondition::holds(const Profile& profile) const {
    const Device& on = profile.devices[at(device)];
    switch (kind) {
        case Kind::kCapacity: {
            const double capacity = in_bytes(keeping_capacity(on, cores));
            return from <= capacity && capacity < below;
        }
        case Kind::kLargestResult:
            return in_bytes(on.runtime.operators[index].max_bytes->value) == from;
        case Kind::kEpilogueTraffic:
            return on.runtime.fuses[index].traffic->value == from;
    }
    return false;
}

namespace {

double error_factor(DeviceId device, ErrorClass error, const LaidOutStage::Scratch& scratch) {
    const std::size_t index = at(device) * kErrorClassNames.size() + static_cast<std::size_t>(error);
    return scratch.error_factors.empty() ? 1.0 : scratch.error_factors[index];
}

/// Works one number out; those before it stand in `scratch` already.
struct NumberValue {
    const Profile& profile;
    LaidOutStage::Scratch& scratch;
    std::size_t index;

    double operator()(const KernelNumber& number) const {
        const KernelCost cost = kernel_cost(number.kernel, profile.devices[at(number.device)], number.execution);
        scratch.energies[index] = cost.energy ? in_joules(*cost.energy) : std::numeric_limits<double>::quiet_NaN();
        return in_seconds(cost.total) * error_factor(number.device, error_class(number.kernel.kind), scratch);
    }
    double operator()(const LossNumber& number) const {
        const double joined = scratch.times[number.joined] - scratch.times[number.before];
        return std::max(0.0, scratch.times[number.alone] - joined);
    }
    double operator()(const CrossingNumber& number) const {
        return in_seconds(crossing_cost(profile, number.from, number.to, number.size)) *
               error_factor(number.to, ErrorClass::kHandover, scratch);
    }
    double operator()(const CallNumber& number) const {
        return in_seconds(profile.devices[at(number.device)].runtime.dispatch_per_graph.value);
    }
};

void work_out(const std::vector<LayoutNumber>& numbers, const Profile& profile, LaidOutStage::Scratch& scratch) {
    scratch.times.resize(numbers.size());
    scratch.energies.assign(numbers.size(), 0);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        scratch.times[i] = std::visit(NumberValue{profile, scratch, i}, numbers[i]);
    }
}

double sum_of(const std::vector<ProgramTerm>& terms, const std::vector<double>& values) {
    double sum = 0;
    for (const ProgramTerm& term : terms) {
        sum += term.factor * values[term.number];
    }
    return sum;
}

}  // namespace

std::optional<LaidOutStage::Count> LaidOutStage::count(const Profile& profile, Objective objective,
                                                       std::vector<std::optional<Time>>& on_device,
                                                       Scratch& scratch) const {
    work_out(numbers_, profile, scratch);
    std::optional<Count> best;
    double least = 0;
    on_device.resize(whole_.size());
    for (std::size_t d = 0; d < whole_.size(); ++d) {
        on_device[d].reset();
        if (!whole_[d]) {
            continue;
        }
        const Count one{d, sum_of(whole_[d]->time, scratch.times), sum_of(whole_[d]->energy, scratch.energies)};
        on_device[d] = seconds(one.time);
        const double value = row_of(objective).score(one.time, one.energy);
        if (!std::isnan(value) && (!best || value < least)) {
            best = one;
            least = value;
        }
    }
    if (split_ && best) {
        const auto split = split_->best(scratch.times, scratch.energies, scratch.program);
        double time = split.time;
        for (const std::uint32_t call : calls_) {
            time += scratch.times[call];
        }
        scratch.split = time;
        if (time < best->time * (1 - kRounding)) {
            best = Count{whole_.size(), time, split.energy};
        }
    }
    return best;
}

std::optional<LaidOutScenario> LaidOutScenario::of(const Scenario& scenario, const std::vector<std::string>& devices) {
    if (row_of(scenario.objective).search != SearchOver::kStages) {
        return std::nullopt;  // neither a choice of all stages together nor a schedule is a sum
    }
    LaidOutScenario result;
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
            part.stage = LaidOutStage::of(stage, scenario);
            if (!part.stage) {
                return std::nullopt;
            }
            const auto& own = part.stage->conditions();
            result.conditions_.insert(result.conditions_.end(), own.begin(), own.end());
        }
        result.parts_.push_back(std::move(part));
    }
    return result;
}

bool LaidOutScenario::holds(const Profile& profile) const {
    return std::ranges::all_of(conditions_,
                               [&profile](const LayoutCondition& condition) { return condition.holds(profile); });
}

bool LaidOutScenario::count(const Profile& profile, SweepPoint& point, Scratch& scratch) const {
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
            energy += count->energy * part.repeat;
        }
        total += stage.latency;
    }
    point.total = total;
    point.energy = std::isnan(energy) ? std::nullopt : std::optional(joules(energy));
    point.meets_budget = budget_ ? std::optional(total <= *budget_) : std::nullopt;
    return true;
}

std::optional<LaidOutScenario::Fixed> LaidOutScenario::count_placed(const Profile& profile,
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
