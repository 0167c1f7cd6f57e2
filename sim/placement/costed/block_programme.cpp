// Blocks grow by ascending unit, so each larger ideal is reached exactly once.
#include "placement/costed/block_programme.h"

#include <algorithm>
#include <functional>

#include "base/index.h"
#include "placement/costed/placement_units.h"

namespace berth {

namespace {

constexpr int kBisections = 100;

// Gain per price; infinite for a free gain, and 0 for no gain, so that it sorts last.
double ratio(double gain, double price) {
    if (gain == 0) {
        return 0;
    }
    return price == 0 ? kNowhere : gain / price;
}

}  // namespace

WorkBound::WorkBound(const Units& units)
    : cpus_(static_cast<double>(units.cpus)), accelerators_(static_cast<double>(units.accelerators)) {
    double size = 0;
    for (std::size_t unit = 0; unit < units.count(); ++unit) {
        largest_ = std::max(largest_, std::min(units.fast[unit], units.slow[unit]));
        if (units.fast[unit] == kNowhere) {
            must_slow_ += units.slow[unit];
            continue;
        }
        total_fast_ += units.fast[unit];
        size += units.size[unit];
        if (units.slow[unit] < kNowhere) {
            choices_.push_back({units.fast[unit], units.slow[unit], units.size[unit]});
        }
    }
    make_room(size - accelerators_ * units.memory * (1 + kSumRounding));
    std::ranges::sort(choices_, std::greater<>(), [](const Choice& one) { return ratio(one.fast, one.slow); });
}

// Minimum CPU time that frees a given size, with divisible units (fractional knapsack).
void WorkBound::make_room(double excess) {
    std::ranges::sort(choices_, std::greater<>(), [](const Choice& one) { return ratio(one.size, one.slow); });
    for (const Choice& choice : choices_) {
        if (excess <= 0) {
            break;
        }
        for_memory_ += choice.size <= excess ? choice.slow : choice.slow * excess / choice.size;
        excess -= choice.size;
    }
    for_memory_ = excess > 0 ? kNowhere : for_memory_ / (1 + kSumRounding);
}

double WorkBound::relief(double limit) const {
    double left = cpus_ * limit * (1 + kSumRounding) - must_slow_;
    if (left < for_memory_) {
        return kNowhere;
    }
    double fast = total_fast_;
    for (const Choice& choice : choices_) {
        const double part = choice.slow <= left ? 1.0 : left / choice.slow;
        fast -= part * choice.fast;
        left -= part * choice.slow;
        if (part < 1) {
            break;
        }
    }
    return std::max(fast, 0.0);
}

bool WorkBound::allows(double limit) const {
    const double fast = relief(limit);
    return limit >= largest_ && (fast <= accelerators_ * limit || fast <= kSumRounding * total_fast_);
}

double WorkBound::lower_bound() const {
    double low = 0, high = largest_ + total_fast_ + must_slow_ + for_memory_;
    if (high == kNowhere || allows(0)) {
        return 0;
    }
    for (int i = 0; i < kBisections; ++i) {
        const double middle = low + (high - low) / 2;
        (allows(middle) ? high : low) = middle;
    }
    return low;
}

BlockProgramme::BlockProgramme(const Units& units, const Ideals& ideals, std::size_t steps)
    : units_(units),
      ideals_(ideals),
      work_(units),
      steps_left_(steps),
      stages_(std::min(units.accelerators, units.count()) + 1),
      in_block_(units.count(), false),
      readers_(units.producers.size()) {}

// Whether the remaining accelerators cannot carry the remaining accelerator time even with full relief by CPU cores.
bool BlockProgramme::is_hopeless(std::size_t ideal, std::size_t used) const {
    const double spared = ideals_.remaining[0] - accelerator_time_;
    const double left = ideals_.remaining[ideal] - spared;
    return left > static_cast<double>(stages_ - 1 - used) * limit_ + kSumRounding * ideals_.remaining[0];
}

void BlockProgramme::reach(std::size_t ideal, std::size_t used, double time, int from) {
    if (time < cpu_time(ideal, used)) {
        cpu_time(ideal, used) = time;
        from_[ideal * stages_ + used] = from;
    }
}

void BlockProgramme::grow_cpu(std::size_t ideal) {
    for (std::size_t i = ideals_.first[ideal]; i < ideals_.first[ideal + 1]; ++i) {
        const auto [unit, next] = ideals_.growths[i];
        const double slow = units_.slow[at(unit)];
        if (slow > limit_) {
            continue;
        }
        for (std::size_t used = 0; used < stages_; ++used) {
            const double time = cpu_time(ideal, used) + slow;
            if (time <= cpu_limit_) {
                reach(at(next), used, time, -1 - static_cast<int>(ideal));
            }
        }
    }
}

BlockProgramme::Load BlockProgramme::with(const Load& load, int unit) {
    Load grown = load;
    grown.computing += units_.fast[at(unit)];
    grown.size += units_.size[at(unit)];
    in_block_[at(unit)] = true;
    for (const int producer : units_.reads[at(unit)]) {
        const double transfer = units_.producers[at(producer)].transfer;
        if (in_block_[at(units_.producers[at(producer)].unit)]) {
            grown.sending -= --readers_[at(producer)] == 0 ? transfer : 0;
        } else {
            grown.receiving += readers_[at(producer)]++ == 0 ? transfer : 0;
        }
    }
    for (const int producer : units_.makes[at(unit)]) {
        readers_[at(producer)] = static_cast<int>(units_.producers[at(producer)].readers.size());
        grown.sending += units_.producers[at(producer)].transfer;
    }
    return grown;
}

void BlockProgramme::without(int unit) {
    for (const int producer : units_.makes[at(unit)]) {
        readers_[at(producer)] = 0;
    }
    for (const int producer : units_.reads[at(unit)]) {
        readers_[at(producer)] += in_block_[at(units_.producers[at(producer)].unit)] ? 1 : -1;
    }
    in_block_[at(unit)] = false;
}

// Grows a block recursively. Time, inputs and size are monotone in the block, so growth stops once one exceeds the
// limit.
void BlockProgramme::grow_block(int ideal, int smallest_unit, const Load& load) {
    for (std::size_t i = ideals_.first[at(ideal)]; i < ideals_.first[at(ideal) + 1] && steps_left_ > 0; ++i) {
        const auto [unit, next] = ideals_.growths[i];
        if (unit < smallest_unit || load.computing + load.receiving + units_.fast[at(unit)] > limit_ ||
            !fits(load.size + units_.size[at(unit)], units_.memory)) {
            continue;
        }
        --steps_left_;
        const Load grown = with(load, unit);
        const double monotone = grown.computing + grown.receiving;
        if (monotone <= limit_) {
            if (monotone + grown.sending <= limit_) {
                for (std::size_t used = 0; used + 1 < stages_; ++used) {
                    reach(at(next), used + 1, cpu_time(start_, used), static_cast<int>(start_));
                }
            }
            grow_block(next, unit + 1, grown);
        }
        without(unit);
    }
}

Verdict BlockProgramme::decide(double limit) {
    limit_ = limit * (1 + kSumRounding);
    cpu_limit_ = static_cast<double>(units_.cpus) * limit_;
    accelerator_time_ = work_.relief(limit_);
    if (accelerator_time_ == kNowhere) {
        return Verdict::kImpossible;
    }
    cpu_time_.assign(ideals_.count() * stages_, kNowhere);
    from_.assign(ideals_.count() * stages_, 0);
    cpu_time(0, 0) = 0;
    for (start_ = 0; start_ < ideals_.count(); ++start_) {
        bool alive = false, block_left = false;
        for (std::size_t used = 0; used < stages_; ++used) {
            if (cpu_time(start_, used) < kNowhere && is_hopeless(start_, used)) {
                cpu_time(start_, used) = kNowhere;
            }
            alive = alive || cpu_time(start_, used) < kNowhere;
            block_left = block_left || (cpu_time(start_, used) < kNowhere && used + 1 < stages_);
        }
        if (alive) {
            grow_cpu(start_);
        }
        if (block_left) {
            grow_block(static_cast<int>(start_), 0, {});
        }
        if (steps_left_ == 0) {
            return Verdict::kUnknown;
        }
    }
    const auto* last = &cpu_time(ideals_.count() - 1, 0);
    return std::any_of(last, last + stages_, [](double time) { return time < kNowhere; }) ? Verdict::kPossible
                                                                                          : Verdict::kImpossible;
}

UnitDevices BlockProgramme::devices() const {
    UnitDevices devices(units_.count(), kOnCpu);
    std::size_t ideal = ideals_.count() - 1;
    const double* last = &cpu_time_[ideal * stages_];
    auto used = static_cast<std::size_t>(std::min_element(last, last + stages_) - last);
    std::vector<bool> held = ideals_.members(ideal, units_.count());
    while (ideal != 0) {
        const int from = from_[ideal * stages_ + used];
        const auto before = at(from < 0 ? -1 - from : from);
        used -= from < 0 ? 0 : 1;
        std::vector<bool> held_before = ideals_.members(before, units_.count());
        for (std::size_t unit = 0; unit < units_.count(); ++unit) {
            if (held[unit] && !held_before[unit]) {
                devices[unit] = from < 0 ? kOnCpu : static_cast<int>(used);
            }
        }
        held = std::move(held_before);
        ideal = before;
    }
    return devices;
}

}  // namespace berth
