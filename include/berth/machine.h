// Whose a profile is: the machine that its measurements were taken on, beside the machine at hand.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/diagnostics.h"
#include "berth/units.h"

namespace berth {

class YamlNode;

/// A data cache as the system describes it.
struct CacheFacts {
    int level = 1;
    Bytes size;
    int shared_by = 1;  ///< logical processors
    friend bool operator==(const CacheFacts&, const CacheFacts&) = default;
};

/// `machine:` of a profile. What is absent is not known: virtual machines hide some of it, older records say less.
struct MachineDescription {
    std::string processor;  ///< its name as the system gives it; other processors may have the same one
    std::optional<std::string> vendor;
    std::optional<int> family, model, stepping;
    std::optional<std::string> microcode;
    std::optional<std::vector<std::string>> instructions;  ///< SIMD extensions, the widest ones
    std::optional<int> cores;                              ///< that a process may use
    std::optional<int> threads_per_core;
    std::optional<Frequency> base_clock;     ///< nominal, from the rate of the time stamp counter
    std::optional<Frequency> highest_clock;  ///< that the system allows
    std::optional<Frequency> clock;          ///< measured
    std::optional<std::vector<CacheFacts>> caches;
    std::optional<Bytes> memory;                        ///< that a process may use
    std::optional<std::string> memory_kind;             ///< `DDR5`
    std::optional<bool> is_virtual;                     ///< under a hypervisor
    std::optional<std::string> system;                  ///< kernel and architecture
    std::optional<std::vector<std::string>> libraries;  ///< that ran the kernels, with their versions
    std::optional<std::string> compiler;                ///< of the kernels that are Berth's own
    std::optional<std::string> measured;                ///< the day, YYYY-MM-DD
};

/// What the system says of the machine at hand, read from `root` ("/" but for tests): /proc/cpuinfo, sysfs, limits of
/// the control group. Libraries, compiler, day and measured clock are left absent.
[[nodiscard]] MachineDescription this_machine(const std::filesystem::path& root = "/");

/// `machine:`; errors at their places. Absent if `node` is none.
[[nodiscard]] std::optional<MachineDescription> read_machine(const YamlNode& node);
/// The same as YAML, from the key `machine:` on. Every key is there, without a value where it is not known, so that
/// nothing is inherited from a profile that it extends.
[[nodiscard]] std::string machine_yaml(const MachineDescription& machine);

/// The same as comments at the head of a file of measurements, without what is not known; machine_in_head() reads it
/// back. Absent: the text does not begin with one.
[[nodiscard]] std::string machine_head(const MachineDescription& machine);
[[nodiscard]] std::optional<MachineDescription> machine_in_head(std::string_view text);

/// What two machines differ in, in a few words: `processor AMD EPYC 9654 there, AMD EPYC here`.
struct MachineComparison {
    std::vector<std::string> differences;
    std::vector<std::string> not_recorded;  ///< of what tells processors apart, what the record does not say
    [[nodiscard]] bool same() const { return differences.empty() && not_recorded.empty(); }
};
/// Compares what decides how fast kernels run: vendor, name, family, model, stepping, extensions, base clock (2 %),
/// caches, cores, threads per core, memory (10 %), and whether it is a virtual machine. Kernel, microcode, libraries
/// and the measured clock change under the same machine and are not compared. What one side does not know is no
/// difference.
[[nodiscard]] MachineComparison compare_machines(const MachineDescription& recorded, const MachineDescription& here);

/// The comparison as a sentence with what to do, empty where they are the same.
[[nodiscard]] std::string machine_warning(const MachineDescription& recorded, const MachineDescription& here);

}  // namespace berth
