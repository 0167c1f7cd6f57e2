// Numbers that a profile may have but hardly means.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "berth/base/quantity_text.h"
#include "hardware/profile_reading.h"

namespace berth {

namespace {

// On-chip memory slower than the DRAM behind it makes tensors that stay on chip the slower ones.
void warn_of_slow_memory(const Device& device, const YamlNode& memories) {
    const auto most =
        std::ranges::max_element(device.clusters, {}, [](const CoreCluster& one) { return one.bandwidth.value; });
    const Bandwidth draw = std::min(most->bandwidth.value, device.dram_limit.value);
    for (const MemoryLevel& level : device.memories) {
        if (level.bandwidth && level.bandwidth->value < draw) {
            memories.require(level.name)
                .require("bandwidth")
                .warning(fmt::format("{} is less than the {} that a core draws from DRAM, so that tensors on chip are "
                                     "the slower ones",
                                     to_text(level.bandwidth->value), to_text(draw)),
                         fmt::format("at least {}", to_text(draw)));
        }
    }
}

void warn_of_large_tiles_of(const Device& device, const YamlNode& matrix) {
    const auto check = [&](std::string_view key, const std::optional<Parameter<Bytes>>& tile) {
        if (tile && !device.memories.empty() && tile->value > device.memories.front().capacity.value) {
            const MemoryLevel& nearest = device.memories.front();
            matrix.require(key).warning(
                fmt::format("{} of input rows are more than the {} of {}, which is what counts", to_text(tile->value),
                            to_text(nearest.capacity.value), nearest.name),
                fmt::format("a share of it, such as '25% of memories.{}.capacity'", nearest.name));
        }
    };
    check("row_tile", device.matrix.row_tile);
    check("image_row_tile", device.matrix.image_row_tile);
    check("library_row_tile", device.matrix.library_row_tile);
}

void warn_of_idle_cores(const Device& device, const YamlNode& node) {
    const bool several = device.clusters.size() > 1 || device.clusters.front().cores > 1;
    const bool shared = std::ranges::any_of(device.runtime.operators,
                                            [](const OperatorRule& rule) { return rule.supported && rule.multi_core; });
    if (several && !shared) {
        const auto where = node.find("cores");
        (where ? *where : node.require("clusters"))
            .warning(
                "no operator is shared among cores, so that one of them works at a time",
                fmt::format("'multi_core: true' in devices.{}.runtime.operators, or one core with the rates of all",
                            device.name));
    }
}

// Whether the number is a share, of a share, ... of one that this chip states.
bool follows_stated(const Profile& profile, const std::vector<std::string>& stated, std::string path) {
    for (std::size_t steps = 0; steps <= profile.relative.size(); ++steps) {
        if (std::ranges::find(stated, path) != stated.end()) {
            return true;
        }
        const auto share = std::ranges::find(profile.relative, path, &RelativeNumber::path);
        if (share == profile.relative.end()) {
            return false;
        }
        path = share->base;
    }
    return false;
}

/// What a chip states of its array, and what it does not.
struct ArrayRates {
    std::vector<std::string> stated, paths;  ///< dtypes by name, and the paths of their numbers
    std::vector<std::string> inherited;      ///< dtypes whose numbers do not follow a stated one
    bool used = false;                       ///< whether products may have one of the stated dtypes
};

ArrayRates array_rates(const Profile& profile, const Device& device) {
    const OperatorRule& products = device.runtime.operators[static_cast<std::size_t>(OperatorKind::kMatmul)];
    const auto path = [&device](std::string_view dtype) {
        return fmt::format("devices.{}.matrix.macs_per_cycle.{}", device.name, dtype);
    };
    ArrayRates rates;
    for (const bool stated : {true, false}) {
        for (const auto& row : kDTypeNames) {
            const auto& rate = device.clusters.front().macs_per_cycle[static_cast<std::size_t>(row.value)];
            if (!rate || (rate->origin != Origin::kInherited) != stated) {
                continue;
            }
            if (stated) {
                rates.stated.emplace_back(row.name);
                rates.paths.push_back(path(row.name));
                rates.used |= std::ranges::find(products.dtypes, row.value) != products.dtypes.end();
            } else if (!follows_stated(profile, rates.paths, path(row.name))) {
                rates.inherited.emplace_back(row.name);
            }
        }
    }
    return rates;
}

// Arrays of a kind differ in the dtypes that they multiply. A chip that states some, and not the others, may lack them.
void warn_of_unstated_dtypes(const Profile& profile, const Device& device, const YamlNode& node) {
    const YamlNode matrix = node.require("matrix");
    const auto macs = matrix.find("macs_per_cycle");
    const ArrayRates rates = macs ? array_rates(profile, device) : ArrayRates{};
    for (const std::string& dtype : rates.stated.empty() ? std::vector<std::string>() : rates.inherited) {
        macs->require(dtype).warning(
            fmt::format("inherited, while this chip states {}: models of {} are multiplied at the other chip's rate",
                        fmt::join(rates.stated, " and "), dtype),
            fmt::format("its own number, or '{}' if its array does not multiply {}", kNotMultiplied, dtype));
    }
    if (!rates.stated.empty() && !rates.used) {
        macs->warning(fmt::format("no product runs at {}, so that what the array multiplies there has no effect",
                                  fmt::join(rates.stated, " or ")),
                      fmt::format("{} among the 'dtypes' of devices.{}.runtime", rates.stated.front(), device.name));
    }
}

}  // namespace

void warn_of_large_tiles(const Profile& profile, const YamlNode& root) {
    const YamlNode devices = root.require("devices");
    for (const Device& device : profile.devices) {
        warn_of_large_tiles_of(device, devices.require(device.name).require("matrix"));
    }
}

void warn_of_doubtful_numbers(const Profile& profile, const YamlNode& root) {
    const YamlNode devices = root.require("devices");
    for (const Device& device : profile.devices) {
        const YamlNode node = devices.require(device.name);
        warn_of_slow_memory(device, node.require("memories"));
        warn_of_idle_cores(device, node);
        if (&device != &profile.devices[static_cast<std::size_t>(profile.host)]) {  // a CPU multiplies all dtypes
            warn_of_unstated_dtypes(profile, device, node);
        }
    }
}

}  // namespace berth
