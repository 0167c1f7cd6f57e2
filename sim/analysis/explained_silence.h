// What is said of a change that does not move what was chosen.
#pragma once

#include <string>
#include <vector>

#include "analysis/lazy_answer.h"
#include "analysis/silence_reason.h"

namespace berth {

/// Of placements that are not chosen: "moves only what is not chosen: rerank on npu from 184 ms to 162 ms (...)".
[[nodiscard]] std::string moved_text(const std::vector<MovedCandidate>& others);

/// What it takes to say why changes do nothing in one scenario.
class ExplainedSilence {
  public:
    /// Of an answer that can run, with or without the changes: they do nothing to it.
    explicit ExplainedSilence(LazyAnswer& answer)
        : use_(use_of(*answer.scenario(), *answer.whole())), probe_(*answer.scenario()) {}

    /// Of a change to `changed`.
    [[nodiscard]] std::string text(const std::string& path, LazyAnswer& changed);

  private:
    ScenarioUse use_;
    NumberProbe probe_;
};

}  // namespace berth
