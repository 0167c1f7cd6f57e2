// Memory against the length of the prompt: caches grow with it, except for full windows, and so do activations. Each
// length that is tried is instantiated, so that the one found fits in a scenario, and the next does not.
#include "evaluation/context_memory.h"

#include <algorithm>
#include <cmath>

#include "base/index.h"
#include "berth/hardware/runtimes.h"
#include "evaluation/phases.h"

namespace berth {

namespace {

/// The memory that is filled most.
struct Filled {
    std::size_t memory = 0;
    double share = 0;
};

const Graph& main_graph(const std::vector<LengthPlan>& lengths) {
    const LengthPlan& main = dominant(lengths);
    return main.graphs[at(main.problem.host)];
}

/// A placed stage with prompts of other lengths.
class GrowingPrompt {
  public:
    GrowingPrompt(const ModelStage& stage, const Profile& hardware, const Candidate& candidate)
        : stage_(stage),
          hardware_(hardware),
          candidate_(candidate),
          answer_(stage.generation->answers.empty() ? stage.generation->new_tokens
                                                    : stage.generation->answers.back().tokens),
          placed_(passes_at(stage.generation->prompt)) {}

    [[nodiscard]] bool possible() const { return placed_.has_value(); }
    [[nodiscard]] std::int64_t answer() const { return answer_; }
    [[nodiscard]] const PlacementLimits::Memory& memory(std::size_t number) const {
        return placed_->front().problem.limits.memories[number];
    }

    // Shortest compiled cache among those that attention of the candidate reads, or `most`.
    [[nodiscard]] std::int64_t compiled_length(std::int64_t most) const {
        const Profile& profile = under(hardware_, stage_.runtime);
        const Assignment steps = placed_passes(*placed_, candidate_).back();
        for (std::size_t i = 0; i < steps.size(); ++i) {
            const std::int64_t length = profile.devices[at(steps[i])].runtime.cache_length;
            const Operator& op = placed_->back().graphs[at(steps[i])].operators[i];
            most = length > 0 && op.kind == OperatorKind::kAttention ? std::min(most, length) : most;
        }
        return most;
    }

    // Absent if the model cannot read such a prompt.
    [[nodiscard]] std::optional<Filled> filled_at(std::int64_t prompt) const {
        const auto lengths = passes_at(prompt);
        if (!lengths) {
            return std::nullopt;
        }
        // The assignment names the operators of the passes that the candidate was placed with.
        const auto placed =
            placed_passes(*lengths, assignment_for(main_graph(*lengths), main_graph(*placed_), candidate_.assignment));
        Filled most;
        for (std::size_t m = 0; m < lengths->front().problem.limits.memories.size(); ++m) {
            Bytes needed = candidate_.phases ? memory_needed(*lengths, m, *candidate_.phases) : Bytes{};
            for (std::size_t i = 0; !candidate_.phases && i < placed.size(); ++i) {
                needed = std::max(needed, memory_needed((*lengths)[i].problem.limits, m, placed[i]));
            }
            const double share = needed / lengths->front().problem.limits.memories[m].capacity;
            most = share > most.share ? Filled{m, share} : most;
        }
        return most;
    }

  private:
    [[nodiscard]] std::optional<std::vector<LengthPlan>> passes_at(std::int64_t prompt) const {
        ModelStage stage = stage_;
        stage.generation->prompt = prompt;
        stage.generation->prompts.clear();
        stage.generation->longest = prompt + answer_;
        Diagnostics ignored;  // the stage itself was instantiated without errors
        return plan_passes("", stage, hardware_, ignored);
    }

    const ModelStage& stage_;
    const Profile& hardware_;
    const Candidate& candidate_;
    std::int64_t answer_;
    std::optional<std::vector<LengthPlan>> placed_;
};

}  // namespace

// Memory is nearly linear in the prompt, so the next length to try is interpolated; every third halves the range.
std::optional<ContextMemory> context_memory(const ModelStage& stage, const Profile& hardware,
                                            const Candidate& candidate, std::int64_t most) {
    const GrowingPrompt growing(stage, hardware, candidate);
    if (!growing.possible()) {
        return std::nullopt;
    }
    std::int64_t fits = 0;
    std::int64_t over = growing.compiled_length(most) - growing.answer();
    const auto longest = over > 0 ? growing.filled_at(over) : std::nullopt;
    if (!longest || longest->share <= 1) {
        return std::nullopt;
    }
    Filled at_fits{};
    Filled at_over = *longest;
    for (int step = 1; over - fits > 1; ++step) {
        const auto range = static_cast<double>(over - fits);
        const double along = step % 3 == 0 ? 0.5 : (1 - at_fits.share) / (at_over.share - at_fits.share);
        const auto tried = std::clamp<std::int64_t>(fits + std::llround(along * range), fits + 1, over - 1);
        const auto filled = growing.filled_at(tried);
        if (!filled) {
            return std::nullopt;
        }
        (filled->share <= 1 ? fits : over) = tried;
        (filled->share <= 1 ? at_fits : at_over) = *filled;
    }
    const PlacementLimits::Memory& memory = growing.memory(at_over.memory);
    return ContextMemory{memory.name, memory.capacity, fits, growing.answer()};
}

}  // namespace berth
