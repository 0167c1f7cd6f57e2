// Pareto front of a sweep: points that no other point dominates.
#include "berth/analysis/optimise.h"

#include <fmt/format.h>

#include <algorithm>

#include "berth/base/quantity_text.h"

namespace berth {

namespace {

constexpr std::size_t kMostOthers = 3000;

double& value_of(DesignPoint& point, Goal goal) { return point.values[static_cast<std::size_t>(goal)]; }
double value_of(const DesignPoint& point, Goal goal) { return point.values[static_cast<std::size_t>(goal)]; }

/// Whether `a` is at least as good as `b` in every goal (weak dominance).
bool covers(const DesignPoint& a, const DesignPoint& b, const std::vector<Goal>& goals) {
    return std::ranges::all_of(goals, [&](Goal goal) { return value_of(a, goal) <= value_of(b, goal); });
}

void note_least(const DesignPoint& point, const OptimiseQuestion& question, OptimiseAnswer& answer) {
    for (std::size_t goal = 0; goal < question.limits.size(); ++goal) {
        if (question.limits[goal]) {
            answer.least[goal] = std::min(answer.least[goal].value_or(point.values[goal]), point.values[goal]);
        }
    }
}

bool meets_limits(const DesignPoint& point, const OptimiseQuestion& question) {
    for (std::size_t goal = 0; goal < point.values.size(); ++goal) {
        if (question.limits[goal] && point.values[goal] > *question.limits[goal]) {
            return false;
        }
    }
    return true;
}

// Time until the first token of the last stage that generates text; the stages before it come first.
std::optional<Time> first_token_of(const SweepPoint& point) {
    std::optional<Time> first_token;
    Time before;
    for (const SweepStage& stage : point.stages) {
        first_token = stage.pace.first_token ? std::optional(before + *stage.pace.first_token) : first_token;
        before += stage.latency;
    }
    return first_token;
}

std::optional<Time> token_time_of(const SweepPoint& point) {
    std::optional<Time> token;
    for (const SweepStage& stage : point.stages) {
        token = stage.pace.token ? stage.pace.token : token;
    }
    return token;
}

// Reason for missing energy: stages of fixed time have none, and neither have devices without energy numbers.
std::string why_no_energy(const Sweep& sweep, const SweepPoint& point) {
    std::vector<std::string> fixed;
    for (std::size_t s = 0; s < point.stages.size(); ++s) {
        if (point.stages[s].chosen.empty()) {
            fixed.push_back(sweep.stages()[s]);
        }
    }
    return fixed.empty() ? "the energy is not known: the profile gives no energy numbers for a device that runs a stage"
                         : fmt::format(
                               "the energy is not known: {} takes a fixed time, of which no energy is known "
                               "(--set stages.{}.enabled=false leaves it out)",
                               fmt::join(fixed, ", "), fixed.front());
}

/// Absent, with the reason, if the point does not run or lacks a goal.
std::optional<DesignPoint> design_point(const Sweep& sweep, const OptimiseQuestion& question, std::size_t at,
                                        const SweepPoint& point, const std::vector<std::size_t>& places,
                                        std::string& why) {
    if (!point.total) {
        why = point.why_not.empty() ? "the scenario does not run" : point.why_not;
        return std::nullopt;
    }
    if (question.asks_for(Goal::kEnergy) && !point.energy) {
        why = why_no_energy(sweep, point);
        return std::nullopt;
    }
    const auto first_token = first_token_of(point);
    const auto token = token_time_of(point);
    if (question.asks_for(Goal::kFirstToken) && !first_token) {
        why = "there is no first token: no stage reads a prompt (phase: prefill or generate)";
        return std::nullopt;
    }
    if (question.asks_for(Goal::kTokenTime) && !token) {
        why = "there are no further tokens: no stage generates any (phase: decode or generate)";
        return std::nullopt;
    }
    DesignPoint design;
    design.at = at;
    value_of(design, Goal::kLatency) = in_seconds(*point.total);
    value_of(design, Goal::kFirstToken) = first_token ? in_seconds(*first_token) : 0;
    value_of(design, Goal::kTokenTime) = token ? in_seconds(*token) : 0;
    value_of(design, Goal::kEnergy) = point.energy ? in_joules(*point.energy) : 0;
    if (question.cost) {
        const auto cost = question.cost->at(places);
        if (!cost) {
            why = "the cost has no value: it divides by zero or is too large";
            return std::nullopt;
        }
        value_of(design, Goal::kCost) = *cost;
    }
    for (const SweepStage& stage : point.stages) {
        design.placed.push_back(stage.chosen);
        design.paces.push_back(stage.pace);
    }
    return design;
}

void add_to_front(std::vector<DesignPoint>& front, const DesignPoint& point, const std::vector<Goal>& goals) {
    if (std::ranges::any_of(front, [&](const DesignPoint& known) { return covers(known, point, goals); })) {
        return;
    }
    std::erase_if(front, [&](const DesignPoint& known) { return covers(point, known, goals); });
    front.push_back(point);
}

/// The end of a path that has as many steps as `name`.
std::string end_like(std::string_view name, const std::string& path) {
    std::size_t start = path.size();
    for (auto steps = std::ranges::count(name, '.') + 1; steps > 0 && start != std::string::npos && start > 0;
         --steps) {
        start = path.rfind('.', start - 1);
    }
    return start == std::string::npos ? path : path.substr(start + 1);
}

/// Axis that a name in a formula refers to.
std::optional<std::size_t> axis_named(const std::string& name, const std::vector<SweepAxis>& axes,
                                      Diagnostics& diagnostics) {
    std::vector<std::size_t> found;
    std::vector<std::string> paths, ends;
    for (std::size_t a = 0; a < axes.size(); ++a) {
        paths.push_back(axes[a].path);
        ends.push_back(end_like(name, axes[a].path));
        if (axes[a].path == name || axes[a].path.ends_with("." + name)) {
            found.push_back(a);
        }
    }
    if (found.size() == 1) {
        return found.front();
    }
    diagnostics.error(SourceLocation("--cost"),
                      fmt::format("'{}' is {}", name, found.empty() ? "not varied" : "the end of several paths"),
                      fmt::format("{}, or the end of one", list_of(paths)),
                      found.empty() ? nearest_name(name, ends) : "");
    return std::nullopt;
}

/// Values of an axis in SI units, all of one dimension.
struct AxisQuantities {
    std::vector<double> numbers;
    Dimension dimension;
};

std::optional<AxisQuantities> quantities_of(const SweepAxis& axis, Diagnostics& diagnostics) {
    AxisQuantities quantities;
    for (const std::string& value : axis.values) {
        const auto parsed = parse_quantity(value);
        const auto* quantity = std::get_if<ParsedQuantity>(&parsed);
        if (quantity == nullptr) {
            diagnostics.error(SourceLocation("--cost"), fmt::format("'{}' of {} is no number", value, axis.path));
            return std::nullopt;
        }
        if (!quantities.numbers.empty() && quantity->dimension != quantities.dimension) {
            diagnostics.error(
                SourceLocation("--cost"),
                fmt::format("'{}' of {} is {}, '{}' is {}", axis.values.front(), axis.path,
                            dimension_name(quantities.dimension), value, dimension_name(quantity->dimension)),
                "values of one kind");
            return std::nullopt;
        }
        quantities.numbers.push_back(quantity->value);
        quantities.dimension = quantity->dimension;
    }
    return quantities;
}

}  // namespace

std::optional<CostFormula> CostFormula::parse(const std::string& text, const std::vector<SweepAxis>& axes,
                                              Diagnostics& diagnostics) {
    auto expression = parse_expression(text, SourceLocation("--cost"), diagnostics, NumberUnits::kAllowed);
    if (!expression) {
        return std::nullopt;
    }
    std::vector<Term> terms;
    SymbolDimensions dimensions;
    for (const std::string& name : expression->symbols()) {
        const auto axis = axis_named(name, axes, diagnostics);
        auto quantities = axis ? quantities_of(axes[*axis], diagnostics) : std::nullopt;
        if (quantities) {
            dimensions[name] = quantities->dimension;
            terms.push_back({name, *axis, std::move(quantities->numbers)});
        }
    }
    if (terms.size() != expression->symbols().size()) {
        return std::nullopt;
    }
    const auto dimension = expression->dimension(dimensions, diagnostics);
    return dimension ? std::optional(CostFormula(std::move(*expression), std::move(terms), *dimension)) : std::nullopt;
}

std::optional<double> CostFormula::at(const std::vector<std::size_t>& places) const {
    Symbols symbols;
    for (const Term& term : terms_) {
        symbols[term.name] = term.numbers[places[term.axis]];
    }
    Diagnostics ignored;
    return expression_.evaluate(symbols, ignored);
}

bool OptimiseQuestion::asks_for(Goal goal) const {
    return limits.at(static_cast<std::size_t>(goal)) || std::ranges::find(goals, goal) != goals.end();
}

OptimiseAnswer optimise(const Sweep& sweep, const OptimiseQuestion& question, int threads) {
    OptimiseAnswer answer;
    answer.points = sweep.size();
    const std::size_t every = std::max<std::size_t>(1, sweep.size() / kMostOthers);
    std::vector<std::size_t> places;
    DroppedCount dropped;
    sweep.run(0, sweep.size(), threads, [&](std::size_t at, const SweepPoint& point) {
        sweep.find_places(at, places);
        std::string why;
        const auto design = design_point(sweep, question, at, point, places, why);
        if (!design) {
            dropped.add(at, why);
            return true;
        }
        ++answer.running;
        note_least(*design, question, answer);
        if (at % every == 0) {
            answer.others.push_back(*design);
        }
        if (meets_limits(*design, question)) {
            ++answer.allowed;
            add_to_front(answer.front, *design, question.goals);
        }
        return true;
    });
    std::ranges::stable_sort(answer.front, {},
                             [&](const DesignPoint& point) { return value_of(point, question.goals.front()); });
    if (!answer.front.empty()) {
        answer.best = 0;
    }
    answer.dropped = dropped.rows();
    return answer;
}

}  // namespace berth
