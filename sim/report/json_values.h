// Values as JSON: six significant digits, null for what does not exist, keys in the order written.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "berth/evaluation.h"
#include "berth/validation.h"

namespace berth {

using Json = nlohmann::ordered_json;

/// What `function` makes of each of a range.
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
/// "evidence": {"near", "elsewhere", "assumed"}, shares that add up to 1; nothing where the profile does not say what
/// was measured.
void add_evidence(Json& object, const std::optional<Evidence>& evidence);
/// null for an empty text.
[[nodiscard]] Json json_text(const std::string& text);

[[nodiscard]] Json json_categories(const std::map<Category, Time>& by_category);
/// Constants: `bytes`, `by_dtype` and `scale_bytes`.
[[nodiscard]] Json json_weights(const Candidate& candidate);
[[nodiscard]] Json json_terms(const KernelCost& cost);
[[nodiscard]] Json json_operators(std::span<const OperatorResult> operators, std::span<const std::string> devices);

[[nodiscard]] Json json_errors(const ErrorSummary& errors);
/// [{"path", "text"}]; an empty list if there are none.
[[nodiscard]] Json json_warnings(std::span<const Warning> warnings);

/// A YAML value (`[128, 512]`, `fp16`, `600 MHz`) as JSON; what is no YAML stays text.
[[nodiscard]] Json json_of_yaml(const std::string& yaml);

/// Indented by two spaces, with a newline at the end. Text that is not UTF-8 is replaced, not refused.
[[nodiscard]] std::string json_document(const Json& json);

/// `ttft_ms`, `tokens_per_s`, `kv_cache_bytes`; null for what does not apply.
void add_generation(Json& object, const Candidate& candidate);

}  // namespace berth
