// Memory over the execution order: tensors live during each operator, those kept on chip, and those spilled.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "berth/base/quantity_text.h"
#include "berth/report/report.h"
#include "report/json_values.h"
#include "report/names.h"
#include "report/text_layout.h"

namespace berth {

namespace {

std::string kibibytes(Bytes size) { return fmt::format("{:.1f}", in_bytes(size) / 0x1p10); }

Bytes off_chip(const OperatorResult& op) { return op.alive - op.alive_on_chip; }

std::string where(const OperatorResult& op) { return op.result_on_chip ? "stays" : "spilled"; }

std::string weights_text(const Candidate& candidate) {
    std::string text = fmt::format("Weights {}", brief(candidate.weight_bytes));
    std::string separator = ": ";
    for (const auto& [dtype, size] : candidate.weights.by_dtype) {
        text += fmt::format("{}{} {}", separator, brief(size), choice_name(kDTypeNames, dtype));
        separator = ", ";
    }
    if (candidate.weights.scales > Bytes{}) {
        text += fmt::format("{}{} group scales", separator, brief(candidate.weights.scales));
    }
    return text + ".";
}

/// Sums of the listed operators.
struct ListedActivations {
    Bytes peak, spilled;
    std::vector<DeviceId> devices;  ///< in the order in which they first run
};

ListedActivations activations_of(const Candidate& candidate) {
    ListedActivations listed;
    for (const OperatorResult& op : candidate.operators) {
        listed.peak = std::max(listed.peak, op.alive);
        listed.spilled += op.result_on_chip ? Bytes{} : op.result;
        if (std::ranges::find(listed.devices, op.device) == listed.devices.end()) {
            listed.devices.push_back(op.device);
        }
    }
    return listed;
}

Bytes capacity_on(const Candidate& candidate, DeviceId device) {
    return candidate.activations[static_cast<std::size_t>(device)].keeping_capacity;
}

// "3 MiB on chip to keep tensors in"; of several devices each by its name.
std::string keeping_text(const Candidate& candidate, const std::vector<DeviceId>& used,
                         std::span<const std::string> devices) {
    if (used.size() == 1) {
        const Bytes capacity = capacity_on(candidate, used.front());
        return capacity > Bytes{} ? fmt::format("{} on chip to keep tensors in", brief(capacity))
                                  : std::string("no on-chip memory to keep tensors in");
    }
    std::string text = "on chip to keep tensors in";
    std::string separator = ": ";
    for (const DeviceId device : used) {
        const Bytes capacity = capacity_on(candidate, device);
        text += fmt::format("{}{} {}", separator, device_name(devices, device),
                            capacity > Bytes{} ? brief(capacity) : std::string("none"));
        separator = ", ";
    }
    return text;
}

std::string summary(const Candidate& candidate, std::span<const std::string> devices) {
    const ListedActivations listed = activations_of(candidate);
    // the other passes of a stage, such as a longer input or a prompt, may need more than the listed one
    const bool more = listed.peak < candidate.peak_activation_bytes || listed.spilled < candidate.spilled_bytes;
    const std::string others = more
                                   ? fmt::format("; in other passes up to {} and {}",
                                                 brief(candidate.peak_activation_bytes), brief(candidate.spilled_bytes))
                                   : std::string();
    return fmt::format("Activations: {} alive at the peak, {} spilled in one pass{}; {}. {}", brief(listed.peak),
                       brief(listed.spilled), others, keeping_text(candidate, listed.devices, devices),
                       weights_text(candidate));
}

double whole(Bytes size) { return std::round(in_bytes(size)); }

Json json_keeping(const Candidate& candidate, const std::vector<DeviceId>& used, std::span<const std::string> devices) {
    Json object = Json::object();
    for (const DeviceId device : used) {
        object[device_name(devices, device)] = json_number(in_bytes(capacity_on(candidate, device)));
    }
    return object;
}

Json memory_document(std::string_view stage, const Candidate& candidate, std::span<const std::string> devices,
                     std::string_view runtime) {
    Json object = json_placed_stage(stage, candidate, runtime);
    const ListedActivations listed = activations_of(candidate);
    object["peak_activation_bytes"] = json_number(in_bytes(listed.peak));
    object["spilled_bytes"] = json_number(in_bytes(listed.spilled));
    object["keeping_capacity_bytes"] = json_keeping(candidate, listed.devices, devices);
    object["weights"] = json_weights(candidate);
    object["operators"] = json_array(candidate.operators, [&](const OperatorResult& op) {
        return Json{
            {"name", op.name},
            {"device", device_name(devices, op.device)},
            {"weight_dtype", op.weights > Bytes{} ? Json(choice_name(kDTypeNames, op.stored_at)) : Json(nullptr)},
            {"weight_bytes", json_number(whole(op.weights))},
            {"alive_bytes", json_number(whole(op.alive))},
            {"on_chip_bytes", json_number(whole(op.alive_on_chip))},
            {"spilled_bytes", json_number(whole(off_chip(op)))},
            {"result_bytes", json_number(whole(op.result))},
            {"result_on_chip", op.result_on_chip}};
    });
    return object;
}

}  // namespace

std::string memory_text(std::string_view stage, const Candidate& candidate, std::span<const std::string> devices,
                        TextWidth width) {
    TextTable table{left(Fit::kShorten, "operator"), left(Fit::kOptional, "device"), left("weights"),
                    right("KiB", "alive KiB", "on chip KiB", "spilled KiB", "result KiB"),
                    left(Fit::kOptional, "result")};
    for (const OperatorResult& op : candidate.operators) {
        const bool weighted = op.weights > Bytes{};
        table.row({op.name, device_name(devices, op.device),
                   weighted ? std::string(choice_name(kDTypeNames, op.stored_at)) : "-",
                   weighted ? kibibytes(op.weights) : "", kibibytes(op.alive), kibibytes(op.alive_on_chip),
                   kibibytes(off_chip(op)), kibibytes(op.result), where(op)});
    }
    return wrapped(fmt::format("{}: memory of one pass", stage_placed(stage, candidate)), 0, width) +
           wrapped(summary(candidate, devices), 0, width) + "\n" + table.text(0, width);
}

std::string memory_json(std::string_view stage, const Candidate& candidate, std::span<const std::string> devices,
                        std::string_view runtime) {
    return json_document(memory_document(stage, candidate, devices, runtime));
}

std::string memory_csv(std::string_view stage, const Candidate& candidate, std::span<const std::string> devices) {
    const std::vector<CsvColumn> columns{"stage",         "placement",    {"operator", {"name"}}, "device",
                                         "weight_dtype",  "weight_bytes", "alive_bytes",          "on_chip_bytes",
                                         "spilled_bytes", "result_bytes", "result_on_chip"};
    const Json document = memory_document(stage, candidate, devices, "");
    return csv_of(columns, document["operators"], document);
}

}  // namespace berth
