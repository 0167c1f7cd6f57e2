// Evaluates each part once, when it is first requested.
#include "analysis/lazy_answer.h"

#include <fmt/format.h>

#include "analysis/variation.h"
#include "berth/evaluation/simulated_scenario.h"

namespace berth {

const ScenarioResult* LazyAnswer::totals() {
    return evaluated(totals_, scenario_ ? totals_only(*scenario_) : EvaluationOptions{});
}

const ScenarioResult* LazyAnswer::whole() { return evaluated(whole_, {}); }

const TrafficResult* LazyAnswer::traffic() {
    if (!traffic_ && whole() != nullptr) {
        traffic_ = simulate_traffic(*scenario_, *whole_, {.outlook = false});
    }
    return traffic_ ? &*traffic_ : nullptr;
}

// Answers of the chosen placement; percentiles of the same stream are bitwise reproducible.
std::vector<Answer> LazyAnswer::chats() {
    return whole() != nullptr && has_chats(*scenario_) ? other_answers(*scenario_, *whole_) : std::vector<Answer>();
}

const ScenarioResult* LazyAnswer::evaluated(std::optional<ScenarioResult>& kept, const EvaluationOptions& options) {
    if (!kept && scenario_) {
        Diagnostics ignored;  // a scenario that cannot run without another change is no answer to compare with
        kept = evaluate(*scenario_, ignored, options);
        if (!kept) {
            scenario_.reset();
        }
    }
    return kept ? &*kept : nullptr;
}

namespace {

// A scenario has either a stream of requests or one of chats, or none.
bool streams_differ(LazyAnswer& before, LazyAnswer& after) {
    const TrafficResult* old = before.traffic();
    const TrafficResult* now = after.traffic();
    if (old != nullptr && now != nullptr) {
        return !same_traffic(*old, *now);
    }
    return old != now || !answer_changes(before.chats(), after.chats()).empty();
}

}  // namespace

std::string moved_parts(LazyAnswer& before, LazyAnswer& after) {
    if (before.whole() == nullptr || after.whole() == nullptr) {
        return "whether the scenario runs";
    }
    std::vector<std::string> parts = parts_that_differ(*before.whole(), *after.whole());
    if (streams_differ(before, after)) {
        parts.emplace_back("the stream of requests");
    }
    if (parts.empty()) {
        return "details of the chosen placements";
    }
    const std::string last = parts.back();
    parts.pop_back();
    return parts.empty() ? last : fmt::format("{} and {}", fmt::join(parts, ", "), last);
}

AnswerDifference compared(LazyAnswer& before, LazyAnswer& after) {
    if (before.totals() == nullptr || after.totals() == nullptr) {
        return {before.totals() != after.totals(), {}};
    }
    AnswerDifference difference = difference_of(*before.totals(), *after.totals());
    if (difference.chosen) {
        return difference;
    }
    if (before.whole() == nullptr || after.whole() == nullptr) {
        return {before.whole() != after.whole(), {}};
    }
    difference = difference_of(*before.whole(), *after.whole());
    difference.chosen = difference.chosen || streams_differ(before, after);
    return difference;
}

}  // namespace berth
