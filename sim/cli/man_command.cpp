// berth man: manual pages of the program and of its commands.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped.h"
#include "berth/base/atomic_file.h"
#include "berth/base/diagnostics.h"
#include "cli/command.h"

namespace berth {

namespace {

// Escapes text for roff: dashes, backslashes, and leading dots or quotes, which would start a request.
std::string roff(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        const bool starts = escaped.empty() || escaped.back() == '\n';
        if (starts && (c == '.' || c == '\'')) {
            escaped += "\\&";
        }
        if (c == '\\') {
            escaped += "\\e";
        } else if (c == '-') {
            escaped += "\\-";
        } else {
            escaped += c;
        }
    }
    return escaped;
}

std::string heading(const std::string& name, const std::string& version) {
    return fmt::format(".TH {} 1 \"\" \"berth {}\" \"User Commands\"\n", roff(name), roff(version));
}

/// Description in the style of a manual page's NAME line: no capital, no full stop.
std::string page_summary(std::string description) {
    const std::size_t end = std::min(description.find(';'), description.size());
    description.resize(end);
    if (!description.empty()) {
        description.front() = lower_case(description.substr(0, 1)).front();
    }
    return description;
}

/// Names of an option with its type: `--format FORMAT`, `-h,--help`.
std::string option_line(const CLI::Option& option) {
    auto names = mapped<std::string>(option.get_snames(), [](const std::string& name) { return "-" + name; });
    for (const std::string& name : option.get_lnames()) {
        names.push_back("--" + name);
    }
    std::string line;
    for (const std::string& name : names) {
        line += (line.empty() ? "" : ", ") + fmt::format("\\fB{}\\fR", roff(name));
    }
    const bool value = option.get_items_expected_max() > 0 && !option.get_type_name().empty();
    return value ? fmt::format("{} \\fI{}\\fR", line, roff(option.get_type_name())) : line;
}

std::string tagged(const std::string& tag, const std::string& text) {
    return fmt::format(".TP\n{}\n{}\n", tag, roff(text.empty() ? "-" : text));
}

struct OptionPages {
    std::string positionals, options, synopsis;
};

void collect(const CLI::App& command, OptionPages& pages) {
    for (const CLI::Option* option : command.get_options([](const CLI::Option*) { return true; })) {
        if (option->get_positional()) {
            const std::string name = fmt::format("\\fI{}\\fR", roff(option->get_type_name()));
            pages.synopsis += option->get_required() ? fmt::format(" {}", name) : fmt::format(" [{}]", name);
            pages.positionals += tagged(name, option->get_description());
        } else {
            pages.options += tagged(option_line(*option), option->get_description());
            pages.synopsis += option->get_required() ? fmt::format(" {}", option_line(*option)) : "";
        }
    }
    for (const CLI::App* group : command.get_subcommands([](const CLI::App* sub) { return sub->get_name().empty(); })) {
        collect(*group, pages);
    }
}

/// The lines of the footer that are commands.
std::string examples(const std::string& footer) {
    std::string lines;
    std::istringstream text(footer);
    for (std::string line; std::getline(text, line);) {
        const std::size_t colon = line.starts_with("Example") ? line.find(':') + 1 : 0;
        const std::size_t at = line.find_first_not_of(' ', colon);
        lines += at == std::string::npos ? "" : roff(std::string_view(line).substr(at)) + "\n";
    }
    return lines.empty() ? "" : fmt::format(".SH EXAMPLES\n.nf\n{}.fi\n", lines);
}

constexpr std::string_view kStatus =
    ".SH EXIT STATUS\n"
    ".TP\n0\nThe question was answered.\n"
    ".TP\n2\nThe input or the options are in error, or a file cannot be written. Nothing is left half written.\n"
    ".TP\n3\nAn internal failure.\n"
    ".TP\n4\nA change was found that blocks: see \\fBberth\\-gate\\fR(1), and \\fB\\-\\-fail\\-on\\fR of "
    "\\fBberth\\-diff\\fR(1).\n";

/// Page of a command, such as `berth-run(1)`: synopsis, options, examples.
std::string command_man_page(const CLI::App& command, const std::string& version) {
    OptionPages pages;
    collect(command, pages);
    const std::string name = "berth-" + command.get_name();
    return heading(name, version) +
           fmt::format(".SH NAME\n{} \\- {}\n", roff(name), roff(page_summary(command.get_description()))) +
           fmt::format(".SH SYNOPSIS\n\\fBberth {}\\fR{} [\\fIOPTIONS\\fR]\n", roff(command.get_name()),
                       pages.synopsis) +
           fmt::format(".SH DESCRIPTION\n{}.\n{}", roff(command.get_description()), pages.positionals) +
           fmt::format(".SH OPTIONS\n{}", pages.options) + examples(command.get_footer()) + std::string(kStatus) +
           ".SH SEE ALSO\n\\fBberth\\fR(1)\n";
}

/// `berth(1)`: purpose and commands of the program. `version` is printed in the page footer.
std::string man_page(const CLI::App& app, const std::string& version) {
    std::string commands;
    std::string pages;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        commands += tagged(fmt::format("\\fB{}\\fR", roff(command->get_name())), command->get_description());
        pages += (pages.empty() ? "" : ",\n") + fmt::format("\\fBberth\\-{}\\fR(1)", roff(command->get_name()));
    }
    return heading("berth", version) + ".SH NAME\nberth \\- place parts of models on devices and predict their time\n" +
           ".SH SYNOPSIS\n\\fBberth\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n" +
           fmt::format(".SH DESCRIPTION\n{}\n", roff(app.get_description())) + ".SH COMMANDS\n" + commands +
           ".SH ENVIRONMENT\n" +
           tagged("\\fBBERTH_DATA\\fR", "A folder with hardware, models and scenarios that come first.") +
           tagged("\\fBBERTH_MACHINE\\fR", "A file with the machine that profiles are compared with, or none.") +
           tagged("\\fBCOLUMNS\\fR", "The width of text.") +
           tagged("\\fBNO_COLOR\\fR", "Where it is set, messages have no colour.") + std::string(kStatus) +
           ".SH SEE ALSO\n" + pages + "\n";
}

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
    add_value(*command, "--out", options->out, "DIR", "Folder to write the pages of the program and of all commands to")
        ->excludes(name);
    command->footer(
        "Examples:\n"
        "  berth man run\n"
        "  berth man --out build/man");
    command->callback([options, &app, &invocation] { invocation.status = man(*options, app, invocation); });
}

}  // namespace berth
