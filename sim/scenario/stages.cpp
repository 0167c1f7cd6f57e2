// Stages of a scenario by their names, and lengths of their inputs.
#include <variant>

#include "base/mapped.h"
#include "berth/scenario/scenario.h"

namespace berth {

double mean_tokens(const TokenDistribution& lengths) {
    return sum_of<double>(lengths,
                          [](const TokenShare& length) { return length.share * static_cast<double>(length.tokens); });
}

const Stage* stage_named(const Scenario& scenario, std::string_view name) {
    const auto found = find_named(scenario.stages, name, &Stage::name);
    return found == scenario.stages.end() ? nullptr : &*found;
}

const ModelStage* model_stage_of(const Scenario& scenario, std::string_view name) {
    const Stage* stage = stage_named(scenario, name);
    return stage != nullptr ? std::get_if<ModelStage>(&stage->work) : nullptr;
}

}  // namespace berth
