// Real kernels on the machine at hand: what is timed, how long it took, and the rows that are written of it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "berth/choice.h"
#include "berth/diagnostics.h"
#include "berth/host_pace.h"
#include "berth/load_profile.h"
#include "berth/machine.h"
#include "berth/model.h"
#include "berth/operators.h"
#include "berth/profile.h"
#include "berth/units.h"

namespace berth {

/// The machine at hand with the libraries and the compiler of the kernels, the clock measured on a chain of dependent
/// additions, and the day. It stands at the head of a file of measurements: times mean little without it.
[[nodiscard]] MachineDescription machine_facts();

/// Times of one row.
struct Timing {
    Time median, least, lower_quartile, upper_quartile;
    std::size_t runs = 0;  ///< calls that were timed, warm-up not counted
    double pace = 1;       ///< of the machine beside the calls (see HostPace)
    Frequency clock{};     ///< of the first core, right after the last call
};

enum class KernelLibrary : std::uint8_t { kOneDnn, kEigen };
inline constexpr std::array<Choice<KernelLibrary>, 2> kKernelLibraryNames{
    {{"onednn", KernelLibrary::kOneDnn}, {"eigen", KernelLibrary::kEigen}}};

/// One operator by itself. Attention runs as its three parts, or block by block of queries (`fused`), so that scores
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

/// Reading, writing or copying an array again and again, shared among the threads. Of a copy `size` is the source.
enum class MemoryAccess : std::uint8_t { kRead, kWrite, kCopy };
inline constexpr std::array<Choice<MemoryAccess>, 3> kMemoryAccessNames{
    {{"read", MemoryAccess::kRead}, {"write", MemoryAccess::kWrite}, {"copy", MemoryAccess::kCopy}}};
struct MemoryJob {
    MemoryAccess access{};
    Bytes size;
    int threads = 1;
};

/// Waking the threads for work that is nothing, and waiting for them.
struct ForkJoinJob {
    int threads = 1;
};

/// An encoder put together from kernels of the library, operator by operator: activations after a matmul and residual
/// adds are fused into it; int8 quantises each activation as it comes.
struct EncoderJob {
    Model model;
    DType dtype{};
    std::int64_t tokens = 1;
    int threads = 1;
};

using MeasureJob = std::variant<KernelJob, MemoryJob, ForkJoinJob, EncoderJob>;

/// What is measured in one file; its rows have the columns of one form of measurements.
enum class MeasureSubject : std::uint8_t { kOperators, kMemory, kModels };
inline constexpr std::array<Choice<MeasureSubject>, 3> kMeasureSubjectNames{{
    {"operators", MeasureSubject::kOperators},
    {"memory", MeasureSubject::kMemory},
    {"models", MeasureSubject::kModels},
}};

/// How much is measured: quick is for a look (a minute), full for a calibration (ten).
enum class MeasureExtent : std::uint8_t { kQuick, kFull };

/// Passes over the jobs of a file.
[[nodiscard]] constexpr int passes_of(MeasureExtent extent) { return extent == MeasureExtent::kFull ? 3 : 1; }

/// The jobs of one file. Shapes of operators are spread evenly over the logarithms of their sizes (Halton 1960), from
/// another place for each seed; seed 1 also has the shapes of encoders. The same arguments give the same jobs.
[[nodiscard]] std::vector<MeasureJob> operator_jobs(MeasureExtent extent, std::uint32_t seed, int cores);
[[nodiscard]] std::vector<MeasureJob> memory_jobs(MeasureExtent extent, const MachineDescription& machine);
/// Encoders: the first model for seed 1, the others for any other.
[[nodiscard]] std::vector<MeasureJob> model_jobs(MeasureExtent extent, std::uint32_t seed,
                                                 const std::vector<Model>& models, int cores);

/// What one measurement may take, and when its median counts as settled.
struct TimingRules {
    Time warm_up = milliseconds(5);
    Time at_least = milliseconds(40);
    Time at_most = milliseconds(600);
    double settled = 0.01;  ///< standard error of the median, relative
    Time patience;          ///< for a machine that something else uses, over all the rows of a file
    [[nodiscard]] static TimingRules of(MeasureSubject subject, MeasureExtent extent);
};

/// Runs a job for real, thread i on the i-th of the cores that the process may use, and once more while the machine
/// was disturbed and there is patience. Absent, with the reason in `why`, if the library has no such kernel on this
/// machine.
[[nodiscard]] std::optional<Timing> measure(const MeasureJob& job, const TimingRules& rules, HostPace& pace,
                                            std::string& why);

/// Takes a line with its line break; false ends what makes them.
using TakeLine = std::function<bool(const std::string&)>;

/// Runs `work` in a process of its own and hands on its lines as they come. A kernel may take more or less by where its
/// process has code and data, and stays at that: passes over the same rows tell how much only if each has a process of
/// its own. A library that fails ends that process only, and what it measured is kept. False if a line was not taken,
/// or with an error if the process ended otherwise than well. The caller must not have run threads of OpenMP before.
[[nodiscard]] bool in_own_process(const std::function<void(const TakeLine&)>& work, const TakeLine& take,
                                  Diagnostics& diagnostics);

/// Head of a file: the machine as comments (machine_head()), and the names of the columns.
[[nodiscard]] std::string measurement_header(MeasureSubject subject, const MachineDescription& machine);
/// A row, with its line break. Each job is measured in several passes over all of them: what a machine shares with
/// others changes with time, and what the passes differ by is the floor of every prediction's error.
[[nodiscard]] std::string measurement_row(const MeasureJob& job, int pass, const Timing& timing);
/// A row that could not be measured: a comment, so that a resumed run finds its place.
[[nodiscard]] std::string skipped_row(const MeasureJob& job, std::string_view why);
/// What the machine says of itself, as settings of a profile whose only device is `cpu`: cores, clock, caches, memory.
[[nodiscard]] std::vector<ProfileOverride> host_settings(const MachineDescription& machine);

/// The job in a few words, for progress.
[[nodiscard]] std::string job_name(const MeasureJob& job);

}  // namespace berth
