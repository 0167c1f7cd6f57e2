// berth place: placement on a ready-costed graph.
#include <memory>

#include "berth/report/placement_report.h"
#include "cli/command.h"

namespace berth {

namespace {

struct PlaceOptions {
    std::string file;
    CostedObjective objective = CostedObjective::kThroughput;
    std::optional<Format> format;
};

ExitStatus place(const PlaceOptions& options, const Invocation& invocation) {
    Diagnostics diagnostics;
    show_progress("reading " + options.file);
    const auto graph = load_costed_graph(options.file, diagnostics);
    if (!graph) {
        return answer(std::nullopt, diagnostics);
    }
    const bool latency = options.objective == CostedObjective::kLatency;
    const auto placement = latency ? latency_placement(*graph, diagnostics) : throughput_placement(*graph, diagnostics);
    if (!placement) {
        return answer(std::nullopt, diagnostics);
    }
    const CostedObjective objective = options.objective;
    return answer(in_format({.text = [&] { return placement_text(*graph, *placement, objective, invocation.width); },
                             .json = [&] { return placement_json(*graph, *placement, objective); }},
                            options.format, invocation),
                  diagnostics);
}

}  // namespace

void add_place(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<PlaceOptions>();
    CLI::App* command = app.add_subcommand("place", "Places the nodes of a graph with given costs on devices");
    add_value(*command, "graph", options->file, "GRAPH.json", "Graph in JSON: nodes, edges, accelerators and CPUs")
        ->required();
    command
        ->add_option_function<std::string>(
            "--objective",
            [options](const std::string& name) {
                options->objective = *choice_in_any_case(kCostedObjectiveNames, name);
            },
            "What to minimise: the largest load of any device (throughput) or the time of one sample (latency)")
        ->type_name("OBJECTIVE")
        ->required()
        ->check(CLI::IsMember({"throughput", "latency"}, CLI::ignore_case).description(""));
    add_format_option(*command, options->format, formats_of({&Forms::text, &Forms::json}));
    command->footer("Example: berth place scenarios/placement-graphs/bert3-throughput.json --objective throughput");
    command->callback([options, &invocation] { invocation.status = place(*options, invocation); });
}

}  // namespace berth
