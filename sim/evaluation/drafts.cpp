// Rounds of drafting and verification: the prompts of both models, then the passes of each as often as rounds need
// them.
#include "evaluation/drafts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "base/index.h"
#include "base/mapped.h"
#include "berth/base/quantity_text.h"
#include "evaluation/candidates.h"
#include "evaluation/constraints.h"
#include "evaluation/phases.h"
#include "evaluation/stage_choice.h"
#include "placement/tolerances.h"

namespace berth {

double tokens_per_round(double acceptance, double drafted) {
    return acceptance < 1 ? (1 - std::pow(acceptance, drafted + 1)) / (1 - acceptance) : drafted + 1;
}

ModelStage stage_of_draft(const ModelStage& stage) {
    ModelStage drafting = stage;
    const Draft& draft = *stage.draft;
    drafting.model = draft.model;
    drafting.precision = draft.precision;
    drafting.precision.cache = stage.precision.cache;
    drafting.dtypes = draft.dtypes;
    drafting.on = draft.on;
    drafting.pins.clear();
    drafting.draft.reset();
    return drafting;
}

namespace {

/// A placed pass of either model, with its multiplicity per answer.
struct PlacedPass {
    const LengthPlan* plan = nullptr;
    Assignment assignment;
    double times = 1;
    bool drafts = false;  ///< a pass of the draft model

    [[nodiscard]] Time time() const { return *objective(plan->problem, assignment); }
};

Time time_of(const std::vector<PlacedPass>& passes) {
    return sum_of<Time>(passes, [](const PlacedPass& pass) { return pass.time() * pass.times; });
}

Assignment assigned_like(const LengthPlan& plan, const LengthPlan& main, const Assignment& assignment) {
    const std::size_t host = at(plan.problem.host);
    return assignment_for(plan.graphs[host], main.graphs[host], assignment);
}

// Passes of a model placed whole on a device; empty if it does not run there.
std::vector<PlacedPass> passes_on(const std::vector<LengthPlan>& lengths, DeviceId device) {
    std::string ignored;
    const LengthPlan& main = dominant(lengths);
    const auto whole = whole_placement(main, device, ignored);
    std::vector<PlacedPass> passes;
    for (const LengthPlan& length : lengths) {
        if (!whole) {
            return {};
        }
        passes.push_back({&length, assigned_like(length, main, *whole), length.length.share, true});
        if (!objective(length.problem, passes.back().assignment)) {
            return {};
        }
    }
    return passes;
}

std::vector<PlacedPass> of_steps(const std::vector<PlacedPass>& passes, bool steps) {
    std::vector<PlacedPass> some;
    std::ranges::copy_if(passes, std::back_inserter(some),
                         [steps](const PlacedPass& pass) { return pass.plan->length.step == steps; });
    return some;
}

/// Passes of the two models on a pair of devices.
class Rounds {
  public:
    Rounds(const Draft& draft, std::vector<PlacedPass> own, std::vector<PlacedPass> checks,
           std::vector<PlacedPass> longer_checks, std::vector<PlacedPass> drafting)
        : draft_(draft),
          own_(std::move(own)),
          checks_(std::move(checks)),
          longer_checks_(std::move(longer_checks)),
          drafting_(std::move(drafting)) {}

    [[nodiscard]] DraftResult result(double tokens) const {
        DraftResult result;
        result.length = draft_.length;
        result.acceptance = draft_.acceptance.value;
        const auto drafted = static_cast<double>(draft_.length);
        result.tokens_per_round = tokens_per_round(result.acceptance, drafted);
        const Time step_of_draft = time_of(of_steps(drafting_, true)) / tokens;
        result.drafting = step_of_draft * drafted;
        result.checking = time_of(checks_) / tokens;
        result.step = time_of(of_steps(own_, true)) / tokens;
        result.best_length = best_length(result, step_of_draft, time_of(longer_checks_) / tokens);
        return result;
    }

    /// All passes of an answer: both prompts, then the rounds.
    [[nodiscard]] std::vector<PlacedPass> all(const DraftResult& result) const {
        std::vector<PlacedPass> all = of_steps(own_, false);
        for (PlacedPass pass : checks_) {
            pass.times /= result.tokens_per_round;
            all.push_back(std::move(pass));
        }
        for (PlacedPass pass : drafting_) {
            pass.times *= pass.plan->length.step ? static_cast<double>(result.length) / result.tokens_per_round : 1;
            all.push_back(std::move(pass));
        }
        return all;
    }

