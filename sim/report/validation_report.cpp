// berth validate: the tables as text, as Markdown, and all rows as JSON.
#include "berth/report/validation_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "berth/base/quantity_text.h"
#include "report/json_values.h"
#include "report/validation_tables.h"

namespace berth {

namespace {

constexpr std::size_t kWorstShown = 5;
constexpr std::string_view kLegend =
    "MAPE, median and p90 are of |predicted - measured| / measured; <=10 % is the share of rows within 10 %; bias is "
    "the "
    "geometric mean of predicted / measured, less 1; in 5-95 % is the share of rows inside the predicted interval. The "
    "roofline is max(MACs / peak rate, bytes / peak bandwidth), for a model its weights once.";
constexpr std::string_view kNoiseLegend =
    " Noise is what the passes over a row are off their median, on average: no prediction is better.";

std::string legend(const Validation& validation) {
    const bool noise = std::ranges::any_of(validation.sets, [](const ValidatedSet& set) {
        return !set.classes.empty() && set.classes.back().noise.has_value();
    });
    return std::string(kLegend) + std::string(noise ? kNoiseLegend : "");
}

// Reasons for the first few rows that are not predicted; further rows are only counted.
std::vector<std::string> not_predicted(const ValidatedSet& set) {
    constexpr std::size_t kMost = 4;
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < std::min(kMost, set.left_out.size()); ++i) {
        lines.push_back("Not predicted: " + set.left_out[i]);
    }
    if (set.left_out.size() > kMost) {
        lines.push_back(fmt::format("Not predicted: {} more rows", set.left_out.size() - kMost));
    }
    return lines;
}

std::string rows_heading(const ValidatedSet& set) {
    return set.form == RowForm::kModelTotals ? "Rows" : "Furthest off";
}

Json json_microseconds(Time time) { return json_number(in_microseconds(time)); }

Json json_class(const ClassSummary& summary) {
    return Json{{"class", json_text(summary.op_class)},
                {"dtype", summary.dtype ? Json(choice_name(kDTypeNames, *summary.dtype)) : Json(nullptr)},
                {"model", json_errors(summary.model)},
                {"coverage", json_number(summary.coverage)},
                {"roofline", json_errors(summary.roofline)},
                {"vendor", summary.vendor ? json_errors(*summary.vendor) : Json(nullptr)},
                {"model_beside_vendor", summary.model_beside ? json_errors(*summary.model_beside) : Json(nullptr)},
                {"noise", json_number(summary.noise)}};
}

Json json_row(const ValidatedRow& row, const std::vector<std::string>& devices) {
    return Json{{"name", row.name},
                {"class", row.op_class},
                {"dtype", choice_name(kDTypeNames, row.dtype)},
                {"device", devices[static_cast<std::size_t>(row.device)]},
                {"measured_us", json_microseconds(row.measured)},
                {"predicted_us", json_microseconds(row.predicted.median)},
                {"low_us", json_microseconds(row.predicted.low)},
                {"high_us", json_microseconds(row.predicted.high)},
                {"roofline_us", json_microseconds(row.roofline)},
                {"vendor_us", row.vendor_estimate ? json_microseconds(*row.vendor_estimate) : Json(nullptr)},
                {"noise", json_number(row.noise)}};
}

// A number before and after its fit: here in the units of the profile, in JSON also in SI units.
std::string fitted_sentence(const FittedNumber& fitted) {
    const auto text = [&](double si) { return quantity_text(si, fitted.dimension, 3); };
    return fmt::format(
        "{}, fitted to {}, is {} (5-95 %: {} to {}); the profile has {}. The predictions below use it, so that one of "
        "their numbers was set with these rows.",
        fitted.path, fitted.rows == 1 ? "this one row" : fmt::format("these {} rows", fitted.rows), text(fitted.value),
        text(fitted.low), text(fitted.high), text(fitted.before));
}

Json json_fitted(const FittedNumber& fitted) {
    return Json{{"path", fitted.path},
                {"text", quantity_text(fitted.value, fitted.dimension)},
                {"value", json_number(fitted.value)},
                {"low", json_number(fitted.low)},
                {"high", json_number(fitted.high)},
                {"before", json_number(fitted.before)},
                {"rows", fitted.rows}};
}

Json json_evidence(const Validation& validation) {
    Json list = Json::array();
    for (std::size_t device = 0; device < validation.evidence.size(); ++device) {
        for (const MeasuredKind& one : validation.evidence[device]) {
            Json sizes = Json::object();
            const auto names = evidence_size_names(one.kind);
            for (std::size_t i = 0; i < one.ranges.size(); ++i) {
                sizes[std::string(names[i])] = {one.ranges[i].least, one.ranges[i].most};
            }
            list.push_back({{"device", validation.devices[device]},
                            {"op", traits(one.kind).name},
                            {"dtype", choice_name(kDTypeNames, one.dtype)},
                            {"form", choice_name(kEvidenceFormNames, one.form)},
                            {"cores", one.most_cores},
                            {"sizes", std::move(sizes)}});
        }
    }
    return list;
}

Json json_decision(const Decision& decision, const std::vector<std::string>& devices) {
    return Json{{"model", decision.model},
                {"dtype", choice_name(kDTypeNames, decision.dtype)},
                {"measured_faster", devices[static_cast<std::size_t>(decision.measured_faster)]},
                {"predicted_faster", devices[static_cast<std::size_t>(decision.predicted_faster)]},
                {"agrees", decision.measured_faster == decision.predicted_faster}};
}

Json json_set(const ValidatedSet& set, const std::vector<std::string>& devices) {
    Json json = Json::object();
    json["name"] = set.name;
    json["file"] = set.file;
    json["form"] = choice_name(kRowFormNames, set.form);
    json["use"] = choice_name(kRowUseNames, set.use);
    json["note"] = json_text(set.note);
    json["classes"] = json_array(set.classes, json_class);
    json["decisions"] =
        json_array(set.decisions, [&](const Decision& decision) { return json_decision(decision, devices); });
    json["settings"] = Json::array();
    for (const SettingCheck& check : set.settings) {
        json["settings"].push_back({{"setting", choice_name(kSettingNames, check.setting)},
                                    {"pairs", check.pairs},
                                    {"agree", check.agree},
                                    {"too_close", check.too_close}});
    }
    json["rows"] = json_array(set.rows, [&](const ValidatedRow& row) { return json_row(row, devices); });
    json["left_out"] = set.left_out;
    return json;
}

}  // namespace

