// A small simplex tableau, and integer rounding with local search.
#include "placement/least_load.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace berth {

namespace {

constexpr double kZero = 1e-11;
constexpr double kEqual = 1e-9;      // relative tolerance between loads
constexpr double kFewWays = 20'000;  // combinations up to which all are enumerated
constexpr std::int64_t kMostMoves = 1'000;

/// Minimises t, where the shares x of each task sum to 1 and each resource has a load of at most t. Columns: shares by
/// task, t, slack of each resource; rows: resources, tasks. The last column is the right-hand side, the last row the
/// objective.
class Tableau {
  public:
    Tableau(std::span<const LoadTask> tasks, std::span<const Time> base)
        : resources_(base.size()), rows_(base.size() + tasks.size() + 1), scale_(0) {
        for (const LoadTask& task : tasks) {
            first_.push_back(variables_);
            variables_ += task.choices.size();
        }
        columns_ = variables_ + 1 + resources_ + 1;
        cells_.assign(rows_ * columns_, 0);
        scale_ = starting_load(tasks, base);
        for (std::size_t r = 0; r < resources_; ++r) {
            cell(r, variables_) = -1;
            cell(r, variables_ + 1 + r) = 1;
            cell(r, columns_ - 1) = -in_seconds(base[r]) / scale_;
        }
        for (std::size_t s = 0; s < tasks.size(); ++s) {
            for (std::size_t c = 0; c < tasks[s].choices.size(); ++c) {
                for (std::size_t r = 0; r < resources_; ++r) {
                    cell(r, first_[s] + c) =
                        in_seconds(tasks[s].choices[c].load.at(r)) * static_cast<double>(tasks[s].passes) / scale_;
                }
                cell(resources_ + s, first_[s] + c) = 1;
            }
            cell(resources_ + s, columns_ - 1) = 1;
        }
        cell(rows_ - 1, variables_) = 1;
        start(tasks.size());
    }

    LoadStatus minimise(int most_pivots) {
        for (int pivots = 0;; ++pivots) {
            const std::size_t column = static_cast<std::size_t>(pivots) < columns_ ? steepest() : first_descending();
            if (column + 1 == columns_) {
                return LoadStatus::kOptimal;
            }
            const std::size_t row = leaving(column);
            // can be unbounded only through rounding, since loads are non-negative
            if (row == rows_ || pivots == most_pivots) {
                return LoadStatus::kStopped;
            }
            pivot(row, column);
        }
    }

    [[nodiscard]] LoadShares answer(std::span<const LoadTask> tasks) const {
        std::vector<double> values(columns_, 0);
        for (std::size_t r = 0; r + 1 < rows_; ++r) {
            values[basis_[r]] = cell(r, columns_ - 1);
        }
        LoadShares result;
        result.load = seconds(values[variables_] * scale_);
        for (std::size_t s = 0; s < tasks.size(); ++s) {
            auto& shares = result.shares.emplace_back();
            for (std::size_t c = 0; c < tasks[s].choices.size(); ++c) {
                shares.push_back(std::max(0.0, values[first_[s] + c]));
            }
        }
        double sum = 0;
        for (std::size_t r = 0; r < resources_; ++r) {
            result.prices.push_back(std::max(0.0, cell(rows_ - 1, variables_ + 1 + r)));
            sum += result.prices.back();
        }
        // Where the optimum is no load at all, nothing has a price, and any prices prove it.
        for (double& price : result.prices) {
            price = sum > 0 ? price / sum : 1 / static_cast<double>(resources_);
        }
        return result;
    }

  private:
    double& cell(std::size_t row, std::size_t column) { return cells_[row * columns_ + column]; }
    [[nodiscard]] double cell(std::size_t row, std::size_t column) const { return cells_[row * columns_ + column]; }

    // Entering column by Dantzig's rule (1951), the steepest descent: few pivots, but it may cycle. The last column:
    // the tableau is optimal.
    [[nodiscard]] std::size_t steepest() const {
        std::size_t column = columns_ - 1;
        double most = -kZero;
        for (std::size_t c = 0; c + 1 < columns_; ++c) {
            if (cell(rows_ - 1, c) < most) {
                most = cell(rows_ - 1, c);
                column = c;
            }
        }
        return column;
    }

