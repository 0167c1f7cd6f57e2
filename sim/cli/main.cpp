// The command `berth`: reads the command line, runs one command, and turns what goes wrong into an exit status.
#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "berth/build_info.h"
#include "cli/command.h"
#include "cli/data_folders.h"

namespace berth {

namespace {

// In the order of the help.
constexpr std::array<AddCommand, 19> kCommands{
    add_run,      add_ops,      add_explain, add_predict, add_sweep,   add_crossover, add_sensitivity,
    add_diff,     add_optimise, add_buckets, add_place,   add_measure, add_calibrate, add_profile_host,
    add_validate, add_import,   add_check,   add_list,    add_schema};

constexpr std::string_view kDescription =
    "Where should each part of a model run, how long does it take there, why, how sure is that, and what would change "
    "the answer?";
constexpr std::string_view kExamples =
    "Examples:\n"
    "  berth run rag-rk3588\n"
    "  berth predict --hardware rk3588-rknn-2.3.2 --device npu --op matmul --shape m=128,k=384,n=1536 --dtype int8\n"
    "  berth COMMAND --help";

std::vector<std::string> command_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(command->get_name());
    }
    return names;
}

// The library's own message for an unknown command names no command that exists.
bool knows_command(const CLI::App& app, const std::string& word) {
    const auto names = command_names(app);
    if (word.starts_with('-') || std::find(names.begin(), names.end(), word) != names.end()) {
        return true;
    }
    Diagnostics diagnostics;
    diagnostics.error(SourceLocation("berth"), fmt::format("unknown command '{}'", word), list_of(names),
                      nearest_name(word, names));
    fmt::print(stderr, "{}", diagnostics.text());
    return false;
}

ExitStatus run_command_line(int count, char** words) {
    CLI::App app{std::string(kDescription), "berth"};
    app.set_version_flag("--version", "berth " + std::string(kVersion));
    app.footer(std::string(kExamples));
    app.require_subcommand(1);
    Invocation invocation;
    invocation.library = data_folders();
    for (const AddCommand add : kCommands) {
        add(app, invocation);
    }
    if (count > 1 && !knows_command(app, words[1])) {
        return ExitStatus::kBadInput;
    }
    try {
        app.parse(count, words);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? ExitStatus::kFine : ExitStatus::kBadInput;
    }
    return invocation.status;
}

}  // namespace

}  // namespace berth

int main(int count, char** words) {
    try {
        return static_cast<int>(berth::run_command_line(count, words));
    } catch (const std::exception& failure) {
        fmt::print(stderr, "berth: internal failure: {}\n", failure.what());
    }
    return static_cast<int>(berth::ExitStatus::kInternalFailure);
}
