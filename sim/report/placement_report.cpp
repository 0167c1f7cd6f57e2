// Report of a placement; loads are recomputed from their definition, not taken from the search.
#include "berth/report/placement_report.h"

#include <fmt/format.h>

#include <utility>

#include "report/json_values.h"
#include "report/text_layout.h"

namespace berth {

namespace {

std::string digits(double value) { return fmt::format("{:.6g}", value); }

// For the latency of one sample, all CPU cores count as one device.
std::string name_of(const CostedGraph& graph, CostedDevice device, CostedObjective objective) {
    const bool one_cpu = objective == CostedObjective::kLatency && !is_accelerator(graph, device);
    return one_cpu ? "cpu" : device_name(graph, device);
}

std::string headline(const CostedPlacement& placement, CostedObjective objective) {
    const std::string what =
        objective == CostedObjective::kThroughput ? "Largest load of a device" : "Time of one sample";
    if (placement.proved_optimal) {
        return fmt::format("{} {}, proved optimal.", what, digits(placement.objective));
    }
    if (placement.lower_bound <= 0) {
        return fmt::format("{} {}; no lower bound is known.", what, digits(placement.objective));
    }
    return fmt::format("{} {}, at most {:.2g}% above the optimum, which is no less than {}.", what,
                       digits(placement.objective), 100 * placement.gap(), digits(placement.lower_bound));
}

}  // namespace

std::string placement_text(const CostedGraph& graph, const CostedPlacement& placement, CostedObjective objective,
                           TextWidth width) {
    TextTable table{left("device"), right("nodes", "load", "computing", "receiving", "sending", "size")};
    const auto loads = device_loads(graph, placement.assignment);
    for (std::size_t device = 0; device < loads.size(); ++device) {
        const DeviceLoad& load = loads[device];
        if (load.nodes > 0) {
            table.row({name_of(graph, static_cast<CostedDevice>(device), objective), std::to_string(load.nodes),
                       digits(load.total()), digits(load.computing), digits(load.receiving), digits(load.sending),
                       digits(load.size)});
        }
    }
    return wrapped(headline(placement, objective), 0, width) + "\n" + table.text(0, width);
}

std::string placement_json(const CostedGraph& graph, const CostedPlacement& placement, CostedObjective objective) {
    Json json = Json::object();
    json["problem"] = choice_name(kCostedObjectiveNames, objective);
    json["objective"] = json_number(placement.objective);
    json["lower_bound"] = json_number(placement.lower_bound);
    json["gap"] = json_number(placement.gap());
    json["proved_optimal"] = placement.proved_optimal;
    json["devices"] = Json::array();
    const auto loads = device_loads(graph, placement.assignment);
    for (std::size_t device = 0; device < loads.size(); ++device) {
        if (loads[device].nodes == 0) {
            continue;
        }
        json["devices"].push_back({{"name", name_of(graph, static_cast<CostedDevice>(device), objective)},
                                   {"nodes", loads[device].nodes},
                                   {"load", json_number(loads[device].total())},
                                   {"computing", json_number(loads[device].computing)},
                                   {"receiving", json_number(loads[device].receiving)},
                                   {"sending", json_number(loads[device].sending)},
                                   {"size", json_number(loads[device].size)}});
    }
    json["assignment"] = Json::object();
    auto& assignment = json["assignment"].get_ref<Json::object_t&>();
    assignment.reserve(graph.nodes.size());  // appended: a duplicate check per key would take quadratic time
    for (std::size_t node = 0; node < graph.nodes.size(); ++node) {
        assignment.Container::emplace_back(std::to_string(graph.nodes[node].id),
                                           name_of(graph, placement.assignment[node], objective));
    }
    return json_document(json);
}

}  // namespace berth
