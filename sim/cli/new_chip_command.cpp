// berth new-chip: builds a profile from a datasheet, with a first answer and suggested measurements.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>

#include "base/mapped.h"
#include "berth/analysis/latency_curve.h"
#include "berth/analysis/next_measurement.h"
#include "berth/base/atomic_file.h"
#include "berth/base/brief_text.h"
#include "berth/base/file_kind.h"
#include "berth/base/quantity_text.h"
#include "berth/hardware/new_chip.h"
#include "berth/report/report.h"
#include "cli/command.h"
#include "cli/data_folders.h"
#include "report/sections.h"
#include "report/text_layout.h"
#include "report/worth_measuring.h"
#include "scenario/load_parts.h"

namespace berth {

namespace {

constexpr double kNoise = 0.03;  // relative noise of a kernel measurement
constexpr std::size_t kMeasureFirst = 3;

struct NewChipOptions {
    std::string name, archetype, out, model;
    Datasheet stated;
    std::optional<std::int64_t> tokens;
    bool yes = false;
};

// Error message for a whole number or a quantity; empty if it is valid.
std::string complaint_about(const DatasheetNumber& number, const std::string& text) {
    const auto parsed = parse_quantity(text, number.dimension);
    if (const auto* error = std::get_if<QuantityError>(&parsed)) {
        return error->message;
    }
    const auto& quantity = std::get<ParsedQuantity>(parsed);
    const bool counts = !number.whole || (quantity.value >= 1 && quantity.value == std::floor(quantity.value));
    return quantity.value > 0 && counts ? "" : fmt::format("'{}' is not possible", text);
}

void check_stated(const Datasheet& stated, Diagnostics& diagnostics) {
    for (const DatasheetNumber& number : kDatasheetNumbers) {
        const auto found = stated.find(number.option);
        const std::string wrong = found == stated.end() ? "" : complaint_about(number, found->second);
        if (!wrong.empty()) {
            diagnostics.error(
                SourceLocation(std::string(number.option)), wrong,
                fmt::format("{} such as {}", number.whole ? "a whole number" : dimension_name(number.dimension),
                            number.example));
        }
    }
}

void check_together(const Profile& archetype, const Datasheet& stated, Diagnostics& diagnostics) {
    for (const DatasheetComplaint& one : datasheet_complaints(archetype, stated)) {
        diagnostics.error(SourceLocation(std::string(one.option)), one.message, one.expected);
    }
}

// Asks for the numbers that were not stated; an empty line selects the value of the archetype.
void ask(NewChipOptions& options) {
    for (const DatasheetNumber& number : kDatasheetNumbers) {
        while (!options.stated.contains(number.option)) {
            fmt::print(stderr, "{}, such as {} (Enter to inherit): ", number.question, number.example);
            std::string line;
            if (!std::getline(std::cin, line) || line.empty()) {
                break;
            }
            if (const std::string wrong = complaint_about(number, line); !wrong.empty()) {
                fmt::print(stderr, "{}\n", wrong);
                continue;
            }
            options.stated.emplace(number.option, line);
        }
    }
}

// int8 if the device offers it, else its first offered precision.
Scheme first_scheme(const Device& device) {
    const std::vector<std::string> offered = offered_precisions(device);
    const std::string name =
        std::ranges::find(offered, "int8") != offered.end() || offered.empty() ? "int8" : offered.front();
    return choice_named(kSchemeNames, name).value_or(DType::kInt8);
}

constexpr std::int64_t kTokens = 128;  // default, reduced if the model accepts fewer

std::int64_t tokens_of(const NewChipOptions& options, const Model& model) {
    return options.tokens.value_or(std::min(kTokens, longest_input(model).value_or(kTokens)));
}

// The first shipped model that accepts `tokens` tokens at once.
std::string first_model(std::int64_t tokens, const Library& library) {
    for (const ShippedFile& file : shipped_files(library, "models")) {
        Diagnostics ignored;
        const auto model = load_model(library, file.path.string(), {}, SourceLocation("--model"), ignored);
        const auto longest = model ? longest_input(*model) : std::nullopt;
        if (longest && *longest >= tokens) {
            return file.path.string();
        }
    }
    return "";
}

/// A scenario with one stage that runs the first model on the new chip.
std::optional<Scenario> first_question(const NewChipOptions& options, const Profile& profile, const Library& library,
                                       Diagnostics& diagnostics) {
    const std::string name =
        options.model.empty() ? first_model(options.tokens.value_or(kTokens), library) : options.model;
    auto model = load_model(library, name, {}, SourceLocation("--model"), diagnostics);
    if (!model) {
        return std::nullopt;
    }
    Scenario scenario;
    scenario.profile = profile;
    ModelStage work;
    work.precision.dtype = first_scheme(accelerator_of(profile));
    const std::int64_t tokens = tokens_of(options, *model);
    const bool in_tokens = depends_on_tokens(*model->architecture);
    scenario.name = fmt::format("{}{}, {}", model->name, in_tokens ? fmt::format(", {} tokens", tokens) : "",
                                scheme_name(work.precision.dtype));
    if (options.tokens && !in_tokens) {
        diagnostics.warning(SourceLocation("--tokens"),
                            fmt::format("no effect: {} has inputs of one size", model->name));
    }
    work.model = std::move(*model);
    work.tokens = {{tokens, 1}};
    Stage& stage = scenario.stages.emplace_back();
    stage.name = "model";
    stage.work = std::move(work);
    return scenario;
}

std::string answer_of(const Scenario& scenario, const ScenarioResult& result, TextWidth width) {
    std::string text = answer_text(result, scenario, width) + "\nNumbers that decide\n-------------------\n" +
                       assumptions_text(result, scenario, width);
    const auto measurements = next_measurements(scenario, result, kNoise);
    if (!measurements.empty()) {
        text += "\nMeasure first\n-------------\n";
        for (std::size_t i = 0; i < std::min(kMeasureFirst, measurements.size()); ++i) {
            const WorthMeasuring& one = measurements[i];
            const Device& device = scenario.profile.devices[static_cast<std::size_t>(one.device)];
            text +=
                wrapped(fmt::format("{} on {}, predicted {}: removes {} of the variance of the {}", one.op, device.name,
                                    brief(one.predicted), share_text(one.removes), goal_name(one.goal)),
                        0, width, kIndent);
        }
    }
    return text;
}

std::vector<std::string> heading_of(const NewChipOptions& options, const std::string& archetype) {
    return {
        fmt::format("What is stated of {}, on top of the archetype {}. Numbers that are not stated are inherited, with",
                    options.name, archetype),
        "the spread between chips of that kind: `berth list keys` says what each key means.",
        fmt::format(
            "As soon as two networks were timed, `berth calibrate --hardware {} --measured ROWS.csv` replaces guesses.",
            options.out)};
}

std::optional<ShippedFile> archetype_of(const NewChipOptions& options, const Library& library,
                                        Diagnostics& diagnostics) {
    const auto shipped = shipped_files(library, "hardware/archetypes");
    auto known = mapped(shipped, &ShippedFile::name);
    const auto found = find_name(options.archetype, known);
    if (found) {
        return shipped[*found];
    }
    diagnostics.error(SourceLocation("--archetype"), fmt::format("there is no archetype '{}'", options.archetype),
                      list_of(known), suggested_names(options.archetype, known));
    return std::nullopt;
}

// Profiles in a folder mean each other before those that ship, so a file of a shipped name would replace that one for
// all of them, and for itself if it is the archetype's.
void check_file(const NewChipOptions& options, const Library& library, Diagnostics& diagnostics) {
    std::error_code ignored;
    if (std::filesystem::exists(options.out, ignored)) {
        diagnostics.error(SourceLocation("--out"), fmt::format("{} is there already", options.out), "another name");
        return;
    }
    const std::string name = std::filesystem::path(options.out).stem().string();
    for (const std::string_view kind : {"hardware", "hardware/archetypes"}) {
        if (find_name(name, mapped(shipped_files(library, kind), &ShippedFile::name))) {
            diagnostics.error(
                SourceLocation("--out"),
                fmt::format("{} has the name of a profile that ships, and profiles beside it would extend it instead",
                            options.out),
                "another name");
        }
    }
}

// A profile of the archetype's name beside the new one would be extended instead of it.
void check_neighbours(const NewChipOptions& options, const std::string& archetype, Diagnostics& diagnostics) {
    const auto beside = std::filesystem::path(options.out).parent_path() / (archetype + ".yaml");
    std::error_code ignored;
    if (std::filesystem::is_regular_file(beside, ignored)) {
        diagnostics.error(
            SourceLocation("--out"),
            fmt::format("{} beside it would be extended instead of the archetype {}", beside.string(), archetype),
            "another folder");
    }
}

std::optional<std::string> made(NewChipOptions options, Invocation& invocation, Diagnostics& diagnostics) {
    const Library& library = invocation.library;
    options.out = options.out.empty() ? options.name + ".yaml" : options.out;
    check_file(options, library, diagnostics);
    check_stated(options.stated, diagnostics);
    const auto archetype = archetype_of(options, library, diagnostics);
    if (archetype) {
        check_neighbours(options, archetype->name, diagnostics);
    }
    const auto base =
        archetype ? load_hardware(library, archetype->path.string(), {}, SourceLocation("--archetype"), diagnostics)
                  : std::nullopt;
    if (!base || diagnostics.has_errors()) {
        return std::nullopt;
    }
    if (!options.yes && isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0) {
        ask(options);
    }
    check_together(*base, options.stated, diagnostics);
    if (diagnostics.has_errors()) {
        return std::nullopt;
    }
    const std::string yaml =
        schema_line(options.out, "hardware", FileKind::kProfile, library) +
        new_chip_yaml(options.name, archetype->name, *base, options.stated, heading_of(options, archetype->name));
    const auto profile = load_hardware_text(library, options.out, yaml, diagnostics);
    const auto scenario = profile ? first_question(options, *profile, library, diagnostics) : std::nullopt;
    const auto result = scenario ? evaluate(*scenario, diagnostics) : std::nullopt;
    if (!result || !write_file(options.out, yaml, diagnostics) ||
        !load_hardware_file(library, options.out, {}, diagnostics)) {
        return std::nullopt;
    }
    return yaml + "\n" +
           wrapped(fmt::format("Written to {}. Its first answer, {}:", options.out, scenario->name), 0,
                   invocation.width) +
           "\n" + answer_of(*scenario, *result, invocation.width);
}

}  // namespace

void add_new_chip(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<NewChipOptions>();
    CLI::App* command = app.add_subcommand("new-chip", "Makes a profile of a chip out of its datasheet");
    add_value(*command, "name", options->name, "NAME", "Name of the profile")->required();
    add_value(*command, "--archetype", options->archetype, "KIND",
              "Kind of chip that everything else is inherited from")
        ->required();
    for (const DatasheetNumber& number : kDatasheetNumbers) {
        command
            ->add_option_function<std::string>(
                std::string(number.option),
                [options, &number](const std::string& value) { options->stated[number.option] = value; },
                fmt::format("{}, such as {}", number.question, number.example))
            ->type_name(number.whole ? "N" : "VALUE");
    }
    add_value(*command, "--out", options->out, "FILE", "File to write (default: NAME.yaml)");
    add_value(*command, "--model", options->model, "MODEL",
              "Model of the first answer (default: the first shipped one that reads text)");
    add_value(*command, "--tokens", options->tokens, "N", "Its tokens (default: 128, or as many as it reads)")
        ->check(CLI::Range(kCountRange.min, kCountRange.max, "POSITIVE"));
    command->add_flag("--yes", options->yes, "Ask nothing: what is not stated is inherited");
    command->footer(
        "Example: berth new-chip my-chip --archetype npu-convolution --cores 2 --clock 800MHz --macs-int8 2048 --sram "
        "1MiB "
        "--bandwidth 20GB/s --dram 34GB/s --cpu-cores 4 --cpu-clock 2GHz --yes");
    answer_with(*command, options, invocation, made);
}

}  // namespace berth
