// Precisions for which a runtime compiles models.
#include <fmt/format.h>

#include <algorithm>

#include "berth/graph/scheme.h"
#include "berth/hardware/profile.h"

namespace berth {

namespace {

bool is_narrow(const Scheme& scheme) { return is_quantized(scheme.weights) || is_quantized(scheme.activations); }

// Whether the array reads weights that are stored at this dtype beside wider activations.
bool reads_weights(const Device& device, DType stored) {
    const auto& widens = device.matrix.weight_only;
    return widens ? (*widens)[static_cast<std::size_t>(stored)].has_value() : !is_block_format(stored);
}

// Every mix has a format of its own for the head, which the device has to read as well.
bool reads_head(const Device& device, const Scheme& scheme) {
    const DType head = weight_format(scheme, {"head", Category::kHead});
    return head == scheme.activations || reads_weights(device, head);
}

}  // namespace

bool multiplies(const Device& device, const Scheme& scheme) {
    const OperatorRule& rule = device.runtime.operators[static_cast<std::size_t>(OperatorKind::kMatmul)];
    const auto takes = [&](DType dtype) { return std::ranges::find(rule.dtypes, dtype) != rule.dtypes.end(); };
    const bool activations =
        is_quantized(scheme.activations) ? takes(scheme.activations) : std::ranges::any_of(rule.dtypes, is_float);
    const bool scales = !scheme.dynamic || device.runtime.quantization == QuantizationScheme::kDynamic;
    const bool weights = !scheme.weight_only() || reads_weights(device, scheme.weights);
    return rule.supported && activations && scales && weights && reads_head(device, scheme);
}

bool offers(const Device& device, const Scheme& scheme) {
    const auto& offered = device.runtime.precisions;
    if (!offered) {
        return multiplies(device, scheme);
    }
    return std::ranges::any_of(offered->schemes,
                               [&](const Scheme& one) { return is_narrow(scheme) ? one == scheme : !is_narrow(one); });
}

std::vector<std::string> offered_precisions(const Device& device) {
    std::vector<Scheme> listed;
    std::vector<std::string> names;
    for (const auto& row : kSchemeNames) {
        const auto& offered = device.runtime.precisions;
        const bool own = !offered || std::ranges::find(offered->schemes, row.value) != offered->schemes.end();
        if (own && offers(device, row.value) && std::ranges::find(listed, row.value) == listed.end()) {
            listed.push_back(row.value);
            names.emplace_back(row.name);
        }
    }
    return names;
}

std::string scheme_name(const Scheme& scheme) {
    const auto* found = std::ranges::find_if(kSchemeNames, [&](const auto& row) { return row.value == scheme; });
    return found != kSchemeNames.end()
               ? std::string(found->name)
               : fmt::format("{} weights beside {} activations", choice_name(kDTypeNames, scheme.weights),
                             choice_name(kDTypeNames, scheme.activations));
}

}  // namespace berth
