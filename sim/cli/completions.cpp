// Finds the option or positional that the last word belongs to, and its possible values.
#include "cli/completions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "base/mapped.h"
#include "berth/analysis/every_number.h"
#include "berth/report/placement_report.h"
#include "cli/command.h"
#include "cli/data_folders.h"

namespace berth {

namespace {

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

/// The options of a command, including those of its groups.
std::vector<CLI::Option*> all_options(CLI::App& command) {
    std::vector<CLI::Option*> options = command.get_options([](CLI::Option*) { return true; });
    for (CLI::App* group : command.get_subcommands([](CLI::App* sub) { return sub->get_name().empty(); })) {
        std::ranges::copy(all_options(*group), std::back_inserter(options));
    }
    return options;
}

CLI::Option* option_called(CLI::App& command, const std::string& word) {
    if (!word.starts_with("-")) {
        return nullptr;
    }
    const auto options = all_options(command);
    const auto found = std::ranges::find_if(options, [&](CLI::Option* option) {
        const auto& longs = option->get_lnames();
        const auto& shorts = option->get_snames();
        return std::ranges::any_of(longs, [&](const auto& name) { return word == "--" + name; }) ||
               std::ranges::any_of(shorts, [&](const auto& name) { return word == "-" + name; });
    });
    return found == options.end() ? nullptr : *found;
}

/// The command line after the command, up to the word being typed.
struct TypedLine {
    CLI::App& command;
    const Library& library;
    std::vector<std::pair<CLI::Option*, std::string>> given;  ///< values of options
    std::vector<std::string> positionals;
    CLI::Option* open = nullptr;  ///< the option that takes the last word as its value
    std::string last;

