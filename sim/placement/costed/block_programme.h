// Decides by a dynamic programme over ideals whether a placement exists whose largest load is within a limit.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "placement/costed/ideals.h"
#include "placement/costed/placement_units.h"

namespace berth {

/// Device of each unit: accelerators are 0, 1, ...; -1 stands for all CPU cores together.
using UnitDevices = std::vector<int>;
inline constexpr int kOnCpu = -1;

enum class Verdict : std::uint8_t { kPossible, kImpossible, kUnknown };

/// Relaxation in which units may be split: bounds on the accelerator load that CPU cores can relieve, from sums of
/// times and sizes.
class WorkBound {
  public:
    explicit WorkBound(const Units& units);
    /// Accelerator time that remains if each CPU core carries at most `limit`; infinite if the cores cannot carry even
    /// the units that run nowhere else.
    [[nodiscard]] double relief(double limit) const;
    /// Lower bound on the largest load of any placement.
    [[nodiscard]] double lower_bound() const;

  private:
    struct Choice {
        double fast, slow, size;
    };
    void make_room(double excess);
    [[nodiscard]] bool allows(double limit) const;
    double cpus_, accelerators_, must_slow_ = 0, total_fast_ = 0, largest_ = 0;
    double for_memory_ = 0;  ///< lower bound on the CPU time of units that do not fit into accelerator memory
    /// units allowed on both kinds of device, in descending order of relief per CPU time
    std::vector<Choice> choices_;
};

/// Decision version of the dynamic programme of Tarnawski et al. (2020, section 5.1). A state is an ideal and the
/// number of accelerators used; its value is the least total CPU time. A transition assigns a block of units to the
/// next accelerator, or one unit to a CPU core, so units on a CPU need not be contiguous.
class BlockProgramme {
  public:
    /// Stops permanently after `steps` block extensions.
    BlockProgramme(const Units& units, const Ideals& ideals, std::size_t steps);

    /// kImpossible is a proof for any number of CPU cores, since only their total time is bounded.
    [[nodiscard]] Verdict decide(double limit);
    /// Assignment found; valid after kPossible.
    [[nodiscard]] UnitDevices devices() const;
    [[nodiscard]] const WorkBound& work() const { return work_; }

  private:
    struct Load {
        double computing = 0, receiving = 0, sending = 0, size = 0;
    };
    [[nodiscard]] bool is_hopeless(std::size_t ideal, std::size_t used) const;
    void grow_cpu(std::size_t ideal);
    void grow_block(int ideal, int smallest_unit, const Load& load);
    [[nodiscard]] Load with(const Load& load, int unit);
    void without(int unit);
    void reach(std::size_t ideal, std::size_t used, double cpu_time, int from);
    [[nodiscard]] double& cpu_time(std::size_t ideal, std::size_t used) { return cpu_time_[ideal * stages_ + used]; }

    const Units& units_;
    const Ideals& ideals_;
    WorkBound work_;
    std::size_t steps_left_;
    std::size_t stages_;            ///< number of accelerators that may be used, plus one
    std::vector<double> cpu_time_;  ///< [ideal][accelerators used]; infinite: unreachable
    std::vector<int> from_;         ///< preceding ideal i, or -1 - i if a CPU core took the last unit
    double limit_ = 0, cpu_limit_ = 0, accelerator_time_ = 0;
    std::size_t start_ = 0;  ///< ideal from which blocks are grown
    std::vector<bool> in_block_;
    /// for producers before the block: readers inside it; for producers inside: readers outside
    std::vector<int> readers_;
};

}  // namespace berth
