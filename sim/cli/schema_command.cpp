// berth schema: JSON Schema of the user-written files.
#include <fmt/format.h>

#include <memory>

#include "berth/schema/json_schema.h"
#include "cli/command.h"

namespace berth {

namespace {

struct SchemaOptions {
    std::string name;
    std::optional<Format> format;
};

ExitStatus schema(const SchemaOptions& options, const std::vector<std::string>& names) {
    Diagnostics diagnostics;
    if (options.name.empty()) {
        return answer(json_schemas(), diagnostics);
    }
    const auto kind = choice_in_any_case(kSchemaNames, options.name);
    if (!kind) {
        diagnostics.error(SourceLocation("berth schema"), fmt::format("there is no schema '{}'", options.name),
                          list_of(names), nearest_name(options.name, names));
        return answer(std::nullopt, diagnostics);
    }
    return answer(json_schema(*kind), diagnostics);
}

}  // namespace

void add_schema(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<SchemaOptions>();
    CLI::App* command = app.add_subcommand("schema", "Prints JSON Schema of the files that people write");
    const std::vector<std::string> names = choice_names(kSchemaNames);
    add_value(*command, "what", options->name, "WHAT", "Only " + list_of(names));
    add_format_option(*command, options->format, {Format::kJson});
    command->footer("Example: berth schema hardware");
    command->callback([options, names, &invocation] { invocation.status = schema(*options, names); });
}

}  // namespace berth
