// Every number of a profile as a list of paths and values.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "berth/profile.h"

namespace berth {

namespace {

/// Collects views; numbers of one path, which clusters inherited from their device, become one view.
class ParameterList {
  public:
    template <class Q>
    void add(const std::string& path, Parameter<Q>& parameter) {
        add_view(path, parameter, QuantityTraits<Q>::kDimension, QuantityTraits<Q>::si(parameter.value),
                 [&parameter](double si) { parameter.value = QuantityTraits<Q>::from_si(si); });
    }

    template <class Q>
    void add(const std::string& path, std::optional<Parameter<Q>>& parameter) {
        if (parameter) {
            add(path, *parameter);
        }
    }

    void add_share(const std::string& path, Parameter<double>& parameter) {
        add(path, parameter);
        views_.back().most = 1;
    }

    /// A factor that makes something dearer, or nothing cheaper.
    void add_factor(const std::string& path, Parameter<double>& parameter) {
        add(path, parameter);
        views_.back().least = 1;
    }

    /// A count per clock cycle: written as a plain number.
    void add_per_cycle(const std::string& path, Parameter<Operations>& parameter) {
        add_view(path, parameter, Dimension{}, parameter.value.si(),
                 [&parameter](double count) { parameter.value = operations(count); });
    }

    [[nodiscard]] std::vector<ParameterView> take() { return std::move(views_); }

  private:
    static constexpr double kNoLimit = std::numeric_limits<double>::infinity();

    template <class Q>
    void add_view(const std::string& path, const Parameter<Q>& parameter, Dimension dimension, double value,
                  std::function<void(double)> set) {
        const auto same = std::find_if(views_.begin(), views_.end(),
                                       [&path](const ParameterView& view) { return view.path == path; });
        if (same != views_.end()) {
            same->set = [first = std::move(same->set), second = std::move(set)](double si) {
                first(si);
                second(si);
            };
            return;
        }
        views_.push_back({path, value, dimension, parameter.spread, parameter.origin, parameter.source, 0, kNoLimit,
                          parameter.where, std::move(set)});
    }

