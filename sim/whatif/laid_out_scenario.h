// A scenario laid out and lowered once, whose totals are counted again under other numbers of its profile.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "berth/placement_program.h"
#include "berth/scenario.h"
#include "berth/sweep.h"

namespace berth {

/// A number of a profile that a layout depends on beyond its kernels' costs.
struct LayoutCondition {
    enum class Kind : std::uint8_t { kCapacity, kLargestResult, kEpilogueTraffic } kind{};
    DeviceId device = 0;
    int cores = 1;               ///< kCapacity
    std::size_t index = 0;       ///< kind of operator, or fusion rule
    double from = 0, below = 0;  ///< kCapacity: anything in between; else just `from`
    [[nodiscard]] bool holds(const Profile& profile) const;
};

/// The different numbers that times are made of, worked out once per profile, in order.
struct KernelNumber {
    DeviceId device = 0;
    Execution execution;
    Kernel kernel;
};
struct LossNumber {  ///< a fused epilogue_op that runs elsewhere than the operator before it
    std::uint32_t alone = 0, joined = 0, before = 0;
};
struct CrossingNumber {
    DeviceId from = 0, to = 0;
    Bytes size;
    friend bool operator==(const CrossingNumber&, const CrossingNumber&) = default;
};
struct CallNumber {
    DeviceId device = 0;
};
using LayoutNumber = std::variant<KernelNumber, LossNumber, CrossingNumber, CallNumber>;

/// One stage: every whole model as a weighted sum of numbers, and the programme that splits it.
class LaidOutStage {
  public:
    struct Scratch {
        std::vector<double> times, energies;
        /// Per device and class of error (see schedule/work.h), what times are multiplied with; empty: nothing.
        std::vector<double> error_factors;
        std::vector<std::optional<Time>> on_device;
        double split = 0;  ///< time of the best one
        PlacementProgram::Scratch program;
    };
    /// Absent where only an evaluation tells: no device takes it, it may be split in blocks or over several lengths.
    [[nodiscard]] static std::optional<LaidOutStage> of(const Stage& stage, const Scenario& scenario);

    [[nodiscard]] const std::vector<LayoutCondition>& conditions() const { return conditions_; }
    /// Absent: the objective needs energies that the profile does not have.
    struct Count {
        std::size_t chosen = 0;  ///< a device, or one behind the last for a split
        double time = 0, energy = 0;
    };
    [[nodiscard]] std::optional<Count> count(const Profile& profile, Objective objective,
                                             std::vector<std::optional<Time>>& on_device, Scratch& scratch) const;

  private:
    friend class StageLayout;
    std::vector<LayoutNumber> numbers_;
    std::vector<std::optional<ProgramCost>> whole_;  ///< per device
    std::vector<std::uint32_t> calls_;               ///< per device, of the split
    std::optional<PlacementProgram> split_;
    std::vector<LayoutCondition> conditions_;
};

class LaidOutScenario {
  public:
    using Scratch = LaidOutStage::Scratch;

    /// `devices` are those that points tell of.
    [[nodiscard]] static std::optional<LaidOutScenario> of(const Scenario& scenario,
                                                           const std::vector<std::string>& devices);

    /// Whether the same scenario under this profile would be laid out and lowered the same.
    [[nodiscard]] bool holds(const Profile& profile) const;

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
        std::optional<LaidOutStage> stage;  ///< absent: a fixed time
        Time fixed;
        double repeat = 1;
    };
    std::vector<Part> parts_;
    std::vector<LayoutCondition> conditions_;
    Objective objective_{};
    std::optional<Time> budget_;
    std::vector<std::string> names_;                 ///< of devices, then of a split
    std::vector<std::optional<std::size_t>> shown_;  ///< per device: its place in a point
    std::size_t shown_count_ = 0;
};

}  // namespace berth
