// berth list: the data shipped with the program.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/mapped.h"
#include "berth/analysis/latency_curve.h"
#include "berth/base/quantity_text.h"
#include "berth/hardware/profile_keys.h"
#include "cli/command.h"
#include "cli/data_folders.h"
#include "report/json_values.h"
#include "report/text_layout.h"

namespace berth {

namespace {

enum class Shelf : std::uint8_t { kModels, kHardware, kScenarios, kRanges, kKeys };
// Names are those of the folders, except for listings that are not files.
constexpr std::array<Choice<Shelf>, 5> kShelfNames{{{"models", Shelf::kModels},
                                                    {"hardware", Shelf::kHardware},
                                                    {"scenarios", Shelf::kScenarios},
                                                    {"ranges", Shelf::kRanges},
                                                    {"keys", Shelf::kKeys}}};

/// One kind of file, as text and as JSON.
struct Listing {
    std::string text;
    Json json = Json::array();
};

SourceLocation place(const ShippedFile& file) { return SourceLocation(file.path.string()); }

Listing list_models(const Library& library, TextWidth width, Diagnostics& diagnostics) {
    Listing listing;
    TextTable table{left("model", "architecture"), right("parameters", "tokens", "MACs")};
    for (const ShippedFile& file : shipped_files(library, choice_name(kShelfNames, Shelf::kModels))) {
        const auto model = load_model(library, file.path.string(), {}, place(file), diagnostics);
        const std::int64_t tokens = model ? longest_input(*model).value_or(1) : 1;
        const auto graph = model ? instantiate(*model, Workload{1, tokens}, diagnostics) : std::nullopt;
        if (!graph) {
            continue;
        }
        const GraphTotals sums = totals(*graph);
        table.row({file.name, model->architecture->name,
                   fmt::format("{:.1f} M", static_cast<double>(sums.parameters) / 1e6), std::to_string(tokens),
                   fmt::format("{:.2f} G", in_operations(sums.macs) / 1e9)});
        Json entry = Json::object();
        entry["name"] = file.name;
        entry["architecture"] = model->architecture->name;
        entry["parameters"] = sums.parameters;
        entry["published_parameters"] =
            model->published_parameters ? Json(*model->published_parameters) : Json(nullptr);
        entry["tokens"] = tokens;
        entry["macs"] = json_number(in_operations(sums.macs));
        listing.json.push_back(std::move(entry));
    }
    listing.text = table.text(0, width);
    return listing;
}

Listing list_hardware(const Library& library, TextWidth width, Diagnostics& diagnostics) {
    Listing listing;
    TextTable table{left("hardware", "device", "kind"), right("cores"), left(Fit::kWrap, "runtime")};
    for (const ShippedFile& file : shipped_files(library, choice_name(kShelfNames, Shelf::kHardware))) {
        const auto profile = load_hardware(library, file.path.string(), {}, place(file), diagnostics);
        if (!profile) {
            continue;
        }
        Json entry = Json::object();
        entry["name"] = file.name;
        entry["description"] = json_text(profile->description);
        entry["devices"] = Json::array();
        std::string name = file.name;
        for (const Device& device : profile->devices) {
            const std::string kind(choice_name(kDeviceKindNames, device.kind));
            table.row(
                {std::exchange(name, ""), device.name, kind, std::to_string(device.cores()), device.runtime.name});
            entry["devices"].push_back(
                {{"name", device.name}, {"kind", kind}, {"cores", device.cores()}, {"runtime", device.runtime.name}});
        }
        listing.json.push_back(std::move(entry));
    }
    listing.text = table.text(0, width);
    return listing;
}

Listing list_scenarios(const Library& library, TextWidth width, Diagnostics& diagnostics) {
    Listing listing;
    TextTable table{left("scenario"), left(Fit::kWrap, "title"), left("hardware"), left(Fit::kOptional, "stages")};
    for (const ShippedFile& file : shipped_files(library, choice_name(kShelfNames, Shelf::kScenarios))) {
        const auto scenario = load_scenario(library, file.path.string(), {}, diagnostics);
        if (!scenario) {
            continue;
        }
        auto stages = mapped(scenario->stages, &Stage::name);
        table.row({file.name, scenario->name, scenario->profile.name, fmt::format("{}", fmt::join(stages, ", "))});
        listing.json.push_back(
            {{"name", file.name}, {"title", scenario->name}, {"hardware", scenario->profile.name}, {"stages", stages}});
    }
    listing.text = table.text(0, width);
    return listing;
}

// Permitted ranges of numbers with a unit, which apply in all files.
Listing list_ranges(TextWidth width) {
    Listing listing;
    TextTable table{left("number"), right("least", "most"), left("such as")};
    for (const Dimension dimension : named_dimensions()) {
        const DimensionRange range = plausible_range(dimension);
        const std::string name = dimension_name(dimension);
        const std::string example = dimension_with_example(dimension).substr(name.size() + 9);  // after " such as "
        table.row({name, quantity_text(range.least, dimension), quantity_text(range.most, dimension), example});
        listing.json.push_back({{"number", name},
                                {"least", json_number(range.least)},
                                {"most", json_number(range.most)},
                                {"example", example}});
    }
    listing.text = table.text(0, width);
    return listing;
}

// The keys of hardware profiles that have a row.
Listing list_keys(TextWidth width) {
    Listing listing;
    for (const ProfileKey& key : profile_keys()) {
        const bool needed = key.need == KeyNeed::kRequired;
        listing.text += fmt::format("{}\n", key.path);
        listing.text +=
            wrapped(fmt::format("{}: {}", needed ? key.kind : key.kind + ", optional", key.meaning), kIndent, width);
        listing.json.push_back(
            {{"path", key.path}, {"value", key.kind}, {"required", needed}, {"meaning", key.meaning}});
    }
    return listing;
}

bool stands_in_a_file(Shelf shelf) { return shelf != Shelf::kRanges && shelf != Shelf::kKeys; }

Listing listed(Shelf shelf, const Library& library, TextWidth width, Diagnostics& diagnostics) {
    switch (shelf) {
        case Shelf::kModels:
            return list_models(library, width, diagnostics);
        case Shelf::kHardware:
            return list_hardware(library, width, diagnostics);
        case Shelf::kScenarios:
            return list_scenarios(library, width, diagnostics);
        case Shelf::kRanges:
            return list_ranges(width);
        case Shelf::kKeys:
            return list_keys(width);
    }
    throw std::logic_error("unknown kind of file");
}

struct ListOptions {
    std::string shelf;
    std::optional<Format> format;
};

ExitStatus list(const ListOptions& options, const Invocation& invocation) {
    Diagnostics diagnostics;
    std::string text;
    Json json = Json::object();
    for (const auto& row : kShelfNames) {
        const bool wanted =
            options.shelf.empty() ? stands_in_a_file(row.value) : equal_ignoring_case(options.shelf, row.name);
        if (!wanted) {
            continue;
        }
        Listing listing = listed(row.value, invocation.library, invocation.width, diagnostics);
        text += (text.empty() ? "" : "\n") + listing.text;
        json[std::string(row.name)] = std::move(listing.json);
    }
    return answer(in_format({.text = [&] { return text; }, .json = [&] { return json_document(json); }}, options.format,
                            invocation),
                  diagnostics);
}

}  // namespace

void add_list(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<ListOptions>();
    CLI::App* command = app.add_subcommand("list", "Lists the models, profiles and scenarios that ship");
    const std::vector<std::string> shelves = choice_names(kShelfNames);
    add_value(*command, "what", options->shelf, "WHAT", "Only " + list_of(shelves))
        ->check(CLI::IsMember(shelves, CLI::ignore_case).description(""));
    add_format_option(*command, options->format, formats_of({&Forms::text, &Forms::json}));
    command->footer("Example: berth list models");
    command->callback([options, &invocation] { invocation.status = list(*options, invocation); });
}

}  // namespace berth
