// One operator of a placed stage, explained.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "berth/base/quantity_text.h"
#include "berth/report/report.h"
#include "report/evidence_text.h"
#include "report/explanation.h"
#include "report/fusions.h"
#include "report/names.h"
#include "report/text_layout.h"

namespace berth {

namespace {

const Device& device_of(const OperatorResult& op, const Profile& profile) {
    if (op.device < 0 || static_cast<std::size_t>(op.device) >= profile.devices.size()) {
        throw std::logic_error("an operator was placed on a device that its profile does not have");
    }
    return profile.devices[static_cast<std::size_t>(op.device)];
}

/// Part of the latency outside the explained kernel: the operator's other kernels, or (negative) time that is counted
/// for operators fused into it.
Time beyond_kernel(const OperatorResult& op) {
    return op.cost ? op.latency - op.handover - op.conversion - op.cost->total : Time{};
}

bool counts(Time part, Time whole) { return std::abs(part.si()) > 1e-6 * whole.si(); }

std::string latency_text(const OperatorResult& op) {
    std::string text = fmt::format("Latency {}", brief(op.latency));
    if (!op.cost) {
        return text + ".";
    }
    text += fmt::format(" = kernel {}", brief(op.cost->total));
    const Time beyond = beyond_kernel(op);
    if (counts(beyond, op.latency)) {
        const Time further = further_time(op);
        const Time others = beyond - further;
        text += counts(further, op.latency)
                    ? fmt::format(" + its other {} {}", op.further.size() == 1 ? "kernel" : "kernels", brief(further))
                    : "";
        if (counts(others, op.latency)) {
            text += others > Time{} ? fmt::format(" + {} counted for it", brief(others))
                                    : fmt::format(" - {} counted for operators fused into it", brief(-others));
        }
    }
    if (counts(op.conversion, op.latency)) {
        text += fmt::format(" + conversion of dtypes {}", brief(op.conversion));
    }
    if (counts(op.handover, op.latency)) {
        text += fmt::format(" + hand-over and runtime calls {}", brief(op.handover));
    }
    return text + ".";
}

/// Profile numbers that determine hand-overs: the links of the device, and its runtime's time per graph call.
std::vector<NumberUsed> handover_numbers(const OperatorResult& op, const Profile& profile) {
    if (!counts(op.handover, op.latency)) {
        return {};
    }
    const Device& device = device_of(op, profile);
    std::vector<NumberUsed> numbers{
        number_used(profile, fmt::format("devices.{}.runtime.dispatch.per_graph", device.name),
                    device.runtime.dispatch_per_graph, to_text(device.runtime.dispatch_per_graph.value))};
    for (const Link& link : profile.links) {
        if (link.from != op.device && link.to != op.device) {
            continue;
        }
        const std::string path = fmt::format("links.{}", link.index);
        numbers.push_back(
            number_used(profile, path + ".per_crossing", link.per_crossing, to_text(link.per_crossing.value)));
        const auto add = [&](const char* key, const std::optional<Parameter<Bandwidth>>& rate) {
            if (rate) {
                numbers.push_back(number_used(profile, fmt::format("{}.{}", path, key), *rate, to_text(rate->value)));
            }
        };
        add("transfer", link.transfer);
        add("cache_maintenance", link.cache_maintenance);
        add("layout_change", link.layout_change);
    }
    return numbers;
}

// Explanation with the parameter paths of the hardware file, of which `profile` may be one of several runtimes.
Explanation explained(const Kernel& kernel, const Profile& profile, const Device& device, const Execution& execution) {
    Explanation explanation = explain_kernel(kernel, device, execution);
    const auto rename = [&profile](std::string& path) {
        path = path.empty() ? path : settable_path(profile, std::string(below_hardware(path)));
    };
    const auto rename_in = [&rename](FormulaLine& line) {
        for (FormulaInput& input : line.inputs) {
            rename(input.path);
        }
    };
    for (Term& term : explanation.terms) {
        rename_in(term.line);
        std::ranges::for_each(term.parts, rename_in);
    }
    rename_in(explanation.rule);
    std::ranges::for_each(explanation.rule_parts, rename_in);
    rename(explanation.dram_rate.decided_by);
    for (NumberUsed& number : explanation.numbers) {
        rename(number.path);
    }
    return explanation;
}

// ", measured near these sizes"; empty if the profile does not state what was measured.
std::string rests_on(const Kernel& kernel, const Profile& profile, DeviceId device, const Execution& execution) {
    const auto evidence = kernel_evidence(profile, device, kernel, execution);
    return evidence ? fmt::format(", {}", evidence_words(*evidence)) : "";
}

}  // namespace

std::string explain_text(const OperatorResult& op, const Profile& profile, const Execution& execution,
                         TextWidth width) {
    const Device& device = device_of(op, profile);
    std::string text = wrapped(fmt::format("{}: {} on {} at {}", op.name, traits(op.kind).name, device.name,
                                           choice_name(kDTypeNames, op.ran_at)),
                               0, width);
    text += wrapped(latency_text(op), 0, width);
    if (!profile.prefix.empty()) {
        text += wrapped(fmt::format("Under {}.", profile.name), 0, width);
    }
    if (op.fell_back) {
        text += wrapped(fmt::format("It fell back to {}: {}.", device.name, op.reason), 0, width);
    } else if (!op.reason.empty()) {
        text += wrapped(op.reason + ".", 0, width);
    }
    if (!op.fused_into.empty()) {
        text += wrapped(
            fmt::format("It runs inside the kernel of {}; its latency is its share of that kernel.", op.fused_into), 0,
            width);
    }
    if (op.not_fused) {
        const auto& cost = op.not_fused->cost;
        text += wrapped(fmt::format("It is not fused with {} before it ({}){}.", op.not_fused_with,
                                    choice_name(kFusionBarrierNames, op.not_fused->barrier),
                                    cost ? fmt::format(", which costs {}", brief(*cost)) : std::string()),
                        0, width);
    }
    if (op.cost && op.kernel) {
        const Explanation explanation = explained(*op.kernel, profile, device, execution);
        text += wrapped(fmt::format("Kernel: {}{}.", explanation.kernel,
                                    rests_on(*op.kernel, profile, op.device, execution)),
                        0, width) +
                "\n" + explanation_text(explanation, width);
    }
    for (const FurtherKernel& one : op.further) {
        const Explanation explanation = explained(one.kernel, profile, device, execution);
        const std::string times = one.count == 1 ? "" : fmt::format(", {}", times_text(one.count));
        text += "\n" +
                wrapped(fmt::format("Other kernel: {}{}{}.", explanation.kernel, times,
                                    rests_on(one.kernel, profile, op.device, execution)),
                        0, width) +
                "\n" + explanation_text(explanation, width);
    }
    if (const auto numbers = handover_numbers(op, profile); !numbers.empty()) {
        text += "\nhand-over\n" + numbers_text(numbers, width);
    }
    return text;
}

std::string explain_json(const OperatorResult& op, const Profile& profile, const Execution& execution) {
    const Device& device = device_of(op, profile);
    Json object = Json::object();
    object["name"] = op.name;
    object["op"] = traits(op.kind).name;
    object["device"] = device.name;
    if (!profile.prefix.empty()) {
        object["runtime"] = profile.name;
    }
    object["dtype"] = choice_name(kDTypeNames, op.ran_at);
    object["latency_ms"] = json_milliseconds(op.latency);
    object["conversion_ms"] = json_milliseconds(op.conversion);
    object["handover_ms"] = json_milliseconds(op.handover);
    const auto evidence =
        op.kernel ? kernel_evidence(profile, op.device, *op.kernel, execution) : std::optional<EvidenceKind>();
    if (evidence) {
        object["evidence"] = choice_name(kEvidenceKindNames, *evidence);
    }
    object["fused_into"] = json_text(op.fused_into);
    object["not_fused"] = json_not_fused(op);
    object["fell_back"] = op.fell_back;
    object["reason"] = json_text(op.reason);
    if (op.cost && op.kernel) {
        add_explanation(object, explained(*op.kernel, profile, device, execution));
    }
    object["further_kernels"] = json_array(op.further, [&](const FurtherKernel& one) {
        Json kernel = Json::object();
        kernel["count"] = one.count;
        add_explanation(kernel, explained(one.kernel, profile, device, execution));
        return kernel;
    });
    object["handover_numbers"] = json_numbers(handover_numbers(op, profile));
    return json_document(object);
}

}  // namespace berth
