// Tables of a validation.
#include "report/validation_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace berth {

namespace {

std::string percent_cell(const std::optional<double>& ratio) {
    return ratio ? fmt::format("{:.0f} %", 100 * *ratio) : std::string("-");
}

// Percentage with a sign, except for a difference that rounds to zero.
std::string signed_percent(double ratio) {
    const double rounded = std::round(100 * ratio);
    return rounded == 0 ? "0 %" : fmt::format("{:+.0f} %", rounded);
}

std::string plain(const std::optional<double>& value) { return value ? fmt::format("{:.2f}", *value) : "-"; }

std::string of_summary(const std::optional<ErrorSummary>& summary) {
    return summary ? percent_cell(summary->mean_error) : std::string("-");
}

double error_of(const ValidatedRow& row) { return row.predicted.median / row.measured - 1; }

}  // namespace

TextTable class_table(const ValidatedSet& set) {
    const bool vendor = !set.classes.empty() && set.classes.back().vendor.has_value();
    const bool noise = !set.classes.empty() && set.classes.back().noise.has_value();
    TextTable table{left("class", "dtype"),
                    right("rows", "MAPE", "median", "p90", "<=10 %", "Spearman", "bias", "in 5-95 %", "roofline MAPE"),
                    vendor ? right("vendor MAPE", "ours there") : right(), noise ? right("noise") : right()};
    for (const ClassSummary& summary : set.classes) {
        const ErrorSummary& model = summary.model;
        std::vector<std::string> cells{
            summary.op_class.empty() ? "all" : summary.op_class,
            summary.dtype ? std::string(choice_name(kDTypeNames, *summary.dtype)) : std::string("-"),
            fmt::format("{}", model.rows),
            percent_cell(model.mean_error),
            percent_cell(model.median_error),
            percent_cell(model.p90_error),
            percent_cell(model.within_10),
            plain(model.spearman),
            model.bias ? signed_percent(*model.bias) : "-",
            percent_cell(summary.coverage),
            percent_cell(summary.roofline.mean_error)};
        if (vendor) {
            cells.push_back(of_summary(summary.vendor));
            cells.push_back(of_summary(summary.model_beside));
        }
        if (noise) {
            cells.push_back(percent_cell(summary.noise));
        }
        table.row(std::move(cells));
    }
    return table;
}

TextTable row_table(const ValidatedSet& set, std::size_t count) {
    std::vector<ValidatedRow> rows = set.rows;
    if (set.form != RowForm::kModelTotals) {
        std::stable_sort(rows.begin(), rows.end(), [](const ValidatedRow& a, const ValidatedRow& b) {
            return std::abs(std::log(a.predicted.median / a.measured)) >
                   std::abs(std::log(b.predicted.median / b.measured));
        });
        rows.resize(std::min(rows.size(), count));
    }
    TextTable table{left(Fit::kShorten, "row"), left("dtype"),
                    right("measured", "predicted", "5-95 %", "error", "roofline")};
    for (const ValidatedRow& row : rows) {
        table.row({row.name, std::string(choice_name(kDTypeNames, row.dtype)), brief(row.measured),
                   brief(row.predicted.median), range_text(row.predicted), signed_percent(error_of(row)),
                   brief(row.roofline)});
    }
    return table;
}

std::string use_sentence(const ValidatedSet& set) {
    switch (set.use) {
        case RowUse::kFitted:
            return fmt::format("Numbers of the profile were set with these rows ({}), so these errors flatter. {}",
                               set.file, set.note);
        case RowUse::kUnseen:
            return fmt::format("No number was fitted to these rows ({}). {}", set.file, set.note);
        case RowUse::kUnknown:
            return fmt::format("The rows of {}; if numbers of the profile were set with them, these errors flatter.",
                               set.file);
    }
    return set.note;
}

std::vector<std::string> decision_sentences(const ValidatedSet& set, const std::vector<std::string>& devices) {
    std::vector<std::string> sentences;
    for (const Decision& decision : set.decisions) {
        const std::string& measured = devices[static_cast<std::size_t>(decision.measured_faster)];
        const std::string& predicted = devices[static_cast<std::size_t>(decision.predicted_faster)];
        sentences.push_back(fmt::format("{} at {}: {} was measured faster, {} is predicted faster: {}.", decision.model,
                                        choice_name(kDTypeNames, decision.dtype), measured, predicted,
                                        measured == predicted ? "the decision agrees" : "the decision is wrong"));
    }
    for (const SettingCheck& check : set.settings) {
        const std::string_view which =
            check.setting == Setting::kDType ? "the faster dtype" : "the faster number of cores";
        sentences.push_back(fmt::format(
            "Of {} pairs of rows that differ in {} only, {} is predicted for {}{}.", check.pairs,
            choice_name(kSettingNames, check.setting), which, check.agree,
            check.too_close > 0 ? fmt::format("; {} more are within the noise of each other", check.too_close) : ""));
    }
    return sentences;
}

}  // namespace berth
