// Maps, lists, plain values and conditions on keys.
#include "schema/schema_parts.h"

#include <utility>

namespace berth {

namespace {

// Also allows null, because a key with an empty value counts as absent.
Json or_nothing(Json shape) {
    if (shape.contains("anyOf")) {
        shape["anyOf"].push_back(Json{{"type", "null"}});
    } else if (shape.contains("enum")) {
        shape["enum"].push_back(nullptr);
    } else if (shape.contains("type")) {
        Json& type = shape["type"];
        type = type.is_array() ? std::move(type) : Json::array({type});
        type.push_back("null");
    }
    return shape;
}

Json described(std::string_view meaning, const Json& shape) {
    Json result = Json::object();
    if (!meaning.empty()) {
        result["description"] = meaning;
    }
    result.update(shape);
    return result;
}

}  // namespace

Json whole(Part part) {
    part.shape.merge_patch(part.complete);
    return std::move(part.shape);
}

Key required(std::string_view name, std::string_view meaning, Part value) {
    return {std::string(name), std::string(meaning), std::move(value), Key::Need::kRequired};
}

Key optional(std::string_view name, std::string_view meaning, Part value) {
    return {std::string(name), std::string(meaning), std::move(value), Key::Need::kOptional};
}

Part object_with(const std::vector<Key>& keys) {
    Json properties = Json::object();
    Json complete = Json::object();
    Json needed = Json::array();
    for (const Key& key : keys) {
        const bool may_be_empty = key.need == Key::Need::kOptional;
        properties[key.name] = described(key.meaning, may_be_empty ? or_nothing(key.value.shape) : key.value.shape);
        if (!key.value.complete.empty()) {
            complete[key.name] = key.value.complete;
        }
        if (key.need == Key::Need::kRequired) {
            needed.push_back(key.name);
        }
    }
    Part part{{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}}};
    if (!needed.empty()) {
        part.complete["required"] = std::move(needed);
    }
    if (!complete.empty()) {
        part.complete["properties"] = std::move(complete);
    }
    return part;
}

Part map_of(const Part& value, std::int64_t at_least) {
    Part part{{{"type", "object"}, {"additionalProperties", value.shape}}};
    if (!value.complete.empty()) {
        part.complete["additionalProperties"] = value.complete;
    }
    if (at_least > 0) {
        part.complete["minProperties"] = at_least;
    }
    return part;
}

Part list_of(Part item, std::int64_t at_least) {
    Part part{{{"type", "array"}, {"items", whole(std::move(item))}}};
    if (at_least > 0) {
        part.shape["minItems"] = at_least;
    }
    return part;
}

Part list_of_different(Part item) {
    Part list = list_of(std::move(item), 1);
    list.shape["uniqueItems"] = true;
    return list;
}

Part either(const std::vector<Part>& parts) {
    Json choices = Json::array();
    for (const Part& part : parts) {
        choices.push_back(whole(part));
    }
    return {Json{{"anyOf", std::move(choices)}}};
}

Part text() { return {Json{{"type", {"string", "number", "boolean"}}}}; }

Part boolean() { return {Json{{"type", {"boolean", "string"}}, {"pattern", "^(true|false)$"}}}; }

Part integer(IntegerRange range) {
    constexpr IntegerRange kAny;
    const char* digits = range.min > 0 ? "^0*[1-9][0-9]*$" : range.min == 0 ? "^[0-9]+$" : "^-?[0-9]+$";
    Part part{{{"type", {"integer", "string"}}, {"pattern", digits}}};
    if (range.min != kAny.min) {
        part.shape["minimum"] = range.min;
    }
    if (range.max != kAny.max) {
        part.shape["maximum"] = range.max;
    }
    return part;
}

Part anything() { return {Json::object()}; }

Json has(std::string_view key) { return has_all({std::string(key)}); }

Json has_all(const std::vector<std::string>& keys) {
    Json properties = Json::object();
    for (const std::string& key : keys) {
        properties[key] = {{"not", {{"type", "null"}}}};
    }
    return {{"required", keys}, {"properties", std::move(properties)}};
}

Json has_none(const std::vector<std::string>& keys, std::string_view why) {
    Json properties = Json::object();
    for (const std::string& key : keys) {
        properties[key] = {{"type", "null"}, {"errorMessage", why}};
    }
    return {{"properties", std::move(properties)}};
}

Json if_then(Json condition, Json then) { return {{"if", std::move(condition)}, {"then", std::move(then)}}; }

Json if_then_else(Json condition, Json then, Json otherwise) {
    return {{"if", std::move(condition)}, {"then", std::move(then)}, {"else", std::move(otherwise)}};
}

Json all_of(const std::vector<Json>& conditions) { return {{"allOf", conditions}}; }

Json any_of(const std::vector<Json>& conditions) { return {{"anyOf", conditions}}; }

Json at_key(std::string_view key, Json inner) {
    Json properties = Json::object();
    properties[std::string(key)] = std::move(inner);
    return {{"properties", std::move(properties)}};
}

Json document(std::string_view title, const Json& top, const Json& definitions) {
    Json result = {{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", title}};
    result.update(top);
    if (!definitions.empty()) {
        result["definitions"] = definitions;
    }
    return result;
}

}  // namespace berth
