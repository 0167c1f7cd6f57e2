// Reads the command line and runs one command.
#include "cli/command_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "berth/build_info.h"
#include "cli/data_folders.h"
#include "cli/help_text.h"
#include "cli/overview.h"
#include "cli/terminal_manners.h"
#include "cli/terminal_width.h"

namespace berth {

namespace {

constexpr std::string_view kDescription =
    "Where should each part of a model run, how long does it take there, why, how certain is that, and what would "
    "change the answer?";

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
    app.set_version_flag("--version", "berth " + std::string(kVersion));
    app.require_subcommand(1);
    Invocation invocation;
    invocation.library = data_folders();
    invocation.width = terminal_width(STDOUT_FILENO);
    app.formatter(help_formatter(invocation.width));
    invocation.provenance.version = kVersion;
    invocation.provenance.command = command_text(words);
    be_quiet(false);
    add_commands(app, invocation);
    for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        command->ignore_case();
        command->add_flag_callback(
            "--quiet", [] { be_quiet(true); }, "Say nothing but errors on standard error: no progress, no warnings");
    }
    if (words.size() > 1 && words[0] == "help") {  // berth help COMMAND
        words = {words[1], "--help"};
    }
    if (words.empty() || is_one_of(words[0], {"help", "--help", "-h"})) {
        return answer(overview(app, invocation.width), Diagnostics());
    }
    if (!knows_command(app, words[0])) {
        return ExitStatus::kBadInput;
    }
    std::reverse(words.begin(), words.end());  // the library takes them from the end
    try {
        app.parse(std::move(words));
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? ExitStatus::kFine : ExitStatus::kBadInput;
    }
    return invocation.status;
}

}  // namespace berth
