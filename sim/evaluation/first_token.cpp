// What the time to the first token grows with: passes over one position, half the prompt and all of it are compared.
#include "evaluation/first_token.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

namespace berth {

namespace {

/// Time of a prompt by the operators that take it.
struct PromptTime {
    Time outside, layers, attention;  ///< attention: of all layers, and no part of `layers`
    Time started;                     ///< part of `layers` and `attention`: dispatch of their kernels
};

std::optional<std::vector<LengthPlan>> passes_over(std::int64_t positions, const ModelStage& stage,
                                                   const Profile& hardware) {
    ModelStage shorter = stage;
    shorter.generation->phase = Phase::kPrefill;
    shorter.generation->prompt = positions;
    shorter.generation->new_tokens = 0;
    shorter.tokens = {{positions, 1}};
    Diagnostics ignored;  // the stage itself was planned without errors
    return plan_passes("", shorter, hardware, ignored);
}

PromptTime prompt_time(const std::vector<LengthPlan>& passes, const Graph& graph, const Assignment& assignment,
                       const Profile& profile) {
    PromptTime sum;
    for (const LengthPlan& pass : passes) {
        const Graph& own = pass.graphs[static_cast<std::size_t>(pass.problem.host)];
        const Assignment placed = assignment_for(own, graph, assignment);
        for (const OperatorResult& op : operator_results(pass, placed, profile)) {
            const double times = pass.length.share;
            if (own.operators[static_cast<std::size_t>(op.id)].block < 0) {
                sum.outside += op.latency * times;
                continue;
            }
            (op.kind == OperatorKind::kAttention ? sum.attention : sum.layers) += op.latency * times;
            sum.started += op.cost ? op.cost->dispatch * times : Time{};
        }
    }
    return sum;
}

/// Growth of attention from one position to `prompt`: the part that is linear in the positions.
Time linear_part(Time first, Time half, Time whole, std::int64_t prompt) {
    const std::int64_t half_way = prompt / 2;
    const auto n = static_cast<double>(prompt);
    const auto h = static_cast<double>(half_way);
    const Time slope = (whole - first) / (n - 1);
    // Through three points: slope = linear + square x (n + 1), and likewise at half the prompt.
    const Time square = (slope - (half - first) / (h - 1)) / (n - h);
    return std::clamp((slope - square * (n + 1)) * (n - 1), Time{}, std::max(Time{}, whole - first));
}

void count_layers(const Graph& graph, FirstTokenParts& parts) {
    std::set<int> blocks;
    for (const Operator& op : graph.operators) {
        if (op.block >= 0) {
            blocks.insert(op.block);
        }
        if (const auto* attention = std::get_if<AttentionDims>(&op.dims)) {
            parts.heads += attention->batch * attention->heads;
        }
    }
    parts.layers = static_cast<std::int64_t>(blocks.size());
}

}  // namespace

std::optional<PromptLengths> prompt_lengths(const ModelStage& stage, const Profile& hardware) {
    constexpr std::int64_t kShortest = 4;  // one position, half and all are three lengths
    PromptLengths lengths{stage.generation->prompt, {}};
    if (lengths.prompt < kShortest) {
        return std::nullopt;
    }
    const std::array<std::int64_t, 3> positions{1, lengths.prompt / 2, lengths.prompt};
    for (std::size_t i = 0; i < positions.size(); ++i) {
        auto passes = passes_over(positions[i], stage, hardware);
        if (!passes) {
            return std::nullopt;
        }
        lengths.passes[i] = std::move(*passes);
    }
    return lengths;
}

std::optional<FirstTokenParts> first_token_parts(const PromptLengths& lengths, const Graph& graph,
                                                 const Assignment& assignment, const Profile& profile) {
    FirstTokenParts parts;
    parts.prompt = lengths.prompt;
    count_layers(graph, parts);
    if (parts.layers == 0) {
        return std::nullopt;
    }
    const auto time = [&](std::size_t i) { return prompt_time(lengths.passes[i], graph, assignment, profile); };
    const PromptTime one = time(0);
    const PromptTime all = time(2);
    const Time linear = linear_part(one.attention, time(1).attention, all.attention, lengths.prompt);
    parts.model = one.outside;
    parts.in_layers = one.layers + one.attention;
    parts.starting = one.started;
    parts.positions = (all.outside - one.outside) + (all.layers - one.layers) + linear;
    parts.pairs = all.attention - one.attention - linear;
    return parts;
}

}  // namespace berth
