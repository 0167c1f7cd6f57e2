// From the plans of a stage to sums of terms.
#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "analysis/lowered_scenario.h"
#include "base/index.h"
#include "evaluation/candidates.h"
#include "evaluation/work.h"

namespace berth {

namespace {

/// A sum whose terms are counted one by one.
class CountedSum {
  public:
    void add(TermId term, double count) { counts_[term] += count; }
    [[nodiscard]] CostSum sum() const {
        CostSum sum;
        for (const auto& [term, count] : counts_) {
            sum.push_back({term, count});
        }
        return sum;
    }

  private:
    std::map<TermId, double> counts_;
};

}  // namespace

/// Converts the plans of a stage into sums over one table of terms.
class StageLowering {
  public:
    StageLowering(const ModelStage& stage, const Scenario& scenario, const std::vector<LengthPlan>& lengths)
        : stage_(stage), profile_(profile_of(scenario, stage)), objective_(scenario.objective), lengths_(lengths) {
        result_.runtime_ = stage.runtime;
    }

    std::optional<LoweredStage> laid_out() {
        const std::size_t devices = profile_.devices.size();
        const bool split = stage_.granularity != Granularity::kModel && devices > 1 && !stage_.on;
        if (split && !add_split()) {
            return std::nullopt;
        }
        add_memories(split);
        for (std::size_t d = 0; d < devices; ++d) {
            const auto device = static_cast<DeviceId>(d);
            const bool allowed = !stage_.on || *stage_.on == device;
            result_.text_.emplace_back();
            result_.whole_.push_back(allowed ? whole(device) : std::nullopt);
        }
        if (std::ranges::none_of(result_.whole_, [](const auto& one) { return one.has_value(); })) {
            return std::nullopt;
        }
        for (const LengthPlan& length : lengths_) {
            for (const DevicePlan& plan : length.plans) {
                const auto own = lowering_conditions(plan, profile_);
                result_.conditions_.insert(result_.conditions_.end(), own.begin(), own.end());
            }
        }
        return std::move(result_);
    }

  private:
    // Adds the split of a stage with a single length, whose table of terms is that of its plans.
    bool add_split() {
        const bool fit = stage_.granularity == Granularity::kOperator && by_time_alone(objective_) &&
                         lengths_.size() == 1 && !stage_.generation;
        const LengthPlan& length = lengths_.front();
        if (!fit || limits_that_bind(length.problem).any()) {
            return false;
        }
        result_.split_ = PlacementProgram::of(length.problem, length.sums);
        for (std::size_t d = 0; d < length.plans.size(); ++d) {
            result_.calls_.push_back(length.sums.call(d));
        }
        result_.terms_ = length.sums.terms();
        return result_.split_.has_value();
    }

    /// Adds for each memory the range of capacities in which the same placements fit.
    void add_memories(bool split) {
        const auto& memories = lengths_.front().problem.limits.memories;
        for (std::size_t m = 0; m < memories.size(); ++m) {
            MemoryCondition condition{memories[m].of, {}, Bytes::from_si(std::numeric_limits<double>::infinity())};
            Bytes most;
            for (const LengthPlan& length : lengths_) {
                most = std::max(most, most_needed(length.problem, m));
            }
            condition.from = split ? most : Bytes{};
            result_.most_in_dram_ = memories[m].of ? result_.most_in_dram_ : most;
            result_.conditions_.emplace_back(condition);
        }
    }

    void note_memories(const LengthPlan& length, const Assignment& assignment) {
        for (std::size_t m = 0; m < length.problem.limits.memories.size(); ++m) {
            auto& condition = std::get<MemoryCondition>(result_.conditions_[m]);
            const Bytes needed = memory_needed(length.problem.limits, m, assignment);
            if (needed <= length.problem.limits.memories[m].capacity) {
                condition.from = std::max(condition.from, needed);
            } else {
                condition.below = std::min(condition.below, needed);
            }
        }
    }

    std::optional<CostSum> whole(DeviceId device) {
        const std::size_t host = at(profile_.host);
        const LengthPlan& main = dominant(lengths_);
        std::string why;
        const auto placed = whole_placement(main, device, why);
        CountedSum all, reading, stepping;
        bool fits = placed.has_value();
        for (const LengthPlan& length : lengths_) {
            const Assignment assignment =
                placed ? assignment_for(length.graphs[host], main.graphs[host], *placed) : Assignment{};
            if (!placed || !objective(length.problem, assignment)) {
                return std::nullopt;
            }
            note_memories(length, assignment);
            fits = fits && within(length.problem.limits, assignment);
            for (const TermCount& one : length.sums.of(length.problem, assignment)) {
                const TermId term = result_.split_ ? one.term : result_.terms_.carry(length.sums.terms(), one.term);
                const double count = length.length.share * one.count;
                all.add(term, count);
                if (stage_.generation && length.length.step) {
                    stepping.add(term, count / tokens_in_steps(*stage_.generation));
                } else if (stage_.generation) {
                    reading.add(term, count);
                }
            }
        }
        if (stage_.generation) {
            result_.text_.back() = {reading.sum(), stepping.sum()};
        }
        return fits ? std::optional(all.sum()) : std::nullopt;
    }

    const ModelStage& stage_;
    const Profile& profile_;  ///< profile of the stage's runtime
    Objective objective_;
    const std::vector<LengthPlan>& lengths_;
    LoweredStage result_;
};

std::optional<LoweredStage> LoweredStage::of(const Stage& stage, const Scenario& scenario) {
    const auto& work = std::get<ModelStage>(stage.work);
    Diagnostics ignored;  // a full evaluation reports it again
    const auto lengths = plan_passes(stage.name, work, scenario.profile, ignored);
    return lengths ? StageLowering(work, scenario, *lengths).laid_out() : std::nullopt;
}

}  // namespace berth
