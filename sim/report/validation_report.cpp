// berth validate: the tables as text, as Markdown, and all rows as JSON.
#include "berth/validation_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "berth/quantity_text.h"
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

// Those of the first few rows; the others are counted.
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
    Json json = Json::object();
    json["class"] = json_text(summary.op_class);
    json["dtype"] = summary.dtype ? Json(choice_name(kDTypeNames, *summary.dtype)) : Json(nullptr);
    json["model"] = json_errors(summary.model);
    json["coverage"] = json_number(summary.coverage);
    json["roofline"] = json_errors(summary.roofline);
    json["vendor"] = summary.vendor ? json_errors(*summary.vendor) : Json(nullptr);
    json["model_beside_vendor"] = summary.model_beside ? json_errors(*summary.model_beside) : Json(nullptr);
    json["noise"] = json_number(summary.noise);
    return json;
}

Json json_row(const ValidatedRow& row, const std::vector<std::string>& devices) {
    Json json = Json::object();
    json["name"] = row.name;
    json["class"] = row.op_class;
    json["dtype"] = choice_name(kDTypeNames, row.dtype);
    json["device"] = devices[static_cast<std::size_t>(row.device)];
    json["measured_us"] = json_microseconds(row.measured);
    json["predicted_us"] = json_microseconds(row.predicted.median);
    json["low_us"] = json_microseconds(row.predicted.low);
    json["high_us"] = json_microseconds(row.predicted.high);
    json["roofline_us"] = json_microseconds(row.roofline);
    json["vendor_us"] = row.vendor_estimate ? json_microseconds(*row.vendor_estimate) : Json(nullptr);
    json["noise"] = json_number(row.noise);
    return json;
}

// What the number was and is; in the units that the profile is written in, and in SI for programs.
std::string fitted_sentence(const FittedNumber& fitted) {
    const auto text = [&](double si) { return quantity_text(si, fitted.dimension, 3); };
    return fmt::format(
        "{}, fitted to {}, is {} (5-95 %: {} to {}); the profile has {}. The predictions below use it, so that one of "
        "their numbers was set with these rows.",
        fitted.path, fitted.rows == 1 ? "this one row" : fmt::format("these {} rows", fitted.rows), text(fitted.value),
        text(fitted.low), text(fitted.high), text(fitted.before));
}

Json json_fitted(const FittedNumber& fitted) {
    Json json = Json::object();
    json["path"] = fitted.path;
    json["text"] = quantity_text(fitted.value, fitted.dimension);
    json["value"] = json_number(fitted.value);
    json["low"] = json_number(fitted.low);
    json["high"] = json_number(fitted.high);
    json["before"] = json_number(fitted.before);
    json["rows"] = fitted.rows;
    return json;
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
                            {"sizes", std::move(sizes)}});
        }
    }
    return list;
}

Json json_decision(const Decision& decision, const std::vector<std::string>& devices) {
    Json json = Json::object();
    json["model"] = decision.model;
    json["dtype"] = choice_name(kDTypeNames, decision.dtype);
    json["measured_faster"] = devices[static_cast<std::size_t>(decision.measured_faster)];
    json["predicted_faster"] = devices[static_cast<std::size_t>(decision.predicted_faster)];
    json["agrees"] = decision.measured_faster == decision.predicted_faster;
    return json;
}

Json json_set(const ValidatedSet& set, const std::vector<std::string>& devices) {
    Json json = Json::object();
    json["name"] = set.name;
    json["file"] = set.file;
    json["form"] = choice_name(kRowFormNames, set.form);
    json["use"] = choice_name(kRowUseNames, set.use);
    json["note"] = json_text(set.note);
    json["classes"] = Json::array();
    for (const ClassSummary& summary : set.classes) {
        json["classes"].push_back(json_class(summary));
    }
    json["decisions"] = Json::array();
    for (const Decision& decision : set.decisions) {
        json["decisions"].push_back(json_decision(decision, devices));
    }
    json["settings"] = Json::array();
    for (const SettingCheck& check : set.settings) {
        json["settings"].push_back({{"setting", choice_name(kSettingNames, check.setting)},
                                    {"pairs", check.pairs},
                                    {"agree", check.agree},
                                    {"too_close", check.too_close}});
    }
    json["rows"] = Json::array();
    for (const ValidatedRow& row : set.rows) {
        json["rows"].push_back(json_row(row, devices));
    }
    json["left_out"] = set.left_out;
    return json;
}

}  // namespace

std::string validation_text(const Validation& validation, TextWidth width) {
    std::string text = wrapped(fmt::format("Predictions of {} beside measurements", validation.profile), 0, width);
    if (validation.fitted) {
        text += "\n" + wrapped(fitted_sentence(*validation.fitted), 0, width);
    }
    for (const ValidatedSet& set : validation.sets) {
        text += fmt::format("\n{}\n{}\n", set.name, std::string(display_width(set.name), '-'));
        text += wrapped(use_sentence(set), 0, width);
        text += "\n" + cells_text(class_table(set), width);
        text += fmt::format("\n  {}:\n", rows_heading(set)) + cells_text(row_table(set, kWorstShown), width);
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
    std::string text = validation.fitted ? fitted_sentence(*validation.fitted) + "\n\n" : "";
    for (const ValidatedSet& set : validation.sets) {
        text += fmt::format("### {}\n\n{}\n\n{}\n{}:\n\n{}\n", set.name, use_sentence(set),
                            cells_markdown(class_table(set)), rows_heading(set),
                            cells_markdown(row_table(set, kWorstShown)));
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
    json["sets"] = Json::array();
    for (const ValidatedSet& set : validation.sets) {
        json["sets"].push_back(json_set(set, validation.devices));
    }
    json["evidence"] = json_evidence(validation);
    json["warnings"] = json_warnings(validation.warnings);
    return json_document(json);
}

}  // namespace berth