    std::vector<ParameterView> views_;
};

void add_cluster(auto& list, const std::string& device, auto& cluster) {
    const std::string own = fmt::format("{}.clusters.{}", device, cluster.name);
    list.add((cluster.clock_at_device ? device : own) + ".clock", cluster.clock);
    if (!cluster.clock_at_device) {
        list.add(own + ".vector_scale", cluster.vector_scale);
    }
    for (const auto& row : kDTypeNames) {
        if (auto& macs = cluster.macs_per_cycle[static_cast<std::size_t>(row.value)]) {
            list.add_per_cycle(
                fmt::format("{}.macs_per_cycle.{}", cluster.macs_at_device ? device + ".matrix" : own, row.name),
                *macs);
        }
    }
    list.add((cluster.bandwidth_at_device ? device + ".dma" : own) + ".bandwidth", cluster.bandwidth);
}

void add_engines(auto& list, const std::string& path, auto& device) {
    list.add_share(path + ".matrix.efficiency", device.matrix.efficiency);
    list.add(path + ".matrix.row_tile", device.matrix.row_tile);
    list.add(path + ".matrix.library_row_tile", device.matrix.library_row_tile);
    for (const auto& row : kDTypeNames) {
        list.add(fmt::format("{}.matrix.reserve.{}", path, row.name),
                 device.matrix.reserve[static_cast<std::size_t>(row.value)]);
    }
    if (device.matrix.winograd) {
        list.add_factor(path + ".matrix.winograd", *device.matrix.winograd);
    }
    list.add(path + ".matrix.row_piece", device.matrix.row_piece);
    list.add(path + ".matrix.wide_output", device.matrix.wide_output);
    list.add(path + ".matrix.result_buffer", device.matrix.result_buffer);
    list.add(path + ".matrix.result_steps", device.matrix.result_steps);
    if (device.matrix.overlap) {
        list.add_share(path + ".matrix.overlap", *device.matrix.overlap);
    }
    for (const auto& row : kVectorClassNames) {
        auto& rate = device.vector[static_cast<std::size_t>(row.value)];
        list.add_per_cycle(fmt::format("{}.vector.{}.per_cycle", path, row.name), rate.per_cycle);
        list.add(fmt::format("{}.vector.{}.traffic", path, row.name), rate.traffic);
        list.add(fmt::format("{}.vector.{}.call_cycles", path, row.name), rate.call_cycles);
        list.add(fmt::format("{}.vector.{}.row_cycles", path, row.name), rate.row_cycles);
        list.add(fmt::format("{}.vector.{}.tail_cycles", path, row.name), rate.tail_cycles);
    }
    if (device.attention) {
        list.add(path + ".attention.score_bytes", device.attention->score_bytes);
        list.add_per_cycle(path + ".attention.per_cycle", device.attention->per_cycle);
        if (device.attention->row_granule > 1) {
            list.add_factor(path + ".attention.unaligned", device.attention->unaligned);
        }
    }
    for (auto& level : device.memories) {
        list.add(fmt::format("{}.memories.{}.capacity", path, level.name), level.capacity);
        list.add(fmt::format("{}.memories.{}.bandwidth", path, level.name), level.bandwidth);
        list.add(fmt::format("{}.memories.{}.exchange", path, level.name), level.exchange);
        list.add(fmt::format("{}.memories.{}.others", path, level.name), level.others);
    }
    list.add(path + ".capacity", device.capacity);
    list.add(path + ".dma.setup", device.dma.setup);
    list.add(path + ".dma.write_cost", device.dma.write_cost);
    if (device.dma.overlap) {
        list.add_share(path + ".dma.overlap", *device.dma.overlap);
    }
    list.add(path + ".dma.limit", device.dram_limit);
    list.add_share(path + ".overlap", device.overlap);
}

void add_runtime(auto& list, const std::string& path, auto& runtime) {
    list.add(path + ".dispatch.per_kernel", runtime.dispatch_per_kernel);
    list.add(path + ".dispatch.repeated", runtime.dispatch_repeated);
    list.add(path + ".dispatch.cold", runtime.dispatch_cold);
    list.add(path + ".dispatch.per_graph", runtime.dispatch_per_graph);
    list.add(path + ".dispatch.fork_join", runtime.fork_join);
    list.add(path + ".dispatch.per_position", runtime.dispatch_per_position);
    for (std::size_t i = 0; i < runtime.fuses.size(); ++i) {
        list.add(fmt::format("{}.fuses.{}.traffic", path, i), runtime.fuses[i].traffic);
    }
    for (const auto& row : operator_names()) {
        list.add(fmt::format("{}.operators.{}.max_bytes", path, row.name),
                 runtime.operators[static_cast<std::size_t>(row.value)].max_bytes);
    }
}

void add_energy_and_error(auto& list, const std::string& path, auto& device) {
    if (device.energy) {
        for (const auto& row : kDTypeNames) {
            list.add(fmt::format("{}.energy.per_mac.{}", path, row.name),
                     device.energy->per_mac[static_cast<std::size_t>(row.value)]);
        }
        list.add(path + ".energy.per_vector_element", device.energy->per_vector_element);
        list.add(path + ".energy.per_dram_byte", device.energy->per_dram_byte);
        list.add(path + ".energy.static_power", device.energy->static_power);
    }
    list.add(path + ".error.matmul", device.error.matmul);
    list.add(path + ".error.attention", device.error.attention);
    list.add(path + ".error.vector", device.error.vector);
    list.add(path + ".error.handover", device.error.handover);
}

void add_device(auto& list, auto& device) {
    const std::string path = "devices." + device.name;
    list.add("memory.dram.sustained", device.bus);
    for (auto& cluster : device.clusters) {
        add_cluster(list, path, cluster);
    }
    add_engines(list, path, device);
    add_runtime(list, path + ".runtime", device.runtime);
    add_energy_and_error(list, path, device);
}

/// Keeps the path of the number at one address.
class PathFinder {
  public:
    explicit PathFinder(const void* number) : number_(number) {}

    template <class Q>
    void add(const std::string& path, const Parameter<Q>& parameter) {
        path_ = &parameter == number_ ? path : path_;
    }
    template <class Q>
    void add(const std::string& path, const std::optional<Parameter<Q>>& parameter) {
        if (parameter) {
            add(path, *parameter);
        }
    }
    void add_share(const std::string& path, const Parameter<double>& parameter) { add(path, parameter); }
    void add_factor(const std::string& path, const Parameter<double>& parameter) { add(path, parameter); }
    void add_per_cycle(const std::string& path, const Parameter<Operations>& parameter) { add(path, parameter); }

    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    const void* number_;
    std::string path_;
};

}  // namespace

std::string parameter_path(const Device& device, const void* number) {
    PathFinder finder(number);
    add_device(finder, device);
    return finder.path();
}

std::vector<ParameterView> parameters(Profile& profile) {
    ParameterList list;
    list.add("memory.dram.capacity", profile.dram.capacity);
    list.add("memory.dram.bandwidth", profile.dram.bandwidth);
    list.add("memory.dram.sustained", profile.dram.sustained);
    for (Link& link : profile.links) {
        list.add("memory.dram.sustained", link.bus);
    }
    for (Device& device : profile.devices) {
        add_device(list, device);
    }
    for (Link& link : profile.links) {
        const std::string path = fmt::format("links.{}", link.index);
        list.add(path + ".per_crossing", link.per_crossing);
        list.add(path + ".transfer", link.transfer);
        list.add(path + ".cache_maintenance", link.cache_maintenance);
        list.add(path + ".layout_change", link.layout_change);
    }
    return list.take();
}

}  // namespace berth
