// Predictions of a model on a device, and of one kernel.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "berth/base/quantity_text.h"
#include "berth/report/report.h"
#include "report/evidence_text.h"
#include "report/explanation.h"
#include "report/json_values.h"
#include "report/names.h"
#include "report/text_layout.h"

namespace berth {

namespace {

std::string class_table(const Candidate& candidate, TextWidth width) {
    TextTable table{left("class"), right("time", "share")};
    Time sum = candidate.handover;
    for (const auto& [category, time] : candidate.by_category) {
        sum += time;
    }
    const TimeUnit unit(sum);
    const auto row = [&](std::string name, Time time) {
        table.row({std::move(name), unit.text(time), sum > Time{} ? fmt::format("{:.1f}%", 100 * (time / sum)) : ""});
    };
    for (const auto& [category, time] : candidate.by_category) {
        row(std::string(choice_name(kCategoryNames, category)), time);
    }
    row("hand-over", candidate.handover);
    return table.text(2, width);
}

/// Operators that fell back to another device or run in the runtime's own code, grouped by device and reason.
std::string elsewhere_text(const Candidate& candidate, std::span<const std::string> devices, TextWidth width) {
    std::vector<std::pair<std::string, std::vector<std::string>>> groups;
    for (const OperatorResult& op : candidate.operators) {
        if (op.reason.empty()) {
            continue;
        }
        const std::string why =
            fmt::format("on {}: {}", op.fell_back ? device_name(devices, op.device) : "the host", op.reason);
        const auto known = std::ranges::find_if(groups, [&why](const auto& group) { return group.first == why; });
        (known == groups.end() ? groups.emplace_back(why, std::vector<std::string>{}) : *known)
            .second.push_back(op.name);
    }
    std::string text;
    for (const auto& [why, names] : groups) {
        text +=
            wrapped(fmt::format("{} {} {}", fmt::join(names, ", "), names.size() == 1 ? "runs" : "run", why), 2, width);
    }
    return text;
}

// Summary for text generation: cores, prompt, time to the first token, token rate and KV cache.
std::string generation_text(const Candidate& candidate) {
    const GenerationResult& generation = *candidate.generation;
    std::string text = fmt::format("{} core{}, prompt of {} tokens\n", candidate.cores, candidate.cores == 1 ? "" : "s",
                                   candidate.actual_tokens);
    if (generation.first_token) {
        text += fmt::format("first token after {}\n", estimate_text(*generation.first_token));
    }
    if (generation.step) {
        text += fmt::format("then {} tokens/s{}\n", token_rate_text(*generation.step), rate_of_batch(generation));
    }
    return text + fmt::format("key-value cache {} at the end\n", brief(generation.kv_cache));
}

std::string lengths_text(const Candidate& candidate) {
    const std::string cores = fmt::format("{} core{}", candidate.cores, candidate.cores == 1 ? "" : "s");
    const bool one_size = candidate.padded_tokens == 1;  // a model with a fixed input size, such as an image model
    return cores + (one_size ? "\n"
                             : fmt::format(", {} padded tokens for {} actual ones\n", candidate.padded_tokens,
                                           candidate.actual_tokens));
}

// What a runtime's mechanisms add, and save, under a heading; nothing without mechanisms of the kind.
std::string mechanisms_text(const ModelPrediction& prediction, bool assumed, std::string_view heading,
                            TextWidth width) {
    std::string text;
    for (const InheritedMechanism& one : prediction.inherited) {
        const bool saves = one.adds < Time{};
        if (one.assumed == assumed) {
            text += wrapped(fmt::format("{} {} {} ({})", one.name, saves ? "save" : "add",
                                        brief(saves ? -one.adds : one.adds), one.keys),
                            2, width);
        }
    }
    return text.empty() ? text : "\n" + wrapped(heading, 0, width) + text;
}

std::string inherited_text(const ModelPrediction& prediction, TextWidth width) {
    const auto inherited =
        fmt::format("Inherited with {} until this chip states its own, each by itself:", prediction.runtime);
    const auto assumed = fmt::format("Assumed of {}, since no measurement shows it:", prediction.runtime);
    return mechanisms_text(prediction, false, inherited, width) + mechanisms_text(prediction, true, assumed, width);
}

Json json_inherited(const InheritedMechanism& one) {
    return {{"mechanism", one.name},
            {"keys", one.keys},
            {"adds_ms", json_milliseconds(one.adds)},
            {"assumed", one.assumed}};
}

}  // namespace

std::string prediction_text(const ModelPrediction& prediction, std::span<const std::string> devices, TextWidth width) {
    const Candidate& candidate = prediction.candidate;
    std::string text = wrapped(
        fmt::format("{} on {}: {}", prediction.model, prediction.device, estimate_text(candidate.latency)), 0, width);
    text += candidate.generation ? generation_text(candidate) : lengths_text(candidate);
    const bool reads_prompt = candidate.generation && candidate.generation->first_token;
    text += wrapped(fmt::format("weights {}, activations {} at the peak, {} spilled{}", brief(candidate.weight_bytes),
                                brief(candidate.peak_activation_bytes), brief(candidate.spilled_bytes),
                                reads_prompt ? " in a pass over the prompt" : ""),
                    0, width);
    text += evidence_text(candidate.uncertainty.evidence, width);
    if (candidate.energy) {
        text += fmt::format("energy {}\n", brief(*candidate.energy));
    }
    text += "\n" + class_table(candidate, width);
    text += inherited_text(prediction, width);
    const std::string elsewhere = elsewhere_text(candidate, devices, width);
    return text + (elsewhere.empty() ? "" : "\nNot on " + prediction.device + ":\n" + elsewhere);
}

std::string prediction_json(const ModelPrediction& prediction, std::span<const std::string> devices) {
    const Candidate& candidate = prediction.candidate;
    Json object = Json::object();
    object["model"] = prediction.model;
    object["device"] = prediction.device;
    add_estimate(object, candidate.latency);
    add_generation(object, candidate);
    add_evidence(object, candidate.uncertainty.evidence);
    add_sizes(object, candidate);
    object["energy_mj"] = json_millijoules(candidate.energy);
    add_tokens_and_cores(object, candidate);
    object["handover_ms"] = json_milliseconds(candidate.handover);
    object["by_category"] = json_categories(candidate.by_category);
    object["operators_of"] = listed_pass(candidate);
    object["operators"] = json_operators(candidate.operators, devices);
    object["inherited"] = json_array(prediction.inherited, json_inherited);
    object["warnings"] = json_warnings(prediction.warnings);
    return json_document(object);
}

std::string kernel_text(const Kernel& kernel, const KernelPrediction& prediction, const Device& device,
                        const Execution& execution, TextWidth width) {
    const Explanation explanation = explain_kernel(prediction.kernel, device, execution);
    const std::string asked = kernel_description(kernel, explanation.cost.cores, device);
    std::string text = wrapped(fmt::format("{}: {}", asked, estimate_text(prediction.latency)), 0, width);
    text += evidence_text(prediction.uncertainty.evidence, width);
    if (asked != explanation.kernel) {
        text += wrapped(fmt::format("Of its kernels, {} takes longest:", explanation.kernel), 0, width);
    }
    return text + "\n" + explanation_text(explanation, width);
}

std::string kernel_json(const Kernel& kernel, const KernelPrediction& prediction, const Device& device,
                        const Execution& execution, std::span<const Warning> warnings) {
    const KernelCost& cost = prediction.cost;
    Json object = Json::object();
    object["model"] = nullptr;
    object["device"] = device.name;
    add_estimate(object, prediction.latency);
    add_evidence(object, prediction.uncertainty.evidence);
    object["ttft_ms"] = nullptr;
    object["tokens_per_s"] = nullptr;
    object["weight_bytes"] = nullptr;
    object["peak_activation_bytes"] = nullptr;
    object["by_category"] = Json::object();
    object["operators"] = Json::array();
    object["op"] = traits(kernel.kind).name;
    object["energy_mj"] = json_millijoules(cost.energy);
    object["macs"] = json_number(in_operations(cost.macs));
    object["dram_bytes"] = json_number(std::round(in_bytes(cost.traffic.read + cost.traffic.write)));
    add_explanation(object, explain_kernel(prediction.kernel, device, execution));
    object["warnings"] = json_warnings(warnings);
    return json_document(object);
}

}  // namespace berth
