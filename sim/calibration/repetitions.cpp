// Repetitions: rows of one work, which a fit counts once.
#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "berth/base/statistics.h"
#include "calibration/fit_rows.h"

namespace berth {

namespace {

bool same_work(const FitRow& a, const FitRow& b) {
    return a.kernels == b.kernels && a.handovers == b.handovers && a.calls == b.calls;
}

// Median of the repetitions, which one disturbed run does not move, and its standard error from their median absolute
// deviation.
void summarise_repetitions(FitRow& row) {
    std::vector<double> logs;
    for (const Time time : row.times) {
        logs.push_back(std::log(in_seconds(time)));
    }
    const double middle = median(logs).value_or(0);
    for (double& log : logs) {
        log = std::abs(log - middle);
    }
    constexpr double kOfNormal = 1.4826;  // standard deviations in a median absolute deviation
    row.measured = seconds(std::exp(middle));
    row.noise = kOfNormal * median(logs).value_or(0) / std::sqrt(static_cast<double>(logs.size()));
}

}  // namespace

std::vector<std::size_t> first_of_same_work(std::span<const FitRow> rows) {
    std::vector<std::size_t> first;
    std::map<std::size_t, std::vector<std::size_t>> distinct;  // by block
    for (std::size_t i = 0; i < rows.size(); ++i) {
        std::vector<std::size_t>& before = distinct[rows[i].block];
        const auto alike =
            std::ranges::find_if(before, [&](std::size_t other) { return same_work(rows[other], rows[i]); });
        first.push_back(alike == before.end() ? i : *alike);
        if (first.back() == i) {
            before.push_back(i);
        }
    }
    return first;
}

std::vector<FitRow> without_repetitions(std::span<const FitRow> rows) {
    const std::vector<std::size_t> first = first_of_same_work(rows);
    std::map<std::pair<std::size_t, std::string>, std::size_t> place;  // of a work within a network
    std::vector<FitRow> distinct;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto [found, fresh] = place.try_emplace({first[i], rows[i].network}, distinct.size());
        if (fresh) {
            distinct.push_back(rows[i]);
        } else {
            distinct[found->second].times.push_back(rows[i].measured);
        }
    }
    for (FitRow& row : distinct) {
        if (row.times.size() > 1) {  // a single time stays as it is, to the last digit
            summarise_repetitions(row);
        }
    }
    return distinct;
}

}  // namespace berth
