// What this machine is, as the system tells it, and its clock.
#include <fmt/format.h>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <Eigen/Core>
#include <dnnl.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "measure/probes.h"
#include "measure/timing.h"

namespace berth {

namespace {

namespace fs = std::filesystem;

std::string first_line(const fs::path& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

// The value behind the first line of /proc/cpuinfo that starts with one of these keys; what x86 calls flags, ARM calls
// Features.
std::string processor_entry(const std::vector<std::string>& keys) {
    std::ifstream file("/proc/cpuinfo");
    std::string line;
    while (std::getline(file, line)) {
        const bool wanted =
            std::ranges::any_of(keys, [&line](const std::string& key) { return line.starts_with(key); });
        const std::size_t colon = line.find(": ");
        if (wanted && colon != std::string::npos) {
            return line.substr(colon + 2);
        }
    }
    return "unknown";
}

std::string widest_instructions() {
    constexpr std::array kKnown{"sse4_2",   "avx2",     "fma",   "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile",
                                "amx_int8", "amx_bf16", "asimd", "asimddp", "i8mm",        "sve"};
    std::istringstream flags(processor_entry({"flags", "Features"}));
    std::vector<std::string> found;
    for (std::string flag; flags >> flag;) {
        if (std::ranges::find(kKnown, flag) != kKnown.end()) {
            found.push_back(flag);
        }
    }
    std::ranges::sort(found);
    return fmt::format("{}", fmt::join(found, " "));
}

int bits_in_list(const std::string& list) {  // "0-3,8" is 5
    int count = 0;
    std::istringstream ranges(list);
    for (std::string range; std::getline(ranges, range, ',');) {
        int from = 0;
        int to = 0;
        const int read = std::sscanf(range.c_str(), "%d-%d", &from, &to);
        count += read == 2 ? to - from + 1 : (read == 1 ? 1 : 0);
    }
    return std::max(1, count);
}

std::vector<CacheFacts> caches() {
    std::vector<CacheFacts> found;
    for (int i = 0; i < 8; ++i) {
        const fs::path folder = fmt::format("/sys/devices/system/cpu/cpu0/cache/index{}", i);
        std::error_code error;
        if (!fs::exists(folder, error) || first_line(folder / "type") == "Instruction") {
            continue;
        }
        CacheFacts cache;
        int kib = 0;
        if (std::sscanf(first_line(folder / "level").c_str(), "%d", &cache.level) == 1 &&
            std::sscanf(first_line(folder / "size").c_str(), "%dK", &kib) == 1) {
            cache.size = kibibytes(kib);
            cache.shared_by = bits_in_list(first_line(folder / "shared_cpu_list"));
            found.push_back(cache);
        }
    }
    std::ranges::sort(found, {}, &CacheFacts::level);
    return found;
}

std::string system_name() {
    utsname name{};
    return uname(&name) == 0 ? fmt::format("{} {} {}", name.sysname, name.release, name.machine) : "unknown";
}

int usable_cores() {
    cpu_set_t set;
    CPU_ZERO(&set);
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

}  // namespace

Frequency measured_clock(int attempts) {
    constexpr int kChain = 20'000;  // some 40 us: no other program comes in between
    constexpr int kPerRound = 8;
    Time best = seconds(1);
    for (int attempt = 0; attempt < attempts; ++attempt) {
        const auto start = Clock::now();
        unsigned long value = 1;
        for (int i = 0; i < kChain; ++i) {
#if defined(__x86_64__)
            asm volatile("add $1,%0\nadd $1,%0\nadd $1,%0\nadd $1,%0\nadd $1,%0\nadd $1,%0\nadd $1,%0\nadd $1,%0"
                         : "+r"(value));
#elif defined(__aarch64__)
            asm volatile(
                "add %0,%0,#1\nadd %0,%0,#1\nadd %0,%0,#1\nadd %0,%0,#1\nadd %0,%0,#1\nadd %0,%0,#1\nadd %0,%0,#1\n"
                "add %0,%0,#1"
                : "+r"(value));
#endif
        }
        best = std::min(best, since(start));
    }
    return hertz(kChain * static_cast<double>(kPerRound) / in_seconds(best));
}

MachineFacts machine_facts() {
    MachineFacts facts;
    facts.processor = processor_entry({"model name", "Hardware", "CPU implementer"});
    facts.instructions = widest_instructions();
    facts.system = system_name();
    facts.cores = usable_cores();
    facts.clock = measured_clock(1000);
    facts.memory = bytes(static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE)));
    facts.caches = caches();
    const dnnl_version_t* const version = dnnl_version();
    facts.libraries = {fmt::format("oneDNN {}.{}.{}", version->major, version->minor, version->patch),
                       fmt::format("Eigen {}.{}.{}", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION)};
    return facts;
}

}  // namespace berth
