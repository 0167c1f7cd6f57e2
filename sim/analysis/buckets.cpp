// Dynamic programme over lengths in ascending order: a set consists of its longest bucket and the best set for the
// shorter lengths.
#include "berth/analysis/buckets.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "base/mapped.h"
#include "berth/analysis/latency_curve.h"
#include "berth/evaluation/evaluation.h"

namespace berth {

namespace {

constexpr std::int64_t kBucketStep = 16;
constexpr std::size_t kMostCandidates = 1000;

/// Cumulative share of lengths up to each candidate; the last candidate holds the longest length.
std::vector<double> held_by(std::span<const TokenShare> lengths, std::span<const BucketCandidate> candidates) {
    std::vector<double> held;
    double sum = 0;
    std::size_t next = 0;
    for (const BucketCandidate& candidate : candidates) {
        for (; next < lengths.size() && lengths[next].tokens <= candidate.tokens; ++next) {
            sum += lengths[next].share;
        }
        held.push_back(sum);
    }
    return held;
}

/// For sets whose longest bucket is the j-th candidate: the least cost of the lengths that they hold, and for each
/// number of buckets the bucket before the longest.
class BucketProgram {
  public:
    BucketProgram(std::span<const BucketCandidate> candidates, std::vector<double> held)
        : candidates_(candidates), held_(std::move(held)) {
        for (std::size_t j = 0; j < candidates.size(); ++j) {
            cost_.push_back(held_[j] * candidates[j].cost);
        }
        before_.emplace_back(candidates.size(), kNone);
    }

    void allow_one_more() {
        std::vector<double> next = cost_;
        auto& before = before_.emplace_back(cost_.size(), kNone);
        for (std::size_t j = 0; j < cost_.size(); ++j) {
            for (std::size_t i = 0; i < j; ++i) {
                const double sum = cost_[i] + (held_[j] - held_[i]) * candidates_[j].cost;
                if (sum < next[j]) {
                    next[j] = sum;
                    before[j] = i;
                }
            }
        }
        cost_ = std::move(next);
    }

    /// Best set whose longest bucket is `first` or a later candidate.
    [[nodiscard]] BucketSet best(std::size_t first) const {
        const auto least = std::min_element(cost_.begin() + static_cast<std::ptrdiff_t>(first), cost_.end());
        BucketSet set{{}, *least};
        auto j = static_cast<std::size_t>(least - cost_.begin());
        for (std::size_t level = before_.size(); level-- > 0;) {
            if (level == 0 || before_[level][j] != kNone) {  // otherwise one bucket fewer was no worse
                set.buckets.push_back(candidates_[j].tokens);
                j = before_[level][j];
            }
        }
        std::ranges::reverse(set.buckets);
        return set;
    }

  private:
    static constexpr auto kNone = static_cast<std::size_t>(-1);
    std::span<const BucketCandidate> candidates_;
    std::vector<double> held_, cost_;
    std::vector<std::vector<std::size_t>> before_;
};

std::int64_t rounded_up(std::int64_t tokens) { return (tokens + kBucketStep - 1) / kBucketStep * kBucketStep; }

std::vector<std::int64_t> candidate_lengths(const std::vector<TokenShare>& lengths, const Model& model) {
    const std::int64_t longest = longest_input(model).value_or(std::numeric_limits<std::int64_t>::max());
    std::set<std::int64_t> all;
    std::set<std::int64_t> round{lengths.back().tokens};
    for (const TokenShare& length : lengths) {
        all.insert(length.tokens);
        if (rounded_up(length.tokens) <= longest) {
            round.insert(rounded_up(length.tokens));
        }
    }
    all.insert(round.begin(), round.end());
    const auto& taken = all.size() <= kMostCandidates ? all : round;
    return {taken.begin(), taken.end()};
}

/// The stage compiled for single lengths, each evaluated once.
class Passes {
  public:
    Passes(const ModelStage& stage, const Profile& profile, DeviceId device)
        : stage_(stage), profile_(profile), device_(device) {
        stage_.buckets.clear();
    }

