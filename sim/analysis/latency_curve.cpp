// Latency as a function of input length: the stage is re-evaluated with other tokens and buckets.
#include "berth/analysis/latency_curve.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "analysis/crossing_search.h"
#include "berth/evaluation/evaluation.h"
#include "berth/hardware/runtimes.h"

namespace berth {

namespace {

constexpr std::int64_t kLengthStep = 16;    // lengths are multiples of this
constexpr std::int64_t kMostPoints = 32;    // per curve
constexpr std::int64_t kAlwaysShown = 512;  // lengths up to this are included if the model accepts them

std::int64_t longest_of_stage(const ModelStage& stage) {
    std::int64_t longest = stage.buckets.empty() ? 0 : stage.buckets.back();
    for (const TokenShare& length : stage.tokens) {
        longest = std::max(longest, length.tokens);
    }
    return longest;
}

// Lengths in ascending order, up to the longest one considered.
std::vector<std::int64_t> lengths_of(const ModelStage& stage) {
    std::int64_t last = std::max(kAlwaysShown, 2 * longest_of_stage(stage));
    if (const auto limit = longest_input(stage.model)) {
        last = std::min(last, *limit - (stage.generation ? stage.generation->new_tokens : 0));
    }
    const std::int64_t granules = (last + kLengthStep * kMostPoints - 1) / (kLengthStep * kMostPoints);
    const std::int64_t step = kLengthStep * std::max<std::int64_t>(1, granules);
    std::vector<std::int64_t> lengths;
    for (std::int64_t tokens = step; tokens < last; tokens += step) {
        lengths.push_back(tokens);
    }
    lengths.push_back(last);
    return lengths;
}

// Latency of one pass with exactly `tokens` tokens on the device.
std::optional<Estimate<Time>> pass_of(ModelStage stage, std::int64_t tokens, const Profile& profile, DeviceId device) {
    stage.tokens = {{tokens, 1}};
    if (stage.generation) {
        stage.generation->prompt = tokens;
        stage.generation->longest = 0;
    }
    Diagnostics why_not;
    const auto candidate = evaluate_on(profile, stage, device, why_not);
    return candidate ? std::optional(candidate->latency) : std::nullopt;
}

// Points of a graph instantiated for exactly these lengths on the device; empty if it cannot run.
std::vector<LatencyCurve::Point> points_at(const std::vector<std::int64_t>& lengths, const ModelStage& stage,
                                           const Profile& profile, DeviceId device) {
    ModelStage exact = stage;
    exact.buckets.clear();
    std::vector<LatencyCurve::Point> points;
    for (const std::int64_t tokens : lengths) {
        const auto latency = pass_of(exact, tokens, profile, device);
        if (!latency) {
            return {};
        }
        points.push_back({tokens, *latency});
    }
    return points;
}

std::int64_t dominant_length(const ModelStage& stage) {
    return std::max_element(stage.tokens.begin(), stage.tokens.end(),
                            [](const TokenShare& a, const TokenShare& b) { return a.share < b.share; })
        ->tokens;
}

// Lengths at which both curves have a point, or a step.
std::set<std::int64_t> lengths_to_compare(const LatencyCurve& first, const LatencyCurve& second) {
    const auto start = [](const LatencyCurve& curve) {
        return curve.steps ? std::int64_t{1} : curve.points.front().tokens;
    };
    std::set<std::int64_t> lengths;
    if (first.points.empty() || second.points.empty()) {
        return lengths;
    }
    const std::int64_t from = std::max(start(first), start(second));
    const std::int64_t to = std::min(first.points.back().tokens, second.points.back().tokens);
    for (const LatencyCurve* curve : {&first, &second}) {
        for (const LatencyCurve::Point& point : curve->points) {
            lengths.insert(point.tokens);
            lengths.insert(curve->steps ? point.tokens + 1 : point.tokens);
        }
    }
    lengths.insert({from, to});
    std::erase_if(lengths, [&](std::int64_t tokens) { return tokens < from || tokens > to; });
    return lengths;
}

void add_crossings(std::size_t i, std::size_t j, const std::vector<LatencyCurve>& curves, const CurveLatency& latency,
                   std::vector<CurveCrossing>& found) {
    const auto at = [&](std::size_t curve, std::int64_t tokens) {
        const auto& points = curves[curve].points;
        const auto point = std::ranges::lower_bound(points, tokens, {}, &LatencyCurve::Point::tokens);
        const bool known = curves[curve].steps || (point != points.end() && point->tokens == tokens);
        return known ? point->latency.median : latency(curve, tokens);
    };
    const auto first_wins = [&](double tokens) {
        const auto whole = static_cast<std::int64_t>(tokens);
        return at(i, whole) <= at(j, whole);
    };
    std::optional<std::pair<std::int64_t, bool>> before;
    for (const std::int64_t tokens : lengths_to_compare(curves[i], curves[j])) {
        const bool first = first_wins(static_cast<double>(tokens));
        if (before && before->second != first) {
            const double above =
                narrowed(static_cast<double>(before->first), static_cast<double>(tokens), true, [&](double value) {
                    return first_wins(value) == before->second;
                }).second;
            const auto from = static_cast<std::int64_t>(above);
            found.push_back({i, j, from, std::min(at(i, from), at(j, from)), !first});
        }
        before = {tokens, first};
    }
}

}  // namespace

std::vector<CurveCrossing> curve_crossings(const std::vector<LatencyCurve>& curves, const CurveLatency& latency) {
    std::vector<CurveCrossing> found;
    for (std::size_t i = 0; i < curves.size(); ++i) {
        for (std::size_t j = i + 1; j < curves.size(); ++j) {
            if (!curves[i].proposed && !curves[j].proposed) {
                add_crossings(i, j, curves, latency, found);
            }
        }
    }
    return found;
}

TokenCurves latency_curves(const Stage& stage, const Profile& profile) {
    TokenCurves result;
    result.stage = stage.name;
    const auto* work = std::get_if<ModelStage>(&stage.work);
    if (work == nullptr) {
        return result;
    }
    const Profile& own = under(profile, work->runtime);
    result.actual_tokens = dominant_length(*work);
    const std::vector<std::int64_t> lengths = lengths_of(*work);
    std::vector<std::int64_t> from_one = lengths;
    if (from_one.front() > 1) {
        from_one.insert(from_one.begin(), 1);
    }
    std::vector<DeviceId> devices;  // devices of the curves
    for (std::size_t d = 0; d < own.devices.size(); ++d) {
        const Device& device = own.devices[d];
        const bool padded = device.runtime.shapes == ShapeRule::kStatic && !work->buckets.empty();
        const auto id = static_cast<DeviceId>(d);
        auto points = points_at(padded ? lengths : from_one, *work, profile, id);
        if (points.empty()) {
            continue;
        }
        devices.resize(result.curves.size() + (padded ? 2 : 1), id);
        if (padded) {
            result.curves.push_back({device.name, true, false, points_at(work->buckets, *work, profile, id)});
        }
        const std::string name =
            padded ? fmt::format("{} (a bucket every {})", device.name, lengths.front()) : device.name;
        result.curves.push_back({name, padded, padded, std::move(points)});
    }
    result.crossings = curve_crossings(result.curves, [&](std::size_t curve, std::int64_t tokens) {
        const auto latency = pass_of(*work, tokens, profile, devices[curve]);
        return latency ? latency->median : result.curves[curve].points.back().latency.median;
    });
    return result;
}

std::vector<TokenCurves> latency_curves(const Scenario& scenario,
                                        const std::function<void(const std::string& stage)>& begins) {
    std::vector<TokenCurves> curves;
    for (const Stage& stage : scenario.stages) {
        if (std::holds_alternative<ModelStage>(stage.work)) {
            if (begins) {
                begins(stage.name);
            }
            curves.push_back(latency_curves(stage, scenario.profile));
        }
    }
    return curves;
}

}  // namespace berth
