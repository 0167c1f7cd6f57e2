// berth ops: the operators of a stage, one row each.
#include <fmt/format.h>

#include <memory>

#include "base/mapped.h"
#include "berth/report/report.h"
#include "cli/command.h"
#include "cli/stage_candidate.h"
#include "report/text_layout.h"

namespace berth {

namespace {

struct OpsOptions {
    ScenarioOptions scenario;
    std::string stage, device;
    bool memory = false;
    std::optional<Format> format;
};

struct StageTable {
    std::string stage;
    std::string runtime;  ///< runtime of the stage if it is not the hardware's; else empty
    Candidate candidate;
    [[nodiscard]] std::string title() const { return runtime.empty() ? stage : fmt::format("{} ({})", stage, runtime); }
};

std::string runtime_named(const Scenario& scenario, const Stage& stage) {
    const auto& work = std::get<ModelStage>(stage.work);
    return work.runtime ? profile_of(scenario, work).name : "";
}

// Tables of the requested stage, else of every stage with a model.
std::vector<StageTable> tables_of(const OpsOptions& options, const Scenario& scenario, Diagnostics& diagnostics) {
    std::vector<const Stage*> stages;
    if (!options.stage.empty()) {
        stages.push_back(model_stage_named(scenario, options.stage, diagnostics));
    } else {
        for (const Stage& stage : scenario.stages) {
            if (std::holds_alternative<ModelStage>(stage.work)) {
                stages.push_back(&stage);
            }
        }
    }
    std::vector<StageTable> tables;
    for (const Stage* stage : stages) {
        auto candidate = stage != nullptr ? stage_candidate(scenario, *stage, options.device, diagnostics)
                                          : std::optional<Candidate>();
        if (candidate) {
            tables.push_back({stage->name, runtime_named(scenario, *stage), std::move(*candidate)});
        }
    }
    return tables;
}

std::string without_first_line(const std::string& text) { return text.substr(text.find('\n') + 1); }

std::string text_of(const std::vector<StageTable>& tables, const std::vector<std::string>& devices, bool memory,
                    TextWidth width) {
    std::string text;
    for (const StageTable& table : tables) {
        text += (text.empty() ? "" : "\n") +
                (memory ? memory_text : operators_text)(table.title(), table.candidate, devices, width);
    }
    return text;
}

// Title of a what-if, since the operators alone do not show that the scenario was changed.
std::string what_if_text(const Scenario& scenario, TextWidth width) {
    return scenario.changes.empty() ? "" : wrapped(title_of(scenario.name, scenario.changes), 0, width) + "\n";
}

// The requested stage as an object, else all of them as `stages`.
std::string json_of(const std::vector<StageTable>& tables, const std::vector<std::string>& devices, bool list,
                    bool memory) {
    std::string text;
    for (const StageTable& table : tables) {
        std::string one = (memory ? memory_json : operators_json)(table.stage, table.candidate, devices, table.runtime);
        if (list) {
            one.erase(one.find_last_not_of('\n') + 1);
            text += text.empty() ? "" : ",\n";
        }
        text += one;
    }
    return list ? fmt::format("{{\n  \"stages\": [\n{}\n  ]\n}}\n", text) : text;
}

std::string csv_of(const std::vector<StageTable>& tables, const std::vector<std::string>& devices,
                   const std::string& hardware, bool memory) {
    std::string text;
    for (const StageTable& table : tables) {
        const std::string& runtime = table.runtime.empty() ? hardware : table.runtime;
        const std::string one = memory ? memory_csv(table.stage, table.candidate, devices)
                                       : operators_csv(table.stage, table.candidate, devices, runtime);
        text += text.empty() ? one : without_first_line(one);
    }
    return text;
}

ExitStatus ops(const OpsOptions& options, Invocation& invocation) {
    Diagnostics diagnostics;
    const auto scenario = load(options.scenario, invocation, diagnostics);
    if (!scenario) {
        return answer(std::nullopt, diagnostics);
    }
    const auto tables = tables_of(options, *scenario, diagnostics);
    if (diagnostics.has_errors()) {
        return answer(std::nullopt, diagnostics);
    }
    auto devices = mapped(scenario->profile.devices, &Device::name);
    const bool memory = options.memory;
    const auto shown = [&](const Scenario& changed) {
        Diagnostics ignored;
        const auto others = tables_of(options, changed, ignored);
        return ignored.has_errors() ? std::nullopt
                                    : std::optional(Shown{text_of(others, devices, memory, invocation.width),
                                                          json_of(others, devices, true, memory)});
    };
    add_warnings(options.scenario, shown, invocation, diagnostics);
    return answer(in_format({.text =
                                 [&] {
                                     return what_if_text(*scenario, invocation.width) +
                                            text_of(tables, devices, memory, invocation.width);
                                 },
                             .json = [&] { return json_of(tables, devices, options.stage.empty(), memory); },
                             .rows = [&] { return csv_of(tables, devices, scenario->profile.name, memory); }},
                            options.format, invocation),
                  diagnostics);
}

}  // namespace

void add_ops(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<OpsOptions>();
    CLI::App* command = app.add_subcommand("ops", "Lists the operators of each stage with their cost");
    add_scenario_options(*command, options->scenario);
    add_value(*command, "--stage", options->stage, "STAGE", "Only this stage");
    add_value(*command, "--device", options->device, "DEVICE",
              "Show the whole model on this device instead of the chosen placement");
    command->add_flag("--memory", options->memory,
                      "Show what each operator keeps on chip and spills instead of its cost");
    add_format_option(*command, options->format, formats_of(kWithRows));
    command->footer("Example: berth ops rag-rk3588 --stage rerank --device npu --format csv");
    command->callback([options, &invocation] { invocation.status = ops(*options, invocation); });
}

}  // namespace berth
