// Sensitivity analysis: the numbers of the profile that move an answer most, and those that alone could reverse a
// decision.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "berth/evaluation/evaluation.h"

namespace berth {

/// First-order change of a scenario's total per standard deviation of the logarithm of one of its numbers. A number
/// that stages share changes all of them together.
struct TotalEffect {
    std::string path;
    Time change;
};
/// Of each of the result's uncertain numbers, then of each fixed time that is known as an interval.
[[nodiscard]] std::vector<TotalEffect> effects_on_total(const ScenarioResult& result);

/// An uncertain number of the profile, and its effect on a scenario.
struct NumberEffect {
    std::string path;       ///< as `--set` takes it; a model error as `hardware.devices.npu.error.matmul`
    double spread = 0;      ///< relative, one sigma
    double on_total = 0;    ///< change of the log total when the log of the number rises by one sigma
    double elasticity = 0;  ///< relative change of the total per relative change of the number
};

/// A number that alone would make another device the better one, if it were off by this much.
struct Flip {
    std::string path;
    double sigmas = 0;  ///< signed shift needed, in the number's own standard deviations
};

/// The decision of one stage by the scenario's objective: the chosen candidate against the best other one.
struct DecisionSensitivity {
    std::string stage, chosen, other;
    double margin = 0;             ///< log(other / chosen) of the objective's value
    double probability = 1;        ///< probability that the chosen one is better, all numbers varying
    std::vector<Flip> could_flip;  ///< numbers that need at most two sigmas, nearest first
};

/// Sobol indices: shares of the total's variance under the profile's spreads (Sobol 1993).
struct VarianceShare {
    std::string path;
    double alone = 0;  ///< first-order index: by this number alone
    double total = 0;  ///< total index: interactions with other numbers included
};

/// Monte Carlo over all uncertain numbers at once, log-normal and correlated as the profile says. Of correlated
/// numbers, a share is that of the part of the error that each has of its own.
struct SampledSensitivity {
    std::size_t samples = 0;
    double right = 0;                    ///< probability that every stage's recommendation is the best
    Estimate<Time> total;                ///< median and 5-95 % of the recommended placements
    std::vector<VarianceShare> numbers;  ///< shares of at least a thousandth, largest first
};

struct Sensitivity {
    std::string scenario;
    Objective objective = Objective::kLatency;
    std::vector<SettingChange> changes;  ///< overrides of the scenario, for titles
    Estimate<Time> total;
    std::vector<NumberEffect> numbers;        ///< numbers with a relevant effect, largest first
    std::size_t uncertain = 0;                ///< number of uncertain numbers in the profile
    std::vector<std::string> without_effect;  ///< paths of numbers that affect no placement of any stage
    std::vector<Warning> warnings;            ///< settings without effect
    std::vector<DecisionSensitivity> decisions;
    std::optional<SampledSensitivity> sampled;  ///< only if requested
};

/// First-order sensitivity from the effects of an evaluation with uncertainty: effects of several numbers add up in the
/// logarithm. Numbers whose effect on the total is below a thousandth are left out, unless they could flip a decision.
[[nodiscard]] Sensitivity sensitivity_of(const Scenario& scenario, const ScenarioResult& result);

/// Sobol indices estimated from two sample matrices and their crosses (Jansen 1999; Saltelli et al. 2010), which takes
/// `samples` times the number of uncertain numbers evaluations. The lowering stays as it is. Absent where stages may be
/// split in blocks, or over several lengths.
[[nodiscard]] std::optional<SampledSensitivity> sample_sensitivity(const Scenario& scenario,
                                                                   const ScenarioResult& result, std::size_t samples,
                                                                   std::uint64_t seed);

}  // namespace berth
