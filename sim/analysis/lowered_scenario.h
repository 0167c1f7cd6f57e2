// A scenario instantiated and lowered once, whose totals are counted again under other numbers of its profile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "berth/lowering_conditions.h"
#include "berth/placement_program.h"
#include "berth/scenario.h"
#include "berth/sweep.h"

namespace berth {

/// As long as it holds, the same placements fit a memory: a device's own, or the DRAM.
struct MemoryCondition {
    std::optional<DeviceId> device;
    Bytes from, below;  ///< the capacity lies in between
    [[nodiscard]] bool holds(const Profile& profile) const;
};
using LayoutCondition = std::variant<LoweringCondition, MemoryCondition>;

/// One stage: every whole model as a sum of terms, and the programme that splits it.
class LoweredStage {
  public:
    struct Scratch {
        TermValues values;
        /// See PlacementTerms::value(): of the hardware, then of each runtime beside it; empty: all are 1.
        std::vector<std::vector<double>> error_factors;
        std::vector<std::optional<Time>> on_device;
        double split = 0;  ///< time of the best one
        PlacementProgram::Scratch program;
    };
    /// Absent where only an evaluation tells: no device takes it, it may be split in blocks or over several lengths.
    [[nodiscard]] static std::optional<LoweredStage> of(const Stage& stage, const Scenario& scenario);

    /// Whether the same stage under this profile of the hardware would be lowered the same.
    [[nodiscard]] bool holds(const Profile& hardware) const;
    /// No placement takes more of the memory that devices share.
    [[nodiscard]] Bytes most_in_dram() const { return most_in_dram_; }
    /// Absent: the objective needs energies that the profile does not have.
    struct Count {
        std::size_t chosen = 0;  ///< a device, or one behind the last for a split
        double time = 0, energy = 0;
    };
    [[nodiscard]] std::optional<Count> count(const Profile& hardware, Objective objective,
                                             std::vector<std::optional<Time>>& on_device, Scratch& scratch) const;

  private:
    friend class StageLowering;
    std::optional<std::size_t> runtime_;
    PlacementTerms terms_;
    std::vector<std::optional<CostSum>> whole_;  ///< per device
    std::vector<TermId> calls_;                  ///< per device, of the split
    std::optional<PlacementProgram> split_;
    std::vector<LayoutCondition> conditions_;
    Bytes most_in_dram_;
};

class LoweredScenario {
  public:
    using Scratch = LoweredStage::Scratch;

    /// `devices` are those that points tell of.
    [[nodiscard]] static std::optional<LoweredScenario> of(const Scenario& scenario,
                                                           const std::vector<std::string>& devices);

    /// Whether the same scenario under this profile would be lowered the same.
    [[nodiscard]] bool holds(const Profile& profile) const;
    /// Paths of the numbers of a profile that decide that.
    [[nodiscard]] static std::vector<std::string> deciding_parameters(const Profile& profile);

    /// What each stage is best placed on, and the total of the placements that `placed` names instead, one per stage: a
    /// device, or one behind the last for the best split. Absent: only an evaluation tells.
    struct Fixed {
        std::vector<std::size_t> best;
        double total = 0;
    };
    [[nodiscard]] std::optional<Fixed> count_placed(const Profile& profile, const std::vector<std::size_t>& placed,
                                                    Scratch& scratch) const;

    /// False: only an evaluation tells.
    [[nodiscard]] bool count(const Profile& profile, SweepPoint& point, Scratch& scratch) const;

  private:
    struct Part {
        std::optional<LoweredStage> stage;  ///< absent: a fixed time
        Time fixed;
        double repeat = 1;
    };
    [[nodiscard]] bool fits_together(const Scenario& scenario);

    std::vector<Part> parts_;
    std::vector<MemoryCondition> conditions_;  ///< of all stages together
    Objective objective_{};
    std::optional<Time> budget_;
    std::vector<std::string> names_;                 ///< of devices, then of a split
    std::vector<std::optional<std::size_t>> shown_;  ///< per device: its place in a point
    std::size_t shown_count_ = 0;
};

}  // namespace berth
