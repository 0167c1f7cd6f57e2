// berth validate: how far the predictions of a profile are from what was measured.
#include <array>
#include <memory>
#include <stdexcept>

#include "berth/validation_report.h"
#include "cli/command.h"

namespace berth {

namespace {

enum class ValidateFormat : std::uint8_t { kText, kJson, kMarkdown };
constexpr std::array<Choice<ValidateFormat>, 3> kValidateFormatNames{
    {{"text", ValidateFormat::kText}, {"json", ValidateFormat::kJson}, {"markdown", ValidateFormat::kMarkdown}}};

struct ValidateOptions {
    std::string hardware;
    ValidateFormat format = ValidateFormat::kText;
};

std::string in_format(const Validation& validation, ValidateFormat format) {
    switch (format) {
        case ValidateFormat::kText:
            return validation_text(validation);
        case ValidateFormat::kJson:
            return validation_json(validation);
        case ValidateFormat::kMarkdown:
            return validation_markdown(validation);
    }
    throw std::logic_error("a format that is not printed");
}

std::optional<std::string> validated(const ValidateOptions& options, const Library& library, Diagnostics& diagnostics) {
    const auto profile = load_hardware(library, options.hardware, {}, SourceLocation("--hardware"), diagnostics);
    const auto sets = profile ? load_measured_sets(library, options.hardware, *profile, diagnostics) : std::nullopt;
    if (!sets) {
        return std::nullopt;
    }
    show_progress("predicting what was measured");
    const auto validation = validate(*profile, *sets, diagnostics);
    return validation ? std::optional(in_format(*validation, options.format)) : std::nullopt;
}

}  // namespace

void add_validate(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<ValidateOptions>();
    CLI::App* command = app.add_subcommand("validate", "Compares a profile's predictions with measurements");
    command->add_option("--hardware", options->hardware, "A shipped profile (see `berth list`) or a file")
        ->type_name("PROFILE")
        ->required();
    std::vector<std::string> names;
    for (const auto& choice : kValidateFormatNames) {
        names.emplace_back(choice.name);
    }
    command
        ->add_option_function<std::string>(
            "--format",
            [options](const std::string& name) {
                options->format = choice_named(kValidateFormatNames, name).value_or(options->format);
            },
            "Form of the answer: " + list_of(names))
        ->type_name("FORMAT")
        ->check(CLI::IsMember(names).description(""));
    command->footer("Example: berth validate --hardware rk3588-rknn-2.3.2");
    command->callback([options, &invocation] {
        Diagnostics diagnostics;
        const auto output = validated(*options, invocation.library, diagnostics);
        invocation.status = answer(output, diagnostics);
    });
}

}  // namespace berth