    const Candidate* at(std::int64_t tokens, Diagnostics& diagnostics) {
        const auto known = passes_.find(tokens);
        if (known != passes_.end()) {
            return &known->second;
        }
        stage_.tokens = {{tokens, 1}};
        auto pass = evaluate_on(profile_, stage_, device_, diagnostics);
        return pass ? &passes_.emplace(tokens, std::move(*pass)).first->second : nullptr;
    }

  private:
    ModelStage stage_;
    const Profile& profile_;
    DeviceId device_;
    std::map<std::int64_t, Candidate> passes_;
};

std::optional<BucketRow> row_of(const std::vector<std::int64_t>& buckets, const std::vector<TokenShare>& lengths,
                                Passes& passes, Diagnostics& diagnostics) {
    BucketRow row;
    row.buckets = buckets;
    double held = 0;
    double paid = 0;
    for (const TokenShare& length : lengths) {
        const auto bucket = std::ranges::lower_bound(buckets, length.tokens);
        const Candidate* pass = bucket == buckets.end() ? nullptr : passes.at(*bucket, diagnostics);
        if (pass == nullptr) {
            return std::nullopt;
        }
        row.mean += pass->latency.median * length.share;
        held += length.share * static_cast<double>(length.tokens);
        paid += length.share * static_cast<double>(*bucket);
    }
    row.padding = 1 - held / paid;
    for (const std::int64_t bucket : buckets) {
        if (const Candidate* pass = passes.at(bucket, diagnostics)) {
            row.weights = pass->weight_bytes;
            row.activations += pass->peak_activation_bytes;
        }
    }
    return row;
}

}  // namespace

std::vector<BucketSet> best_bucket_sets(std::span<const TokenShare> lengths,
                                        std::span<const BucketCandidate> candidates, std::size_t most) {
    if (lengths.empty() || candidates.empty() || candidates.back().tokens < lengths.back().tokens) {
        return {};
    }
    BucketProgram program(candidates, held_by(lengths, candidates));
    const auto first = std::ranges::lower_bound(candidates, lengths.back().tokens, {}, &BucketCandidate::tokens);
    std::vector<BucketSet> sets;
    for (std::size_t buckets = 1; buckets <= most; ++buckets) {
        sets.push_back(program.best(static_cast<std::size_t>(first - candidates.begin())));
        program.allow_one_more();
    }
    return sets;
}

std::optional<BucketAdvice> advise_buckets(const Stage& stage, const Profile& profile, DeviceId device,
                                           std::vector<TokenShare> lengths, std::size_t most,
                                           Diagnostics& diagnostics) {
    const auto& work = std::get<ModelStage>(stage.work);
    if (work.generation || !depends_on_tokens(*work.model.architecture)) {
        diagnostics.error(SourceLocation("--stage"), fmt::format("stage '{}' has no buckets", stage.name),
                          "a stage that reads whole inputs of tokens");
        return std::nullopt;
    }
    Passes passes(work, profile, device);
    std::vector<BucketCandidate> candidates;
    for (const std::int64_t tokens : candidate_lengths(lengths, work.model)) {
        const Candidate* pass = passes.at(tokens, diagnostics);
        if (pass == nullptr) {
            return std::nullopt;
        }
        candidates.push_back({tokens, in_seconds(pass->latency.median)});
    }
    BucketAdvice advice;
    advice.stage = stage.name;
    advice.device = profile.devices[static_cast<std::size_t>(device)].name;
    for (const BucketSet& set : best_bucket_sets(lengths, candidates, most)) {
        if (auto row = row_of(set.buckets, lengths, passes, diagnostics)) {
            advice.rows.push_back(std::move(*row));
        }
    }
    auto each = mapped(lengths, &TokenShare::tokens);
    const auto unpadded = row_of(each, lengths, passes, diagnostics);
    if (!unpadded) {
        return std::nullopt;
    }
    advice.unpadded = unpadded->mean;
    if (!work.buckets.empty() && work.buckets.back() >= lengths.back().tokens) {
        advice.now = row_of(work.buckets, lengths, passes, diagnostics);
    }
    advice.lengths = std::move(lengths);
    return advice;
}

}  // namespace berth
