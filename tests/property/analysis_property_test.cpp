// Laws of what-ifs: costing an existing plan again equals a complete evaluation, and no set of buckets is better than
// the best one.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "analysis/lowered_scenario.h"
#include "berth/analysis/buckets.h"
#include "berth/evaluation/evaluation.h"

namespace berth {
namespace {

const Scenario& loaded(const std::string& name, const std::vector<Override>& settings) {
    static std::map<std::string, Scenario> known;
    std::string key = name;
    for (const Override& setting : settings) {
        key += " " + setting.path + "=" + setting.value;
    }
    const auto found = known.find(key);
    if (found != known.end()) {
        return found->second;
    }
    Diagnostics diagnostics;
    auto scenario = load_scenario(Library{{BERTH_SOURCE_DIR}}, name, settings, diagnostics);
    if (!scenario) {
        throw std::runtime_error(diagnostics.text());
    }
    return known.emplace(key, std::move(*scenario)).first->second;
}

/// Changes up to four numbers of the profile to between an eighth and eight times their values. Capacities and limits
/// determine how a graph is lowered, so they are chosen often.
void change_numbers(Profile& profile) {
    const auto numbers = parameters(profile);
    const auto change = [](const ParameterView& number) {
        number.set(number.value * std::exp2(*rc::gen::inRange(-300, 301) / 100.0));
    };
    const auto count = *rc::gen::inRange(1, 5);
    for (int i = 0; i < count; ++i) {
        const ParameterView& number = numbers[*rc::gen::inRange<std::size_t>(0, numbers.size())];
        // A buffer that cannot hold a single row is refused by the profile reader.
        if (number.path.find("row_tile") == std::string::npos) {
            change(number);
        }
    }
    for (const ParameterView& number : numbers) {
        const bool decides = number.path.ends_with(".sram.capacity") || number.path.ends_with(".l3.capacity") ||
                             number.path.ends_with(".max_bytes");
        if (decides && *rc::gen::inRange(0, 12) == 0) {
            change(number);
        }
    }
}

void expect_counted(const Scenario& scenario, const LoweredScenario& layout) {
    std::vector<std::string> devices;
    for (const Device& device : scenario.profile.devices) {
        devices.push_back(device.name);
    }
    SweepPoint point;
    LoweredScenario::Scratch scratch;
    RC_ASSERT(layout.count(scenario.profile, point, scratch));
    Diagnostics diagnostics;
    const auto result = evaluate(scenario, diagnostics, {false, false, true});
    RC_ASSERT(result.has_value());
    const auto same = [](Time a, Time b) { return std::abs(a / b - 1) < 1e-11; };
    RC_ASSERT(same(*point.total, result->total.latency.median));
    RC_ASSERT(point.energy.has_value() == result->total.energy.has_value());
    RC_ASSERT(!point.energy || std::abs(*point.energy / *result->total.energy - 1) < 1e-9);
    for (std::size_t s = 0; s < result->stages.size(); ++s) {
        const StageResult& stage = result->stages[s];
        RC_ASSERT(point.stages[s].chosen == (stage.chosen ? stage.candidates[*stage.chosen].placement : ""));
        for (std::size_t d = 0; stage.chosen && d < devices.size(); ++d) {
            const Candidate& candidate = stage.candidates[d];
            RC_ASSERT(point.stages[s].on_device[d].has_value() == candidate.feasible);
            RC_ASSERT(!candidate.feasible || same(*point.stages[s].on_device[d], candidate.latency.median));
        }
    }
}

void expect_layouts(const Scenario& base) {
    std::vector<std::string> devices;
    for (const Device& device : base.profile.devices) {
        devices.push_back(device.name);
    }
    const auto layout = LoweredScenario::of(base, devices);
    RC_ASSERT(layout.has_value());
    RC_ASSERT(layout->holds(base.profile));
    Scenario changed = base;
    change_numbers(changed.profile);
    if (layout->holds(changed.profile)) {
        expect_counted(changed, *layout);
    } else {
        RC_TAG("laid out again");
    }
    if (const auto own = LoweredScenario::of(changed, devices)) {
        RC_ASSERT(own->holds(changed.profile));
        expect_counted(changed, *own);
    }
}

RC_GTEST_PROP(LoweredScenario, CountingIsEvaluating, ()) {
    const auto name = *rc::gen::element<std::string>("rag-rk3588", "rag-rk3588-short-question",
                                                     "rag-rk3588-three-cores", "rag-rk3588-mixed-precision");
    std::vector<Override> settings{
        {"stages.rerank.granularity", *rc::gen::element<std::string>("model", "operator", "operator")},
        {"stages.rerank.tokens", *rc::gen::element<std::string>("1", "122", "{from: 100, to: 140}")},
        {"stages.rerank.buckets", "[64, 128, 256]"}};
    if (settings[1].value.starts_with("{")) {
        settings[0].value = "model";
    }
    if (*rc::gen::inRange(0, 2) == 0) {
        settings.push_back({"stages.retrieve.enabled", "false"});  // a stage of fixed time has no energy
    }
    expect_layouts(loaded(name, settings));
}

RC_GTEST_PROP(LoweredScenario, CountingIsEvaluatingWhereTextIsGenerated, ()) {
    expect_layouts(loaded("chat-rk3588", {}));
}

double mean_cost(const std::vector<TokenShare>& lengths, const std::vector<BucketCandidate>& buckets) {
    double mean = 0;
    for (const TokenShare& length : lengths) {
        const auto bucket = std::ranges::lower_bound(buckets, length.tokens, {}, &BucketCandidate::tokens);
        mean += bucket == buckets.end() ? std::numeric_limits<double>::infinity() : length.share * bucket->cost;
    }
    return mean;
}

// Compared with every subset of the candidates. Costs need not increase with the length.
RC_GTEST_PROP(Buckets, NoSetIsBetter, ()) {
    std::map<std::int64_t, double> costs;
    std::map<std::int64_t, double> shares;
    const auto count = *rc::gen::inRange(1, 10);
    for (int i = 0; i < count; ++i) {
        const std::int64_t tokens = *rc::gen::inRange(1, 40);
        costs[tokens] = *rc::gen::inRange(1, 30);
        if (i == 0 || *rc::gen::inRange(0, 3) > 0) {
            shares[*rc::gen::inRange<std::int64_t>(1, tokens + 1)] = *rc::gen::inRange(1, 9);
        }
    }
    std::vector<TokenShare> lengths;
    for (const auto& [tokens, share] : shares) {
        lengths.push_back({tokens, share});
    }
    std::vector<BucketCandidate> candidates;
    for (const auto& [tokens, cost] : costs) {
        candidates.push_back({tokens, cost});
    }
    const std::size_t most = *rc::gen::inRange<std::size_t>(1, 6);
    const auto sets = best_bucket_sets(lengths, candidates, most);
    RC_ASSERT(sets.size() == most);
    for (std::size_t k = 1; k <= most; ++k) {
        double best = std::numeric_limits<double>::infinity();
        for (unsigned subset = 1; subset < 1U << candidates.size(); ++subset) {
            std::vector<BucketCandidate> buckets;
            for (std::size_t i = 0; i < candidates.size(); ++i) {
                if ((subset >> i & 1U) != 0) {
                    buckets.push_back(candidates[i]);
                }
            }
            best = buckets.size() <= k ? std::min(best, mean_cost(lengths, buckets)) : best;
        }
        std::vector<BucketCandidate> own;
        for (const std::int64_t tokens : sets[k - 1].buckets) {
            own.push_back({tokens, costs.at(tokens)});
        }
        RC_ASSERT(own.size() <= k);
        RC_ASSERT(std::abs(sets[k - 1].cost - best) < 1e-9 * best);
        RC_ASSERT(std::abs(mean_cost(lengths, own) - best) < 1e-9 * best);
    }
}

}  // namespace
}  // namespace berth
