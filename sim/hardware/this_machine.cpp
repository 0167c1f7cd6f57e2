// Description of the current machine as reported by Linux.
#include <sched.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include <fmt/format.h>

#include "base/trimmed.h"
#include "berth/hardware/machine.h"

namespace berth {

namespace {

namespace fs = std::filesystem;
using Entries = std::map<std::string, std::string>;

std::string first_line(const fs::path& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line.substr(0, line.find('\0'));  // device tree strings are null-terminated
}

// Parses a decimal number, or a hexadecimal one with prefix 0x.
std::optional<int> whole_number(std::string_view text) {
    const bool hexadecimal = text.starts_with("0x");
    text.remove_prefix(hexadecimal ? 2 : 0);
    int value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
    return !text.empty() && end.ec == std::errc{} ? std::optional(value) : std::nullopt;
}

std::optional<double> number_in(const std::string& text) {
    std::istringstream stream(text);
    stream.imbue(std::locale::classic());
    double value = 0;
    return stream >> value ? std::optional(value) : std::nullopt;
}

std::optional<std::string> at(const Entries& entries, const std::string& key) {
    const auto found = entries.find(key);
    return found != entries.end() && !found->second.empty() ? std::optional(found->second) : std::nullopt;
}

std::optional<int> number_at(const Entries& entries, const std::string& key) {
    const auto text = at(entries, key);
    return text ? whole_number(*text) : std::nullopt;
}

// Entries of the first processor in /proc/cpuinfo; also counts the processors.
Entries first_processor(const fs::path& root, int& processors) {
    std::ifstream file(root / "proc/cpuinfo");
    Entries entries;
    processors = 0;
    for (std::string line; std::getline(file, line);) {
        const std::size_t colon = line.find(':');
        if (colon == std::string::npos) {
            continue;
        }
        const std::string key(trimmed(std::string_view(line).substr(0, colon)));
        processors += key == "processor" ? 1 : 0;
        entries.try_emplace(key, trimmed(std::string_view(line).substr(colon + 1)));
    }
    return entries;
}

// Instruction set features; x86 calls them flags, ARM features.
std::vector<std::string> flags_of(const Entries& entries) {
    const auto text = at(entries, "flags") ? at(entries, "flags") : at(entries, "Features");
    std::istringstream words(text.value_or(""));
    return {std::istream_iterator<std::string>(words), {}};
}

bool contains(const std::vector<std::string>& words, std::string_view word) {
    return std::ranges::find(words, word) != words.end();
}

std::vector<std::string> widest(const std::vector<std::string>& flags) {
    constexpr std::array kKnown{"amx_bf16",    "amx_int8", "amx_tile", "asimd", "asimddp", "avx2", "avx512_bf16",
                                "avx512_vnni", "avx512f",  "fma",      "i8mm",  "sse4_2",  "sve"};
    std::vector<std::string> found;
    std::ranges::copy_if(kKnown, std::back_inserter(found),
                         [&flags](const char* name) { return contains(flags, name); });
    return found;
}

// Microcode revision; virtual machines that hide it report one of these values.
std::optional<std::string> microcode_of(const Entries& entries) {
    const auto text = at(entries, "microcode");
    const bool hidden = text == "0x0" || text == "0x1" || text == "0xffffffff";
    return hidden ? std::nullopt : text;
}

void describe_processor(MachineDescription& machine, const Entries& entries, const fs::path& root) {
    const auto flags = flags_of(entries);
    const bool x86 = entries.contains("vendor_id");
    machine.vendor = at(entries, x86 ? "vendor_id" : "CPU implementer");
    machine.family = number_at(entries, x86 ? "cpu family" : "CPU architecture");
    machine.model = number_at(entries, x86 ? "model" : "CPU part");
    machine.stepping = number_at(entries, x86 ? "stepping" : "CPU revision");
    machine.microcode = microcode_of(entries);
    const std::string tree = first_line(root / "proc/device-tree/model");
    const std::string board = at(entries, "Hardware").value_or(tree.empty() ? "unknown" : tree);
    machine.processor = at(entries, "model name").value_or(board);
    if (!flags.empty()) {
        machine.instructions = widest(flags);
    }
    if (x86) {
        machine.is_virtual = contains(flags, "hypervisor");
    }
    const auto siblings = number_at(entries, "siblings");
    const auto cores = number_at(entries, "cpu cores");
    if (siblings && cores && *cores > 0 && *siblings >= *cores) {
        machine.threads_per_core = *siblings / *cores;
    }
    // With a constant time stamp counter, bogomips is twice its rate in MHz.
    const auto bogomips = number_in(at(entries, "bogomips").value_or(""));
    if (x86 && bogomips && *bogomips > 0 && contains(flags, "constant_tsc")) {
        machine.base_clock = megahertz(std::round(*bogomips / 2));
    }
    if (const auto kilohertz = number_in(first_line(root / "sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq"))) {
        machine.highest_clock = hertz(*kilohertz * 1e3);
    }
}

int processors_in_list(const std::string& list) {  // number of processors: "0-3,8" gives 5
    int count = 0;
    std::istringstream ranges(list);
    for (std::string range; std::getline(ranges, range, ',');) {
        const auto from = whole_number(range);
        const std::size_t dash = range.find('-');
        const auto to = dash == std::string::npos ? from : whole_number(std::string_view(range).substr(dash + 1));
        count += from && to ? *to - *from + 1 : 0;
    }
    return std::max(1, count);
}

std::optional<std::vector<CacheFacts>> data_caches(const fs::path& root) {
    std::vector<CacheFacts> found;
    constexpr int kMost = 8;
    for (int i = 0; i < kMost; ++i) {
        const fs::path folder = root / fmt::format("sys/devices/system/cpu/cpu0/cache/index{}", i);
        const auto level = whole_number(first_line(folder / "level"));
        const auto kibi = whole_number(first_line(folder / "size"));
        if (level && kibi && *kibi > 0 && first_line(folder / "type") != "Instruction") {
            found.push_back({*level, kibibytes(*kibi), processors_in_list(first_line(folder / "shared_cpu_list"))});
        }
    }
    std::ranges::stable_sort(found, {}, &CacheFacts::level);
    return found.empty() ? std::nullopt : std::optional(std::move(found));
}

// Control group folders of this process, its own first; a container sees its own as the root.
std::vector<fs::path> control_groups(const fs::path& root) {
    const fs::path top = root / "sys/fs/cgroup";
    std::ifstream file(root / "proc/self/cgroup");
    std::vector<fs::path> folders;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("0::/")) {
            for (fs::path own = line.substr(4); !own.empty(); own = own.parent_path()) {
                folders.push_back(top / own);
            }
        }
    }
    folders.push_back(top);
    return folders;
}

