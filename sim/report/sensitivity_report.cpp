// Sensitivities as a table with bars, and as JSON.
#include "berth/sensitivity_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "berth/quantity_text.h"
#include "report/json_values.h"
#include "report/text_layout.h"

namespace berth {

namespace {

constexpr std::size_t kShown = 20;
constexpr double kBarColumns = 20;

std::string signed_percent_of(double log_change) {
    const double ratio = std::expm1(log_change);
    return fmt::format("{}{}", ratio > 0 ? "+" : "", percent_text(ratio, 2));
}

std::string decision_text(const DecisionSensitivity& decision) {
    std::string text = fmt::format("{}: {} is {} times as fast as {}, and faster with a probability of {}. ",
                                   decision.stage, decision.chosen, number_text(std::exp(decision.margin), 3),
                                   decision.other, percent_text(decision.probability, 2));
    if (decision.could_flip.empty()) {
        return text + "No number of the profile turns that round alone within two of its spreads.";
    }
    std::vector<std::string> flips;
    for (const Flip& flip : decision.could_flip) {
        flips.push_back(
            fmt::format("{} ({}{} sigma)", flip.path, flip.sigmas > 0 ? "+" : "", number_text(flip.sigmas, 2)));
    }
    return text + fmt::format("Alone could turn that round: {}.", fmt::join(flips, ", "));
}

std::string number_table(const Sensitivity& sensitivity) {
    TextTable table;
    table.column("number of the profile", Align::kLeft);
    table.column("spread", Align::kRight);
    table.column("moves the total by", Align::kRight);
    table.column("elasticity", Align::kRight);
    table.column("", Align::kLeft);
    const double most = sensitivity.numbers.empty() ? 1 : std::abs(sensitivity.numbers.front().on_total);
    for (std::size_t i = 0; i < std::min(kShown, sensitivity.numbers.size()); ++i) {
        const NumberEffect& number = sensitivity.numbers[i];
        const auto bar = static_cast<std::size_t>(std::lround(kBarColumns * std::abs(number.on_total) / most));
        table.row({number.path, percent_text(number.spread, 2), signed_percent_of(number.on_total),
                   number_text(number.elasticity, 2), std::string(bar, '#')});
    }
    return table.text(2);
}

}  // namespace

std::string sensitivity_text(const Sensitivity& sensitivity) {
    std::string text = fmt::format("{}: {} ({})\n\n", sensitivity.scenario, brief(sensitivity.total.median),
                                   range_text(sensitivity.total));
    for (const DecisionSensitivity& decision : sensitivity.decisions) {
        text += wrapped(decision_text(decision), 2) + "\n";
    }
    text += number_table(sensitivity);
    if (sensitivity.numbers.size() > kShown) {
        text += fmt::format("  ... and {} more\n", sensitivity.numbers.size() - kShown);
    }
    return text + "\n" +
           wrapped(
               "Each number rises by its spread, one standard deviation, with all others as they are. Elasticity: "
               "percent "
               "that the total changes by when the number rises by one percent; of a model's own errors, the share of "
               "the "
               "time that they are about.",
               0);
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
            flips.push_back({{"path", flip.path}, {"sigmas", json_number(flip.sigmas)}});
        }
        json["decisions"].push_back({{"stage", decision.stage},
                                     {"chosen", decision.chosen},
                                     {"other", decision.other},
                                     {"ratio", json_number(std::exp(decision.margin))},
                                     {"probability", json_number(decision.probability)},
                                     {"could_flip", std::move(flips)}});
    }
    json["numbers"] = Json::array();
    for (const NumberEffect& number : sensitivity.numbers) {
        json["numbers"].push_back({{"path", number.path},
                                   {"spread", json_number(number.spread)},
                                   {"effect", json_number(std::expm1(number.on_total))},
                                   {"elasticity", json_number(number.elasticity)}});
    }
    return json_document(json);
}

}  // namespace berth
