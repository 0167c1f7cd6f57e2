// Prediction errors per class of operator. Pure functions of rows.
#include <algorithm>
#include <cmath>

#include "berth/base/statistics.h"
#include "berth/calibration/validation.h"

namespace berth {

namespace {

std::optional<double> bias_of(std::span<const double> predicted, std::span<const double> measured) {
    std::vector<double> ratios;
    ratios.reserve(predicted.size());
    for (std::size_t i = 0; i < predicted.size(); ++i) {
        ratios.push_back(predicted[i] / measured[i]);
    }
    const auto ratio = geometric_mean(ratios);
    return ratio ? std::optional(*ratio - 1) : std::nullopt;
}

// One column of the rows, in seconds.
template <class Get>
std::vector<double> column(std::span<const ValidatedRow> rows, Get get) {
    std::vector<double> values;
    values.reserve(rows.size());
    for (const ValidatedRow& row : rows) {
        values.push_back(in_seconds(get(row)));
    }
    return values;
}

ErrorSummary summarise_model(std::span<const ValidatedRow> rows) {
    return summarise(column(rows, [](const ValidatedRow& row) { return row.predicted.median; }),
                     column(rows, [](const ValidatedRow& row) { return row.measured; }));
}

ClassSummary summarise_rows(std::span<const ValidatedRow> rows) {
    ClassSummary summary;
    summary.model = summarise_model(rows);
    const auto measured = column(rows, [](const ValidatedRow& row) { return row.measured; });
    summary.roofline = summarise(column(rows, [](const ValidatedRow& row) { return row.roofline; }), measured);
    if (!rows.empty()) {
        const auto inside = std::count_if(rows.begin(), rows.end(), [](const ValidatedRow& row) {
            return row.predicted.low <= row.measured && row.measured <= row.predicted.high;
        });
        summary.coverage = static_cast<double>(inside) / static_cast<double>(rows.size());
    }
    std::vector<ValidatedRow> estimated;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(estimated),
                 [](const ValidatedRow& row) { return row.vendor_estimate.has_value(); });
    if (!estimated.empty()) {
        summary.vendor = summarise(column(estimated, [](const ValidatedRow& row) { return *row.vendor_estimate; }),
                                   column(estimated, [](const ValidatedRow& row) { return row.measured; }));
        summary.model_beside = summarise_model(estimated);
    }
    std::vector<double> noise;
    for (const ValidatedRow& row : rows) {
        if (row.noise) {
            noise.push_back(*row.noise);
        }
    }
    summary.noise = mean(noise);
    return summary;
}

bool differ_only_in(Setting setting, const ValidatedRow& a, const ValidatedRow& b) {
    const bool same = a.op_class == b.op_class && a.device == b.device && a.tokens == b.tokens && a.tokens > 0;
    const bool other_dtype = a.dtype != b.dtype;
    const bool other_cores = a.cores != b.cores;
    return same && (setting == Setting::kDType ? other_dtype && !other_cores : other_cores && !other_dtype);
}

void count_pair(SettingCheck& check, const ValidatedRow& a, const ValidatedRow& b) {
    const double gap = std::abs(std::log(a.measured / b.measured));
    if (gap <= a.noise.value_or(0) + b.noise.value_or(0)) {
        check.too_close += 1;
        return;
    }
    check.pairs += 1;
    check.agree += (a.measured < b.measured) == (a.predicted.median < b.predicted.median) ? 1 : 0;
}

bool same_class(const ValidatedRow& a, const ValidatedRow& b) { return a.op_class == b.op_class && a.dtype == b.dtype; }

// First row of every class.
std::vector<ValidatedRow> first_of_each(std::span<const ValidatedRow> rows) {
    std::vector<ValidatedRow> firsts;
    for (const ValidatedRow& row : rows) {
        if (std::none_of(firsts.begin(), firsts.end(), [&row](const auto& first) { return same_class(first, row); })) {
            firsts.push_back(row);
        }
    }
    return firsts;
}

std::vector<ValidatedRow> like(std::span<const ValidatedRow> rows, const ValidatedRow& example) {
    std::vector<ValidatedRow> alike;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(alike),
                 [&example](const ValidatedRow& row) { return same_class(row, example); });
    return alike;
}

}  // namespace

ErrorSummary summarise(std::span<const double> predicted, std::span<const double> measured) {
    ErrorSummary summary;
    summary.rows = predicted.size();
    if (const auto errors = percentage_errors(predicted, measured)) {
        summary.mean_error = mean(*errors);
        summary.median_error = median(*errors);
        summary.p90_error = quantile(*errors, 0.9);
        summary.within_10 = share_at_most(*errors, 0.1);
    }
    summary.spearman = spearman_rank(predicted, measured);
    summary.bias = bias_of(predicted, measured);
    return summary;
}

std::vector<ClassSummary> summarise_classes(std::span<const ValidatedRow> rows) {
    std::vector<ClassSummary> classes;
    for (const ValidatedRow& first : first_of_each(rows)) {
        ClassSummary summary = summarise_rows(like(rows, first));
        summary.op_class = first.op_class;
        summary.dtype = first.dtype;
        classes.push_back(std::move(summary));
    }
    classes.push_back(summarise_rows(rows));
    return classes;
}

std::vector<SettingCheck> setting_checks(std::span<const ValidatedRow> rows) {
    std::vector<SettingCheck> checks;
    for (const auto& choice : kSettingNames) {
        SettingCheck check{choice.value};
        for (std::size_t i = 0; i < rows.size(); ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                if (differ_only_in(choice.value, rows[i], rows[j])) {
                    count_pair(check, rows[i], rows[j]);
                }
            }
        }
        if (check.pairs + check.too_close > 0) {
            checks.push_back(check);
        }
    }
    return checks;
}

std::vector<Decision> decisions(std::span<const ValidatedRow> rows) {
    std::vector<Decision> found;
    for (const ValidatedRow& first : first_of_each(rows)) {
        const auto alike = like(rows, first);
        if (std::all_of(alike.begin(), alike.end(), [&](const auto& row) { return row.device == first.device; })) {
            continue;
        }
        const auto measured = std::min_element(alike.begin(), alike.end(),
                                               [](const auto& a, const auto& b) { return a.measured < b.measured; });
        const auto predicted = std::min_element(alike.begin(), alike.end(), [](const auto& a, const auto& b) {
            return a.predicted.median < b.predicted.median;
        });
        found.push_back({first.op_class, first.dtype, measured->device, predicted->device});
    }
    return found;
}

}  // namespace berth
