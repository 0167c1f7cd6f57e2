// Sampling plans, and values of axes at their points.
#include "berth/sampling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <string>
#include <unordered_map>

#include "berth/crossover.h"
#include "berth/quantity_text.h"

namespace berth {

namespace {

constexpr unsigned kBits = 32;

/// Of a dimension beyond the first: degree and inner coefficients of its primitive polynomial, and first odd numbers.
struct SobolDimension {
    unsigned degree, coefficients;
    std::array<std::uint32_t, 6> first;
};
// new-joe-kuo-6.21201, dimensions 2 to 16 (S. Joe and F. Y. Kuo, SIAM J. Sci. Comput. 30, 2008).
constexpr std::array<SobolDimension, kMostSobolDimensions - 1> kDimensions{{
    {1, 0, {1}},
    {2, 1, {1, 3}},
    {3, 1, {1, 3, 1}},
    {3, 2, {1, 1, 1}},
    {4, 1, {1, 1, 3, 3}},
    {4, 4, {1, 3, 5, 13}},
    {5, 2, {1, 1, 5, 5, 17}},
    {5, 4, {1, 1, 5, 5, 5}},
    {5, 7, {1, 1, 7, 11, 19}},
    {5, 11, {1, 1, 5, 1, 1}},
    {5, 13, {1, 1, 1, 3, 11}},
    {5, 14, {1, 3, 5, 5, 31}},
    {6, 1, {1, 3, 3, 9, 7, 49}},
    {6, 13, {1, 1, 1, 15, 21, 21}},
    {6, 16, {1, 3, 1, 13, 27, 49}},
}};

std::array<std::uint32_t, kBits> direction_numbers(std::size_t dimension) {
    std::array<std::uint32_t, kBits> direction{};
    if (dimension == 0) {
        for (unsigned i = 0; i < kBits; ++i) {
            direction[i] = 1U << (kBits - 1 - i);
        }
        return direction;
    }
    const SobolDimension& one = kDimensions.at(dimension - 1);
    for (unsigned i = 0; i < kBits; ++i) {
        if (i < one.degree) {
            direction[i] = one.first[i] << (kBits - 1 - i);
            continue;
        }
        direction[i] = direction[i - one.degree] ^ (direction[i - one.degree] >> one.degree);
        for (unsigned k = 1; k < one.degree; ++k) {
            if ((one.coefficients >> (one.degree - 1 - k) & 1U) != 0) {
                direction[i] ^= direction[i - k];
            }
        }
    }
    return direction;
}

std::vector<double> sobol_coordinates(const Sampling& sampling, std::size_t dimension, std::mt19937_64& random) {
    const auto direction = direction_numbers(dimension);
    const auto shift = static_cast<std::uint32_t>(random());
    std::vector<double> coordinates;
    std::uint32_t at = 0;
    for (std::size_t i = 0; i < sampling.points; ++i) {
        coordinates.push_back(std::ldexp(static_cast<double>(at ^ shift), -static_cast<int>(kBits)));
        unsigned lowest_zero = 0;
        for (std::size_t n = i; (n & 1U) != 0; n >>= 1U) {
            ++lowest_zero;
        }
        at ^= direction.at(lowest_zero);
    }
    return coordinates;
}

std::vector<double> latin_coordinates(const Sampling& sampling, std::mt19937_64& random) {
    std::vector<std::size_t> strata(sampling.points);
    std::iota(strata.begin(), strata.end(), std::size_t{0});
    for (std::size_t i = strata.size(); i > 1; --i) {  // std::shuffle may differ from library to library
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
