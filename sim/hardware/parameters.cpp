// All numbers of a profile as a list of paths and values.
#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "berth/hardware/profile_keys.h"
#include "berth/hardware/runtimes.h"
#include "hardware/followers.h"
#include "hardware/own_parameters.h"

namespace berth {

namespace {

/// Collects views; numbers with the same path, which clusters inherit from their device, share one view.
class ParameterList {
  public:
    template <class Q>
    void add(const std::string& path, Parameter<Q>& parameter, NumberForm form = NumberForm::kPositive,
             UsedBy use = UsedBy::kAlways) {
        const double value = QuantityTraits<Q>::si(parameter.value);
        const auto set = [&parameter](double si) { parameter.value = QuantityTraits<Q>::from_si(si); };
        // Counts per clock cycle are written as plain numbers.
        const Dimension dimension = std::is_same_v<Q, Operations> ? Dimension{} : QuantityTraits<Q>::kDimension;
        if (ParameterView* same = view_of(path)) {
            same->set = [first = std::move(same->set), set](double si) {
                first(si);
                set(si);
            };
            return;
        }
        views_.push_back({path,
                          value,
                          dimension,
                          parameter.spread,
                          parameter.origin,
                          parameter.source,
                          row_of(form).least,
                          row_of(form).most,
                          parameter.where,
                          use,
                          "",
                          0,
                          false,
                          set,
                          {}});
    }

    /// Sets the range of a number, if it is present.
    void bound(const std::string& path, double least, double most) {
        if (ParameterView* view = view_of(path)) {
            view->least = least;
            view->most = most;
        }
    }

    [[nodiscard]] std::vector<ParameterView> take() { return std::move(views_); }

  private:
    ParameterView* view_of(const std::string& path) {
        const auto same = std::ranges::find(views_, path, &ParameterView::path);
        return same != views_.end() ? &*same : nullptr;
    }

    std::vector<ParameterView> views_;
};

/// Finds the path of the number at a given address.
class PathFinder {
  public:
    explicit PathFinder(const void* number) : number_(number) {}

    template <class Q>
    void add(const std::string& path, const Parameter<Q>& parameter, NumberForm /*form*/ = {}, UsedBy /*use*/ = {}) {
        path_ = &parameter == number_ ? path : path_;
    }

    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    const void* number_;
    std::string path_;
};

/// Row visitor of one section that adds its numbers, where present, to a list.
template <class List>
class NumbersAt {
  public:
    NumbersAt(List& list, std::string path) : list_(list), path_(std::move(path)) {}

    void number(std::string_view key, auto& parameter, NumberForm form, std::string_view /*meaning*/,
                UsedBy use = UsedBy::kAlways) {
        add(fmt::format("{}.{}", path_, key), parameter, form, use);
    }
    void per_dtype(std::string_view key, auto& parameters, KeyNeed /*need*/, std::string_view /*meaning*/) {
        for (const auto& row : kDTypeNames) {
            add(fmt::format("{}.{}.{}", path_, key, row.name), parameters[static_cast<std::size_t>(row.value)],
                NumberForm::kPositive, UsedBy::kAlways);
        }
    }
    // Only numbers have a spread.
    void count(auto&&... /*row*/) {}
    void limit(auto&&... /*row*/) {}
    void list(auto&&... /*row*/) {}
    void text(auto&&... /*row*/) {}
    void flag(auto&&... /*row*/) {}
    void choice(auto&&... /*row*/) {}

  private:
    List& list_;
    std::string path_;

