// berth explain: one operator with every term of its time, and the numbers used with their sources.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/mapped.h"
#include "berth/base/quantity_text.h"
#include "berth/report/report.h"
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

// What the model computes of an operator, without the numbers that it is computed from, which are shown beside it.
std::string figures_of(const OperatorResult& op, int digits) {
    std::vector<double> figures{in_seconds(op.latency), in_seconds(op.handover), in_seconds(op.conversion),
                                op.macs.si(),           op.dram_bytes.si(),      op.weights.si()};
    for (const TimeTerm& term : kTimeTerms) {
        figures.push_back(op.cost ? in_seconds((*op.cost).*term.time) : 0);
    }
    std::string text = fmt::format("{} {} {}", op.device, choice_name(kBoundNames, op.bound), op.fused_into);
    for (const double figure : figures) {
        text += " " + number_text(figure, digits);
    }
    return text;
}

ExitStatus explain(const ExplainOptions& options, Invocation& invocation) {
    Diagnostics diagnostics;
    const auto scenario = load(options.scenario, invocation, diagnostics);
    const auto found = scenario ? explained(options, *scenario, diagnostics) : std::nullopt;
    if (!found) {
        return answer(std::nullopt, diagnostics);
    }
    const auto shown = [&](const Scenario& changed) {
        Diagnostics ignored;
        const auto other = explained(options, changed, ignored);
        return other ? std::optional(Shown{figures_of(other->op, 3), figures_of(other->op, 6)}) : std::nullopt;
    };
    add_warnings(options.scenario, shown, invocation, diagnostics);
    return answer(
        in_format({.text = [&] { return explain_text(found->op, found->profile, found->execution, invocation.width); },
                   .json = [&] { return explain_json(found->op, found->profile, found->execution); }},
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
