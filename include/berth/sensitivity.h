// Which numbers of the profile move an answer most, and which alone could turn a decision round.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "berth/evaluation.h"

namespace berth {

/// One uncertain number of the profile and what it does to a scenario.
struct NumberEffect {
    std::string path;       ///< as `--set` takes it; of a model's own error, `hardware.devices.npu.error.matmul`
    double spread = 0;      ///< relative, one sigma
    double on_total = 0;    ///< change of the total's logarithm when the number's rises by one sigma
    double elasticity = 0;  ///< of the total: relative change of it per relative change of the number
};

/// A number that would make another device the faster one if it alone were off by so much.
struct Flip {
    std::string path;
    double sigmas = 0;  ///< signed: how far the number has to move, in its own spreads
};

/// The decision of one stage: the fastest against the next.
struct DecisionSensitivity {
    std::string stage, chosen, other;
    double margin = 0;             ///< log(other / chosen)
    double probability = 1;        ///< that the chosen one is the faster, all numbers moving
    std::vector<Flip> could_flip;  ///< those that need at most two sigmas, nearest first
};

/// Shares of the total's variance under the profile's spreads (Sobol 1993).
struct VarianceShare {
    std::string path;
    double alone = 0;  ///< first order: by this number alone
    double total = 0;  ///< together with others too
};

/// All uncertain numbers moving at once, each log-normal.
struct SampledSensitivity {
    std::size_t samples = 0;
    double right = 0;                    ///< probability that every stage's recommendation is the best
    Estimate<Time> total;                ///< median and 5-95 % of the recommended placements
    std::vector<VarianceShare> numbers;  ///< those with a share of at least a thousandth, largest first
};

struct Sensitivity {
    std::string scenario;
    std::vector<SettingChange> changes;  ///< of the scenario, for titles
    Estimate<Time> total;
    std::vector<NumberEffect> numbers;        ///< those that matter, largest effect first
    std::size_t uncertain = 0;                ///< all uncertain numbers of the profile
    std::vector<std::string> without_effect;  ///< paths of those that move no placement of any stage
    std::vector<Warning> warnings;            ///< settings without effect
    std::vector<DecisionSensitivity> decisions;
    std::optional<SampledSensitivity> sampled;  ///< where it was asked for
};

/// First order, from the effects that an evaluation with uncertainty holds: effects of several numbers add up in the
/// logarithm. Numbers whose effect on the total is below a thousandth are left out, unless they could flip a decision.
[[nodiscard]] Sensitivity sensitivity_of(const Scenario& scenario, const ScenarioResult& result);

/// Estimated with two samples and their crosses (Jansen 1999; Saltelli et al. 2010): `samples` times the number of
/// uncertain numbers evaluations. The lowering stays as it is, and fixed times do not vary. Absent where stages may be
/// split in blocks, or over several lengths.
[[nodiscard]] std::optional<SampledSensitivity> sample_sensitivity(const Scenario& scenario,
                                                                   const ScenarioResult& result, std::size_t samples,
                                                                   std::uint64_t seed);

}  // namespace berth
