// Is there a placement with no load above a limit? A dynamic programme over ideals.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "placement/costed/ideals.h"
#include "placement/costed/placement_units.h"

namespace berth {

/// A device of each unit; accelerators are 0, 1, ..., the CPU cores together are -1.
using UnitDevices = std::vector<int>;
inline constexpr int kOnCpu = -1;

enum class Verdict : std::uint8_t { kPossible, kImpossible, kUnknown };

/// What CPU cores can take off the accelerators at most, each unit whole or in part: bounds from sums of times and
/// sizes.
class WorkBound {
  public:
    explicit WorkBound(const Units& units);
    /// Accelerator time that is left if the CPU cores carry at most `limit` each; infinite if they cannot even carry
    /// what runs nowhere else.
    [[nodiscard]] double relief(double limit) const;
    /// No placement has a smaller largest load.
    [[nodiscard]] double lower_bound() const;

  private:
    struct Choice {
        double fast, slow, size;
    };
    void make_room(double excess);
    [[nodiscard]] bool allows(double limit) const;
    double cpus_, accelerators_, must_slow_ = 0, total_fast_ = 0, largest_ = 0;
    double for_memory_ = 0;        ///< CPU time of what accelerators have no memory for, at least
    std::vector<Choice> choices_;  ///< units that may go to a CPU or an accelerator, most relief per CPU time first
};

/// The programme of Tarnawski et al. (2020, section 5.1), as a decision: the state is an ideal and the accelerators
/// used so far; its value is the least time of the CPU cores together. A step hands a block of units to the next
/// accelerator, or one unit to a CPU core, so that what runs on a CPU need not be contiguous.
class BlockProgramme {
  public:
    /// Stops for good after `steps` extensions of a block.
    BlockProgramme(const Units& units, const Ideals& ideals, std::size_t steps);

    /// kImpossible is a proof for one CPU core or several: their time is only looked at as a sum.
    [[nodiscard]] Verdict decide(double limit);
    /// After kPossible.
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
    std::size_t stages_;            ///< accelerators that may be used, and one
    std::vector<double> cpu_time_;  ///< [ideal][accelerators used]; infinite: not reached
    std::vector<int> from_;         ///< the ideal before, or -1 - it if a CPU core took the last unit
    double limit_ = 0, cpu_limit_ = 0, accelerator_time_ = 0;
    std::size_t start_ = 0;  ///< ideal that blocks are grown from
    std::vector<bool> in_block_;
    std::vector<int> readers_;  ///< of producers before the block: inside it; of producers inside: outside
};

}  // namespace berth
