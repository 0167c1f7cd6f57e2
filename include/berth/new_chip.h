// A profile of a chip of which only a datasheet is known: what is stated, on top of an archetype.
#pragma once

#include <array>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "berth/profile.h"
#include "berth/units.h"

namespace berth {

/// A number of a datasheet: how it is asked for, and where a profile keeps it. `{}` in a path is the accelerator's
/// name.
struct DatasheetNumber {
    std::string_view option;    ///< `--clock`
    std::string_view question;  ///< "clock of the accelerator"
    std::string_view example;
    std::string_view path;
    Dimension dimension{};
    bool whole = false;  ///< a count
};

inline constexpr std::array<DatasheetNumber, 10> kDatasheetNumbers{{
    {"--cores", "cores of the accelerator", "2", "devices.{}.cores", {}, true},
    {"--clock", "its clock", "800 MHz", "devices.{}.clock", QuantityTraits<Frequency>::kDimension},
    {"--macs-int8", "its int8 MACs per cycle and core", "2048", "devices.{}.matrix.macs_per_cycle.int8"},
    {"--macs-fp16", "its fp16 MACs per cycle and core (half of int8 if not given)", "1024",
     "devices.{}.matrix.macs_per_cycle.fp16"},
    {"--sram", "its on-chip memory", "1 MiB", "devices.{}.memories.sram.capacity", QuantityTraits<Bytes>::kDimension},
    {"--bandwidth", "DRAM bandwidth that all its cores draw together", "20 GB/s", "devices.{}.dma.limit",
     QuantityTraits<Bandwidth>::kDimension},
    {"--dram", "bandwidth of the DRAM's bus", "34 GB/s", "memory.dram.bandwidth",
     QuantityTraits<Bandwidth>::kDimension},
    {"--dram-size", "size of the DRAM", "8 GiB", "memory.dram.capacity", QuantityTraits<Bytes>::kDimension},
    {"--cpu-cores", "large cores of the CPU", "4", "devices.cpu.clusters", {}, true},
    {"--cpu-clock", "their clock", "2 GHz", "devices.cpu.clusters", QuantityTraits<Frequency>::kDimension},
}};

/// What is stated of a chip, by option, as it was written.
using Datasheet = std::map<std::string_view, std::string>;

/// The device of an archetype that its numbers are about: the first that is not the host, or the host alone.
[[nodiscard]] const Device& accelerator_of(const Profile& archetype);

/// The profile as a file: what is stated is `datasheet`, what follows from it by a rule of thumb is `assumed` and says
/// the rule, everything else is inherited. `heading` lines stand as comments on top, without `# `.
[[nodiscard]] std::string new_chip_yaml(const std::string& name, const std::string& extends, const Profile& archetype,
                                        const Datasheet& stated, std::span<const std::string> heading);

}  // namespace berth
