// berth check: reads files as thoroughly as any command, and reports all their errors.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "berth/analysis/latency_curve.h"
#include "berth/base/atomic_file.h"
#include "berth/base/diagnostics.h"
#include "berth/base/file_kind.h"
#include "berth/base/quantity_text.h"
#include "berth/base/yaml_reader.h"
#include "berth/evaluation/evaluation.h"
#include "berth/scenario/scenario.h"
#include "cli/command.h"
#include "report/json_values.h"
#include "scenario/load_parts.h"

namespace berth {

namespace {

struct FileCheck {
    std::optional<FileKind> kind;
    std::string summary;  ///< "profile with 2 devices"; empty if the file has errors
};

std::string counted(std::size_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::optional<FileKind> kind_of(const YamlNode& root) {
    const std::vector<std::string> names = choice_names(kFileKindNames);
    const auto entries = root.entries();
    for (const YamlEntry& entry : entries) {
        if (const auto kind = choice_named(kFileKindNames, entry.key)) {
            return kind;
        }
    }
    if (root.is_map() || root.is_null()) {
        const std::string first = entries.empty() ? "" : entries.front().key;
        root.diagnostics().error(entries.empty() ? root.where() : entries.front().key_where,
                                 "the file does not say what it describes", "a first key that is " + list_of(names),
                                 nearest_name(first, names));
    }
    return std::nullopt;
}

// Reports cyclic dependencies among the operators of a section; `when` is ignored.
void check_order(const Section& section, Diagnostics& diagnostics) {
    Graph graph;
    for (const OperatorTemplate& op : section.operators) {
        const auto id = static_cast<OperatorId>(graph.operators.size());
        Operator& made = graph.operators.emplace_back();
        made.name = op.name;
        made.output = id;
        made.where = op.where;
        graph.tensors.emplace_back().producer = id;
    }
    for (std::size_t reader = 0; reader < section.operators.size(); ++reader) {
        for (const std::string& input : section.operators[reader].inputs) {
            const auto maker = std::find_if(section.operators.begin(), section.operators.end(),
                                            [&input](const OperatorTemplate& op) { return op.name == input; });
            if (maker != section.operators.end()) {
                const auto tensor = static_cast<TensorId>(maker - section.operators.begin());
                graph.operators[reader].inputs.push_back(tensor);
                graph.tensors[static_cast<std::size_t>(tensor)].consumers.push_back(static_cast<OperatorId>(reader));
            }
        }
    }
    sort_topologically(graph, diagnostics);
}

std::string check_profile(const std::string& path, const Library& library, Diagnostics& diagnostics) {
    const auto profile = load_hardware(library, path, {}, SourceLocation(path), diagnostics);
    return profile ? "profile with " + counted(profile->devices.size(), "device") : "";
}

std::string check_model(const std::string& path, const Library& library, Diagnostics& diagnostics) {
    const auto model = load_model(library, path, {}, SourceLocation(path), diagnostics);
    const std::int64_t longest = model ? longest_input(*model).value_or(1) : 1;
    auto small = model ? instantiate(*model, Workload{1, 1}, diagnostics) : std::nullopt;
    const auto large = small && longest > 1 ? instantiate(*model, Workload{1, longest}, diagnostics) : std::move(small);
    if (!large) {
        return "";
    }
    return fmt::format("model with {} and {}", counted(large->operators.size(), "operator"),
                       counted(static_cast<std::size_t>(totals(*large).parameters), "parameter"));
}

std::string check_architecture(const YamlNode& root, Diagnostics& diagnostics) {
    const auto architecture = read_architecture(root);
    if (!architecture) {
        return "";
    }
    for (const Section& section : architecture->sections) {
        check_order(section, diagnostics);
    }
    return "architecture with " + counted(architecture->sections.size(), "section");
}

std::string check_scenario(const std::string& path, const Library& library, Diagnostics& diagnostics) {
    const auto scenario = load_scenario(library, path, {}, diagnostics);
    const auto result =
        scenario && !diagnostics.has_errors() ? evaluate(*scenario, diagnostics, {false, false}) : std::nullopt;
    return result ? "scenario with " + counted(scenario->stages.size(), "stage") : "";
}

/// Loads the file with everything that it refers to. A model is also instantiated, for one token and for its longest
/// input; a scenario is also evaluated.
FileCheck check_file(const std::string& path, const Library& library, Diagnostics& diagnostics) {
    FileCheck check;
    if (is_network_file(path)) {
        check.kind = FileKind::kModel;
        check.summary = check_model(path, library, diagnostics);
        return check;
    }
    Library once = library;  // keeps the document, which is read once for its kind and again by the loader of that kind
    once.kept = std::make_shared<KeptDocuments>(library.kept);
    const auto document = once.kept->load(path, diagnostics);
    if (!document) {
        return check;
    }
    const YamlNode root = document->root(diagnostics);
    check.kind = kind_of(root);
    if (!check.kind) {
        return check;
    }
    const auto summary = [&]() -> std::string {
        switch (*check.kind) {
            case FileKind::kProfile:
                return check_profile(path, once, diagnostics);
            case FileKind::kModel:
                return check_model(path, once, diagnostics);
            case FileKind::kArchitecture:
                return check_architecture(document->root(diagnostics), diagnostics);  // kind_of() has seen every key
            case FileKind::kScenario:
                return check_scenario(path, once, diagnostics);
        }
        throw std::logic_error("unknown kind of file");
    };
    check.summary = summary();
    if (diagnostics.has_errors()) {
        check.summary.clear();
    }
    return check;
}

// A file, or what ships by that name: scenarios first, then profiles, models and architectures.
std::string path_of(const std::string& name, const Library& library) {
    std::error_code ignored;
    if (std::filesystem::exists(name, ignored)) {
        return name;
    }
    for (const std::string_view kind :
         {"scenarios", "hardware", "hardware/archetypes", "models", "models/architectures"}) {
        Diagnostics unknown;
        if (const auto found = find_file(library, kind, name, SourceLocation(name), unknown)) {
            return found->string();
        }
    }
    return name;
}

struct CheckOptions {
    std::vector<std::string> files;
    std::optional<Format> format;
};

struct Checked {
    std::string file;
    FileCheck check;
    Diagnostics diagnostics;
};

std::string text_of(const std::vector<Checked>& all) {
    std::string text;
    for (const Checked& one : all) {
        if (!one.diagnostics.has_errors()) {
            text += fmt::format("{}: ok, {}\n", one.file, one.check.summary);
        }
    }
    return text;
}

Json json_number_or_null(int number) { return number > 0 ? Json(number) : Json(nullptr); }

std::string json_of(const std::vector<Checked>& all) {
    Json files = Json::array();
    for (const Checked& one : all) {
        Json file = Json::object();
        file["file"] = one.file;
        file["kind"] = one.check.kind ? Json(choice_name(kFileKindNames, *one.check.kind)) : Json(nullptr);
        file["ok"] = !one.diagnostics.has_errors();
        file["summary"] = json_text(one.check.summary);
        file["diagnostics"] = Json::array();
        const DiagnosticSummary summary = one.diagnostics.summary();
        for (const RepeatedDiagnostic& repeated : summary.shown) {
            const Diagnostic& diagnostic = repeated.first;
            file["diagnostics"].push_back({{"file", json_text(diagnostic.where.file_name())},
                                           {"line", json_number_or_null(diagnostic.where.line)},
                                           {"column", json_number_or_null(diagnostic.where.column)},
                                           {"severity", diagnostic.severity == Severity::kError ? "error" : "warning"},
                                           {"message", diagnostic.message},
                                           {"expected", json_text(diagnostic.expected)},
                                           {"suggestion", json_text(diagnostic.suggestion)},
                                           {"count", repeated.count()}});
        }
        file["further_errors"] = summary.errors_left;
        file["further_warnings"] = summary.warnings_left;
        files.push_back(std::move(file));
    }
    Json json = Json::object();
    json["files"] = std::move(files);
    return json_document(json);
}

ExitStatus check(const CheckOptions& options, const Invocation& invocation) {
    std::vector<Checked> all;
    Diagnostics together;
    for (const std::string& file : options.files) {
        Checked& one = all.emplace_back();
        one.file = file;
        one.check = check_file(path_of(file, invocation.library), invocation.library, one.diagnostics);
        together.merge(one.diagnostics);
    }
    return answer(in_format({.text = [&] { return text_of(all); }, .json = [&] { return json_of(all); }},
                            options.format, invocation),
                  together);
}

}  // namespace

void add_check(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<CheckOptions>();
    CLI::App* command = app.add_subcommand("check", "Checks profiles, models, architectures and scenarios");
    add_value(*command, "files", options->files, "FILE...", "Files to check, or names that ship")->required();
    add_format_option(*command, options->format, formats_of({&Forms::text, &Forms::json}));
    command->footer("Example: berth check hardware/rk3588-rknn-2.3.2.yaml scenarios/rag-rk3588.yaml");
    command->callback([options, &invocation] { invocation.status = check(*options, invocation); });
}

}  // namespace berth
