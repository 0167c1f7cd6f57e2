// Evaluates one stage of a scenario.
#include "cli/stage_candidate.h"

#include <utility>

#include "cli/command.h"

namespace berth {

std::optional<Candidate> stage_candidate(const Scenario& scenario, const Stage& stage, const std::string& device,
                                         Diagnostics& diagnostics) {
    if (!device.empty()) {
        const auto id = device_option(scenario.profile, device, diagnostics);
        return id ? evaluate_on(scenario.profile, std::get<ModelStage>(stage.work), *id, diagnostics) : std::nullopt;
    }
    Scenario alone = scenario;
    alone.stages = {stage};
    auto result = evaluate(alone, diagnostics);
    if (!result) {
        return std::nullopt;
    }
    StageResult& one = result->stages.front();
    return std::move(one.candidates[one.chosen.value()]);
}

}  // namespace berth
