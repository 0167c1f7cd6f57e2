// A first profile for a chip known only from a datasheet: stated numbers on top of an archetype.
#pragma once

#include <array>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "berth/base/units.h"
#include "berth/hardware/profile.h"

namespace berth {

/// A number of a datasheet: its option and question, and its path in a profile, where `{0}` names the accelerator and
/// `{1}` its on-chip memory. Cores and clocks of CPUs are in their list of clusters instead.
struct DatasheetNumber {
    std::string_view option;    ///< `--clock`
    std::string_view question;  ///< "clock of the accelerator"
    std::string_view example;
    std::string_view path;
    Dimension dimension{};
    bool whole = false;  ///< a count
};

inline constexpr std::array<DatasheetNumber, 10> kDatasheetNumbers{{
    {"--cores", "cores of the accelerator", "2", "devices.{0}.cores", {}, true},
    {"--clock", "its clock", "800 MHz", "devices.{0}.clock", QuantityTraits<Frequency>::kDimension},
    {"--macs-int8", "its int8 MACs per cycle and core", "2048", "devices.{0}.matrix.macs_per_cycle.int8"},
    {"--macs-fp16", "its fp16 MACs per cycle and core (its kind's share of int8 if not given)", "1024",
     "devices.{0}.matrix.macs_per_cycle.fp16"},
    {"--sram", "its on-chip memory", "1 MiB", "devices.{0}.memories.{1}.capacity", QuantityTraits<Bytes>::kDimension},
    {"--bandwidth", "DRAM bandwidth that all its cores draw together; behind a link, what the link carries", "20 GB/s",
     "devices.{0}.dma.limit", QuantityTraits<Bandwidth>::kDimension},
    {"--dram", "bandwidth of the DRAM's bus", "34 GB/s", "memory.dram.bandwidth",
     QuantityTraits<Bandwidth>::kDimension},
    {"--dram-size", "size of the DRAM", "8 GiB", "memory.dram.capacity", QuantityTraits<Bytes>::kDimension},
    {"--cpu-cores", "large cores of the CPU", "4", "", {}, true},
    {"--cpu-clock", "their clock", "2 GHz", "", QuantityTraits<Frequency>::kDimension},
}};

/// Stated numbers of a chip, by option, as written.
using Datasheet = std::map<std::string_view, std::string>;

/// Device of an archetype that datasheet numbers apply to: the first that is not the host, or the host alone.
[[nodiscard]] const Device& accelerator_of(const Profile& archetype);

/// A stated number that this kind of chip has no place for, or that contradicts another one.
struct DatasheetComplaint {
    std::string_view option;
    std::string message, expected;
};
[[nodiscard]] std::vector<DatasheetComplaint> datasheet_complaints(const Profile& archetype, const Datasheet& stated);

/// The profile as a file: stated numbers are `datasheet`, numbers derived by a rule of thumb are `assumed` and state
/// the rule, all others are inherited. `heading` lines are comments at the top, given without `# `.
[[nodiscard]] std::string new_chip_yaml(const std::string& name, const std::string& extends, const Profile& archetype,
                                        const Datasheet& stated, std::span<const std::string> heading);

}  // namespace berth
