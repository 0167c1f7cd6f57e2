// Reads the runtime of a device from YAML: dispatch, shapes, fusion and operator rules.
#include <fmt/format.h>

#include <algorithm>

#include "base/mapped.h"
#include "hardware/key_reader.h"

namespace berth {

namespace {

constexpr std::string_view kOwnCode = "own_code";

// Reads `else: DEVICE` or `else: own_code`.
void read_otherwise(OperatorRule& rule, const Runtime& runtime, const YamlNode& node) {
    const std::string name = text_or_empty(node);
    rule.own_code = name == kOwnCode;
    if (!rule.own_code) {
        rule.fallback = name;
    } else if (!runtime.own_code) {
        node.error("the runtime has no 'own_code'", "own_code: {macs_per_cycle: ..., elements_per_cycle: ...}");
    }
}

bool computes_on_array(OperatorKind kind) {
    return kind == OperatorKind::kMatmul || kind == OperatorKind::kConv2d || kind == OperatorKind::kAttention;
}

// Whether a cluster multiplies any dtype; false if macs_per_cycle is missing, which has been reported.
bool multiplies(const CoreCluster& cluster) {
    return std::any_of(cluster.macs_per_cycle.begin(), cluster.macs_per_cycle.end(),
                       [](const auto& macs) { return macs.has_value(); });
}

bool lists(const std::vector<DType>& dtypes, DType dtype) { return std::ranges::find(dtypes, dtype) != dtypes.end(); }

// Checks that operators of the array list only dtypes that the array multiplies.
void check_dtypes(const Device& device, OperatorKind kind, const std::vector<DType>& none, const YamlNode& node) {
    const OperatorRule& rule = device.runtime.operators[static_cast<std::size_t>(kind)];
    if (!computes_on_array(kind) || !rule.supported) {
        return;
    }
    for (const DType dtype : rule.dtypes) {
        for (const CoreCluster& cluster : device.clusters) {
            const bool rated = cluster.macs_per_cycle[static_cast<std::size_t>(dtype)].has_value();
            if (multiplies(cluster) && !rated && !lists(none, dtype)) {
                node.error(fmt::format("runs in {}, for which '{}' has no macs_per_cycle",
                                       choice_name(kDTypeNames, dtype), cluster.name));
                return;
            }
        }
    }
}

// Reads `cuts: [k]`: the dimensions in which larger products are cut instead of falling back.
void read_cuts(OperatorRule& rule, const YamlNode& list) {
    for (const YamlNode& item : list.sequence()) {
        const auto dim = item.enumeration(kProductDimNames);
        if (!dim) {
            continue;
        }
        ProductLimit& limit = rule.product_limits[static_cast<std::size_t>(*dim)];
        if (limit.cut) {
            item.error(fmt::format("'{}' is given twice", choice_name(kProductDimNames, *dim)));
        } else if (!limit.most) {
            item.error(fmt::format("has no meaning without 'max_{}'", choice_name(kProductDimNames, *dim)));
        }
        limit.cut = true;
    }
}

bool is_conversion(OperatorKind kind) {
    return kind == OperatorKind::kQuantize || kind == OperatorKind::kDequantize || kind == OperatorKind::kCast;
}

// A fallback in one file replaces the rule of another that it extends: what that one says about running the operator
// has no meaning any more.
void forget_replaced_rule(const YamlNode& rule) {
    const std::string file = rule.require("on").where().file_name();
    for (const std::string_view key : {"multi_core", "multi_core_from", "dtypes", "on_the_way"}) {
        const auto found = rule.find(key);
        if (found && (found->is_set() || found->where().file_name() == file)) {
            found->error("has no meaning for an operator that another device runs", "on or reason alone");
        }
    }
}

// Dtypes of which the profile says that the array does not multiply them.
std::vector<DType> not_multiplied(const YamlNode& device) {
    const auto rates = array_rates_below(device);
    std::vector<DType> none;
    for (const auto& row : kDTypeNames) {
        const auto rate = entry_below(rates, row.name);
        if (rate && says_none(*rate)) {
            none.push_back(row.value);
        }
    }
    return none;
}

// A rule that is inherited from a chip with those dtypes is about the others.
void forget_not_multiplied(Runtime& runtime, const std::vector<DType>& none) {
    for (std::size_t kind = 0; kind < runtime.operators.size(); ++kind) {
        std::vector<DType>& dtypes = runtime.operators.at(kind).dtypes;
        const auto lacks = [&none](DType dtype) { return lists(none, dtype); };
        if (computes_on_array(static_cast<OperatorKind>(kind)) && !std::ranges::all_of(dtypes, lacks)) {
            std::erase_if(dtypes, lacks);
        }
    }
}

// Reads `else`, which says what happens to operators above the limits of the rule.
void read_otherwise_of_limits(OperatorRule& rule, const Runtime& runtime, const YamlNode& node) {
    const auto otherwise = node.find("else");
    if (!otherwise) {
        return;
    }
    const std::vector<std::string> limits = operator_limits();
    if (std::ranges::any_of(limits, [&node](const std::string& limit) { return node.find(limit).has_value(); })) {
        read_otherwise(rule, runtime, *otherwise);
        return;
    }
    const auto quoted = mapped(limits, [](const std::string& limit) { return fmt::format("'{}'", limit); });
    otherwise->error("has no meaning without " + list_of(quoted));
}

// Refuses keys that mean nothing without another one, or for another kind of operator.
void check_rule(const OperatorRule& rule, OperatorKind kind, const YamlNode& node) {
    const auto refuse = [&node](std::string_view key, bool has_meaning, const std::string& why) {
        if (const auto found = node.find(key); found && !has_meaning) {
            found->error(why);
        }
    };
    refuse("multi_core_from", rule.multi_core, "has no meaning without 'multi_core: true'");
    refuse("cuts_lines", rule.max_kernel.has_value(), "has no meaning without 'max_kernel'");
    refuse("as_convolution", kind == OperatorKind::kMatmul, "is for matmul");
    refuse("weights_only", kind == OperatorKind::kMatmul, "is for matmul");
    refuse("max_kernel_depth", kind == OperatorKind::kConv2d, "is for conv2d");
    refuse("on_the_way", is_conversion(kind), "is for conversions: quantize, dequantize and cast");
}

OperatorRule read_rule(const Device& device, OperatorKind kind, const YamlNode& node,
                       const std::vector<DType>& dtypes) {
    OperatorRule rule;
    rule.where = node.where();
    KeyReader rows(node);
    operator_place_keys(rows, rule);
    const auto on = node.require("on", "the device that runs it").text();
    if (on && !equal_ignoring_case(*on, device.name)) {
        rule.fallback = *on;
        forget_replaced_rule(node);
        node.reject_unknown_keys();
        return rule;
    }
    rule.supported = true;
    operator_rule_keys(rows, rule);
    const auto own_dtypes = node.find("dtypes");
    rule.dtypes = own_dtypes ? read_dtypes(*own_dtypes) : dtypes;
    if (const auto cuts = node.find("cuts")) {
        read_cuts(rule, *cuts);
    }
    read_otherwise_of_limits(rule, device.runtime, node);
    check_rule(rule, kind, node);
    node.reject_unknown_keys();
    return rule;
}

void read_operators(Device& device, const YamlNode& node, const std::vector<DType>& dtypes,
                    const std::vector<DType>& none) {
    for (const YamlEntry& entry : node.entries()) {
        const auto kind = choice_named(operator_names(), entry.key);
        if (kind) {
            device.runtime.operators[static_cast<std::size_t>(*kind)] = read_rule(device, *kind, entry.value, dtypes);
            check_dtypes(device, *kind, none, entry.value);
            continue;
        }
        const auto names = choice_names(operator_names());
        node.diagnostics().error(entry.key_where, fmt::format("{}: no operator '{}'", node.path(), entry.key),
                                 list_of(names), nearest_name(entry.key, names));
    }
}

FusionRule read_fusion(const Device& device, const YamlNode& node) {
    FusionRule rule;
    rule.where = node.where();
    const YamlNode pattern = node.is_sequence() ? node : node.require("pattern", "a list of operators");
    for (const YamlNode& item : pattern.sequence()) {
        const auto kind = item.enumeration(operator_names());
        if (!kind) {
            continue;
        }
        rule.pattern.push_back(*kind);
        if (!device.runtime.operators[static_cast<std::size_t>(*kind)].supported) {
            item.error(fmt::format("'{}' does not run on '{}'", choice_name(operator_names(), *kind), device.name));
        }
    }
    if (pattern.is_sequence() && pattern.sequence().size() < 2) {
        pattern.error("a fusion joins two operators or more");
    }
    if (node.is_map()) {
        if (const auto traffic = node.find("traffic")) {
            rule.traffic = read_number<double>(*traffic, NumberForm::kZeroAllowed);
        }
        if (const auto multi_core = node.find("multi_core")) {
            rule.multi_core = multi_core->boolean().value_or(true);
        }
        node.reject_unknown_keys();
    }
    return rule;
}

// Reads `[fp16, int8]` or `{value: [fp16, int8], source: ...}`.
OfferedPrecisions read_precisions(const YamlNode& node) {
    OfferedPrecisions offered;
    const YamlNode list = node.is_map() ? node.require("value", "a list of precisions, such as [fp16, int8]") : node;
    for (const YamlNode& item : list.sequence()) {
        const auto scheme = item.enumeration(kSchemeNames);
        if (scheme && std::find(offered.schemes.begin(), offered.schemes.end(), *scheme) != offered.schemes.end()) {
            item.error(fmt::format("{} is given twice", scheme_name(*scheme)));
        } else if (scheme) {
            offered.schemes.push_back(*scheme);
        }
    }
    if (list.is_sequence() && list.sequence().empty()) {
        list.error("the list is empty", "at least one precision");
    }
    if (node.is_map()) {
        if (const auto source = node.find("source")) {
            offered.source = text_or_empty(*source);
        }
        node.reject_unknown_keys();
    }
    return offered;
}

// The word for as many cores as the device has, in `default_cores`.
constexpr std::string_view kAllCores = "all";

void read_default_cores(Device& device, const YamlNode& runtime) {
    const YamlNode cores = runtime.require("default_cores", "a whole number of at least 1, or 'all'");
    if (cores.is_scalar() && cores.scalar_text() == kAllCores) {
        device.runtime.default_cores = std::max(1, device.cores());
        return;
    }
    device.runtime.default_cores = static_cast<int>(integer_in(kCoreRange, runtime, "default_cores", 1));
    if (device.runtime.default_cores > device.cores() && !device.clusters.empty()) {
        cores.error(fmt::format("{} cores are more than there are", device.runtime.default_cores),
                    fmt::format("at most {}, more 'cores' of devices.{}, or 'all'", device.cores(), device.name));
    }
}

}  // namespace

void read_runtime(Device& device, const YamlNode& node) {
    const YamlNode map = node.require("runtime", "a map");
    Runtime& runtime = device.runtime;
    runtime.name = text_or_empty(map.require("name", "name and version of the runtime"));
    read_section(map.require("dispatch", "a map with per_kernel, per_graph and fork_join"),
                 [&](KeyReader& rows) { dispatch_keys(rows, runtime); });
    KeyReader own(map);
    runtime_keys(own, runtime);
    read_default_cores(device, map);
    if (const auto precisions = map.find("precisions")) {
        runtime.precisions = read_precisions(*precisions);
    }
    if (const auto generation = map.find("generation")) {
        read_section(*generation, [&](KeyReader& rows) { generation_keys(rows, runtime); });
    }
    if (const auto code = map.find("own_code")) {
        read_section(*code, [&](KeyReader& rows) { own_code_keys(rows, runtime.own_code.emplace()); });
    }
    runtime.dtypes = read_dtypes(map.require("dtypes", "a list of dtypes, the preferred one first"));
    const std::vector<DType> none = not_multiplied(node);
    read_operators(device, map.require("operators", "a map from operators to rules"), runtime.dtypes, none);
    forget_not_multiplied(runtime, none);
    if (const auto fuses = map.find("fuses")) {
        for (const YamlNode& item : fuses->sequence()) {
            runtime.fuses.push_back(read_fusion(device, item));
        }
    }
    map.reject_unknown_keys();
}

}  // namespace berth