  private:
    // Draft length with the least time per token. Verification times of other lengths are interpolated linearly between
    // one step, the current length and twice the current length.
    static std::int64_t best_length(const DraftResult& at, Time step_of_draft, Time twice) {
        std::int64_t best = at.length;
        Time least = (at.drafting + at.checking) / at.tokens_per_round;
        for (std::int64_t length = 1; length <= 2 * at.length; ++length) {
            const double along = static_cast<double>(length) / static_cast<double>(at.length);
            const Time check = along <= 1 ? at.step + (at.checking - at.step) * along
                                          : at.checking + (twice - at.checking) * (along - 1);
            const auto drafted = static_cast<double>(length);
            const Time token = (step_of_draft * drafted + check) / tokens_per_round(at.acceptance, drafted);
            if (token < least) {
                least = token;
                best = length;
            }
        }
        return best;
    }

    const Draft& draft_;
    std::vector<PlacedPass> own_, checks_, longer_checks_, drafting_;
};

// Whether the objective prefers `a`; as in in_order(), the time of the complete answer decides between equal values.
bool preferred(const Candidate& a, const Candidate& b, Objective objective) {
    const auto value = [objective](const Candidate& one) {
        return std::pair(score(one, objective).value_or(0), one.latency.median);
    };
    return value(a) < value(b);
}

/// Part of an answer that is spent in rounds.
struct InRounds {
    Time time;
    std::optional<Energy> energy;
};

// The candidate at another acceptance: only the number of rounds changes.
Candidate at_acceptance(const Candidate& drafted, const InRounds& rounds, double acceptance) {
    Candidate other = drafted;
    const double times =
        drafted.draft->tokens_per_round / tokens_per_round(acceptance, static_cast<double>(drafted.draft->length));
    other.latency.median += rounds.time * (times - 1);
    other.generation->step = *drafted.generation->step * times;
    if (drafted.energy && rounds.energy) {
        other.energy = *drafted.energy + *rounds.energy * (times - 1);
    }
    return other;
}

// The lowest acceptance at which the objective prefers drafting to `without`; absent if there is none.
std::optional<double> break_even(const Candidate& drafted, const InRounds& rounds, const Candidate& without,
                                 Objective objective) {
    const auto pays = [&](double acceptance) {
        return preferred(at_acceptance(drafted, rounds, acceptance), without, objective);
    };
    if (!pays(1)) {
        return std::nullopt;
    }
    double low = 0, high = 1;
    for (int halving = 0; halving < 50; ++halving) {
        const double middle = (low + high) / 2;
        (pays(middle) ? high : low) = middle;
    }
    return high;
}

/// State that is instantiated once for all pairs of devices.
class Drafting {
  public:
    Drafting(CandidateCosts& costs, Objective objective, bool bounds)
        : costs_(costs), stage_(costs.stage()), objective_(objective), bounds_(bounds) {}

    bool lay_out(const std::string& stage_name, Diagnostics& diagnostics) {
        auto drafting = plan_passes(stage_name, stage_of_draft(stage_), costs_.hardware(), diagnostics);
        if (!drafting) {
            return false;
        }
        drafting_ = std::move(*drafting);
        return lay_out_checks(stage_name, stage_.draft->length, checks_, diagnostics) &&
               lay_out_checks(stage_name, 2 * stage_.draft->length, longer_checks_, diagnostics);
    }

    /// `without`: the best candidate that does not draft.
    [[nodiscard]] std::optional<Candidate> pair(const Candidate& checker, DeviceId drafter, const Candidate& without) {
        std::vector<PlacedPass> drafting = passes_on(drafting_, drafter);
        if (drafting.empty()) {
            return std::nullopt;
        }
        const Profile& profile = costs_.profile();
        Candidate candidate = checker;
        candidate.placement = fmt::format("{}, drafted by {}", checker.placement, profile.devices[at(drafter)].name);
        candidate.device.reset();
        candidate.proved_optimal = false;
        candidate.optimality_gap = 0;
        candidate.regret.reset();
        const auto own = placed_passes(costs_.lengths(), checker);
        if (auto exceeded = exceeded_memory_of_both(own, drafting)) {
            candidate.feasible = false;
            candidate.reason = std::move(*exceeded);
            return candidate;
        }
        const auto tokens = static_cast<double>(stage_.generation->new_tokens);
        const Rounds rounds(*stage_.draft, own_passes(own), like_steps(checks_, own.back()),
                            like_steps(longer_checks_, own.back()), drafting);
        DraftResult result = rounds.result(tokens);
        result.model = stage_.draft->model.name;
        result.device = profile.devices[at(drafter)].name;
        candidate.draft = result;
        const InRounds in_rounds = add_times(candidate, rounds.all(result));
        candidate.draft->pays_from = break_even(candidate, in_rounds, without, objective_);
        add_bound(candidate, rounds.all(result));
        add_memory(candidate, drafting);
        return candidate;
    }

