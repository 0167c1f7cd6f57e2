// Sensitivities as a table with bars, and as JSON.
#include "berth/report/sensitivity_report.h"
#include "berth/base/brief_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/mapped.h"
#include "berth/base/quantity_text.h"
#include "berth/report/warnings_report.h"
#include "report/json_values.h"
#include "report/names.h"
#include "report/page/written_page.h"
#include "report/plot_style.h"
#include "report/sections.h"
#include "report/text_layout.h"

namespace berth {

namespace {

constexpr std::size_t kNumbersShown = 20;
constexpr double kBarColumns = 20;

std::string decision_text(const DecisionSensitivity& decision, const ObjectiveRow& objective) {
    const std::string ratio = number_text(std::exp(decision.margin), 3);
    const std::string probability = share_text(decision.probability);
    std::string text =
        objective.needs_energy
            ? fmt::format("{}: {} has {} times the {} of {}, which is the {} choice with a probability of {}. ",
                          decision.stage, decision.other, ratio, objective.name, decision.chosen, objective.best,
                          probability)
            : fmt::format("{}: {} is {} times as fast as {}, and faster with a probability of {}. ", decision.stage,
                          decision.chosen, ratio, decision.other, probability);
    if (decision.could_flip.empty()) {
        return text + "No single profile number, moved by up to two standard deviations, reverses this choice.";
    }
    std::vector<std::string> flips;
    for (const Flip& flip : decision.could_flip) {
        flips.push_back(fmt::format("{} ({}{} standard deviations)", typed_path(flip.path), flip.sigmas > 0 ? "+" : "",
                                    number_text(flip.sigmas, 2)));
    }
    return text + fmt::format("A single number could reverse this choice: {}.", fmt::join(flips, ", "));
}

std::string number_table(const Sensitivity& sensitivity, TextWidth width) {
    const bool by_energy = row_of(sensitivity.objective).needs_energy;
    TextTable table{left(Fit::kOwnLine, "profile number"),
                    right("spread", by_energy ? "effect on time" : "effect on total", "elasticity"),
                    left(Fit::kOptional, "")};
    const double most = sensitivity.numbers.empty() ? 1 : std::abs(sensitivity.numbers.front().on_total);
    for (std::size_t i = 0; i < std::min(kNumbersShown, sensitivity.numbers.size()); ++i) {
        const NumberEffect& number = sensitivity.numbers[i];
        const auto bar = static_cast<std::size_t>(std::lround(kBarColumns * std::abs(number.on_total) / most));
        table.row({typed_path(number.path), percent_text(number.spread, 2), signed_percent_of_log(number.on_total),
                   number_text(number.elasticity, 2), std::string(bar, '#')});
    }
    return table.text(2, width);
}

std::string sampled_text(const SampledSensitivity& sampled, const ObjectiveRow& objective, TextWidth width) {
    TextTable table{left(Fit::kOwnLine, "share of the variance"), right("alone", "with interactions")};
    for (std::size_t i = 0; i < std::min(kNumbersShown, sampled.numbers.size()); ++i) {
        const VarianceShare& share = sampled.numbers[i];
        table.row({typed_path(share.path), percent_text(share.alone, 2), percent_text(share.total, 2)});
    }
    return wrapped(
               fmt::format("With all numbers varied at once ({} samples), the recommendation is the {} with a "
                           "probability of {} and takes {}.",
                           sampled.samples, objective.best, share_text(sampled.right), estimate_text(sampled.total)),
               2, width) +
           "\n" + table.text(2, width);
}

Json sampled_json(const SampledSensitivity& sampled) {
    Json json;
    json["samples"] = sampled.samples;
    json["probability"] = json_number(sampled.right);
    add_estimate(json, sampled.total);
    json["variance"] = json_array(sampled.numbers, [](const VarianceShare& share) {
        return Json{
            {"path", typed_path(share.path)}, {"first", json_number(share.alone)}, {"total", json_number(share.total)}};
    });
    return json;
}

}  // namespace

void write_sensitivity(const std::filesystem::path& directory, const Sensitivity& sensitivity,
                       const Provenance& provenance, Diagnostics& diagnostics) {
    auto drawings = tornado_drawings(sensitivity);
    if (drawings.empty()) {
        diagnostics.warning(SourceLocation((directory / "tornado.png").string()),
                            "not drawn: no uncertain number moves the total");
    }
    write_forms(directory, "sensitivity", {sensitivity_text(sensitivity), sensitivity_json(sensitivity)},
                std::move(drawings), provenance, diagnostics);
}

std::vector<std::string> decision_sentences(const Sensitivity& sensitivity) {
    return mapped(sensitivity.decisions, [&](const DecisionSensitivity& decision) {
        return decision_text(decision, row_of(sensitivity.objective));
    });
}

std::string sensitivity_text(const Sensitivity& sensitivity, TextWidth width) {
    std::string text = wrapped(fmt::format("{}: {}", title_of(sensitivity.scenario, sensitivity.changes),
                                           estimate_text(sensitivity.total)),
                               0, width) +
                       "\n";
    for (const std::string& sentence : decision_sentences(sensitivity)) {
        text += wrapped(sentence, 2, width) + "\n";
    }
    text += number_table(sensitivity, width);
    if (sensitivity.numbers.size() > kNumbersShown) {
        text += fmt::format("  ... and {} more\n", sensitivity.numbers.size() - kNumbersShown);
    }
    if (!sensitivity.without_effect.empty()) {
        text +=
            "\n" + wrapped(fmt::format("{} of {} uncertain numbers move no placement of this scenario at all: --format "
                                       "json lists them as 'without_effect'.",
                                       sensitivity.without_effect.size(), sensitivity.uncertain),
                           2, width);
    }
    if (sensitivity.sampled) {
        text += "\n" + sampled_text(*sensitivity.sampled, row_of(sensitivity.objective), width);
    }
    if (!sensitivity.warnings.empty()) {
        text += "\n" + warnings_text(sensitivity.warnings, width);
    }
    return text + "\n" +
           wrapped(
               "Each number rises by its spread, one standard deviation, with all others unchanged. Elasticity: "
               "percent "
               "change of the total when the number rises by one percent. For error terms: the share of total time "
               "they "
               "apply to.",
               0, width);
}

std::string sensitivity_json(const Sensitivity& sensitivity) {
    Json json;
    json["scenario"] = sensitivity.scenario;
    json["total"] = Json::object();
    add_estimate(json["total"], sensitivity.total);
    json["decisions"] = Json::array();
    for (const DecisionSensitivity& decision : sensitivity.decisions) {
        Json flips = Json::array();
        for (const Flip& flip : decision.could_flip) {
            flips.push_back({{"path", typed_path(flip.path)}, {"sigmas", json_number(flip.sigmas)}});
        }
        json["decisions"].push_back({{"stage", decision.stage},
                                     {"chosen", decision.chosen},
                                     {"other", decision.other},
                                     {"ratio", json_number(std::exp(decision.margin))},
                                     {"probability", json_number(decision.probability)},
                                     {"could_flip", std::move(flips)}});
    }
    json["numbers"] = json_array(sensitivity.numbers, [](const NumberEffect& number) {
        return Json{{"path", typed_path(number.path)},
                    {"spread", json_number(number.spread)},
                    {"effect", json_number(std::expm1(number.on_total))},
                    {"elasticity", json_number(number.elasticity)}};
    });
    json["without_effect"] = sensitivity.without_effect;
    json["warnings"] = json_warnings(sensitivity.warnings);
    json["sampled"] = sensitivity.sampled ? sampled_json(*sensitivity.sampled) : Json(nullptr);
    return json_document(json);
}

}  // namespace berth
