// The machine that a profile's measurements were taken on, and its comparison with the machine at hand.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/base/diagnostics.h"
#include "berth/base/units.h"

namespace berth {

class YamlNode;

/// A data cache as the system describes it.
struct CacheFacts {
    int level = 1;
    Bytes size;
    int shared_by = 1;  ///< logical processors
    friend bool operator==(const CacheFacts&, const CacheFacts&) = default;
};

/// `machine:` of a profile. Absent members are unknown: virtual machines hide some of them, older records have fewer.
struct MachineDescription {
    std::string processor;  ///< name reported by the system; not unique
    std::optional<std::string> vendor;
    std::optional<int> family, model, stepping;
    std::optional<std::string> microcode;
    std::optional<std::vector<std::string>> instructions;  ///< SIMD extensions, the widest ones
    std::optional<int> cores;                              ///< available to a process
    std::optional<int> threads_per_core;
    std::optional<Frequency> base_clock;     ///< nominal, from the rate of the time stamp counter
    std::optional<Frequency> highest_clock;  ///< highest that the system allows
    std::optional<Frequency> clock;          ///< measured
    std::optional<std::vector<CacheFacts>> caches;
    std::optional<Bytes> memory;                        ///< available to a process
    std::optional<std::string> memory_kind;             ///< `DDR5`
    std::optional<bool> is_virtual;                     ///< under a hypervisor
    std::optional<std::string> system;                  ///< kernel and architecture
    std::optional<std::vector<std::string>> libraries;  ///< libraries that ran the kernels, with versions
    std::optional<std::string> compiler;                ///< compiler of Berth's own kernels
    std::optional<std::string> measured;                ///< day of the measurement, YYYY-MM-DD
};

/// Description of the machine at hand as the system reports it, read from `root` ("/" except in tests): /proc/cpuinfo,
/// sysfs, limits of the control group. Libraries, compiler, day and measured clock are left absent.
[[nodiscard]] MachineDescription this_machine(const std::filesystem::path& root = "/");

/// Reads `machine:`, with errors at their places. Absent if `node` is none.
[[nodiscard]] std::optional<MachineDescription> read_machine(const YamlNode& node);
/// The description as YAML, starting at the key `machine:`. Every key is present, without a value where unknown, so
/// that nothing is inherited from a profile that it extends.
[[nodiscard]] std::string machine_yaml(const MachineDescription& machine);

/// The description as comments at the head of a file of measurements, without unknown members; machine_in_head() reads
/// it back, absent if the text does not begin with one.
[[nodiscard]] std::string machine_head(const MachineDescription& machine);
[[nodiscard]] std::optional<MachineDescription> machine_in_head(std::string_view text);

/// Differences between two machines, each in a few words: `processor AMD EPYC 9654 there, AMD EPYC here`.
struct MachineComparison {
    std::vector<std::string> differences;
    std::vector<std::string> not_recorded;  ///< identifying properties that the record lacks
    [[nodiscard]] bool same() const { return differences.empty() && not_recorded.empty(); }
};
/// Compares the properties that decide how fast kernels run: vendor, name, family, model, stepping, extensions, base
/// clock (2 %), caches, cores, threads per core, memory (10 %), and whether it is a virtual machine. Kernel, microcode,
/// libraries and the measured clock change on the same machine and are not compared. A property unknown on one side is
/// not a difference.
[[nodiscard]] MachineComparison compare_machines(const MachineDescription& recorded, const MachineDescription& here);

/// The comparison as a sentence with advice; empty where the machines are the same.
[[nodiscard]] std::string machine_warning(const MachineDescription& recorded, const MachineDescription& here);

}  // namespace berth
