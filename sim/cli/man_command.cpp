// berth man: manual pages of the program and of its commands.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "berth/atomic_file.h"
#include "cli/command.h"
#include "cli/man_page.h"

namespace berth {

namespace {

struct ManOptions {
    std::string command, out;
};

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
    return app.get_subcommands([](const CLI::App*) { return true; });
}

bool write_pages(const std::string& folder, const CLI::App& app, const std::string& version, Diagnostics& diagnostics) {
    const std::filesystem::path directory(folder);
    if (!make_folder(directory, diagnostics)) {
        return false;
    }
    write_file(directory / "berth.1", man_page(app, version), diagnostics);
    for (const CLI::App* command : commands_of(app)) {
        write_file(directory / fmt::format("berth-{}.1", command->get_name()), command_man_page(*command, version),
                   diagnostics);
    }
    return !diagnostics.has_errors();
}

std::optional<std::string> page(const std::string& name, const CLI::App& app, const std::string& version,
                                Diagnostics& diagnostics) {
    if (name.empty()) {
        return man_page(app, version);
    }
    std::vector<std::string> names;
    for (const CLI::App* command : commands_of(app)) {
        if (command->check_name(name)) {
            return command_man_page(*command, version);
        }
        names.push_back(command->get_name());
    }
    diagnostics.error(SourceLocation("berth man"), fmt::format("there is no command '{}'", name), list_of(names),
                      suggested_names(name, names));
    return std::nullopt;
}

ExitStatus man(const ManOptions& options, const CLI::App& app, const Invocation& invocation) {
    Diagnostics diagnostics;
    if (!options.out.empty()) {
        const bool written = write_pages(options.out, app, invocation.provenance.version, diagnostics);
        return answer(written ? std::optional<std::string>("") : std::nullopt, diagnostics);
    }
    return answer(page(options.command, app, invocation.provenance.version, diagnostics), diagnostics);
}

}  // namespace

void add_man(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<ManOptions>();
    CLI::App* command = app.add_subcommand("man", "Prints the manual page of a command, or writes all of them");
    CLI::Option* name = command->add_option("command", options->command, "The command (default: the program itself)");
    name->type_name("COMMAND");
    command->add_option("--out", options->out, "Folder to write the pages of the program and of all commands to")
        ->type_name("DIR")
        ->excludes(name);
    command->footer(
        "Examples:\n"
        "  berth man run\n"
        "  berth man --out build/man");
    command->callback([options, &app, &invocation] { invocation.status = man(*options, app, invocation); });
}

}  // namespace berth
