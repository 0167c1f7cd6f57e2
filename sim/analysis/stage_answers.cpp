// Collects the answers about stages, in the order of the stages.
#include "analysis/stage_answers.h"

namespace berth {

std::vector<Answer> stage_answers(const ScenarioResult& result) {
    std::vector<Answer> answers;
    for (const StageResult& stage : result.stages) {
        const auto add = [&](const char* key, const char* words, AnswerForm form, double value) {
            answers.push_back({{stage.name + key, words + stage.name, form}, value});
        };
        add(".low_ms", "5 % end of ", AnswerForm::kMilliseconds, in_milliseconds(stage.latency.low));
        add(".high_ms", "95 % end of ", AnswerForm::kMilliseconds, in_milliseconds(stage.latency.high));
        if (stage.budget) {
            add(".meets_budget", "budget met by the median of ", AnswerForm::kTruth,
                stage.latency.median <= *stage.budget ? 1 : 0);
        }
        if (stage.chosen) {
            const Candidate& chosen = stage.candidates[*stage.chosen];
            add(".sure", "probability of the right choice in ", AnswerForm::kShare, stage.confidence);
            add(".weights_mib", "weights of ", AnswerForm::kMebibytes, in_mebibytes(chosen.weight_bytes));
            add(".peak_mib", "activations at once of ", AnswerForm::kMebibytes,
                in_mebibytes(chosen.peak_activation_bytes));
        }
    }
    return answers;
}

}  // namespace berth
