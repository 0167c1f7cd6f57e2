// Explanation of a change without effect on the chosen placements.
#pragma once

#include <string>
#include <vector>

#include "analysis/lazy_answer.h"
#include "analysis/silence_reason.h"

namespace berth {

/// Text about placements that are not chosen: "moves only what is not chosen: rerank on npu from 184 ms to 162 ms
/// (...)".
[[nodiscard]] std::string moved_text(const std::vector<MovedCandidate>& others);

/// State for explaining changes without effect in one scenario.
class ExplainedSilence {
  public:
    /// `answer` must be feasible; the changes do not affect it, so it may include them or not.
    explicit ExplainedSilence(LazyAnswer& answer)
        : use_(use_of(*answer.scenario(), *answer.whole())), probe_(*answer.scenario()) {}

    /// Explanation for a change at `path` that leads to `changed`.
    [[nodiscard]] std::string text(const std::string& path, LazyAnswer& changed);
    /// ": vary PATH" for a change whose effect is too small to be shown; empty if no number near it has a larger one.
    [[nodiscard]] std::string instead(const std::string& path, LazyAnswer& changed);

  private:
    ScenarioUse use_;
    NumberProbe probe_;
};

}  // namespace berth
