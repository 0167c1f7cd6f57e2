// berth check: reads files as thoroughly as any command would, and says everything that is wrong with them.
#include <fmt/format.h>

#include <memory>

#include "berth/atomic_file.h"
#include "cli/check_file.h"
#include "cli/command.h"
#include "report/json_values.h"

namespace berth {

namespace {

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
            Json entry = Json::object();
            entry["file"] = json_text(diagnostic.where.file_name());
            entry["line"] = json_number_or_null(diagnostic.where.line);
            entry["column"] = json_number_or_null(diagnostic.where.column);
            entry["severity"] = diagnostic.severity == Severity::kError ? "error" : "warning";
            entry["message"] = diagnostic.message;
            entry["expected"] = json_text(diagnostic.expected);
            entry["suggestion"] = json_text(diagnostic.suggestion);
            entry["count"] = repeated.count();
            file["diagnostics"].push_back(std::move(entry));
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
        one.check = check_file(file, invocation.library, one.diagnostics);
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
    command->add_option("files", options->files, "Files to check")->type_name("FILE...")->required();
    add_format_option(*command, options->format, {Format::kText, Format::kJson});
    command->footer("Example: berth check hardware/rk3588-rknn-2.3.2.yaml scenarios/rag-rk3588.yaml");
    command->callback([options, &invocation] { invocation.status = check(*options, invocation); });
}

}  // namespace berth