    [[nodiscard]] std::optional<std::string> value_of(const std::string& option) const {
        const auto found =
            std::ranges::find_if(given, [&](const auto& one) { return one.first == option_called(command, option); });
        return found == given.end() ? std::nullopt : std::optional(found->second);
    }
};

// Splits `--format=json` into two words, as bash does.
std::vector<std::string> without_equals(const std::vector<std::string>& words) {
    std::vector<std::string> plain;
    for (const std::string& word : words) {
        const std::size_t equals = word.starts_with("--") ? word.find('=') : std::string::npos;
        if (equals != std::string::npos) {
            plain.push_back(word.substr(0, equals));
            plain.push_back(word.substr(equals + 1));
        } else if (word != "=") {
            plain.push_back(word);
        } else if (&word == &words.back()) {
            plain.emplace_back();
        }
    }
    return plain;
}

TypedLine typed_line(CLI::App& command, const Library& library, const std::vector<std::string>& words) {
    TypedLine line{command, library, {}, {}, nullptr, words.back()};
    for (std::size_t i = 1; i + 1 < words.size(); ++i) {
        CLI::Option* option = option_called(command, words[i]);
        if (option == nullptr && !words[i].starts_with("-")) {
            line.positionals.push_back(words[i]);
        } else if (option != nullptr && takes_value(*option)) {
            if (i + 2 == words.size()) {
                line.open = option;
            } else {
                line.given.emplace_back(option, words[++i]);
            }
        }
    }
    return line;
}

CLI::Option* next_positional(const TypedLine& line) {
    std::vector<CLI::Option*> positionals;
    for (CLI::Option* option : all_options(line.command)) {
        if (option->get_positional()) {
            positionals.push_back(option);
        }
    }
    if (positionals.empty()) {
        return nullptr;
    }
    const std::size_t at = line.positionals.size();
    const bool repeats = positionals.back()->get_items_expected_max() > 1;
    return at < positionals.size() ? positionals[at] : repeats ? positionals.back() : nullptr;
}

// -- values

std::vector<std::string> shipped_names(const TypedLine& line, std::string_view folder) {
    return mapped(shipped_files(line.library, folder), &ShippedFile::name);
}

std::optional<Scenario> named_scenario(const TypedLine& line) {
    Diagnostics ignored;
    return line.positionals.empty() ? std::nullopt : load_scenario(line.library, line.positionals.front(), {}, ignored);
}

std::optional<Profile> named_profile(const TypedLine& line) {
    const auto name = line.value_of("--hardware");
    Diagnostics ignored;
    if (name) {
        return load_hardware(line.library, *name, {}, SourceLocation("--hardware"), ignored);
    }
    const auto scenario = named_scenario(line);
    return scenario ? std::optional(scenario->profile) : std::nullopt;
}

std::vector<std::string> device_names(const TypedLine& line) {
    std::vector<std::string> names;
    if (const auto profile = named_profile(line)) {
        for (const Device& device : profile->devices) {
            names.push_back(device.name);
        }
    }
    return names;
}

std::vector<std::string> stage_names(const TypedLine& line) {
    std::vector<std::string> names;
    if (const auto scenario = named_scenario(line)) {
        for (const Stage& stage : scenario->stages) {
            names.push_back(stage.name);
        }
    }
    return names;
}

std::vector<std::string> profile_names(const TypedLine& line) { return shipped_names(line, "hardware"); }
std::vector<std::string> scenario_names(const TypedLine& line) { return shipped_names(line, "scenarios"); }
std::vector<std::string> model_names(const TypedLine& line) { return shipped_names(line, "models"); }

/// Paths of the numbers of the scenario, or of the profile alone.
std::vector<std::string> number_paths(const TypedLine& line) {
    Diagnostics ignored;
    std::vector<std::string> paths;
    if (!line.positionals.empty()) {
        const auto numbers = written_numbers({line.library, line.positionals.front(), {}}, ignored);
        for (const WrittenNumber& number : numbers.value_or(std::vector<WrittenNumber>())) {
            paths.push_back(number.path);
        }
    }
    if (auto profile = named_profile(line)) {  // includes numbers that are written as shares of others
        for (const ParameterView& number : parameters(*profile)) {
            paths.push_back(std::string(kHardwarePrefix) + number.path);
        }
    }
    return paths;
}

template <const auto& kTable>
std::vector<std::string> table_names(const TypedLine& /*line*/) {
    return choice_names(kTable);
}

std::vector<std::string> operator_words(const TypedLine& /*line*/) { return choice_names(operator_names()); }
std::vector<std::string> archetype_names(const TypedLine& line) { return shipped_names(line, "hardware/archetypes"); }

/// Whether the option's validator accepts the word, since not every command offers every format.
bool accepts(CLI::Option& option, std::string word) {
    try {
        return (*option.get_validator(0))(word).empty();
    } catch (const CLI::OptionNotFound&) {
        return true;  // no validator
    }
}

using ValueNames = std::vector<std::string> (*)(const TypedLine&);

enum class ValueForm : std::uint8_t { kWord, kList, kPath };

/// Possible values of an option, by the type name in its help.
struct ValueKind {
    std::string_view type;
    ValueNames names;
    ValueForm form;
    ShellFiles files;
};
constexpr std::array<ValueKind, 28> kValueKinds{{
    {"SCENARIO", scenario_names, ValueForm::kWord, ShellFiles::kFiles},
    {"SCENARIO...", scenario_names, ValueForm::kWord, ShellFiles::kFiles},
    {"PROFILE", profile_names, ValueForm::kWord, ShellFiles::kFiles},
    {"H", profile_names, ValueForm::kWord, ShellFiles::kFiles},
    {"NAME,...|all", profile_names, ValueForm::kList, ShellFiles::kFiles},
    {"MODEL", model_names, ValueForm::kWord, ShellFiles::kFiles},
    {"DEVICE", device_names, ValueForm::kWord, ShellFiles::kNone},
    {"D", device_names, ValueForm::kWord, ShellFiles::kNone},
    {"A,B", device_names, ValueForm::kList, ShellFiles::kNone},
    {"STAGE", stage_names, ValueForm::kWord, ShellFiles::kNone},
    {"PATH=VALUE", number_paths, ValueForm::kPath, ShellFiles::kNone},
    {"PATH=FROM:TO:STEP|FROM:TO|A,B,...", number_paths, ValueForm::kPath, ShellFiles::kNone},
    {"PATH=FROM:TO[:STEP|:xFACTOR]", number_paths, ValueForm::kPath, ShellFiles::kNone},
    {"PATH", number_paths, ValueForm::kPath, ShellFiles::kNone},
    {"FORMAT", table_names<kFormatNames>, ValueForm::kWord, ShellFiles::kNone},
    {"PHASE", table_names<kPhaseNames>, ValueForm::kWord, ShellFiles::kNone},
    {"OBJECTIVE", table_names<kCostedObjectiveNames>, ValueForm::kWord, ShellFiles::kNone},
    {"T", table_names<kDTypeNames>, ValueForm::kWord, ShellFiles::kNone},
    {"OP", operator_words, ValueForm::kWord, ShellFiles::kNone},
    {"KIND", archetype_names, ValueForm::kWord, ShellFiles::kNone},
    {"FILE", nullptr, ValueForm::kWord, ShellFiles::kFiles},
    {"FILE...", nullptr, ValueForm::kWord, ShellFiles::kFiles},
    {"FILE.csv", nullptr, ValueForm::kWord, ShellFiles::kFiles},
    {"GRAPH.json", nullptr, ValueForm::kWord, ShellFiles::kFiles},
    {"FILE.csv|A,B,...|FROM:TO:STEP", nullptr, ValueForm::kWord, ShellFiles::kFiles},
    {"DIR", nullptr, ValueForm::kWord, ShellFiles::kFolders},
    {"OLD", nullptr, ValueForm::kWord, ShellFiles::kFolders},
    {"NEW", nullptr, ValueForm::kWord, ShellFiles::kFolders},
}};

void add_matching(const std::vector<std::string>& names, const std::string& typed, Completions& found) {
    for (const std::string& name : names) {
        if (lower_case(name).starts_with(lower_case(typed))) {
            found.words.push_back({name, ""});
        }
    }
}

/// Completes the entry after the last comma of a list.
void add_listed(const std::vector<std::string>& names, const std::string& typed, Completions& found) {
    const std::size_t comma = typed.rfind(',');
    const std::string before = comma == std::string::npos ? "" : typed.substr(0, comma + 1);
    auto whole = mapped<std::string>(names, [&](const std::string& name) { return before + name; });
    add_matching(whole, typed, found);
}

/// Completes paths key by key, as a shell completes folders: up to the next dot; the last key gets an equals sign if
/// `assigned` is true.
void add_paths(const std::vector<std::string>& paths, const std::string& typed, bool assigned, Completions& found) {
    std::set<std::string> words;
    for (const std::string& path : paths) {
        if (path.starts_with(typed)) {
            const std::size_t dot = path.find('.', typed.size());
            words.insert(dot == std::string::npos ? path + (assigned ? "=" : "") : path.substr(0, dot + 1));
        }
    }
    add_matching({words.begin(), words.end()}, typed, found);
}

void add_values(CLI::Option& option, const TypedLine& line, Completions& found) {
    const std::string type = option.get_type_name();
    const auto kind = std::ranges::find_if(kValueKinds, [&](const ValueKind& row) {
        return type == row.type || type.starts_with(std::string(row.type) + ":");  // with a validator's name
    });
    if (kind == kValueKinds.end()) {
        return;
    }
    found.files = kind->files;
    std::vector<std::string> names = kind->names != nullptr ? kind->names(line) : std::vector<std::string>();
    std::erase_if(names, [&](const std::string& name) { return !accepts(option, name); });
    switch (kind->form) {
        case ValueForm::kWord:
            return add_matching(names, line.last, found);
        case ValueForm::kList:
            return add_listed(names, line.last, found);
        case ValueForm::kPath:
            return add_paths(names, line.last, kind->type.starts_with("PATH="), found);
    }
}

std::string first_sentence(const std::string& text) {
    const std::size_t end = std::min({text.find(';'), text.find(". "), text.find('\n'), text.size()});
    return text.substr(0, end);
}

void add_options(CLI::App& command, const std::string& typed, Completions& found) {
    for (const CLI::Option* option : all_options(command)) {
        for (const std::string& name : option->get_lnames()) {
            if (("--" + name).starts_with(typed)) {
                found.words.push_back({"--" + name, first_sentence(option->get_description())});
            }
        }
    }
}

void add_command_names(CLI::App& app, const std::string& typed, Completions& found) {
    for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
        if (command->get_name().starts_with(typed)) {
            found.words.push_back({command->get_name(), first_sentence(command->get_description())});
        }
    }
}

}  // namespace

Completions completions(CLI::App& app, const Library& library, std::vector<std::string> words) {
    Completions found;
    words = without_equals(words);
    if (words.size() < 2) {
        const std::string typed = words.empty() ? "" : words.front();
        add_command_names(app, typed, found);
        add_options(app, typed.empty() ? "--help" : typed, found);
        return found;
    }
    const auto commands = app.get_subcommands([](CLI::App*) { return true; });
    const auto command = std::ranges::find_if(commands, [&](CLI::App* one) { return one->check_name(words[0]); });
    if (words[0] == "help") {
        add_command_names(app, words[1], found);
    }
    if (command == commands.end()) {
        return found;
    }
    const TypedLine line = typed_line(**command, library, words);
    if (line.open != nullptr) {
        add_values(*line.open, line, found);
    } else if (line.last.starts_with("-")) {
        add_options(**command, line.last, found);
    } else if (CLI::Option* positional = next_positional(line)) {
        add_values(*positional, line, found);
    }
    return found;
}

}  // namespace berth
