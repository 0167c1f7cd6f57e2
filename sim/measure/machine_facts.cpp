// Describes this machine from what the system reports, and measures its clock.
#include <fmt/format.h>
#include <Eigen/Core>

#include <algorithm>
#include <ctime>
#include <string_view>

#include "measure/kernel_module.h"
#include "measure/probes.h"
#include "measure/timing.h"

namespace berth {

Frequency measured_clock(int attempts) {
    // A chain of eight dependent operations. On x86 they are multiplications, which take three cycles on every x86
    // processor of the last fifteen years (Fog, instruction tables); additions of a constant may be done at register
    // renaming.
#if defined(__x86_64__)
    constexpr int kCyclesPerRound = 24;
#else
    constexpr int kCyclesPerRound = 8;
#endif
    constexpr int kChain = 160'000 / kCyclesPerRound;  // some 40 us: too short for another program to interrupt
    Time best = seconds(1);
    for (int attempt = 0; attempt < attempts; ++attempt) {
        const auto start = Clock::now();
        unsigned long value = 1;
        for (int i = 0; i < kChain; ++i) {
#if defined(__x86_64__)
            asm volatile(
                "imul %0,%0\nimul %0,%0\nimul %0,%0\nimul %0,%0\nimul %0,%0\nimul %0,%0\nimul %0,%0\nimul %0,%0"
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
    return hertz(kChain * static_cast<double>(kCyclesPerRound) / in_seconds(best));
}

// The compiler of the loops and of Eigen's kernels, and the processors that it targets; libraries detect the processor
// themselves.
std::string compiler_name() {
    constexpr std::string_view kBaseline =
#if defined(__AVX512F__)
        "avx512f";
#elif defined(__AVX2__)
        "avx2";
#elif defined(__x86_64__)
        "x86-64";
#else
        "the architecture's baseline";
#endif
#if defined(__clang__)
    return fmt::format("clang {}.{}.{} for {}", __clang_major__, __clang_minor__, __clang_patchlevel__, kBaseline);
#else
    return fmt::format("g++ {}.{}.{} for {}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__, kBaseline);
#endif
}

std::string today() {
    const std::time_t now = std::time(nullptr);
    std::tm day{};
    gmtime_r(&now, &day);
    return fmt::format("{:04}-{:02}-{:02}", day.tm_year + 1900, day.tm_mon + 1, day.tm_mday);
}

std::optional<MachineDescription> machine_facts(Diagnostics& diagnostics) {
    std::string why;
    const KernelModule* const kernels = loaded_kernels(why);
    if (kernels == nullptr) {
        diagnostics.error(SourceLocation("oneDNN"), fmt::format("there are no kernels: {}", why),
                          "the whole program, as ./dev build or cmake --install make it");
        return std::nullopt;
    }
    MachineDescription facts = this_machine();
    facts.clock = measured_clock(1000);
    facts.libraries = {{kernels->version(),
                        fmt::format("Eigen {}.{}.{}", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION)}};
    facts.compiler = compiler_name();
    facts.measured = today();
    return facts;
}

}  // namespace berth
