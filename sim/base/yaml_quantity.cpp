// Reads quantities and parameters with provenance from YAML.
#include <fmt/format.h>

#include <utility>
#include <variant>

#include "base/quantity_spread.h"
#include "base/yaml_tree.h"
#include "berth/base/quantity_text.h"
#include "berth/base/yaml_reader.h"

namespace berth {

namespace {

// Source text of an overridden number, with its former value: "set on the command line; was 7.8 GB/s, calibrated: ...".
std::string set_text(const YamlValue& set) {
    const auto& [set_by, old] = *set.overridden;
    if (!old) {
        return "set " + set_by;
    }
    const YamlValue& before = *old;
    const auto text_at = [&before](std::string_view key) {
        const YamlMember* member = before.member(key);
        return member != nullptr ? member->value->text : std::string();
    };
    const std::string was = before.kind == YamlKind::kMap ? text_at("value") : before.text;
    const std::string kind = before.kind == YamlKind::kMap ? text_at("kind") : std::string();
    const std::string source = before.kind == YamlKind::kMap ? text_at("source") : std::string();
    return fmt::format("set {}; was {}, {}{}{}", set_by, was,
                       kind.empty() ? choice_name(kOriginNames, Origin::kAssumed) : std::string_view(kind),
                       source.empty() ? "" : ": ", source);
}

// Whether the new value gives a source of its own, which is then kept.
bool keeps_source(const YamlValue& set) {
    const YamlMember* now = set.kind == YamlKind::kMap ? set.member("source") : nullptr;
    const YamlPointer& old = set.overridden->before;
    const YamlMember* then = old && old->kind == YamlKind::kMap ? old->member("source") : nullptr;
    return now != nullptr && (then == nullptr || now->value != then->value);
}

}  // namespace

std::optional<Parameter<double>> YamlNode::read_scalar_parameter(Dimension dimension, QuantityRule rule) const {
    const std::string* written = scalar(dimension_with_example(dimension));
    if (written == nullptr) {
        return std::nullopt;
    }
    auto result = read_written(*written, dimension);
    if (!result) {
        return std::nullopt;
    }
    if (!rule.allow_unit && !parse_relative(*written) && has_unit(*written)) {
        error(fmt::format("'{}' has a unit, and this is a count", *written),
              "a number without a unit, or a share of another number, such as 50% of PATH");
        return std::nullopt;
    }
    if (result->value == 0 && !rule.allow_zero) {
        error(fmt::format("'{}' is zero", *written), "more than zero");
        return std::nullopt;
    }
    if (result->value < 0 && !rule.allow_negative) {
        error(fmt::format("'{}' is negative", *written), rule.allow_zero ? "zero or more" : "more than zero");
        return std::nullopt;
    }
    if (result->per && !rule.allow_per) {
        error(fmt::format("'{}' says 'per {}', which has no meaning here", *written,
                          choice_name(kSharingNames, *result->per)));
        return std::nullopt;
    }
    return result;
}

// Reads a quantity with its unit, or a share of another number.
std::optional<Parameter<double>> YamlNode::read_written(const std::string& written, Dimension dimension) const {
    const auto relative = parse_relative(written);
    if (const auto* share = relative ? std::get_if<RelativeText>(&*relative) : nullptr) {
        return read_relative(*share, dimension);
    }
    const auto parsed = parse_quantity(written, dimension);
    const auto* failure = relative ? std::get_if<QuantityError>(&*relative) : std::get_if<QuantityError>(&parsed);
    if (failure != nullptr) {
        error(failure->message, failure->expected, failure->suggestion);
        return std::nullopt;
    }
    const auto& quantity = std::get<ParsedQuantity>(parsed);
    Parameter<double> result;
    result.value = quantity.value;
    result.spread = quantity.spread.value_or(0);
    result.per = quantity.per;
    result.where = where_;
    return result;
}

std::optional<double> YamlNode::read_quantity(Dimension dimension, QuantityRule rule) const {
    const auto parameter = read_scalar_parameter(dimension, rule);
    if (parameter && parameter->spread != 0) {
        error(fmt::format("'{}' has a spread, which has no meaning here", value_->text));
        return std::nullopt;
    }
    return parameter ? std::optional(parameter->value) : std::nullopt;
}

std::optional<double> YamlNode::read_spread(const Parameter<double>& of, Dimension dimension) const {
    const std::string* written = scalar("a spread such as 10%");
    if (written == nullptr) {
        return std::nullopt;
    }
    const auto spread = parse_spread(*written, of.value, dimension);
    if (const auto* failure = std::get_if<QuantityError>(&spread)) {
        error(failure->message, failure->expected, failure->suggestion);
        return std::nullopt;
    }
    return std::get<double>(spread);
}

std::optional<Parameter<double>> YamlNode::read_parameter(Dimension dimension, QuantityRule rule) const {
    auto read = is_map() ? read_parameter_map(dimension, rule) : read_scalar_parameter(dimension, rule);
    if (read && read->spread > kMaxSpread) {
        error(fmt::format("the spread {} is too large", percent_text(read->spread)),
              fmt::format("at most {}", percent_text(kMaxSpread)));
        return std::nullopt;
    }
    if (read && is_set() && !keeps_source(*value_)) {
        read->source = set_text(*value_);
    }
    if (const RelativeNumber* share = read ? relative() : nullptr) {
        read->source = fmt::format("{} of {}{}{}", relative_share_text(share->share, share->per_cycle, 6), share->base,
                                   read->source.empty() ? "" : "; ", read->source);
    }
    return read;
}

std::optional<Parameter<double>> YamlNode::read_parameter_map(Dimension dimension, QuantityRule rule) const {
    const std::size_t errors_before = diagnostics().error_count();
    const YamlNode value = require("value", dimension_with_example(dimension));
    auto result = value.read_scalar_parameter(dimension, rule);
    if (const auto spread = find("spread"); spread && result) {
        if (result->spread != 0) {
            spread->error("the spread is given twice, here and in the value");
        }
        result->spread = spread->read_spread(*result, dimension).value_or(0);
    }
    if (const auto source = find("source"); source && result) {
        result->source = source->text().value_or("");
    }
    if (const auto kind = find("kind"); kind && result) {
        result->origin = kind->enumeration(kOriginNames).value_or(Origin::kAssumed);
    }
    reject_unknown_keys();
    return diagnostics().error_count() == errors_before ? result : std::nullopt;
}

}  // namespace berth