    // Entering column by Bland's rule (1977), the first that descends, which cannot cycle.
    [[nodiscard]] std::size_t first_descending() const {
        std::size_t column = 0;
        while (column + 1 < columns_ && cell(rows_ - 1, column) > -kZero) {
            ++column;
        }
        return column;
    }

    // Leaving row by the ratio test; the number of rows if the column is unbounded.
    [[nodiscard]] std::size_t leaving(std::size_t column) const {
        std::size_t row = rows_;
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t r = 0; r + 1 < rows_; ++r) {
            if (cell(r, column) > kZero) {
                const double ratio = cell(r, columns_ - 1) / cell(r, column);
                const bool first_of_equal = row < rows_ && ratio == least && basis_[r] < basis_[row];
                if (ratio < least || first_of_equal) {
                    least = ratio;
                    row = r;
                }
            }
        }
        return row;
    }

    // Loads of the initial basis, in which every task uses its first choice.
    static std::vector<double> first_loads(std::span<const LoadTask> tasks, std::span<const Time> base) {
        std::vector<double> loads;
        for (std::size_t r = 0; r < base.size(); ++r) {
            double load = in_seconds(base[r]);
            for (const LoadTask& task : tasks) {
                load += in_seconds(task.choices.front().load.at(r)) * static_cast<double>(task.passes);
            }
            loads.push_back(load);
        }
        return loads;
    }

    double starting_load(std::span<const LoadTask> tasks, std::span<const Time> base) {
        const std::vector<double> loads = first_loads(tasks, base);
        const auto busiest = std::ranges::max_element(loads);
        busiest_ = static_cast<std::size_t>(busiest - loads.begin());
        return *busiest > 0 ? *busiest : 1;
    }

    void start(std::size_t tasks) {
        basis_.resize(rows_ - 1);
        for (std::size_t r = 0; r < resources_; ++r) {
            basis_[r] = variables_ + 1 + r;
        }
        for (std::size_t s = 0; s < tasks; ++s) {
            pivot(resources_ + s, first_[s]);
        }
        pivot(busiest_, variables_);
    }

    void pivot(std::size_t row, std::size_t column) {
        const double by = cell(row, column);
        for (std::size_t c = 0; c < columns_; ++c) {
            cell(row, c) /= by;
        }
        for (std::size_t r = 0; r < rows_; ++r) {
            const double factor = cell(r, column);
            if (r != row && factor != 0) {
                for (std::size_t c = 0; c < columns_; ++c) {
                    cell(r, c) -= factor * cell(row, c);
                }
            }
        }
        basis_[row] = column;
    }

    std::size_t resources_, rows_, columns_ = 0, variables_ = 0, busiest_ = 0;
    double scale_;
    std::vector<std::size_t> first_, basis_;
    std::vector<double> cells_;
};

/// Quality of counts, ordered by bottleneck load, then by latency.
struct Worth {
    Time load, latency;
    [[nodiscard]] bool better_than(const Worth& other) const {
        const double rounding = kEqual * in_seconds(other.load);
        const double less = in_seconds(other.load - load);
        return less > rounding || (less >= -rounding && latency < other.latency * (1 - kEqual));
    }
};

class PassSearch {
  public:
    PassSearch(std::span<const LoadTask> tasks, std::span<const Time> base) : tasks_(tasks), base_(base) {}

    [[nodiscard]] Worth worth(const PassCounts& counts) const {
        Worth result;
        for (const Time load : load_of(tasks_, base_, counts)) {
            result.load = std::max(result.load, load);
        }
        for (std::size_t s = 0; s < counts.size(); ++s) {
            for (std::size_t c = 0; c < counts[s].size(); ++c) {
                result.latency += tasks_[s].choices[c].latency * static_cast<double>(counts[s][c]);
            }
        }
        return result;
    }

    [[nodiscard]] bool few() const {
        double ways = 1;
        for (const LoadTask& task : tasks_) {
            for (std::size_t c = 1; c < task.choices.size(); ++c) {  // combinations with repetition
                ways *= (static_cast<double>(task.passes) + static_cast<double>(c)) / static_cast<double>(c);
            }
        }
        return ways <= kFewWays;
    }

