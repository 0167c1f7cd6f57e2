// Values as JSON.
#include "report/json_values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "base/mapped.h"
#include "berth/base/quantity_text.h"
#include "berth/base/yaml_reader.h"
#include "report/csv_values.h"
#include "report/fusions.h"
#include "report/names.h"

namespace berth {

namespace {

Json json_of_node(const YamlNode& node) {
    if (node.is_sequence()) {
        return json_array(node.sequence(), json_of_node);
    }
    if (node.is_map()) {
        Json object = Json::object();
        for (const YamlEntry& entry : node.entries()) {
            object[entry.key] = json_of_node(entry.value);
        }
        return object;
    }
    const std::optional<std::string> text = node.is_null() ? std::nullopt : node.text();
    if (!text) {
        return nullptr;
    }
    if (*text == "true" || *text == "false") {
        return *text == "true";
    }
    const auto number = parse_number(*text);
    return number ? json_number(*number) : Json(*text);
}

const Json& value_in(const Json& row, const Json& common, const std::vector<std::string>& keys) {
    const Json* value = row.contains(keys.front()) ? &row : &common;
    for (const std::string& key : keys) {
        if (value->is_null()) {
            break;
        }
        value = &value->at(key);
    }
    return *value;
}

std::string csv_cell(const Json& value) {
    return value.is_null()           ? ""
           : value.is_string()       ? csv_field(value.get_ref<const std::string&>())
           : value.is_number_float() ? csv_number(value.get<double>())
                                     : value.dump();
}

Json parts_json(const FirstTokenParts& parts) {
    return {{"prompt", parts.prompt},
            {"layers", parts.layers},
            {"heads", parts.heads},
            {"model_ms", json_number(in_milliseconds(parts.model))},
            {"layers_ms", json_number(in_milliseconds(parts.in_layers))},
            {"starting_ms", json_number(in_milliseconds(parts.starting))},
            {"positions_ms", json_number(in_milliseconds(parts.positions))},
            {"pairs_ms", json_number(in_milliseconds(parts.pairs))},
            {"not_told_apart", json_array(parts.not_told_apart, [](const auto& pair) {
                 return Json::array({pair.first, pair.second});
             })}};
}

}  // namespace

Json json_number(double value) {
    if (!std::isfinite(value)) {
        return nullptr;
    }
    if (value == std::floor(value) && std::abs(value) <= static_cast<double>(kLargestCount)) {
        return static_cast<std::int64_t>(value);
    }
    // Formatted and parsed: gives the double nearest to the rounded decimal, which prints as exactly those digits.
    return parse_number(fmt::format("{:.{}g}", value, kSignificantDigits)).value_or(value);
}

Json json_number(const std::optional<double>& value) { return value ? json_number(*value) : Json(nullptr); }

Json json_milliseconds(const std::optional<Time>& time) {
    return time ? json_number(in_milliseconds(*time)) : Json(nullptr);
}

Json json_millijoules(const std::optional<Energy>& energy) {
    return energy ? json_number(in_millijoules(*energy)) : Json(nullptr);
}

void add_evidence(Json& object, const std::optional<Evidence>& evidence) {
    if (evidence) {
        object["evidence"] = {{"near", json_number(evidence->near)},
                              {"elsewhere", json_number(evidence->elsewhere)},
                              {"assumed", json_number(evidence->assumed)}};
    }
}

void add_estimate(Json& object, const Estimate<Time>& estimate) {
    object["latency_ms"] = json_milliseconds(estimate.median);
    object["low_ms"] = json_milliseconds(estimate.low);
    object["high_ms"] = json_milliseconds(estimate.high);
}

Json json_text(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json json_categories(const std::map<Category, Time>& by_category) {
    Json object = Json::object();
    for (const auto& [category, time] : by_category) {
        object[std::string(choice_name(kCategoryNames, category))] = json_milliseconds(time);
    }
    return object;
}

Json json_placed_stage(std::string_view stage, const Candidate& candidate, std::string_view runtime) {
    Json object = Json::object();
    object["stage"] = std::string(stage);
    if (!runtime.empty()) {
        object["runtime"] = std::string(runtime);
    }
    object["placement"] = candidate.placement;
    return object;
}

Json json_weights(const Candidate& candidate) {
    Json object = Json::object();
    object["bytes"] = json_number(in_bytes(candidate.weight_bytes));
    object["by_dtype"] = Json::object();
    for (const auto& [dtype, size] : candidate.weights.by_dtype) {
        object["by_dtype"][std::string(choice_name(kDTypeNames, dtype))] = json_number(in_bytes(size));
    }
    object["scale_bytes"] = json_number(in_bytes(candidate.weights.scales));
    return object;
}

Json json_terms(const KernelCost& cost) {
    Json terms = Json::object();
    for (const TimeTerm& term : kTimeTerms) {
        terms[std::string(term.key)] = json_milliseconds(cost.*term.time);
    }
    return terms;
}

Json json_operators(std::span<const OperatorResult> operators, std::span<const std::string> devices) {
    return json_array(operators, [&](const OperatorResult& op) {
        return Json{
            {"name", op.name},
            {"op", traits(op.kind).name},
            {"device", device_name(devices, op.device)},
            {"start_ms", json_milliseconds(op.start)},
            {"latency_ms", json_milliseconds(op.latency)},
            {"bound", choice_name(kBoundNames, op.bound)},
            {"macs", json_number(in_operations(op.macs))},
            {"dram_bytes", json_number(std::round(in_bytes(op.dram_bytes)))},
            {"category", choice_name(kCategoryNames, op.category)},
            {"dtype", choice_name(kDTypeNames, op.ran_at)},
            {"handover_ms", json_milliseconds(op.handover)},
            {"conversion_ms", json_milliseconds(op.conversion)},
            {"weight_dtype", op.weights > Bytes{} ? Json(choice_name(kDTypeNames, op.stored_at)) : Json(nullptr)},
            {"fused_into", json_text(op.fused_into)},
            {"not_fused", json_not_fused(op)},
            {"fell_back", op.fell_back},
            {"reason", json_text(op.reason)},
            {"cores", op.cost ? Json(op.cost->cores) : Json(nullptr)},
            {"terms", op.cost ? json_terms(*op.cost) : Json(nullptr)},
            {"rule", op.cost ? Json(rule_text(*op.cost)) : Json(nullptr)},
            {"further_ms", json_milliseconds(further_time(op))}};
    });
}

std::string csv_header(std::span<const CsvColumn> columns) {
    const auto headings = mapped(columns, [](const CsvColumn& column) { return csv_field(column.heading); });
    return fmt::format("{}\n", fmt::join(headings, ","));
}

std::string csv_rows(std::span<const CsvColumn> columns, const Json& rows, const Json& common) {
    std::string text;
    for (const Json& row : rows) {
        const auto cells =
            mapped(columns, [&](const CsvColumn& column) { return csv_cell(value_in(row, common, column.keys)); });
        text += fmt::format("{}\n", fmt::join(cells, ","));
    }
    return text;
}

std::string csv_of(std::span<const CsvColumn> columns, const Json& rows, const Json& common) {
    return csv_header(columns) + csv_rows(columns, rows, common);
}

Json json_errors(const ErrorSummary& errors) {
    return {{"rows", errors.rows},
            {"mape", json_number(errors.mean_error)},
            {"median", json_number(errors.median_error)},
            {"p90", json_number(errors.p90_error)},
            {"within_10", json_number(errors.within_10)},
            {"spearman", json_number(errors.spearman)},
            {"bias", json_number(errors.bias)}};
}

Json json_warnings(std::span<const Warning> warnings) {
    return json_array(warnings, [](const Warning& warning) {
        return Json{{"path", warning.path}, {"text", warning.text}};
    });
}

Json json_of_yaml(const std::string& yaml) {
    Diagnostics ignored;
    const auto document = YamlDocument::parse(yaml, "value", ignored);
    if (!document) {
        return yaml;
    }
    return json_of_node(document->root(ignored));
}

std::string json_document(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

void add_sizes(Json& object, const Candidate& candidate) {
    object["weight_bytes"] = json_number(in_bytes(candidate.weight_bytes));
    object["peak_activation_bytes"] = json_number(in_bytes(candidate.peak_activation_bytes));
    object["spilled_bytes"] = json_number(in_bytes(candidate.spilled_bytes));
}

void add_tokens_and_cores(Json& object, const Candidate& candidate) {
    object["tokens_paid"] = candidate.padded_tokens;
    object["tokens_held"] = candidate.actual_tokens;
    object["cores"] = candidate.cores;
}

void add_generation(Json& object, const Candidate& candidate) {
    const auto& generation = candidate.generation;
    const bool reads = generation && generation->first_token;
    const bool steps = generation && generation->step;
    object["ttft_ms"] = reads ? json_number(in_milliseconds(generation->first_token->median)) : Json(nullptr);
    object["tokens_per_s"] = steps ? json_number(1 / in_seconds(*generation->step)) : Json(nullptr);
    object["first_token"] = generation && generation->parts ? parts_json(*generation->parts) : Json(nullptr);
    object["kv_cache_bytes"] = generation ? json_number(in_bytes(generation->kv_cache)) : Json(nullptr);
    object["cache_handed_over_bytes"] = generation ? json_number(in_bytes(generation->handed_over)) : Json(nullptr);
    object["cache_handover_ms"] = generation ? json_number(in_milliseconds(generation->handover)) : Json(nullptr);
}

}  // namespace berth
