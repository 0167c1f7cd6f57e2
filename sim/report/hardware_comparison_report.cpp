#include "berth/report/hardware_comparison_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "berth/base/brief_text.h"
#include "berth/base/quantity_text.h"
#include "berth/report/scenario_diff_report.h"
#include "report/json_values.h"
#include "report/names.h"
#include "report/page/comparison_page.h"
#include "report/page/written_page.h"
#include "report/plot_rows.h"
#include "report/plot_waterfall.h"
#include "report/scenario_diff_tables.h"
#include "report/text_layout.h"

namespace berth {

namespace {

constexpr double kBarHalf = 0.30;  // half height of a bar, as a share of a row
constexpr std::string_view kIntervalColor = "#000000";

const ChipAnswer* first_answer(const HardwareComparison& comparison) {
    const auto found =
        std::ranges::find_if(comparison.chips, [](const ChipAnswer& chip) { return chip.result.has_value(); });
    return found == comparison.chips.end() ? nullptr : &*found;
}

const Candidate* chosen_of(const StageResult& stage) {
    return stage.chosen ? &stage.candidates[*stage.chosen] : nullptr;
}

std::optional<Energy> energy_of(const StageResult& stage) {
    Energy sum;
    for (const PassShare& share : stage.passes) {
        const auto& energy = stage.candidates[share.candidate].energy;
        if (!energy) {
            return std::nullopt;
        }
        sum += *energy * static_cast<double>(share.passes);
    }
    return stage.passes.empty() ? std::nullopt : std::optional(sum);
}

std::string energy_text(const std::optional<Energy>& energy) {
    return energy ? number_text(in_millijoules(*energy), 3) : "-";
}

// Interval of a latency; empty if the latency has no uncertainty.
std::string interval_text(const Estimate<Time>& latency) {
    return latency.high > latency.low ? range_text(latency) : "";
}

/// "35 of 118": numbers that were measured on the chip, or fitted to measurements.
std::string known_text(const ProfileOrigin& origin) {
    const auto of = [&origin](Origin kind) { return origin.numbers[static_cast<std::size_t>(kind)]; };
    const std::size_t all = std::accumulate(origin.numbers.begin(), origin.numbers.end(), std::size_t{0});
    return all == 0 ? "-" : fmt::format("{} of {}", of(Origin::kMeasured) + of(Origin::kCalibrated), all);
}

TextTable totals_table(const HardwareComparison& comparison, std::span<const ProfileOrigin> origins) {
    TextTable table{left("  hardware"), right("total", "5-95 %", "mJ", "in budget"),
                    right(Fit::kWrap, "measured or calibrated")};
    for (std::size_t i = 0; i < comparison.chips.size(); ++i) {
        const ChipAnswer& chip = comparison.chips[i];
        if (!chip.result) {
            continue;
        }
        const ScenarioTotal& total = chip.result->total;
        const TimeUnit unit(total.latency.median);
        table.row({(comparison.best == i ? "* " : "  ") + chip.result->hardware, unit.text(total.latency.median),
                   interval_text(total.latency), energy_text(total.energy),
                   total.budget_probability ? share_text(*total.budget_probability) : "-", known_text(origins[i])});
    }
    return table;
}

TextTable stage_table(const HardwareComparison& comparison, std::size_t stage) {
    TextTable table{left("hardware", "run on"), right("time", "5-95 %", "sure", "mJ"), left("bound")};
    for (const ChipAnswer& chip : comparison.chips) {
        if (!chip.result) {
            continue;
        }
        const StageResult& result = chip.result->stages[stage];
        const Candidate* chosen = chosen_of(result);
        const TimeUnit unit(result.latency.median);
        table.row({chip.result->hardware, chosen != nullptr ? placement_name(*chosen) : "fixed",
                   unit.text(result.latency.median), interval_text(result.latency),
                   chosen != nullptr && result.candidates.size() > 1 ? share_text(result.confidence) : "",
                   energy_text(energy_of(result)), chosen != nullptr ? main_bound(*chosen) : "-"});
    }
    return table;
}

std::string refusals_text(const HardwareComparison& comparison, TextWidth width) {
    std::string text;
    for (const ChipAnswer& chip : comparison.chips) {
        if (!chip.result) {
            text += wrapped(fmt::format("{}: {}.", chip.hardware, chip.why_not), 2, width);
        }
    }
    return text.empty() ? "" : "\nCannot run it\n-------------\n" + text;
}

Json stage_json(const StageResult& stage) {
    Json json = Json::object();
    json["stage"] = json_text(stage.name);
    const Candidate* chosen = chosen_of(stage);
    json["chosen"] = chosen != nullptr ? json_text(chosen->placement) : Json(nullptr);
    add_estimate(json, stage.latency);
    json["confidence"] = chosen != nullptr ? json_number(stage.confidence) : Json(nullptr);
    json["energy_mj"] = json_millijoules(energy_of(stage));
    json["bound"] = chosen != nullptr ? Json(main_bound(*chosen)) : Json(nullptr);
    return json;
}

Json chip_json(const ChipAnswer& chip, const ProfileOrigin& origin) {
    Json json = Json::object();
    json["hardware"] = json_text(chip.result ? chip.result->hardware : chip.hardware);
    json["runs"] = chip.result.has_value();
    json["why_not"] = chip.result ? Json(nullptr) : json_text(chip.why_not);
    json["numbers"] = Json::object();
    for (const auto& row : kOriginNames) {
        json["numbers"][std::string(row.name)] = origin.numbers[static_cast<std::size_t>(row.value)];
    }
    json["stages"] = Json::array();
    if (!chip.result) {
        for (const char* key : {"latency_ms", "low_ms", "high_ms", "energy_mj", "budget_probability"}) {
            json[key] = nullptr;
        }
        json["warnings"] = Json::array();
        return json;
    }
    const ScenarioTotal& total = chip.result->total;
    add_estimate(json, total.latency);
    json["energy_mj"] = json_millijoules(total.energy);
    json["budget_probability"] = json_number(total.budget_probability);
    for (const StageResult& stage : chip.result->stages) {
        json["stages"].push_back(stage_json(stage));
    }
    json["warnings"] = json_warnings(chip.result->warnings);
    return json;
}

/// One stacked bar of stages per chip, with the interval of the total on top.
std::vector<Drawing> comparison_drawings(const HardwareComparison& comparison) {
    const ChipAnswer* first = first_answer(comparison);
    if (first == nullptr) {
        return {};
    }
    std::vector<Row> rows;
    std::vector<LegendEntry> legend;
    for (std::size_t stage = 0; stage < first->result->stages.size(); ++stage) {
        legend.push_back({LegendMark::kBox, std::string(device_color(stage)), first->result->stages[stage].name});
    }
    std::vector<LegendEntry> shown = legend;
    shown.push_back({LegendMark::kInterval, std::string(kIntervalColor), "5-95 % of the total"});
    for (const ChipAnswer& chip : comparison.chips) {
        if (chip.result) {
            const Estimate<Time>& total = chip.result->total.latency;
            rows.push_back({chip.result->hardware, brief(total.median), in_milliseconds(total.high), false});
        }
    }
    const std::string title = titled(first->result->scenario + ": each chip", first->scenario->changes);
    const RowFrame frame = row_frame(rows, title, "latency of a request", shown, first->result->total.budget);
    std::vector<std::vector<Cell>> cells(legend.size());
    std::string intervals;
    std::size_t row = 0;
    for (const ChipAnswer& chip : comparison.chips) {
        if (!chip.result) {
            continue;
        }
        double from = 0;
        for (std::size_t stage = 0; stage < chip.result->stages.size(); ++stage) {
            const double to = from + in_milliseconds(chip.result->stages[stage].latency.median);
            cells[stage].push_back({frame.middle[row], kBarHalf, from, to});
            from = to;
        }
        const Estimate<Time>& total = chip.result->total.latency;
        intervals += data_line((in_milliseconds(total.low) + in_milliseconds(total.high)) / 2, frame.middle[row],
                               in_milliseconds(total.low), in_milliseconds(total.high));
        ++row;
    }
    Layers layers;
    for (std::size_t i = 0; i < legend.size(); ++i) {
        add_cells(layers, fmt::format("$cells{}", i), cells[i], legend[i].color);
    }
    layers.add("$intervals", intervals,
               fmt::format("using 1:2:3:4 with xerrorbars lc rgb '{}' lw 3 pt -1", kIntervalColor));
    return {{{"compare", "Latency of a request on each chip, stage by stage, with the interval of the total."},
             frame.canvas.height,
             frame.canvas.commands + layers.commands()}};
}

constexpr std::string_view kTotalsNote =
    "*: best by the median. measured or calibrated: of the profile's numbers; the others are from datasheets, "
    "inherited "
    "or assumed.";

std::string page_of(const HardwareComparison& comparison, std::span<const ProfileOrigin> origins,
                    std::span<const Picture> pictures, const Provenance& provenance) {
    std::vector<NamedTable> stages;
    if (const ChipAnswer* first = first_answer(comparison)) {
        for (std::size_t stage = 0; stage < first->result->stages.size(); ++stage) {
            stages.push_back({first->result->stages[stage].name, stage_table(comparison, stage)});
        }
    }
    return comparison_page(comparison, {std::string(kTotalsNote), totals_table(comparison, origins)}, stages, pictures,
                           provenance);
}

}  // namespace

std::string comparison_text(const HardwareComparison& comparison, std::span<const ProfileOrigin> origins,
                            TextWidth width) {
    const ChipAnswer* first = first_answer(comparison);
    if (first == nullptr) {
        return "No chip can run it.\n" + refusals_text(comparison, width);
    }
    const ScenarioResult& result = *first->result;
    std::string text = wrapped(fmt::format("{}, placed for {}", title_of(result.scenario, first->scenario->changes),
                                           choice_name(kObjectives, result.objective)),
                               0, width) +
                       "\n" + totals_table(comparison, origins).text(2, width) + wrapped(kTotalsNote, 2, width);
    for (std::size_t stage = 0; stage < result.stages.size(); ++stage) {
        text += fmt::format("\n{}\n", result.stages[stage].name) + stage_table(comparison, stage).text(2, width);
    }
    text += refusals_text(comparison, width);
    if (comparison.difference) {
        const std::string heading =
            fmt::format("From {} to {}", comparison.difference->before.hardware, comparison.difference->after.hardware);
        text += fmt::format("\n{}\n{:-<{}}\n{}", heading, "", heading.size(), diff_text(*comparison.difference, width));
    }
    return text;
}

std::string comparison_json(const HardwareComparison& comparison, std::span<const ProfileOrigin> origins) {
    Json json = Json::object();
    json["chips"] = Json::array();
    for (std::size_t i = 0; i < comparison.chips.size(); ++i) {
        json["chips"].push_back(chip_json(comparison.chips[i], origins[i]));
    }
    json["best"] = comparison.best ? json_text(comparison.chips[*comparison.best].result->hardware) : Json(nullptr);
    json["difference"] = comparison.difference ? json_of(*comparison.difference) : Json(nullptr);
    return json_document(json);
}

std::string comparison_csv(const HardwareComparison& comparison, std::span<const ProfileOrigin> origins) {
    std::vector<CsvColumn> columns{"hardware",           {"total_ms", {"latency_ms"}}, "low_ms", "high_ms", "energy_mj",
                                   "budget_probability", "measured_or_calibrated"};
    if (const ChipAnswer* first = first_answer(comparison)) {
        for (const StageResult& stage : first->result->stages) {
            for (const char* key : {"chosen", "latency_ms", "low_ms", "high_ms", "confidence", "bound"}) {
                columns.emplace_back(stage.name + "." + key, std::vector<std::string>{"by_stage", stage.name, key});
            }
        }
    }
    columns.emplace_back("why_not");
    Json rows = Json::array();
    for (std::size_t i = 0; i < comparison.chips.size(); ++i) {
        const bool runs = comparison.chips[i].result.has_value();
        Json row = chip_json(comparison.chips[i], origins[i]);
        row["measured_or_calibrated"] = runs ? Json(known_text(origins[i])) : Json(nullptr);
        row["by_stage"] = nullptr;
        for (const Json& stage : row["stages"]) {
            row["by_stage"][stage["stage"].get<std::string>()] = stage;
        }
        rows.push_back(std::move(row));
    }
    return csv_of(columns, rows);
}

void write_comparison(const std::filesystem::path& directory, const HardwareComparison& comparison,
                      std::span<const ProfileOrigin> origins, const Provenance& provenance, Diagnostics& diagnostics) {
    auto drawings = comparison_drawings(comparison);
    if (comparison.difference) {
        drawings.push_back(waterfall_drawing(*comparison.difference));
    }
    const auto pictures = write_forms(directory, "compare",
                                      {comparison_text(comparison, origins), comparison_json(comparison, origins),
                                       comparison_csv(comparison, origins)},
                                      std::move(drawings), provenance, diagnostics);
    write_page(directory, "compare", page_of(comparison, origins, pictures, provenance), diagnostics);
}

}  // namespace berth