    // Enumerates all distributions of the `left` passes of task `s` over its choices from `c` on, and of all later
    // tasks.
    void try_all(PassCounts& counts, std::size_t s, std::size_t c, std::int64_t left, PassCounts& best) const {
        if (s == tasks_.size()) {
            if (worth(counts).better_than(worth(best))) {
                best = counts;
            }
            return;
        }
        if (c + 1 == tasks_[s].choices.size()) {
            counts[s][c] = left;
            try_all(counts, s + 1, 0, s + 1 < tasks_.size() ? tasks_[s + 1].passes : 0, best);
            return;
        }
        for (std::int64_t passes = 0; passes <= left; ++passes) {
            counts[s][c] = passes;
            try_all(counts, s, c + 1, left - passes, best);
        }
    }

    void improve(PassCounts& counts) const {
        Worth now = worth(counts);
        for (std::int64_t moves = 0; moves < kMostMoves; ++moves) {
            const Worth before = now;
            for (std::size_t s = 0; s < counts.size(); ++s) {
                move_passes(counts, s, now);
            }
            if (!now.better_than(before)) {
                return;
            }
        }
    }

  private:
    void move_passes(PassCounts& counts, std::size_t s, Worth& now) const {
        for (std::size_t from = 0; from < counts[s].size(); ++from) {
            for (std::size_t to = 0; to < counts[s].size(); ++to) {
                if (from == to || counts[s][from] == 0) {
                    continue;
                }
                --counts[s][from];
                ++counts[s][to];
                if (const Worth then = worth(counts); then.better_than(now)) {
                    now = then;
                } else {
                    ++counts[s][from];
                    --counts[s][to];
                }
            }
        }
    }

    std::span<const LoadTask> tasks_;
    std::span<const Time> base_;
};

// Largest-remainder rounding of shares to whole passes.
PassCounts rounded(std::span<const LoadTask> tasks, const LoadShares& shares) {
    PassCounts counts;
    for (std::size_t s = 0; s < tasks.size(); ++s) {
        auto& own = counts.emplace_back();
        std::vector<double> cut;
        for (const double share : shares.shares[s]) {
            const double passes = share * static_cast<double>(tasks[s].passes);
            own.push_back(static_cast<std::int64_t>(std::floor(passes + kEqual)));
            cut.push_back(passes - static_cast<double>(own.back()));
        }
        for (auto left = tasks[s].passes - std::reduce(own.begin(), own.end()); left != 0; left -= left > 0 ? 1 : -1) {
            const auto place = left > 0 ? std::ranges::max_element(cut) : std::ranges::min_element(cut);
            own[static_cast<std::size_t>(place - cut.begin())] += left > 0 ? 1 : -1;
            *place += left > 0 ? -1 : 1;
        }
    }
    return counts;
}

}  // namespace

LoadShares least_load(std::span<const LoadTask> tasks, std::span<const Time> base, int most_pivots) {
    if (base.empty() || std::ranges::any_of(tasks, [](const LoadTask& task) { return task.choices.empty(); })) {
        throw std::logic_error("loads of nothing, or a task without a way to run");
    }
    Tableau tableau(tasks, base);
    const LoadStatus status = tableau.minimise(most_pivots);
    LoadShares shares = tableau.answer(tasks);
    shares.status = status;
    return shares;
}

Time priced(std::span<const Time> load, std::span<const double> prices) {
    Time sum;
    for (std::size_t r = 0; r < load.size(); ++r) {
        sum += load[r] * prices[r];
    }
    return sum;
}

PassCounts whole_passes(std::span<const LoadTask> tasks, std::span<const Time> base, const LoadShares& shares) {
    const PassSearch search(tasks, base);
    PassCounts best = rounded(tasks, shares);
    if (!tasks.empty() && search.few()) {
        PassCounts counts = best;
        search.try_all(counts, 0, 0, tasks.front().passes, best);
    } else {
        search.improve(best);
    }
    return best;
}

std::vector<Time> load_of(std::span<const LoadTask> tasks, std::span<const Time> base, const PassCounts& counts) {
    std::vector<Time> loads(base.begin(), base.end());
    for (std::size_t s = 0; s < tasks.size(); ++s) {
        for (std::size_t c = 0; c < tasks[s].choices.size(); ++c) {
            for (std::size_t r = 0; r < loads.size() && counts[s][c] > 0; ++r) {
                loads[r] += tasks[s].choices[c].load[r] * static_cast<double>(counts[s][c]);
            }
        }
    }
    return loads;
}

}  // namespace berth
