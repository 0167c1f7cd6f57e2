// Enumerates ideals by size: each ideal is extended by every unit whose predecessors it holds.
#include "placement/costed/ideals.h"

#include <algorithm>
#include <cstdint>
#include <unordered_set>

#include "base/index.h"

namespace berth {

namespace {

constexpr std::size_t kWordBits = 64;
constexpr std::size_t kMostUnits = 4096;

double time_of(const Units& units, std::size_t unit) { return units.fast[unit] < kNowhere ? units.fast[unit] : 0.0; }

double total_time(const Units& units) {
    double total = 0;
    for (std::size_t unit = 0; unit < units.count(); ++unit) {
        total += time_of(units, unit);
    }
    return total;
}

/// Pool of unit sets as bit vectors, indexed by content.
class SetPool {
  public:
    explicit SetPool(std::size_t units)
        : words_((units + kWordBits - 1) / kWordBits), index_(0, Hash{this}, Same{this}) {}

    [[nodiscard]] const std::uint64_t* bits(int set) const { return bits_.data() + at(set) * words_; }
    [[nodiscard]] bool has(int set, int unit) const {
        return (bits(set)[at(unit) / kWordBits] >> (at(unit) % kWordBits) & 1U) != 0;
    }

    void add_empty() {
        bits_.resize(words_);
        index_.insert(0);
        count_ = 1;
    }

    /// The set extended by `unit`, and whether it is new.
    std::pair<int, bool> grown(int set, int unit) {
        const int next = static_cast<int>(count_);
        bits_.resize((count_ + 1) * words_);
        std::copy_n(bits(set), words_, bits_.data() + count_ * words_);
        bits_[count_ * words_ + at(unit) / kWordBits] |= std::uint64_t{1} << (at(unit) % kWordBits);
        const auto [found, is_new] = index_.insert(next);
        count_ += is_new ? 1 : 0;
        return {*found, is_new};
    }

    [[nodiscard]] std::size_t count() const { return count_; }

  private:
    struct Hash {
        const SetPool* pool;
        std::size_t operator()(int set) const {
            std::uint64_t hash = 0x9e3779b97f4a7c15U;
            for (std::size_t word = 0; word < pool->words_; ++word) {
                hash = (hash ^ pool->bits(set)[word]) * 0xff51afd7ed558ccdU;
                hash ^= hash >> 32U;
            }
            return hash;
        }
    };
    struct Same {
        const SetPool* pool;
        bool operator()(int a, int b) const {
            return std::equal(pool->bits(a), pool->bits(a) + pool->words_, pool->bits(b));
        }
    };

    std::size_t words_, count_ = 0;
    std::vector<std::uint64_t> bits_;
    std::unordered_set<int, Hash, Same> index_;
};

}  // namespace

std::vector<bool> Ideals::members(std::size_t ideal, std::size_t units) const {
    std::vector<bool> held(units, false);
    while (ideal != 0) {
        held[at(origin[ideal].unit)] = true;
        ideal = at(origin[ideal].ideal);
    }
    return held;
}

std::optional<Ideals> all_ideals(const Units& units, std::size_t most) {
    if (units.count() > kMostUnits) {
        return std::nullopt;
    }
    SetPool pool(units.count());
    pool.add_empty();
    Ideals ideals;
    ideals.remaining.push_back(total_time(units));
    ideals.origin.emplace_back();
    std::vector<std::vector<int>> ready(1);  // [ideal] units that can extend it, kept until it has been extended
    for (std::size_t unit = 0; unit < units.count(); ++unit) {
        if (units.predecessors[unit].empty()) {
            ready[0].push_back(static_cast<int>(unit));
        }
    }
    for (std::size_t ideal = 0; ideal < pool.count(); ++ideal) {
        ideals.first.push_back(ideals.growths.size());
        const std::vector<int> growing = std::move(ready[ideal]);
        for (const int unit : growing) {
            const auto [next, is_new] = pool.grown(static_cast<int>(ideal), unit);
            ideals.growths.push_back({unit, next});
            if (!is_new) {
                continue;
            }
            if (pool.count() > most) {
                return std::nullopt;
            }
            ideals.remaining.push_back(ideals.remaining[ideal] - time_of(units, at(unit)));
            ideals.origin.push_back({unit, static_cast<int>(ideal)});
            std::vector<int>& then = ready.emplace_back(growing);
            std::erase(then, unit);
            for (const int successor : units.successors[at(unit)]) {
                const auto is_held = [&, held = next](int before) { return pool.has(held, before); };
                if (std::ranges::all_of(units.predecessors[at(successor)], is_held)) {
                    then.push_back(successor);
                }
            }
            std::ranges::sort(then);
        }
    }
    ideals.first.push_back(ideals.growths.size());
    return ideals;
}

Ideals prefixes(const Units& units) {
    Ideals ideals;
    double remaining = total_time(units);
    ideals.origin.emplace_back();
    for (std::size_t unit = 0; unit < units.count(); ++unit) {
        ideals.origin.push_back({static_cast<int>(unit), static_cast<int>(unit)});
        ideals.first.push_back(unit);
        ideals.growths.push_back({static_cast<int>(unit), static_cast<int>(unit) + 1});
        ideals.remaining.push_back(remaining);
        remaining -= time_of(units, unit);
    }
    ideals.first.push_back(units.count());
    ideals.first.push_back(units.count());
    ideals.remaining.push_back(remaining);
    return ideals;
}

}  // namespace berth
