// Benchmarks of real kernels on the machine at hand: jobs, timings, and the rows written for them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "berth/base/choice.h"
#include "berth/base/diagnostics.h"
#include "berth/base/units.h"
#include "berth/graph/model.h"
#include "berth/graph/operators.h"
#include "berth/hardware/load_profile.h"
#include "berth/hardware/machine.h"
#include "berth/hardware/profile.h"
#include "berth/measure/host_pace.h"

namespace berth {

/// Description of the machine at hand, with the libraries and the compiler of the kernels, the clock measured on a
/// chain of dependent additions, and the day. Written at the head of a file of measurements. Absent, with an error, if
/// there are no kernels.
[[nodiscard]] std::optional<MachineDescription> machine_facts(Diagnostics& diagnostics);

/// Times of one row.
struct Timing {
    Time median, least, lower_quartile, upper_quartile;
    std::size_t runs = 0;  ///< timed calls, warm-up excluded
    double pace = 1;       ///< pace of the machine around the calls (see HostPace)
    Frequency clock{};     ///< clock of the first core, right after the last call
};

enum class KernelLibrary : std::uint8_t { kOneDnn, kEigen };
inline constexpr std::array<Choice<KernelLibrary>, 2> kKernelLibraryNames{
    {{"onednn", KernelLibrary::kOneDnn}, {"eigen", KernelLibrary::kEigen}}};

/// One operator by itself. Attention runs as its three parts or, `fused`, block by block of queries, so that scores
/// stay in the cache.
struct KernelJob {
    KernelLibrary library = KernelLibrary::kOneDnn;
    OperatorKind kind{};
    Dims dims;
    DType dtype{};
    int threads = 1;
    CacheState cache = CacheState::kHot;
    bool fused = false;
};

/// Repeated reads, writes or copies of an array, split among the threads. For a copy, `size` is the source.
enum class MemoryAccess : std::uint8_t { kRead, kWrite, kCopy };
inline constexpr std::array<Choice<MemoryAccess>, 3> kMemoryAccessNames{
    {{"read", MemoryAccess::kRead}, {"write", MemoryAccess::kWrite}, {"copy", MemoryAccess::kCopy}}};
struct MemoryJob {
    MemoryAccess access{};
    Bytes size;
    int threads = 1;
};

/// Waking the threads for an empty task, and waiting for them.
struct ForkJoinJob {
    int threads = 1;
};

/// An encoder composed of library kernels, operator by operator: activations after a matmul and residual adds are fused
/// into it; int8 quantises each activation dynamically.
struct EncoderJob {
    Model model;
    DType dtype{};
    std::int64_t tokens = 1;
    int threads = 1;
};

using MeasureJob = std::variant<KernelJob, MemoryJob, ForkJoinJob, EncoderJob>;

/// Subject of one file of measurements; its rows have the columns of one RowForm.
enum class MeasureSubject : std::uint8_t { kOperators, kMemory, kModels };
inline constexpr std::array<Choice<MeasureSubject>, 3> kMeasureSubjectNames{{
    {"operators", MeasureSubject::kOperators},
    {"memory", MeasureSubject::kMemory},
    {"models", MeasureSubject::kModels},
}};

/// Extent of a measurement: quick for a first look (a minute), full for a calibration (ten minutes).
enum class MeasureExtent : std::uint8_t { kQuick, kFull };

/// Number of passes over the jobs of a file.
[[nodiscard]] constexpr int passes_of(MeasureExtent extent) { return extent == MeasureExtent::kFull ? 3 : 1; }

/// The jobs of one file. Shapes of operators are log-uniform, from a low-discrepancy sequence (Halton 1960) with
/// another offset per seed; seed 1 adds the shapes of encoders. The same arguments give the same jobs.
[[nodiscard]] std::vector<MeasureJob> operator_jobs(MeasureExtent extent, std::uint32_t seed, int cores);
[[nodiscard]] std::vector<MeasureJob> memory_jobs(MeasureExtent extent, const MachineDescription& machine);
/// Encoders: the first model for seed 1, the others for any other.
[[nodiscard]] std::vector<MeasureJob> model_jobs(MeasureExtent extent, std::uint32_t seed,
                                                 const std::vector<Model>& models, int cores);

/// Time budget of one measurement, and its convergence criterion.
struct TimingRules {
    Time warm_up = milliseconds(5);
    Time at_least = milliseconds(40);
    Time at_most = milliseconds(600);
    double settled = 0.01;  ///< standard error of the median, relative
    Time patience;          ///< for waiting on a disturbed machine, over all the rows of a file
    [[nodiscard]] static TimingRules of(MeasureSubject subject, MeasureExtent extent);
};

/// Runs and times a job, thread i on the i-th core available to the process; repeats it while the machine was disturbed
/// and there is patience left. Absent, with the reason in `why`, if the library has no such kernel on this machine.
[[nodiscard]] std::optional<Timing> measure(const MeasureJob& job, const TimingRules& rules, HostPace& pace,
                                            std::string& why);

/// Consumes a line, with its line break; returns false to stop the producer.
using TakeLine = std::function<bool(const std::string&)>;

/// Runs `work` in a process of its own and forwards its lines as they come. A kernel's time depends on where its
/// process has code and data, for the life of the process, so passes over the same rows show this variation only if
/// each has a process of its own. A crash of a library ends that process only, and its measurements so far are kept.
/// False if a line was not consumed, or with an error if the process failed. The caller must not have started OpenMP
/// threads before.
[[nodiscard]] bool in_own_process(const std::function<void(const TakeLine&)>& work, const TakeLine& take,
                                  Diagnostics& diagnostics);

/// Head of a file: the machine as comments (machine_head()), and the names of the columns.
[[nodiscard]] std::string measurement_header(MeasureSubject subject, const MachineDescription& machine);
/// A row, with its line break. Each job is measured in several passes over all jobs: interference by co-runners changes
/// with time, and the spread between passes is the floor of every prediction's error.
[[nodiscard]] std::string measurement_row(const MeasureJob& job, int pass, const Timing& timing);
/// A row that could not be measured: a comment, so that a resumed run finds its place.
[[nodiscard]] std::string skipped_row(const MeasureJob& job, std::string_view why);
/// The machine's cores, clock, caches and memory, as settings of a profile whose only device is `cpu`.
[[nodiscard]] std::vector<ProfileOverride> host_settings(const MachineDescription& machine);

/// The job in a few words, for progress.
[[nodiscard]] std::string job_name(const MeasureJob& job);

}  // namespace berth
