// One table of commands: their order, their groups and an example of each.
#include "cli/overview.h"

#include <fmt/format.h>

#include <array>
#include <span>

#include "cli/help_text.h"
#include "report/text_layout.h"

namespace berth {

namespace {

constexpr std::size_t kNameColumns = 15;  // of the longest name, with the spaces around it

struct CommandEntry {
    AddCommand add;
    std::string_view name, example;
};

struct Purpose {
    std::string_view title;
    std::span<const CommandEntry> entries;
};

constexpr std::array<CommandEntry, 4> kAskCommands{{
    {add_run, "run", "berth run rag-rk3588"},
    {add_predict, "predict", "berth predict --hardware rk3588-rknn-2.3.2 --device npu --model model.yaml"},
    {add_ops, "ops", "berth ops rag-rk3588 --stage rerank --device npu"},
    {add_explain, "explain", "berth explain rag-rk3588 --stage rerank --op layer.0.ffn.up"},
}};
constexpr std::array<CommandEntry, 9> kVaryCommands{{
    {add_explore, "explore", "berth explore rag-rk3588"},
    {add_sweep, "sweep", "berth sweep rag-rk3588 --vary stages.rerank.tokens=64:256:64"},
    {add_crossover, "crossover", "berth crossover rag-rk3588 --vary stages.rerank.batch=1:16 --between npu,cpu"},
    {add_sensitivity, "sensitivity", "berth sensitivity rag-rk3588"},
    {add_diff, "diff", "berth diff rag-rk3588 rag-rk3588-bucket-128"},
    {add_compare, "compare", "berth compare rag-rk3588 --hardware rk3588-rknn-2.3.2,rk3576-rknn-2.3.2"},
    {add_gate, "gate", "berth gate main . --format markdown --junit gate.xml"},
    {add_optimise, "optimise", "berth optimise rag-rk3588 --vary stages.rerank.batch=1,2 --minimise latency"},
    {add_buckets, "buckets", "berth buckets rag-rk3588 --stage rerank --lengths 60,122,240 --max 2"},
}};
constexpr std::array<CommandEntry, 1> kPlaceCommands{{
    {add_place, "place", "berth place graph.json --objective throughput"},
}};
constexpr std::array<CommandEntry, 4> kMeasureCommands{{
    {add_profile_host, "profile-host", "berth profile-host --quick"},
    {add_measure, "measure", "berth measure --out rows.csv"},
    {add_calibrate, "calibrate", "berth calibrate --hardware onednn-cpu --measured rows.csv"},
    {add_validate, "validate", "berth validate --hardware rk3588-rknn-2.3.2"},
}};
constexpr std::array<CommandEntry, 5> kFileCommands{{
    {add_new_chip, "new-chip", "berth new-chip my-chip --archetype npu-convolution --clock 800MHz --yes"},
    {add_list, "list", "berth list models"},
    {add_import, "import", "berth import config.json --out model.yaml"},
    {add_check, "check", "berth check my-chip.yaml my-scenario.yaml"},
    {add_schema, "schema", "berth schema hardware"},
}};

constexpr std::array<CommandEntry, 2> kShellCommands{{
    {add_completion, "completion", "berth completion bash"},
    {add_man, "man", "berth man run"},
}};

constexpr std::array<Purpose, 6> kPurposes{{
    {"Ask where models run and how long they take", kAskCommands},
    {"Vary a number, compare, and find what would change the answer", kVaryCommands},
    {"Place a graph with given costs", kPlaceCommands},
    {"Measure this machine, and fit and test profiles", kMeasureCommands},
    {"Find, make and check files", kFileCommands},
    {"Help a shell", kShellCommands},
}};

}  // namespace

void add_commands(CLI::App& app, Invocation& invocation) {
    for (const Purpose& purpose : kPurposes) {
        for (const CommandEntry& entry : purpose.entries) {
            entry.add(app, invocation);
        }
    }
}

std::string overview(const CLI::App& app, TextWidth width) {
    std::string text = wrapped(app.get_description(), 0, width) + "\nUsage: berth COMMAND [OPTIONS]\n";
    for (const Purpose& purpose : kPurposes) {
        text += "\n" + wrapped(purpose.title, 0, width);
        for (const CommandEntry& entry : purpose.entries) {
            const std::string name(entry.name);
            text += help_entry(name, app.get_subcommand(name)->get_description(), kNameColumns, width);
            text += wrapped_command(fmt::format("    {}", entry.example), width);
        }
    }
    return text + "\n" +
           wrapped(
               "`berth COMMAND --help` shows the options of a command, `berth --version` the version. Names may be "
               "written in any case.",
               0, width);
}

}  // namespace berth
