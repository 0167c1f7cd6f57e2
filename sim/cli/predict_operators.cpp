// berth predict --op and --csv: single operators on one device.
#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <stdexcept>

#include "berth/base/atomic_file.h"
#include "berth/base/quantity_text.h"
#include "berth/calibration/kernel_rows.h"
#include "berth/report/report.h"
#include "cli/predict.h"
#include "report/json_values.h"

namespace berth {

namespace {

struct Predicted {
    Kernel kernel;
    Execution execution;
    KernelPrediction prediction;
};

// Absent, with the reason in `why`, if the runtime does not support the operator.
std::optional<Predicted> predict_row(const KernelRow& row, const Target& target, std::string& why) {
    const auto kernel = standalone_kernel(row, target.profile, target.id, why);
    if (!kernel) {
        return std::nullopt;
    }
    const Execution execution{row.cores.value_or(target.device().runtime.default_cores), row.clock};
    return Predicted{
        *kernel, execution,
        predict_kernel(target.profile, target.id, *kernel, execution, row.layout.value_or(MatrixLayout::kNative))};
}

template <class Table>
auto choice_option(const Table& table, std::string_view option, const std::string& name, Diagnostics& diagnostics)
    -> std::optional<decltype(table[0].value)> {
    const auto value = choice_in_any_case(table, name);
    if (!value) {
        const std::vector<std::string> names = choice_names(table);
        diagnostics.error(SourceLocation(std::string(option)), fmt::format("unknown name '{}'", name), list_of(names),
                          suggested_names(name, names));
    }
    return value;
}

bool same_latency(const std::optional<Predicted>& a, const std::optional<Predicted>& b) {
    const auto same = [](const Estimate<Time>& x, const Estimate<Time>& y) {
        return x.median == y.median && x.low == y.low && x.high == y.high;
    };
    return a.has_value() == b.has_value() && (!a || same(a->prediction.latency, b->prediction.latency));
}

// The target's warnings, and a warning for each setting that affects no row.
std::vector<Warning> warnings_of(std::span<const KernelRow> rows, const Target& target, Diagnostics& diagnostics) {
    std::vector<Warning> warnings = target.warnings;
    const auto same_without = [&](std::size_t setting) {
        std::vector<bool> made(target.set.size(), true);
        made[setting] = false;
        const auto profile = target.with(made);
        if (!profile) {
            return false;
        }
        const Target before{*profile, target.id};
        return std::ranges::all_of(rows, [&](const KernelRow& row) {
            std::string ignored;
            return same_latency(predict_row(row, target, ignored), predict_row(row, before, ignored));
        });
    };
    add_silent_settings(settings_that_change_nothing(target.set, "no effect on what is predicted here", same_without),
                        warnings, diagnostics);
    return warnings;
}

std::optional<KernelRow> row_of(const PredictOptions& options, const Target& target, Diagnostics& diagnostics) {
    const std::size_t errors_before = diagnostics.error_count();
    KernelRow row;
    row.where = SourceLocation("--op");
    const auto kind = choice_option(operator_names(), "--op", options.op, diagnostics);
    row.dtype = dtype_option(options, diagnostics).value_or(DType::kFp32);
    row.cores = cores_option(options, target.device(), diagnostics);
    row.clock = clock_option(options, target.device(), diagnostics);
    if (!options.layout.empty()) {
        row.layout = choice_option(kMatrixLayoutNames, "--layout", options.layout, diagnostics);
    }
    if (!kind) {
        return std::nullopt;
    }
    row.kind = *kind;
    if (row.layout && row.kind != OperatorKind::kMatmul) {
        diagnostics.error(SourceLocation("--layout"), fmt::format("{} has no layout", traits(row.kind).name), "matmul");
    }
    const auto sizes = parse_shape(row.kind, options.shape, diagnostics);
    if (diagnostics.error_count() == errors_before) {
        if (const auto dims = dims_of(row.kind, sizes, row.where, diagnostics)) {
            row.dims = *dims;
        }
    }
    return diagnostics.error_count() == errors_before ? std::optional(row) : std::nullopt;
}

// The unmodified cells, numbers as JSON numbers, and the predictions; null for an empty cell or a missing prediction.
std::string rows_json(const CsvTable& table, const std::vector<std::optional<KernelPrediction>>& predictions,
                      const std::vector<Warning>& warnings) {
    Json rows = Json::array();
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        Json row = Json::object();
        for (std::size_t c = 0; c < table.header.cells.size(); ++c) {
            const std::string& text = table.rows[i].cells[c].text;
            const auto number = parse_number(text);
            row[table.header.cells[c].text] = number ? json_number(*number) : json_text(text);
        }
        const auto& prediction = predictions[i];
        const auto microseconds = [&](Time Estimate<Time>::*part) {
            return prediction ? json_number(in_microseconds(prediction->latency.*part)) : Json(nullptr);
        };
        row["predicted_us"] = microseconds(&Estimate<Time>::median);
        row["low_us"] = microseconds(&Estimate<Time>::low);
        row["high_us"] = microseconds(&Estimate<Time>::high);
        row["bound"] = prediction ? Json(choice_name(kBoundNames, prediction->cost.bound)) : Json(nullptr);
        rows.push_back(std::move(row));
    }
    return json_document({{"rows", std::move(rows)}, {"warnings", json_warnings(warnings)}});
}

}  // namespace

std::optional<std::string> predict_operator(const PredictOptions& options, const Target& target,
                                            const Invocation& invocation, Diagnostics& diagnostics) {
    const auto row = row_of(options, target, diagnostics);
    if (!row) {
        return std::nullopt;
    }
    std::string why;
    const auto predicted = predict_row(*row, target, why);
    if (!predicted) {
        diagnostics.error(SourceLocation("--op"), why);
        return std::nullopt;
    }
    const Predicted& is = *predicted;
    const Device& device = target.device();
    const auto warnings = warnings_of({&*row, 1}, target, diagnostics);
    return in_format({.text =
                          [&] {
                              return changes_line(invocation) +
                                     kernel_text(is.kernel, is.prediction, device, is.execution, invocation.width);
                          },
                      .json = [&] { return kernel_json(is.kernel, is.prediction, device, is.execution, warnings); }},
                     options.format, invocation);
}

std::optional<std::string> predict_rows(const PredictOptions& options, const Target& target,
                                        const Invocation& invocation, Diagnostics& diagnostics) {
    const auto content = read_file(options.csv, diagnostics);
    const auto table = content ? parse_csv(*content, options.csv, diagnostics) : std::nullopt;
    const auto rows = table ? read_kernel_rows(*table, target.device(), diagnostics) : std::nullopt;
    if (!rows) {
        return std::nullopt;
    }
    std::vector<std::string> lines;
    std::vector<std::optional<KernelPrediction>> predictions;
    for (std::size_t i = 0; i < rows->size(); ++i) {
        std::string why;
        const auto predicted = predict_row((*rows)[i], target, why);
        if (!predicted) {
            diagnostics.warning((*rows)[i].where, "no prediction: " + why);
        }
        lines.push_back(table->rows[i].line);
        predictions.push_back(predicted ? std::optional(predicted->prediction) : std::nullopt);
    }
    const auto warnings = warnings_of(*rows, target, diagnostics);
    return in_format({.json = [&] { return rows_json(*table, predictions, warnings); },
                      .rows = [&] { return predictions_csv(table->header.line, lines, predictions); }},
                     options.format, invocation);
}

}  // namespace berth
