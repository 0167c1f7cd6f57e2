// Reads the command line and runs one command.
#include "cli/command_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "berth/base/build_info.h"
#include "cli/command.h"
#include "cli/data_folders.h"
#include "cli/help_text.h"
#include "cli/terminal_manners.h"
#include "cli/terminal_width.h"
#include "report/text_layout.h"

namespace berth {

namespace {

constexpr std::string_view kVersionFlag = "--version";
constexpr std::size_t kNameColumns = 15;  // width of the longest name with the spaces around it

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
    {add_optimise, "optimise",
     "berth optimise rag-rk3588-bucket-128 --minimise cost,latency --cost 'sram.capacity / 1 MiB' --vary "
     "hardware.devices.npu.memories.sram.capacity=256KiB:8MiB:x2"},
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

std::vector<std::string> command_names() {
    std::vector<std::string> names;
    for (const Purpose& purpose : kPurposes) {
        for (const CommandEntry& entry : purpose.entries) {
            names.emplace_back(entry.name);
        }
    }
    return names;
}

/// Adds the commands that the first word needs. Describing the options of all of them takes as long as a short answer,
/// so the name of one adds that one alone; help and what helps a shell speak of all.
void add_commands(CLI::App& app, Invocation& invocation, std::string_view word) {
    const auto names = command_names();
    const auto named = find_name(word, names);
    const bool alone =
        named && std::ranges::find(kShellCommands, names[*named], &CommandEntry::name) == kShellCommands.end();
    for (const Purpose& purpose : kPurposes) {
        for (const CommandEntry& entry : purpose.entries) {
            if (alone ? entry.name == names[*named] : word != kVersionFlag) {
                entry.add(app, invocation);
            }
        }
    }
}

/// The purpose of the program, and its commands grouped by purpose, each with an example.
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

constexpr std::string_view kDescription =
    "Where should each part of a model run, how long does it take there, why, how certain is that, and what would "
    "change the answer?";

// Own message for an unknown command, because that of CLI11 does not suggest existing commands.
bool knows_command(const std::string& word) {
    const auto names = command_names();
    if (word.starts_with('-') || find_name(word, names)) {
        return true;
    }
    Diagnostics diagnostics;
    diagnostics.error(SourceLocation("berth"), fmt::format("unknown command '{}'", word), list_of(names),
                      suggested_names(word, names));
    fmt::print(stderr, "{}", diagnostics.text());
    return false;
}

bool is_one_of(const std::string& word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

ExitStatus run_command_line(std::vector<std::string> words) {
    CLI::App app{std::string(kDescription), "berth"};
    app.set_version_flag(std::string(kVersionFlag), "berth " + std::string(kVersion));
    app.require_subcommand(1);
    Invocation invocation;
    invocation.library = data_folders();
    invocation.width = terminal_width(STDOUT_FILENO);
    app.formatter(help_formatter(invocation.width));
    invocation.provenance.version = kVersion;
    invocation.provenance.command = command_text(words);
    be_quiet(false);
    if (words.size() > 1 && words[0] == "help") {  // berth help COMMAND
        words = {words[1], "--help"};
    }
    add_commands(app, invocation, words.empty() ? "" : words[0]);
    for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        command->ignore_case();
        command->add_flag_callback(
            "--quiet", [] { be_quiet(true); }, "Say nothing but errors on standard error: no progress, no warnings");
    }
    if (words.empty() || is_one_of(words[0], {"help", "--help", "-h"})) {
        return answer(overview(app, invocation.width), Diagnostics());
    }
    if (!knows_command(words[0])) {
        return ExitStatus::kBadInput;
    }
    std::reverse(words.begin(), words.end());  // CLI11 takes words from the end
    try {
        app.parse(std::move(words));
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? ExitStatus::kFine : ExitStatus::kBadInput;
    }
    return invocation.status;
}

}  // namespace berth