  private:
    bool lay_out_checks(const std::string& stage_name, std::int64_t drafted, std::vector<LengthPlan>& checks,
                        Diagnostics& diagnostics) {
        for (const LengthPlan& length : costs_.lengths()) {
            if (!length.length.step) {
                continue;
            }
            TokenShare check = length.length;
            check.tokens = drafted + 1;
            auto plan = plan_length(stage_name, stage_, check, costs_.profile(), diagnostics);
            if (!plan) {
                return false;
            }
            checks.push_back(std::move(*plan));
        }
        return true;
    }

    [[nodiscard]] std::vector<PlacedPass> own_passes(const std::vector<Assignment>& placed) const {
        std::vector<PlacedPass> passes;
        for (std::size_t i = 0; i < placed.size(); ++i) {
            passes.push_back({&costs_.lengths()[i], placed[i], costs_.lengths()[i].length.share});
        }
        return passes;
    }

    [[nodiscard]] std::vector<PlacedPass> like_steps(const std::vector<LengthPlan>& plans,
                                                     const Assignment& step) const {
        return mapped(plans, [&](const LengthPlan& plan) {
            return PlacedPass{&plan, assigned_like(plan, costs_.lengths().back(), step), plan.length.share};
        });
    }

    // Memory limit that the pair exceeds; both models stay loaded, with a cache each, and their passes take turns.
    [[nodiscard]] std::optional<std::string> exceeded_memory_of_both(const std::vector<Assignment>& own,
                                                                     const std::vector<PlacedPass>& drafting) const {
        const PlacementLimits& limits = costs_.lengths().front().problem.limits;
        const PlacedPass& draft = drafting.front();
        for (std::size_t m = 0; m < limits.memories.size(); ++m) {
            Bytes working;
            for (const PlacedPass& pass : drafting) {
                working = std::max(working, working_memory(pass.plan->problem.limits, m, pass.assignment));
            }
            for (std::size_t i = 0; i < own.size(); ++i) {
                working = std::max(working, working_memory(costs_.lengths()[i].problem.limits, m, own[i]));
            }
            const Bytes needed = kept_resident(limits, m, own.front()) +
                                 kept_resident(draft.plan->problem.limits, m, draft.assignment) + working;
            if (needed > limits.memories[m].capacity) {
                return "both models with their caches take " +
                       exceeding_text(needed, limits.memories[m].capacity, limits.memories[m].name);
            }
        }
        return std::nullopt;
    }

    InRounds add_times(Candidate& candidate, const std::vector<PlacedPass>& passes) {
        std::vector<WeightedSum> mix, rounds;
        candidate.by_category.clear();
        candidate.by_bound.clear();
        candidate.handover = Time{};
        std::optional<Energy> checker = Energy{}, drafter = Energy{};
        InRounds in_rounds{{}, Energy{}};
        for (const PlacedPass& pass : passes) {
            const LengthPlan& plan = *pass.plan;
            mix.push_back(
                {&plan.sums.terms(), &plan.sums.planned(), plan.sums.of(plan.problem, pass.assignment), pass.times});
            const auto energy = energy_of(mix.back());
            const auto add_to = [&](std::optional<Energy>& sum) {
                sum = sum && energy ? std::optional(*sum + *energy * pass.times) : std::nullopt;
            };
            add_to(pass.drafts ? drafter : checker);
            if (plan.length.step) {
                rounds.push_back(mix.back());
                in_rounds.time += pass.time() * pass.times;
                add_to(in_rounds.energy);
            }
            add_classes(candidate, operator_results(plan, pass.assignment, costs_.profile()), pass.times);
        }
        candidate.draft->checker_energy = checker;
        candidate.draft->drafter_energy = drafter;
        candidate.energy = checker && drafter ? std::optional(*checker + *drafter) : std::nullopt;
        const Time all = time_of(passes);
        candidate.uncertainty = with_acceptance(costs_.uncertainty_of(mix), in_rounds.time / all);
        candidate.latency = log_normal_estimate(all, candidate.uncertainty.sigma());
        candidate.generation->of_step = with_acceptance(costs_.uncertainty_of(rounds), 1);
        candidate.generation->step = in_rounds.time / static_cast<double>(stage_.generation->new_tokens);
        return in_rounds;
    }