// CPU quota of a container in cores: "200000 100000" gives 2, "max 100000" no limit.
std::optional<int> allowed_cores(const fs::path& folder) {
    std::istringstream text(first_line(folder / "cpu.max"));
    double quota = 0;
    double period = 0;
    return text >> quota >> period && quota > 0 && period > 0
               ? std::optional(static_cast<int>(std::ceil(quota / period)))
               : std::nullopt;
}

int cores_by_affinity() {
    cpu_set_t set;
    CPU_ZERO(&set);
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

std::optional<Bytes> memory_of(const fs::path& root) {
    std::ifstream file(root / "proc/meminfo");
    for (std::string line; std::getline(file, line);) {
        const auto kibi = line.starts_with("MemTotal:") ? number_in(line.substr(9)) : std::nullopt;
        if (kibi && *kibi > 0) {
            return kibibytes(*kibi);
        }
    }
    return std::nullopt;
}

// Memory type, from the memory controller's driver (any user) or the firmware tables (superuser only).
std::optional<std::string> memory_kind(const fs::path& root) {
    const std::string kind = first_line(root / "sys/devices/system/edac/mc/mc0/dimm0/dimm_mem_type");
    if (!kind.empty()) {
        return kind;
    }
    std::ifstream file(root / "sys/firmware/dmi/entries/17-0/raw", std::ios::binary);
    const std::vector<char> entry{std::istreambuf_iterator<char>(file), {}};
    constexpr std::size_t kType = 0x12;  // SMBIOS 3.2, 7.18
    constexpr std::size_t kSpeed = 0x15;
    constexpr std::array<std::pair<int, std::string_view>, 6> kTypes{
        {{0x18, "DDR3"}, {0x1A, "DDR4"}, {0x1E, "LPDDR4"}, {0x22, "DDR5"}, {0x23, "LPDDR5"}, {0x1D, "LPDDR3"}}};
    if (entry.size() < kSpeed + 2) {
        return std::nullopt;
    }
    const auto byte = [&entry](std::size_t at) { return static_cast<int>(static_cast<unsigned char>(entry[at])); };
    const auto type = std::ranges::find(kTypes, byte(kType), [](const auto& one) { return one.first; });
    const int speed = byte(kSpeed) + 256 * byte(kSpeed + 1);
    if (type == kTypes.end()) {
        return std::nullopt;
    }
    return speed > 0 ? fmt::format("{} at {} MT/s", type->second, speed) : std::string(type->second);
}

void limit_to_container(MachineDescription& machine, const fs::path& root) {
    for (const fs::path& folder : control_groups(root)) {
        if (const auto cores = allowed_cores(folder)) {
            machine.cores = std::min(machine.cores.value_or(*cores), *cores);
        }
        if (const auto most = number_in(first_line(folder / "memory.max")); most && *most > 0) {
            machine.memory = std::min(machine.memory.value_or(bytes(*most)), bytes(*most));
        }
    }
}

}  // namespace

MachineDescription this_machine(const fs::path& root) {
    MachineDescription machine;
    int processors = 0;
    describe_processor(machine, first_processor(root, processors), root);
    machine.caches = data_caches(root);
    machine.memory = memory_of(root);
    machine.memory_kind = memory_kind(root);
    if (root == "/") {
        utsname name{};
        machine.cores = cores_by_affinity();
        if (uname(&name) == 0) {
            machine.system = fmt::format("{} {} {}", name.sysname, name.release, name.machine);
        }
    } else if (processors > 0) {
        machine.cores = processors;
    }
    limit_to_container(machine, root);
    return machine;
}

}  // namespace berth
