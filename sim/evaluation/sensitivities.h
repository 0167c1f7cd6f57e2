// How much each uncertain number of a profile moves sums of terms.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/evaluation.h"
#include "berth/placement_terms.h"
#include "berth/profile.h"

namespace berth {

/// A sum over a table of terms, and what is multiplied with it in a mix.
struct WeightedSum {
    const PlacementTerms* terms = nullptr;
    const TermValues* values = nullptr;  ///< under the profile
    CostSum sum;
    double share = 1;
};
/// Time (s) of a mix.
[[nodiscard]] double time_of(std::span<const WeightedSum> mix);

/// Numbers of the profile, and of runtimes beside it, with a spread; model errors are told by error_of().
[[nodiscard]] std::vector<ParameterView> uncertain_parameters(Profile& profile);

/// Paths of the numbers that Uncertainty::effect runs over: those with a spread, then the model's own errors.
[[nodiscard]] std::vector<std::string> uncertain_numbers(const Profile& profile);

/// Central differences at one standard deviation of a number's logarithm. Terms are worked out once, for all sums over
/// their table, which has to stay where it is.
class Sensitivities {
  public:
    /// Of what runs under one runtime of the hardware, over the numbers of all of them.
    explicit Sensitivities(const Profile& hardware, std::optional<std::size_t> runtime = {});
    Sensitivities(const Sensitivities&) = delete;
    Sensitivities& operator=(const Sensitivities&) = delete;

    /// Effects on the log latency of a mix.
    [[nodiscard]] Uncertainty of(std::span<const WeightedSum> mix);

  private:
    /// Whose terms a number can change: those of one device, of links alone, of all, or those of another runtime.
    struct Reach {
        std::optional<DeviceId> device;
        bool links_only = false;
        bool elsewhere = false;
    };
    [[nodiscard]] static Reach reach_of(const ParameterView& number, const Profile& profile);
    [[nodiscard]] static bool reaches(const Reach& reach, const PlacementTerms& terms, TermId term);

    /// Of one table of terms; a row has a time per number moved up, then one per number moved down.
    struct Table {
        const PlacementTerms* terms = nullptr;
        std::vector<std::size_t> row;  ///< [term] where it begins; kNone: not worked out
        std::vector<double> times;
    };

    [[nodiscard]] Table& worked_out(const WeightedSum& sum);
    void work_out(Table& table, const TermValues& values, const std::vector<TermId>& terms, std::size_t number,
                  bool up);
    void add_errors(const WeightedSum& sum, std::vector<double>& times) const;
    [[nodiscard]] std::vector<double> decorrelated(std::vector<double> effect) const;

    const Profile& hardware_;
    std::optional<std::size_t> runtime_;
    const Profile& profile_;              ///< of the runtime
    Profile moved_;                       ///< the hardware
    std::vector<std::size_t> errors_;     ///< [error_place] in the list of all model errors, behind the numbers
    std::size_t error_count_ = 0;         ///< of all
    std::vector<ParameterView> numbers_;  ///< of `moved_`
    std::vector<Reach> reach_;            ///< [number]
    std::vector<Table> tables_;
    TermValues scratch_;
};

}  // namespace berth
