// Sensitivities of sums of terms to the uncertain numbers of a profile.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "berth/cost/placement_terms.h"
#include "berth/evaluation/evaluation.h"
#include "berth/hardware/profile.h"

namespace berth {

/// A sum over a table of terms, with its weight in a mix.
struct WeightedSum {
    const PlacementTerms* terms = nullptr;
    const TermValues* values = nullptr;  ///< term values under the profile
    CostSum sum;
    double share = 1;
};
/// Time (s) of a mix.
[[nodiscard]] double time_of(std::span<const WeightedSum> mix);

/// Numbers with a spread in the profile and in its further runtimes; model errors are accessed through error_of().
[[nodiscard]] std::vector<ParameterView> uncertain_parameters(Profile& profile);

/// Paths of the numbers behind Uncertainty::effect: those with a spread, then the model errors.
[[nodiscard]] std::vector<std::string> uncertain_numbers(const Profile& profile);

/// Standard deviation of the logarithm of a fixed time; 0 for one that is known.
[[nodiscard]] double sigma_of(const FixedStage& stage);

/// Central differences over one standard deviation of each number's logarithm. Each term is evaluated once for all sums
/// over its table, which must stay at its address.
class Sensitivities {
  public:
    /// Sensitivities under one runtime of the hardware, over the numbers of all runtimes.
    explicit Sensitivities(const Profile& hardware, std::optional<std::size_t> runtime = {});
    Sensitivities(const Sensitivities&) = delete;
    Sensitivities& operator=(const Sensitivities&) = delete;

    /// Effects on the logarithm of a mix's latency.
    [[nodiscard]] Uncertainty of(std::span<const WeightedSum> mix);
    /// Effects on the logarithm of its energy; empty without energy numbers. An error of a kernel's time is one of the
    /// energy that its device takes in any case.
    [[nodiscard]] Uncertainty of_energy(std::span<const WeightedSum> mix);
    /// Pairs of numbers that both affect a time and whose errors are correlated by `least` or more, by their paths.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> not_told_apart(const Uncertainty& time,
                                                                                  double least) const;

  private:
    /// Terms that a number can affect: those of one device, of links only, all terms, or none (another runtime's
    /// number).
    struct Reach {
        std::optional<DeviceId> device;
        bool links_only = false;
        bool elsewhere = false;
    };
    [[nodiscard]] static Reach reach_of(const ParameterView& number, const Profile& profile);
    [[nodiscard]] static bool reaches(const Reach& reach, const PlacementTerms& terms, TermId term);

    /// Cache for one table of terms; a row holds a value per number moved up, then one per number moved down.
    struct Table {
        const PlacementTerms* terms = nullptr;
        std::vector<std::size_t> row;  ///< [term] start of its row; kNone: not evaluated yet
        TermValues moved;
        std::vector<bool> least_certain_assumed;  ///< [term] the number that moves its time most is an assumption
    };

    [[nodiscard]] Table& worked_out(const WeightedSum& sum);
    void work_out(Table& table, const TermValues& values, const std::vector<TermId>& terms, std::size_t number,
                  bool up);
    [[nodiscard]] bool least_certain_is_assumed(const double* times) const;
    [[nodiscard]] std::optional<Evidence> evidence_of(std::span<const WeightedSum> mix);
    void add_errors(const WeightedSum& sum, std::vector<double>& times) const;
    /// Effects on the logarithm of a sum of times or energies, `total` under the profile, of which `errors` are subject
    /// to each model error.
    [[nodiscard]] Uncertainty assembled(std::span<const WeightedSum> mix, std::vector<double> TermValues::*what,
                                        const std::vector<double>& errors, double total);
    [[nodiscard]] std::vector<double> decorrelated(std::vector<double> effect) const;

    const Profile& hardware_;
    std::optional<std::size_t> runtime_;
    const Profile& profile_;  ///< profile of the runtime
    Profile moved_;           ///< copy of the hardware in which numbers are moved
    /// [error_place] position in the list of all model errors, which follow the numbers
    std::vector<std::size_t> errors_;
    std::size_t error_count_ = 0;         ///< number of all model errors
    std::vector<ParameterView> numbers_;  ///< uncertain numbers of `moved_`
    std::vector<Reach> reach_;            ///< [number]
    std::vector<Table> tables_;
    TermValues scratch_;
};

}  // namespace berth