    template <class P>
    void add(const std::string& path, P& parameter, NumberForm form, UsedBy use) {
        if constexpr (requires { parameter.has_value(); }) {
            if (parameter) {
                list_.add(path, *parameter, form, use);
            }
        } else {
            list_.add(path, parameter, form, use);
        }
    }
};

void add_cluster(auto& list, const std::string& device, auto& cluster) {
    const std::string own = fmt::format("{}.clusters.{}", device, cluster.name);
    list.add((cluster.clock_at_device ? device : own) + ".clock", cluster.clock);
    if (!cluster.clock_at_device) {
        list.add(own + ".vector_scale", cluster.vector_scale);
    }
    for (const auto& row : kDTypeNames) {
        if (auto& macs = cluster.macs_per_cycle[static_cast<std::size_t>(row.value)]) {
            list.add(fmt::format("{}.macs_per_cycle.{}", cluster.macs_at_device ? device + ".matrix" : own, row.name),
                     *macs);
        }
    }
    list.add((cluster.bandwidth_at_device ? device + ".dma" : own) + ".bandwidth", cluster.bandwidth);
}

void add_engines(auto& list, const std::string& path, auto& device) {
    NumbersAt matrix(list, path + ".matrix");
    matrix_keys(matrix, device.matrix);
    for (const auto& row : kVectorClassNames) {
        NumbersAt rate(list, fmt::format("{}.vector.{}", path, row.name));
        vector_rate_keys(rate, device.vector[static_cast<std::size_t>(row.value)]);
    }
    if (device.attention) {
        NumbersAt attention(list, path + ".attention");
        attention_keys(attention, *device.attention);
    }
    for (auto& level : device.memories) {
        NumbersAt memory(list, fmt::format("{}.memories.{}", path, level.name));
        memory_level_keys(memory, level);
    }
    NumbersAt dma(list, path + ".dma");
    dma_keys(dma, device);
    NumbersAt own(list, path);
    device_keys(own, device);
}

void add_runtime(auto& list, const std::string& path, auto& runtime) {
    NumbersAt dispatch(list, path + ".dispatch");
    dispatch_keys(dispatch, runtime);
    NumbersAt generation(list, path + ".generation");
    generation_keys(generation, runtime);
    if (runtime.own_code) {
        NumbersAt code(list, path + ".own_code");
        own_code_keys(code, *runtime.own_code);
    }
    for (std::size_t i = 0; i < runtime.fuses.size(); ++i) {
        if (auto& traffic = runtime.fuses[i].traffic) {
            list.add(fmt::format("{}.fuses.{}.traffic", path, i), *traffic);
        }
    }
    for (const auto& row : operator_names()) {
        NumbersAt rule(list, fmt::format("{}.operators.{}", path, row.name));
        operator_rule_keys(rule, runtime.operators[static_cast<std::size_t>(row.value)]);
    }
}

void add_device(auto& list, auto& device) {
    const std::string path = "devices." + device.name;
    if (device.bus) {
        list.add("memory.dram.sustained", *device.bus);
    }
    if (device.dram_clock) {
        list.add("memory.dram.clock", device.dram_clock->clock);
    }
    if (device.host_core) {
        list.add(device.host_core->clock_path, device.host_core->clock);
    }
    for (auto& cluster : device.clusters) {
        add_cluster(list, path, cluster);
    }
    add_engines(list, path, device);
    add_runtime(list, path + ".runtime", device.runtime);
    if (device.energy) {
        NumbersAt energy(list, path + ".energy");
        energy_keys(energy, *device.energy);
    }
    NumbersAt error(list, path + ".error");
    error_keys(error, device.error);
}

}  // namespace

std::string parameter_path(const Device& device, const void* number) {
    PathFinder finder(number);
    add_device(finder, device);
    return finder.path();
}

std::vector<ParameterView> own_parameters(Profile& profile) {
    ParameterList list;
    NumbersAt dram(list, "memory.dram");
    dram_keys(dram, profile.dram);
    if (const auto state = state_of(profile.dram)) {
        list.bound("memory.dram.clock", QuantityTraits<Frequency>::si(state->rated * kLeastDramClock),
                   QuantityTraits<Frequency>::si(state->rated * kMostDramClock));
    }
    for (Link& link : profile.links) {
        if (link.bus) {
            list.add("memory.dram.sustained", *link.bus);
        }
        if (link.dram_clock) {
            list.add("memory.dram.clock", link.dram_clock->clock);
        }
    }
    for (Device& device : profile.devices) {
        add_device(list, device);
    }
    for (Link& link : profile.links) {
        NumbersAt costs(list, fmt::format("links.{}", link.index));
        link_keys(costs, link);
    }
    auto views = list.take();
    make_followers_move(views, profile);
    return views;
}

namespace {

// Setter for a number that two profiles share.
std::function<void(double)> both(std::function<void(double)> first, std::function<void(double)> second) {
    return [first = std::move(first), second = std::move(second)](double si) {
        first(si);
        second(si);
    };
}

void add_runtime_numbers(std::vector<ParameterView>& views, Profile& runtime) {
    for (ParameterView& number : own_parameters(runtime)) {
        std::string path = path_among_all(runtime, number.path);
        const auto same = std::ranges::find(views, path, &ParameterView::path);
        if (same != views.end()) {
            same->set = both(std::move(same->set), std::move(number.set));
            same->fix = both(std::move(same->fix), std::move(number.fix));
        } else {
            number.base = number.base.empty() ? "" : path_among_all(runtime, number.base);
            number.path = std::move(path);
            views.push_back(std::move(number));
        }
    }
}

}  // namespace

std::vector<ParameterView> parameters(Profile& profile) {
    auto views = own_parameters(profile);
    for (Profile& runtime : profile.runtimes) {
        add_runtime_numbers(views, runtime);
    }
    return views;
}

}  // namespace berth
