// Sampling plans, and axis values at their points.
#include "berth/analysis/sampling.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/random/sobol.hpp>
#include <cmath>
#include <numeric>
#include <random>
#include <string>
#include <unordered_map>

#include "berth/analysis/crossover.h"
#include "berth/base/quantity_text.h"

namespace berth {

namespace {

// Coordinates of one dimension of a Sobol sequence. Boost's table holds the direction numbers of Joe and Kuo
// (new-joe-kuo-6.21201). The engine generates all dimensions up to the requested one, and starts after the all-zero
// point.
std::vector<double> sobol_coordinates(const Sampling& sampling, std::size_t dimension, std::mt19937_64& random) {
    constexpr int kBits = 32;
    boost::random::sobol_engine<std::uint32_t, kBits> sequence(dimension + 1);
    const auto shift = static_cast<std::uint32_t>(random());
    std::vector<std::uint32_t> point(dimension + 1);
    std::vector<double> coordinates;
    coordinates.reserve(sampling.points);
    while (coordinates.size() < sampling.points) {
        coordinates.push_back(std::ldexp(static_cast<double>(point.back() ^ shift), -kBits));
        sequence.generate(point.begin(), point.end());
    }
    return coordinates;
}

std::vector<double> latin_coordinates(const Sampling& sampling, std::mt19937_64& random) {
    std::vector<std::size_t> strata(sampling.points);
    std::iota(strata.begin(), strata.end(), std::size_t{0});
    // Fisher-Yates shuffle, since std::shuffle may differ between libraries
    for (std::size_t i = strata.size(); i > 1; --i) {
        std::swap(strata[i - 1], strata[random() % i]);
    }
    std::vector<double> coordinates;
    for (const std::size_t stratum : strata) {
        const double within = std::ldexp(static_cast<double>(random() >> 11U), -53);
        const double at = (static_cast<double>(stratum) + within) / static_cast<double>(sampling.points);
        coordinates.push_back(std::min(at, std::nextafter(1.0, 0.0)));
    }
    return coordinates;
}

double value_at(const SweepRange& range, double coordinate) {
    if (range.whole) {
        return std::min(range.to, std::floor(range.from + coordinate * (range.to - range.from + 1)));
    }
    return range.wide() ? range.from * std::pow(range.to / range.from, coordinate)
                        : range.from + coordinate * (range.to - range.from);
}

}  // namespace

std::optional<Sampling> parse_sampling(std::string_view text, std::uint64_t seed, std::size_t most,
                                       Diagnostics& diagnostics) {
    const std::size_t colon = text.find(':');
    const auto plan = choice_named(kSamplingPlanNames, text.substr(0, colon));
    const auto points =
        colon == std::string_view::npos ? std::nullopt : parse_number(std::string(text.substr(colon + 1)));
    if (!plan || !points || *points < 1 || *points != std::floor(*points)) {
        diagnostics.error(SourceLocation("--sample"), fmt::format("'{}' is no sample", text),
                          "lhs:N or sobol:N, with a number of points");
        return std::nullopt;
    }
    if (*points > static_cast<double>(most)) {
        diagnostics.error(SourceLocation("--sample"), "there are more points than asked for",
                          fmt::format("at most {}; --max-points raises it", most));
        return std::nullopt;
    }
    return Sampling{*plan, static_cast<std::size_t>(*points), seed};
}

std::vector<double> sample_coordinates(const Sampling& sampling, std::size_t dimension) {
    std::mt19937_64 random(sampling.seed * 0x9E3779B97F4A7C15U + dimension);
    return sampling.plan == SamplingPlan::kSobol ? sobol_coordinates(sampling, dimension, random)
                                                 : latin_coordinates(sampling, random);
}

std::optional<SweepAxis> sampled_axis(std::string_view text, const std::vector<double>& coordinates,
                                      Diagnostics& diagnostics) {
    std::unordered_map<std::string, std::uint32_t> known;
    SweepAxis axis;
    const auto take = [&](std::string value) {
        const auto [found, is_new] = known.emplace(value, static_cast<std::uint32_t>(axis.values.size()));
        if (is_new) {
            axis.values.push_back(std::move(value));
        }
        axis.order.push_back(found->second);
    };
    if (text.find(':') == std::string_view::npos) {
        const auto list = parse_axis(text, coordinates.size(), diagnostics);
        if (!list) {
            return std::nullopt;
        }
        axis.path = list->path;
        for (const double at : coordinates) {
            take(list->values[static_cast<std::size_t>(at * static_cast<double>(list->values.size()))]);
        }
        return axis;
    }
    const auto range = parse_range(text, diagnostics);
    if (!range) {
        return std::nullopt;
    }
    axis.path = range->path;
    for (const double at : coordinates) {
        take(range->text(value_at(*range, at)));
    }
    return axis;
}

}  // namespace berth