std::string validation_text(const Validation& validation, TextWidth width) {
    std::string text =
        wrapped(fmt::format("Predictions of {} beside measurements", title_of(validation.profile, validation.changes)),
                0, width);
    if (validation.fitted) {
        text += "\n" + wrapped(fitted_sentence(*validation.fitted), 0, width);
    }
    for (const ValidatedSet& set : validation.sets) {
        text += fmt::format("\n{}\n{}\n", set.name, std::string(display_width(set.name), '-'));
        text += wrapped(use_sentence(set), 0, width);
        text += "\n" + class_table(set).text(2, width);
        text += fmt::format("\n  {}:\n", rows_heading(set)) + row_table(set, kWorstShown).text(2, width);
        for (const std::string& sentence : decision_sentences(set, validation.devices)) {
            text += "\n" + wrapped(sentence, 2, width);
        }
        for (const std::string& line : not_predicted(set)) {
            text += "\n" + wrapped(line, 2, width);
        }
    }
    return text + "\n" + wrapped(legend(validation), 0, width);
}

std::string validation_markdown(const Validation& validation) {
    std::string text = validation.changes.empty()
                           ? ""
                           : fmt::format("Predictions of {}.\n\n", title_of(validation.profile, validation.changes));
    text += validation.fitted ? fitted_sentence(*validation.fitted) + "\n\n" : "";
    for (const ValidatedSet& set : validation.sets) {
        text += fmt::format("### {}\n\n{}\n\n{}\n{}:\n\n{}\n", set.name, use_sentence(set), class_table(set).markdown(),
                            rows_heading(set), row_table(set, kWorstShown).markdown());
        for (const std::string& sentence : decision_sentences(set, validation.devices)) {
            text += sentence + "\n\n";
        }
        for (const std::string& line : not_predicted(set)) {
            text += line + "\n\n";
        }
    }
    return text + legend(validation) + "\n";
}

std::string validation_json(const Validation& validation) {
    Json json = Json::object();
    json["profile"] = validation.profile;
    json["fitted"] = validation.fitted ? json_fitted(*validation.fitted) : Json(nullptr);
    json["sets"] =
        json_array(validation.sets, [&](const ValidatedSet& set) { return json_set(set, validation.devices); });
    json["evidence"] = json_evidence(validation);
    json["warnings"] = json_warnings(validation.warnings);
    return json_document(json);
}

}  // namespace berth
