// Tables of operators and of predictions as CSV.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <stdexcept>

#include "berth/base/quantity_text.h"
#include "berth/report/report.h"
#include "report/csv_values.h"
#include "report/json_values.h"
#include "report/names.h"

namespace berth {

// Fast path for large tables: numbers that need no exponent are written from their digits without temporary strings.
void add_csv_number(double value, std::string& text) {
    std::array<char, 32> written{};  // -d.ddddde+xx
    const auto end =
        std::to_chars(written.begin(), written.end(), value, std::chars_format::scientific, kSignificantDigits - 1).ptr;
    const bool positive = std::isfinite(value) && value > 0;
    const int exponent = positive ? std::atoi(std::find(written.begin(), end, 'e') + 1) : 0;
    if (!positive || exponent < -4 || exponent >= kSignificantDigits) {
        text += csv_number(value);
        return;
    }
    written[1] = written[0];
    const char* digits = written.data() + 1;
    int count = kSignificantDigits;
    while (count > std::max(1, exponent + 1) && digits[count - 1] == '0') {
        --count;
    }
    const auto whole = static_cast<std::size_t>(std::max(0, exponent + 1));
    const std::string_view all(digits, static_cast<std::size_t>(count));
    if (whole == 0) {
        text.append("0.").append(static_cast<std::size_t>(-exponent - 1), '0').append(all);
        return;
    }
    text.append(all.substr(0, whole));
    if (all.size() > whole) {
        text.append(1, '.').append(all.substr(whole));
    }
}

double csv_value(double value) {
    std::array<char, 32> written{};
    const auto end =
        std::to_chars(written.begin(), written.end(), value, std::chars_format::scientific, kSignificantDigits - 1).ptr;
    double read = value;
    std::from_chars(written.begin(), end, read);
    return read;
}

std::string csv_number(double value) { return std::isfinite(value) ? number_text(value, kSignificantDigits) : ""; }

namespace {

std::vector<CsvColumn> operator_columns() {
    std::vector<CsvColumn> columns{
        "stage",      "placement", {"operator", {"name"}}, "op",          "category",      "device", "runtime",
        "dtype",      "start_ms",  "latency_ms",           "handover_ms", "conversion_ms", "bound",  "macs",
        "dram_bytes", "cores"};
    for (const TimeTerm& term : kTimeTerms) {
        columns.emplace_back(std::string(term.key), std::vector<std::string>{"terms", std::string(term.key)});
    }
    columns.insert(columns.end(),
                   {"rule", "energy_mj", "fused_into", {"fallback_reason", {"reason"}}, "further_ms", "operators_of"});
    return columns;
}

std::string operator_rows(std::string_view stage, const Candidate& candidate, std::span<const std::string> devices,
                          std::string_view runtime) {
    Json rows = json_operators(candidate.operators, devices);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto& cost = candidate.operators[i].cost;
        rows[i]["energy_mj"] = json_millijoules(cost ? cost->energy : std::nullopt);
    }
    return csv_rows(operator_columns(), rows,
                    {{"stage", stage},
                     {"placement", candidate.placement},
                     {"runtime", runtime},
                     {"operators_of", listed_pass(candidate)}});
}

}  // namespace

std::string operators_csv(std::string_view stage, const Candidate& candidate, std::span<const std::string> devices,
                          std::string_view runtime) {
    return csv_header(operator_columns()) + operator_rows(stage, candidate, devices, runtime);
}

std::string csv_report(const ScenarioResult& result) {
    std::string text = csv_header(operator_columns());
    for (const StageResult& stage : result.stages) {
        if (stage.chosen) {
            text += operator_rows(stage.name, stage.candidates[*stage.chosen], result.devices, stage.runtime);
        }
    }
    return text;
}

std::string predictions_csv(std::string_view header, std::span<const std::string> rows,
                            std::span<const std::optional<KernelPrediction>> predictions) {
    if (rows.size() != predictions.size()) {
        throw std::logic_error("rows and predictions differ in number");
    }
    const auto without_return = [](std::string_view line) {
        return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
    };
    std::string text = fmt::format("{},predicted_us,low_us,high_us,bound\n", without_return(header));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        text += without_return(rows[i]);
        if (const auto& prediction = predictions[i]) {
            const Estimate<Time>& latency = prediction->latency;
            text += fmt::format(",{},{},{},{}\n", csv_number(in_microseconds(latency.median)),
                                csv_number(in_microseconds(latency.low)), csv_number(in_microseconds(latency.high)),
                                choice_name(kBoundNames, prediction->cost.bound));
        } else {
            text += ",,,,\n";
        }
    }
    return text;
}

}  // namespace berth
