// Schema of quantities and of parameters with provenance: patterns from the table of units, one definition each.
#include <fmt/format.h>

#include <algorithm>

#include "berth/base/parameter.h"
#include "schema/schema_parts.h"

namespace berth {

namespace {

// "a size in bytes" -> "size_in_bytes".
std::string definition_name(Dimension dimension, const QuantityForm& form) {
    std::string name = dimension_name(dimension);
    name.erase(0, name.find(' ') + 1);
    std::replace(name.begin(), name.end(), ' ', '_');
    if (form.per) {
        name += fmt::format("_per_{}", choice_name(kSharingNames, *form.per));
    }
    name += form.allow_zero ? "_or_zero" : "";
    name += form.allow_spread ? "" : "_exact";
    name += form.allow_unit ? "" : "_without_unit";
    return name;
}

// A spread: a percentage, or an absolute quantity in the value's own unit.
Json spread_of(Dimension dimension) {
    const QuantityForm plain{.allow_zero = true, .allow_spread = false, .per = std::nullopt};
    std::string pattern = quantity_pattern(Dimension{}, plain);
    if (dimension == Dimension{}) {
        return {{"type", {"number", "string"}}, {"minimum", 0}, {"maximum", kMaxSpread}, {"pattern", pattern}};
    }
    const std::string percent = "^[ \\t]*\\+?[0-9.]+(?:[eE][+-]?[0-9]+)?[ \\t]*%$";
    return {{"type", "string"}, {"pattern", fmt::format("{}|{}", percent, quantity_pattern(dimension, plain))}};
}

Json reference(const std::string& name) { return {{"$ref", "#/definitions/" + name}}; }

}  // namespace

std::string Definitions::define_value(Dimension dimension, const QuantityForm& form, std::optional<double> most) {
    std::string name = most ? "share" : definition_name(dimension, form);
    if (definitions_.contains(name)) {
        return name;
    }
    const bool plain = dimension == Dimension{};
    const DimensionRange range = plausible_range(dimension);
    const std::string meaning = most ? "a share above 0 and up to 100%"
                                     : fmt::format("{}, {}{}", dimension_with_example(dimension),
                                                   form.allow_zero ? "0 or " : "", range_text(dimension));
    Json value = {{"description", meaning}};
    value["type"] = plain ? Json{"number", "string"} : Json("string");
    if (plain) {
        value["minimum"] = form.allow_zero ? 0 : range.least;
        value["maximum"] = most.value_or(range.most);
    }
    value["pattern"] = fmt::format("{}|{}", quantity_pattern(dimension, form), relative_pattern(form));
    value["patternErrorMessage"] = fmt::format("expected {}, or a share of another number", meaning);
    definitions_[name] = std::move(value);
    return name;
}

Part Definitions::parameter_named(const std::string& name, Dimension dimension) {
    const std::string with_origin = name + "_with_origin";
    if (!definitions_.contains(with_origin)) {
        std::string meaning = definitions_[name]["description"].get<std::string>();
        meaning += " as a map: its value, its spread and its origin";
        Json map = object_with({
                                   required("value", "the number with its unit", {reference(name)}),
                                   optional("spread", "one standard deviation, such as 10%", {spread_of(dimension)}),
                                   optional("source", "document, table or measurement, in words", text()),
                                   optional("kind", "origin of the number; assumed by default", choice(kOriginNames)),
                               })
                       .shape;
        definitions_[with_origin] = {{"description", std::move(meaning)}};
        definitions_[with_origin].update(map);
    }
    return {Json{{"anyOf", Json::array({reference(name), reference(with_origin)})}},
            Json{{"required", Json::array({"value"})}}};
}

Part Definitions::quantity(Dimension dimension, bool allow_zero) {
    const QuantityForm exact{.allow_zero = allow_zero, .allow_spread = false, .per = std::nullopt};
    return {Json{{"anyOf", Json::array({reference(define_value(dimension, exact))})}}};
}

Part Definitions::parameter(Dimension dimension, const QuantityForm& form) {
    return parameter_named(define_value(dimension, form), dimension);
}

Part Definitions::define(const std::string& name, Part part) {
    const std::string complete = name + "_complete";
    definitions_[name] = std::move(part.shape);
    definitions_[complete] = std::move(part.complete);
    return {Json{{"anyOf", Json::array({reference(name)})}}, reference(complete)};
}

Part Definitions::share() { return parameter_named(define_value({}, {}, 1.0), {}); }

}  // namespace berth
