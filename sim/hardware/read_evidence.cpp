// Reads from YAML which operators of a device were measured, and at which sizes.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "hardware/profile_reading.h"

namespace berth {

namespace {

std::optional<SizeRange> read_range(const YamlNode& node) {
    std::vector<std::int64_t> ends;
    for (const YamlNode& item : node.sequence()) {
        if (const auto end = item.integer({1, kLargestCount})) {
            ends.push_back(*end);
        }
    }
    if (ends.size() != 2 || ends[0] > ends[1]) {
        node.error("is no range", "the least and the most, such as [1, 1024]");
        return std::nullopt;
    }
    return SizeRange{ends[0], ends[1]};
}

// Reads a range for each size of the kind, or none at all.
void read_sizes(MeasuredKind& measured, const YamlNode& sizes) {
    const auto names = evidence_size_names(measured.kind);
    const std::vector<YamlNode> ranges = sizes.sequence();
    if (ranges.size() != names.size() && ranges.size() + 1 != names.size()) {  // 'work' may be left out
        sizes.error(fmt::format("{} ranges are given", ranges.size()),
                    fmt::format("one for each of {}", fmt::join(names, ", ")));
        return;
    }
    for (const YamlNode& one : ranges) {
        if (const auto range = read_range(one)) {
            measured.ranges.push_back(*range);
        }
    }
}

MeasuredKind read_kind(const YamlNode& node) {
    MeasuredKind measured;
    const auto kind = node.require("op", "a kind of operator").enumeration(operator_names());
    measured.kind = kind.value_or(OperatorKind{});
    measured.dtype = node.require("dtype", "what it ran at").enumeration(kDTypeNames).value_or(DType{});
    if (const auto form = node.find("form")) {
        measured.form = form->enumeration(kEvidenceFormNames).value_or(EvidenceForm::kPlain);
    }
    if (const auto cores = node.find("cores")) {
        measured.most_cores = cores->integer(kCoreRange).value_or(0);
    }
    if (const auto sizes = node.find("sizes"); sizes && kind) {
        read_sizes(measured, *sizes);
    }
    node.reject_unknown_keys();
    return measured;
}

}  // namespace

void read_evidence(Device& device, const YamlNode& node) {
    const auto list = node.find("evidence");
    if (!list) {
        return;
    }
    device.evidence.emplace();
    for (const YamlNode& item : list->sequence()) {
        MeasuredKind measured = read_kind(item);
        const bool again = std::ranges::any_of(*device.evidence, [&](const MeasuredKind& one) {
            return std::tie(one.kind, one.dtype, one.form) == std::tie(measured.kind, measured.dtype, measured.form);
        });
        if (again) {
            item.error(fmt::format("{} in {} is listed twice", choice_name(operator_names(), measured.kind),
                                   choice_name(kDTypeNames, measured.dtype)));
        }
        device.evidence->push_back(std::move(measured));
    }
}

}  // namespace berth
