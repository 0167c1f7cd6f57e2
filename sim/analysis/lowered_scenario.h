// A scenario that is instantiated and lowered once; its totals are then evaluated under other numbers of its profile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "berth/analysis/sweep.h"
#include "berth/cost/lowering_conditions.h"
#include "berth/placement/placement_program.h"
#include "berth/scenario/scenario.h"

namespace berth {

/// Range of a memory's capacity (a device's own, or DRAM) in which the same placements fit.
struct MemoryCondition {
    std::optional<DeviceId> device;
    Bytes from, below;  ///< the capacity lies in [from, below)
    [[nodiscard]] bool holds(const Profile& profile) const;
};
using LayoutCondition = std::variant<LoweringCondition, MemoryCondition>;

/// A lowered stage: the sum of terms of each whole model, and the dynamic programme for splits.
class LoweredStage {
  public:
    struct Scratch {
        TermValues values;
        /// Factors of PlacementTerms::value(): of the hardware, then of each further runtime; empty: all are 1.
        std::vector<std::vector<double>> error_factors;
        std::vector<std::optional<Time>> on_device;
        double split = 0;  ///< time of the best split
        PlacementProgram::Scratch program;
    };
    /// Absent if the stage needs a full evaluation: no device supports it, or it may be split per block or over several
    /// input lengths.
    [[nodiscard]] static std::optional<LoweredStage> of(const Stage& stage, const Scenario& scenario);

    /// Whether lowering the stage under this profile would give the same result.
    [[nodiscard]] bool holds(const Profile& hardware) const;
    /// Upper bound over placements on the use of the shared DRAM.
    [[nodiscard]] Bytes most_in_dram() const { return most_in_dram_; }
    /// Result of a stage; absent if the objective needs energies that the profile does not have.
    struct Count {
        std::size_t chosen = 0;  ///< device index, or one past the last for a split
        double time = 0, energy = 0;
        TextPace pace{};
    };
    [[nodiscard]] std::optional<Count> count(const Profile& hardware, Objective objective,
                                             std::vector<std::optional<Time>>& on_device, Scratch& scratch) const;

  private:
    friend class StageLowering;
    std::optional<std::size_t> runtime_;
    PlacementTerms terms_;
    /// Parts of the sum of a whole model that generates text; empty: its phase has none.
    struct TextSums {
        CostSum first_token, token;
    };
    std::vector<std::optional<CostSum>> whole_;  ///< [device]
    std::vector<TextSums> text_;                 ///< [device]
    std::vector<TermId> calls_;                  ///< [device] runtime call term of the split
    std::optional<PlacementProgram> split_;
    std::vector<LayoutCondition> conditions_;
    Bytes most_in_dram_;
};

class LoweredScenario {
  public:
    using Scratch = LoweredStage::Scratch;

    /// `devices` are those that sweep points report.
    [[nodiscard]] static std::optional<LoweredScenario> of(const Scenario& scenario,
                                                           const std::vector<std::string>& devices);

    /// Whether lowering the scenario under this profile would give the same result.
    [[nodiscard]] bool holds(const Profile& profile) const;
    /// Paths of the profile numbers that holds() depends on.
    [[nodiscard]] static std::vector<std::string> deciding_parameters(const Profile& profile);

    /// Best placement of each stage, and the total under the placements named by `placed` instead, one per stage: a
    /// device index, or one past the last for the best split. Absent if a full evaluation is needed.
    struct Fixed {
        std::vector<std::size_t> best;
        double total = 0;
    };
    [[nodiscard]] std::optional<Fixed> count_placed(const Profile& profile, const std::vector<std::size_t>& placed,
                                                    Scratch& scratch) const;

    /// Returns false if a full evaluation is needed.
    [[nodiscard]] bool count(const Profile& profile, SweepPoint& point, Scratch& scratch) const;

  private:
    struct Part {
        std::optional<LoweredStage> stage;  ///< absent: a fixed time
        Time fixed;
        double repeat = 1;
    };
    [[nodiscard]] bool fits_together(const Scenario& scenario);

    std::vector<Part> parts_;
    std::vector<MemoryCondition> conditions_;  ///< memory conditions of all stages together
    Objective objective_{};
    std::optional<Time> budget_;
    std::vector<std::string> names_;                 ///< names of devices, then of a split
    std::vector<std::optional<std::size_t>> shown_;  ///< [device] its position in a sweep point
    std::size_t shown_count_ = 0;
};

}  // namespace berth
