// Reads one device from YAML: its cores, and its sections in order.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "hardware/key_reader.h"

namespace berth {

namespace {

// Numbers given at the device for clusters that do not set their own.
struct Inherited {
    MacsPerCycle macs_per_cycle;
    bool has_macs = false;
    std::optional<Parameter<Bandwidth>> bandwidth;
};

void read_clock(CoreCluster& cluster, const YamlNode& node) {
    read_parameter(cluster.clock, node, "clock");
    const auto list = node.find("clocks");
    if (!list) {
        return;
    }
    std::vector<std::string> names;
    for (const YamlNode& item : list->sequence()) {
        if (const auto clock = item.quantity<Frequency>()) {
            cluster.clocks.push_back(*clock);
            names.push_back(to_text(*clock));
        }
    }
    const double clock = cluster.clock.value.si();
    const bool known = std::any_of(cluster.clocks.begin(), cluster.clocks.end(),
                                   [clock](Frequency each) { return std::abs(each.si() - clock) <= 1e-9 * clock; });
    // A file with an inconsistent clock is an error; an override asks what another clock would do and is allowed, and a
    // file that extends the one with the list may be of a chip that has this clock too.
    if (clock > 0 && !names.empty() && !known && !node.require("clock").is_set()) {
        const YamlNode written = node.require("clock");
        if (written.where().file_name() != list->where().file_name()) {
            written.warning(
                fmt::format("{} is none of the clocks of the profile that is extended, and is added to them",
                            to_text(cluster.clock.value)),
                fmt::format("{}, or a list 'clocks' of this profile's own", list_of(names)));
            cluster.clocks.push_back(cluster.clock.value);
            return;
        }
        const std::string added = setting(node.path() + ".clocks.+", cluster.clock.value);
        written.error(fmt::format("{} is none of its clocks", to_text(cluster.clock.value)),
                      fmt::format("{}; {} lists one more", list_of(names), added));
    }
}

CoreCluster read_cluster(const YamlNode& node, const Inherited& inherited) {
    CoreCluster cluster;
    cluster.name = text_or_empty(node.require("name", "the cluster's name"));
    cluster.cores = static_cast<int>(integer_in(kCoreRange, node, "cores"));
    read_clock(cluster, node);
    read_parameter(cluster.vector_scale, node, "vector_scale");
    const auto macs = node.find("macs_per_cycle");
    if (macs) {
        cluster.macs_per_cycle = read_macs_per_cycle(*macs);
    } else if (inherited.has_macs) {
        cluster.macs_per_cycle = inherited.macs_per_cycle;
        cluster.macs_at_device = true;
    } else {
        (void)node.require("macs_per_cycle", "here, or at the device in 'matrix'");
    }
    const auto bandwidth = node.find("bandwidth");
    if (bandwidth) {
        cluster.bandwidth = read_number<Bandwidth>(*bandwidth, NumberForm::kPerCore).value_or(Parameter<Bandwidth>{});
    } else if (inherited.bandwidth) {
        cluster.bandwidth = *inherited.bandwidth;
        cluster.bandwidth_at_device = true;
    } else {
        (void)node.require("bandwidth", "here, or at the device in 'dma'");
    }
    node.reject_unknown_keys();
    return cluster;
}

void reject_core_keys(const YamlNode& node) {
    for (const std::string_view key : {"cores", "clock", "clocks"}) {
        if (const auto found = node.find(key)) {
            found->error("stands at the device and in 'clusters'", "one of the two");
        }
    }
}

CoreCluster single_cluster(const std::string& name, const YamlNode& node, Inherited inherited, const YamlNode& matrix,
                           const YamlNode& dma) {
    CoreCluster cluster;
    cluster.name = name;
    cluster.cores = static_cast<int>(integer_in(kCoreRange, node, "cores"));
    read_clock(cluster, node);
    if (!inherited.has_macs) {
        (void)matrix.require("macs_per_cycle", "a number per clock cycle and core for each dtype");
    }
    if (!dma.find("bandwidth")) {
        (void)dma.require("bandwidth", dimension_with_example(Bandwidth::kDimension));
    }
    cluster.macs_per_cycle = std::move(inherited.macs_per_cycle);
    cluster.bandwidth = inherited.bandwidth.value_or(Parameter<Bandwidth>{});
    cluster.clock_at_device = true;
    cluster.macs_at_device = true;
    cluster.bandwidth_at_device = true;
    return cluster;
}

void check_cluster_names(const std::vector<CoreCluster>& clusters, const YamlNode& list) {
    for (std::size_t i = 0; i < clusters.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (clusters[i].name == clusters[j].name) {
                list.error(fmt::format("two clusters are named '{}'", clusters[i].name));
            }
        }
    }
}

}  // namespace

void read_clusters(Device& device, const YamlNode& node, const YamlNode& matrix, const YamlNode& dma) {
    Inherited inherited;
    if (const auto macs = matrix.find("macs_per_cycle")) {
        inherited.macs_per_cycle = read_macs_per_cycle(*macs);
        inherited.has_macs = true;
    }
    if (const auto bandwidth = dma.find("bandwidth")) {
        inherited.bandwidth = read_number<Bandwidth>(*bandwidth, NumberForm::kPerCore).value_or(Parameter<Bandwidth>{});
    }
    const auto list = node.find("clusters");
    if (!list) {
        device.clusters.push_back(single_cluster(device.name, node, std::move(inherited), matrix, dma));
        return;
    }
    reject_core_keys(node);
    for (const YamlNode& item : list->sequence()) {
        device.clusters.push_back(read_cluster(item, inherited));
    }
    if (list->is_sequence() && device.clusters.empty()) {
        list->error("the list is empty", "at least one cluster");
    }
    check_cluster_names(device.clusters, *list);
}

Device read_device(const std::string& name, const YamlNode& node) {
    Device device;
    device.name = name;
    device.where = node.where();
    (void)node.find("enabled");
    device.kind = node.require("kind", "cpu, npu, gpu or dsp").enumeration(kDeviceKindNames).value_or(DeviceKind{});
    const YamlNode matrix = node.require("matrix", "a map");
    const YamlNode dma = node.require("dma", "a map");
    read_clusters(device, node, matrix, dma);
    read_engines(device, node, matrix, dma);
    read_memories(device, node);
    KeyReader rows(node);
    device_keys(rows, device);
    read_runtime(device, node);
    read_energy_and_error(device, node);
    read_evidence(device, node);
    node.reject_unknown_keys();
    return device;
}

}  // namespace berth
