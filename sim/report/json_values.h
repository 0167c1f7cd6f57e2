// Values as JSON: six significant digits, null for what does not exist, keys in the order written.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "berth/calibration/validation.h"
#include "berth/evaluation/evaluation.h"

namespace berth {

using Json = nlohmann::ordered_json;

/// The results of `function` for the elements of a range, as a JSON array.
template <class Range, class Function>
[[nodiscard]] Json json_array(Range&& range, Function function) {
    Json array = Json::array();
    for (auto&& one : range) {
        array.push_back(std::invoke(function, one));
    }
    return array;
}

/// Rounded to six significant digits; null if it is not finite. Whole numbers up to 2^53 stay exact.
[[nodiscard]] Json json_number(double value);
[[nodiscard]] Json json_number(const std::optional<double>& value);
[[nodiscard]] Json json_milliseconds(const std::optional<Time>& time);
[[nodiscard]] Json json_millijoules(const std::optional<Energy>& energy);
/// Adds latency_ms, low_ms and high_ms.
void add_estimate(Json& object, const Estimate<Time>& estimate);
/// Adds "evidence": {"near", "elsewhere", "assumed"}, shares that add up to 1; adds nothing if the profile does not
/// state what was measured.
void add_evidence(Json& object, const std::optional<Evidence>& evidence);
/// null for an empty text.
[[nodiscard]] Json json_text(const std::string& text);

[[nodiscard]] Json json_categories(const std::map<Category, Time>& by_category);
/// `stage`, `runtime` where the chip has several, and `placement`.
[[nodiscard]] Json json_placed_stage(std::string_view stage, const Candidate& candidate, std::string_view runtime);
/// Size of the weights: `bytes`, `by_dtype` and `scale_bytes`.
[[nodiscard]] Json json_weights(const Candidate& candidate);
[[nodiscard]] Json json_terms(const KernelCost& cost);
[[nodiscard]] Json json_operators(std::span<const OperatorResult> operators, std::span<const std::string> devices);

[[nodiscard]] Json json_errors(const ErrorSummary& errors);
/// [{"path", "text"}]; an empty list if there are none.
[[nodiscard]] Json json_warnings(std::span<const Warning> warnings);

/// A YAML value (`[128, 512]`, `fp16`, `600 MHz`) as JSON; text that is not valid YAML becomes a string.
[[nodiscard]] Json json_of_yaml(const std::string& yaml);

/// Serialised with an indent of two spaces and a final newline. Invalid UTF-8 is replaced rather than rejected.
[[nodiscard]] std::string json_document(const Json& json);

/// A column of a CSV file: its heading, and the keys that lead to its value in a row. A mere name is both.
struct CsvColumn {
    CsvColumn(std::string name) : heading(name), keys{std::move(name)} {}  // NOLINT(google-explicit-constructor)
    CsvColumn(const char* name) : CsvColumn(std::string(name)) {}          // NOLINT(google-explicit-constructor)
    CsvColumn(std::string name, std::vector<std::string> path) : heading(std::move(name)), keys(std::move(path)) {}

    std::string heading;
    std::vector<std::string> keys;
};
[[nodiscard]] std::string csv_header(std::span<const CsvColumn> columns);
/// The same numbers, words and truths as in JSON; empty where JSON has null. A value that a row lacks is that of
/// `common`, the same for all rows. Throws nlohmann::json::out_of_range where both lack it.
[[nodiscard]] std::string csv_rows(std::span<const CsvColumn> columns, const Json& rows,
                                   const Json& common = Json::object());
/// Header and rows.
[[nodiscard]] std::string csv_of(std::span<const CsvColumn> columns, const Json& rows,
                                 const Json& common = Json::object());

/// Adds `weight_bytes`, `peak_activation_bytes` and `spilled_bytes`.
void add_sizes(Json& object, const Candidate& candidate);
/// Adds `tokens_paid`, `tokens_held` and `cores`.
void add_tokens_and_cores(Json& object, const Candidate& candidate);
/// Adds `ttft_ms`, `tokens_per_s` and `kv_cache_bytes`; null where a key does not apply.
void add_generation(Json& object, const Candidate& candidate);

}  // namespace berth