    // Lower bound: each pass under its own best placement; a pinned model has one. Memory limits and the hand-over of
    // caches can only add to it.
    void add_bound(Candidate& candidate, const std::vector<PlacedPass>& passes) {
        if (!bounds_) {
            return;
        }
        Time bound;
        for (const PlacedPass& pass : passes) {
            if (pass.drafts ? stage_.draft->on.has_value() : stage_.on.has_value()) {
                bound += pass.time() * pass.times;
                continue;
            }
            const auto known = least_.find(pass.plan);
            if (known == least_.end()) {
                PlacementProblem problem = pass.plan->problem;
                problem.limits = {};
                const auto best = best_placement(problem);
                least_[pass.plan] = best ? best->lower_bound : Time{};
            }
            bound += least_[pass.plan] * pass.times;
        }
        candidate.draft->lower_bound = bound;
        candidate.optimality_gap = std::max(0.0, candidate.latency.median / bound - 1);
        candidate.proved_optimal = candidate.optimality_gap < kEqualCosts;
    }

    // The uncertainty of the acceptance is not a number of the profile, so it becomes an independent cause of its own
    // after all others.
    [[nodiscard]] Uncertainty with_acceptance(Uncertainty of, double share) const {
        const Parameter<double>& acceptance = stage_.draft->acceptance;
        const auto drafted = static_cast<double>(stage_.draft->length);
        const double sigma = acceptance.log_sigma();
        if (sigma > 0 && !of.independent.empty()) {
            const double more = tokens_per_round(std::min(1.0, acceptance.value * std::exp(sigma)), drafted);
            const double less = tokens_per_round(acceptance.value * std::exp(-sigma), drafted);
            of.independent.push_back(-share * std::log(more / less) / 2);
        }
        return of;
    }

    void add_memory(Candidate& candidate, const std::vector<PlacedPass>& drafting) const {
        const LengthPlan& plan = *drafting.front().plan;
        const Assignment& assignment = drafting.front().assignment;
        for (std::size_t i = 0; i < assignment.size(); ++i) {
            const std::size_t d = at(assignment[i]);
            const Operator& op = plan.graphs[d].operators[i];
            const Bytes kept = plan.problem.limits.size[i][d];
            const Bytes cache = kept_in_cache(op, plan.plans[d].operators[i].scheme,
                                              positions_on(stage_, costs_.profile(), assignment[i]));
            candidate.weight_bytes += kept - cache;
            candidate.kept_in_dram += has_own_memory(costs_.profile(), assignment[i]) ? Bytes{} : kept - cache;
            candidate.generation->kv_cache += cache;
            candidate.weights.by_dtype[plan.plans[d].operators[i].scheme.weights] += kept - cache;
        }
    }

    CandidateCosts& costs_;
    const ModelStage& stage_;
    Objective objective_;
    bool bounds_;
    std::vector<LengthPlan> drafting_, checks_, longer_checks_;
    std::map<const LengthPlan*, Time> least_;  ///< lower bound on a pass over all placements
};

}  // namespace

bool add_drafted(const std::string& stage_name, CandidateCosts& costs, Objective objective,
                 std::vector<Candidate>& candidates, bool bounds, Diagnostics& diagnostics) {
    Drafting drafting(costs, objective, bounds);
    if (!drafting.lay_out(stage_name, diagnostics)) {
        return false;
    }
    std::optional<Candidate> best;
    const auto order = in_order(candidates, costs.stage(), objective);
    for (const Candidate& checker : candidates) {
        for (std::size_t d = 0; checker.feasible && checker.device && d < costs.profile().devices.size(); ++d) {
            const auto drafter = static_cast<DeviceId>(d);
            const auto& on = costs.stage().draft->on;
            auto one = on && *on != drafter
                           ? std::nullopt
                           : drafting.pair(checker, drafter, order.empty() ? checker : candidates[order.front()]);
            if (one &&
                (!best || (one->feasible && !best->feasible) || (one->feasible && preferred(*one, *best, objective)))) {
                best = std::move(one);
            }
        }
    }
    if (best) {
        candidates.push_back(std::move(*best));
    } else {
        diagnostics.error(costs.stage().draft->model.where,
                          fmt::format("stage '{}': {} runs on no device that may draft", stage_name,
                                      costs.stage().draft->model.name));
    }
    return best.has_value();
}

}  // namespace berth
