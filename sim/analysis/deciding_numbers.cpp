// Numbers are changed in a copy of the scenario and restored; each probe is an evaluation without intervals or
// operators.
#include "analysis/deciding_numbers.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "analysis/answer_difference.h"
#include "analysis/variation.h"
#include "berth/base/quantity_text.h"
#include "berth/evaluation/evaluation.h"

namespace berth {

namespace {

constexpr double kStep = 1.1;
constexpr double kFactor = 4;          // factor between successive probes for a limit
constexpr int kLooks = 6;              // probes, up to a factor of 4096
constexpr double kPrecise = 1 + 1e-5;  // of the limit, finer than the digits that are shown

}  // namespace

NumberProbe::NumberProbe(const Scenario& scenario) : scenario_(scenario), numbers_(parameters(scenario_.profile)) {
    for (const ParameterView& number : numbers_) {
        paths_.push_back(number.path);
    }
    moves_.resize(numbers_.size());
    base_ = figures();
}

NumberProbe::Figures NumberProbe::figures() const {
    Diagnostics ignored;
    const auto result = evaluate(scenario_, ignored, totals_only(scenario_));
    Figures figures;
    if (!result) {
        return figures;
    }
    figures.times.emplace_back(in_seconds(result->total.latency.median));
    for (const StageResult& stage : result->stages) {
        figures.stages.push_back(in_seconds(stage.latency.median));
        for (const Candidate& candidate : stage.candidates) {
            figures.times.push_back(candidate.feasible ? std::optional(in_seconds(candidate.latency.median))
                                                       : std::nullopt);
        }
        if (stage.chosen) {
            figures.energy += in_joules(stage.candidates[*stage.chosen].energy.value_or(Energy{}));
        }
    }
    return figures;
}

const NumberMove& NumberProbe::move_of(std::size_t number) {
    auto& move = moves_[number];
    if (move) {
        return *move;
    }
    move = NumberMove{paths_[number]};
    const double value = numbers_[number].value;
    numbers_[number].set(std::min(value * kStep, numbers_[number].most));
    const Figures now = figures();
    numbers_[number].set(value);
    for (std::size_t i = 0; i < std::min(now.times.size(), base_.times.size()); ++i) {
        const auto& old_time = base_.times[i];
        const auto& new_time = now.times[i];
        if (new_time && old_time && numbers_differ(*new_time, *old_time)) {
            const double change = std::abs(std::log(*new_time / *old_time));
            double& kept = i == 0 ? move->chosen : move->others;
            kept = std::max(kept, change);
        }
    }
    for (std::size_t s = 0; s < std::min(now.stages.size(), base_.stages.size()); ++s) {
        const bool moves = numbers_differ(now.stages[s], base_.stages[s]) && base_.stages[s] > 0 && now.stages[s] > 0;
        move->stages.push_back(moves ? std::abs(std::log(now.stages[s] / base_.stages[s])) : 0);
    }
    if (base_.energy > 0 && now.energy > 0 && numbers_differ(now.energy, base_.energy)) {
        move->energy = std::abs(std::log(now.energy / base_.energy));
    }
    return *move;
}

std::optional<std::string> NumberProbe::first_of_energy(const std::vector<std::string>& wanted) {
    const auto found = std::ranges::find_if(wanted, [this](const std::string& path) {
        const auto number = place_of(path);
        return number && move_of(*number).energy > 0;
    });
    return found == wanted.end() ? std::nullopt : std::optional(*found);
}

bool NumberProbe::move_together(const std::vector<std::string>& wanted) {
    std::vector<std::pair<std::size_t, double>> raised;  // number, its value before
    for (const std::string& path : wanted) {
        if (const auto number = place_of(path)) {
            raised.emplace_back(*number, numbers_[*number].value);
        }
    }
    for (const auto& [number, value] : raised) {
        numbers_[number].set(std::min(value * kStep, numbers_[number].most));
    }
    const Figures now = figures();
    for (const auto& [number, value] : raised) {
        numbers_[number].set(value);
    }
    const bool both = !now.times.empty() && !base_.times.empty() && now.times.front() && base_.times.front();
    return both && numbers_differ(*now.times.front(), *base_.times.front());
}

std::optional<NumberMove> NumberProbe::strongest(const std::vector<std::string>& wanted) {
    std::optional<NumberMove> best;
    for (const std::string& path : wanted) {
        const auto number = place_of(path);
        if (!number) {
            continue;
        }
        const NumberMove& move = move_of(*number);
        const bool moves = move.chosen > 0 || move.others > 0;
        if (moves && (!best || std::pair(move.chosen, move.others) > std::pair(best->chosen, best->others))) {
            best = move;
        }
    }
    return best;
}

std::optional<NumberMove> NumberProbe::strongest_of_stage(std::size_t stage) {
    std::optional<NumberMove> best;
    for (std::size_t number = 0; number < numbers_.size(); ++number) {
        const NumberMove& move = move_of(number);
        const auto of_stage = [stage](const NumberMove& one) {
            return stage < one.stages.size() ? one.stages[stage] : 0.0;
        };
        if (of_stage(move) > (best ? of_stage(*best) : 0)) {
            best = move;
        }
    }
    return best;
}

bool NumberProbe::matters(std::size_t number, double value) {
    numbers_[number].set(value);
    const Figures now = figures();
    numbers_[number].set(numbers_[number].value);
    return !std::ranges::equal(now.times, base_.times, [](const auto& a, const auto& b) {
        return a.has_value() == b.has_value() && (!a || !numbers_differ(*a, *b));
    });
}

std::optional<NumberProbe::Reach> NumberProbe::reached_at(const std::string& path) {
    const auto number = place_of(path);
    const double value = number ? numbers_[*number].value : 0;
    for (int look = 1; number && value > 0 && look <= kLooks; ++look) {
        for (const bool below : {true, false}) {
            const double factor = std::pow(kFactor, below ? -look : look);
            if (value * factor > numbers_[*number].most || !matters(*number, value * factor)) {
                continue;
            }
            double yes = value * factor;
            double no = value * (below ? factor * kFactor : factor / kFactor);
            while (std::max(yes, no) / std::min(yes, no) > kPrecise) {
                const double middle = std::sqrt(yes * no);
                (matters(*number, middle) ? yes : no) = middle;
            }
            return Reach{nearest(*number, yes, !below, true), nearest(*number, no, below, false), below};
        }
    }
    return std::nullopt;
}

// Digits cut off from a value may lead to the other side of the limit; then the next value of few digits is taken.
std::string NumberProbe::nearest(std::size_t number, double value, bool up, bool matters_there) {
    const Dimension dimension = numbers_[number].dimension;
    for (const double further : {0.0, 2e-4, 5e-4, 1e-3, 2e-3}) {
        std::string text = quantity_text(value * (up ? 1 + further : 1 - further), dimension);
        const auto parsed = parse_quantity(text, dimension);
        const auto* read = std::get_if<ParsedQuantity>(&parsed);
        if (read != nullptr && matters(number, read->value) == matters_there) {
            return text;
        }
    }
    return quantity_text(value, dimension);
}

std::optional<std::size_t> NumberProbe::place_of(const std::string& path) const {
    const auto found = std::ranges::find(paths_, path);
    return found == paths_.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - paths_.begin()));
}

std::vector<std::string> NumberProbe::paths_with(std::string_view part) const {
    std::vector<std::string> found;
    std::ranges::copy_if(paths_, std::back_inserter(found),
                         [part](const std::string& path) { return path.find(part) != std::string::npos; });
    return found;
}

Dimension NumberProbe::dimension_of(const std::string& path) const {
    const auto place = place_of(path);
    return place ? numbers_[*place].dimension : Dimension{};
}

}  // namespace berth
