// Runs a job with its number of threads, and writes its row.
#include "berth/measure/measure.h"

#include <fmt/format.h>
#include <omp.h>
#include <sched.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "base/overloaded.h"
#include "berth/base/csv.h"
#include "berth/cost/cost.h"
#include "measure/kernel_module.h"
#include "measure/probes.h"

namespace berth {

namespace {

// The sizes, among those of all operators, that occur in the operators measured here.
constexpr std::array<std::string_view, 13> kSizes{"batch", "m",      "k",      "n",     "weights", "bias",    "rows",
                                                  "cols",  "inputs", "affine", "heads", "seq",     "head_dim"};

std::optional<Calls> calls_of(const KernelJob& job, std::string& why) {
    if (job.library == KernelLibrary::kOneDnn) {
        const KernelModule* const kernels = loaded_kernels(why);
        return kernels == nullptr ? std::nullopt : kernels->operator_calls(job, why);
    }
    const auto call = eigen_call(job, why);
    return call ? std::optional(Calls{*call}) : std::nullopt;
}

std::optional<Calls> calls_of(const EncoderJob& job, std::string& why) {
    const KernelModule* const kernels = loaded_kernels(why);
    Diagnostics diagnostics;
    const auto graph = kernels == nullptr ? std::nullopt : instantiate(job.model, {1, job.tokens, 0}, diagnostics);
    if (!graph) {
        why = diagnostics.has_errors() ? diagnostics.text() : why;
        return std::nullopt;
    }
    return kernels->encoder_calls(*graph, job.dtype, why);
}

std::optional<Calls> calls_of(const MeasureJob& job, std::string& why) {
    return std::visit(Overloaded{[&](const KernelJob& one) { return calls_of(one, why); },
                                 [](const MemoryJob& one) { return std::optional(Calls{memory_call(one)}); },
                                 [](const ForkJoinJob& one) { return std::optional(Calls{fork_join_call(one)}); },
                                 [&](const EncoderJob& one) { return calls_of(one, why); }},
                      job);
}

int threads_of(const MeasureJob& job) {
    return std::visit([](const auto& one) { return one.threads; }, job);
}

// Approximate: results may be wider than the operands.
Bytes used_by(const KernelJob& job) {
    Kernel kernel;
    kernel.kind = job.kind;
    kernel.dims = job.dims;
    kernel.input = kernel.weight = kernel.output = job.dtype;
    return operands_of(kernel);
}

// A whole encoder counts as larger than any private cache.
Bytes used_by(const MeasureJob& job) {
    return std::visit(
        Overloaded{[](const KernelJob& one) { return used_by(one); }, [](const MemoryJob& one) { return one.size; },
                   [](const ForkJoinJob&) { return Bytes{}; },
                   [](const EncoderJob&) { return Bytes::from_si(std::numeric_limits<double>::infinity()); }},
        job);
}

bool is_cold(const MeasureJob& job) {
    const auto* kernel = std::get_if<KernelJob>(&job);
    return kernel != nullptr && kernel->cache == CacheState::kCold;
}

// A size of the operator by name; empty if the operator has no such size.
std::string size_cell(const KernelJob& job, std::string_view name) {
    const auto fields = size_fields(job.kind);
    const auto found = std::ranges::find(fields, name, &SizeField::name);
    if (found == fields.end()) {
        return "";
    }
    return fmt::format("{}", size_values(job.kind, job.dims)[static_cast<std::size_t>(found - fields.begin())]);
}

std::string kernel_cells(const KernelJob& job) {
    std::string sizes;
    for (const std::string_view name : kSizes) {
        sizes += "," + size_cell(job, name);
    }
    return fmt::format("{},{},{}{},{},{},{}", traits(job.kind).name, choice_name(kDTypeNames, job.dtype),
                       choice_name(kKernelLibraryNames, job.library), sizes, job.threads,
                       choice_name(kCacheStateNames, job.cache), job.fused ? "fused" : "");
}

std::string cells(const MeasureJob& job) {
    return std::visit(Overloaded{[](const KernelJob& one) { return kernel_cells(one); },
                                 [](const MemoryJob& one) {
                                     return fmt::format("{},{},{}", choice_name(kMemoryAccessNames, one.access),
                                                        static_cast<std::int64_t>(in_bytes(one.size)), one.threads);
                                 },
                                 [](const ForkJoinJob& one) { return fmt::format("fork_join,,{}", one.threads); },
                                 [](const EncoderJob& one) {
                                     return fmt::format("{},cpu,{},{},,1,{},excluded", csv_field(one.model.name),
                                                        choice_name(kDTypeNames, one.dtype), one.tokens, one.threads);
                                 }},
                      job);
}

std::string columns(MeasureSubject subject) {
    switch (subject) {
        case MeasureSubject::kOperators:
            return fmt::format(
                "op,dtype,library,{},cores,cache,variant,pass,measured_us,least_us,quarter_us,"
                "three_quarters_us,runs,pace,seen_mhz",
                fmt::join(kSizes, ","));
        case MeasureSubject::kMemory:
            return "access,bytes,cores,pass,measured_us,least_us,quarter_us,three_quarters_us,runs,pace,seen_mhz";
        case MeasureSubject::kModels:
            return "model,device,dtype,tokens,bucket,batch,cores,handover,pass,measured_ms,least_ms,quarter_ms,"
                   "three_quarters_ms,runs,pace,seen_mhz";
    }
    return "";
}

constexpr int kClockAttempts = 8;

// Pins threads to cores, so that a row always refers to the same cores.
void pin_threads(int threads) {
    static const std::vector<int> kUsable = [] {
        cpu_set_t all;
        CPU_ZERO(&all);
        std::vector<int> usable;
        if (sched_getaffinity(0, sizeof all, &all) == 0) {
            for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
                if (CPU_ISSET(cpu, &all)) {
                    usable.push_back(cpu);
                }
            }
        }
        return usable;
    }();
#pragma omp parallel num_threads(threads)
    {
        const auto at = static_cast<std::size_t>(omp_get_thread_num());
        if (at < kUsable.size()) {
            cpu_set_t own;
            CPU_ZERO(&own);
            CPU_SET(kUsable[at], &own);
            sched_setaffinity(0, sizeof own, &own);
        }
    }
}

}  // namespace

