// berth explain: one operator with every term of its time, and the numbers used with their sources.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/mapped.h"
#include "berth/report.h"
#include "cli/command.h"
#include "cli/stage_candidate.h"

namespace berth {

namespace {

struct ExplainOptions {
    ScenarioOptions scenario;
    std::string stage, op, device;
    std::optional<Format> format;
};

const OperatorResult* operator_named(const Candidate& candidate, const std::string& name, Diagnostics& diagnostics) {
    const auto found = find_named(candidate.operators, name, &OperatorResult::name);
    if (found != candidate.operators.end()) {
        return &*found;
    }
    auto names = mapped(candidate.operators, &OperatorResult::name);
    diagnostics.error(SourceLocation("--op"), fmt::format("no operator '{}'", name), "a name that `berth ops` lists",
                      suggested_names(name, names));
    return nullptr;
}

/// The operator that is asked for, as a scenario runs it.
struct Explained {
    OperatorResult op;
    const Profile& profile;
    Execution execution;
};

std::optional<Explained> explained(const ExplainOptions& options, const Scenario& scenario, Diagnostics& diagnostics) {
    const Stage* stage = model_stage_named(scenario, options.stage, diagnostics);
    const auto candidate =
        stage != nullptr ? stage_candidate(scenario, *stage, options.device, diagnostics) : std::optional<Candidate>();
    const OperatorResult* op = candidate ? operator_named(*candidate, options.op, diagnostics) : nullptr;
    if (op == nullptr) {
        return std::nullopt;
    }
    const auto& work = std::get<ModelStage>(stage->work);
    Execution execution = execution_on(work, scenario.profile, op->device);
    if (candidate->device == op->device) {
        execution.cores = candidate->cores;  // a whole-model candidate may use another number of cores than the stage
    }
    return Explained{*op, profile_of(scenario, work), execution};
}

ExitStatus explain(const ExplainOptions& options, Invocation& invocation) {
    Diagnostics diagnostics;
    const auto scenario = load(options.scenario, invocation, diagnostics);
    const auto found = scenario ? explained(options, *scenario, diagnostics) : std::nullopt;
    if (!found) {
        return answer(std::nullopt, diagnostics);
    }
    const auto text = [&](const Explained& one) {
        return explain_text(one.op, one.profile, one.execution, invocation.width);
    };
    const auto json = [](const Explained& one) { return explain_json(one.op, one.profile, one.execution); };
    const auto shown = [&](const Scenario& changed) {
        Diagnostics ignored;
        const auto other = explained(options, changed, ignored);
        return other ? std::optional(Shown{text(*other), json(*other)}) : std::nullopt;
    };
    add_warnings(options.scenario, shown, invocation, diagnostics);
    return answer(in_format({.text = [&] { return text(*found); }, .json = [&] { return json(*found); }},
                            options.format, invocation),
                  diagnostics);
}

}  // namespace

void add_explain(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<ExplainOptions>();
    CLI::App* command = app.add_subcommand("explain", "Explains the time of one operator, term by term");
    add_scenario_options(*command, options->scenario);
    add_value(*command, "--stage", options->stage, "STAGE", "Stage of the scenario")->required();
    add_value(*command, "--op", options->op, "NAME", "Operator, as `berth ops` names it")->required();
    add_value(*command, "--device", options->device, "DEVICE",
              "Explain the whole model on this device instead of the chosen placement");
    add_format_option(*command, options->format, formats_of({&Forms::text, &Forms::json}));
    command->footer("Example: berth explain rag-rk3588 --stage rerank --op layer.0.attention.scores --device npu");
    command->callback([options, &invocation] { invocation.status = explain(*options, invocation); });
}

}  // namespace berth