std::optional<Timing> measure(const MeasureJob& job, const TimingRules& rules, HostPace& pace, std::string& why) {
    const int threads = threads_of(job);
    const Bytes used = used_by(job);
    omp_set_num_threads(threads);
    pin_threads(threads);
    const auto calls = calls_of(job, why);
    std::optional<Timing> best;
    while (calls && (!best || (best->pace < kUndisturbed && pace.is_patient()))) {
        const double before = pace.wait(threads, used);
        const auto start = Clock::now();
        Timing timing = time_calls(*calls, is_cold(job) ? empty_caches : Call{}, rules, pace, threads);
        timing.pace = std::min({timing.pace, before, pace.surroundings(threads, used)});
        timing.clock = measured_clock(kClockAttempts);
        if (best) {
            pace.spend(since(start));
        }
        best = best && best->pace > timing.pace ? best : timing;
    }
    return best;
}

std::string measurement_header(MeasureSubject subject, const MachineDescription& machine) {
    MachineDescription lasting = machine;
    lasting.clock.reset();  // each row has the clock at which it was measured
    return machine_head(lasting) + columns(subject) + "\n";
}

std::string measurement_row(const MeasureJob& job, int pass, const Timing& timing) {
    const bool model = std::holds_alternative<EncoderJob>(job);
    const double scale = model ? 1e3 : 1e6;
    const auto time = [scale](Time t) { return fmt::format("{:.4g}", in_seconds(t) * scale); };
    return fmt::format("{},{},{},{},{},{},{},{:.2f},{:.0f}\n", cells(job), pass, time(timing.median),
                       time(timing.least), time(timing.lower_quartile), time(timing.upper_quartile), timing.runs,
                       timing.pace, in_megahertz(timing.clock));
}

std::string skipped_row(const MeasureJob& job, std::string_view why) {
    std::string reason(why);
    std::ranges::replace(reason, '\n', ' ');
    return fmt::format("# not measured: {}: {}\n", cells(job), reason);
}

std::string job_name(const MeasureJob& job) {
    return std::visit(
        Overloaded{
            [](const KernelJob& one) {
                return fmt::format("{} {}", choice_name(kDTypeNames, one.dtype), traits(one.kind).name);
            },
            [](const MemoryJob& one) { return fmt::format("memory {}", choice_name(kMemoryAccessNames, one.access)); },
            [](const ForkJoinJob&) { return std::string("fork and join"); },
            [](const EncoderJob& one) { return fmt::format("{}, {} tokens", one.model.name, one.tokens); }},
        job);
}

}  // namespace berth
