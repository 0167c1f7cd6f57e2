// Evaluation of a scenario: every stage costed on every device, placed, scheduled, with its uncertainty.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "berth/base/interval.h"
#include "berth/base/warning.h"
#include "berth/cost/fusion.h"
#include "berth/cost/plan.h"
#include "berth/placement/placement.h"
#include "berth/scenario/scenario.h"
#include "berth/simulation/chats.h"
#include "berth/simulation/simulation.h"

namespace berth {

/// A kernel of an operator that takes several, and how often it runs.
struct FurtherKernel {
    Kernel kernel;
    KernelCost cost;
    int count = 1;
};

/// One operator of a placed model. Its latency includes its conversions and the hand-over of its inputs.
struct OperatorResult {
    OperatorId id = kNoOperator;
    std::string name;
    OperatorKind kind{};
    Category category{};
    DeviceId device = 0;
    DType ran_at{};
    Time start, latency;
    Time handover;                   ///< part of the latency
    Time call;                       ///< part of the hand-over: the call into the runtime
    Time conversion;                 ///< part of the latency: converting its results
    std::optional<KernelCost> cost;  ///< cost of its main kernel; absent for a fused epilogue_op
    std::optional<Kernel> kernel;
    std::vector<FurtherKernel> further;      ///< its other kernels, conversions of dtypes excepted
    std::string fused_into;                  ///< name of the operator into whose kernel it is fused
    std::optional<MissingFusion> not_fused;  ///< why it is not fused with the operator before it
    std::string not_fused_with;              ///< name of that operator
    bool fell_back = false;
    std::string reason;  ///< why it fell back, or why the runtime's own code computes it; empty: neither
    Bound bound{};
    Operations macs;
    Bytes dram_bytes;
    /// Bytes that hand-overs to or from a device's own memory move through the host's DRAM.
    Bytes handover_bytes;
    // Memory of the operator on its device while it runs.
    DType stored_at{};    ///< storage dtype of its weights
    Bytes weights;        ///< size of its constants, scales included
    Bytes alive;          ///< activations that are alive
    Bytes alive_on_chip;  ///< part of `alive` that stays on chip
    Bytes result;         ///< size of its result
    bool result_on_chip = false;
};

/// Constants of a placed model by storage dtype.
struct WeightMemory {
    std::map<DType, Bytes> by_dtype;  ///< biases and affine terms under their own dtype
    Bytes scales;                     ///< scales of groups of weights
};

/// Standard deviations of log latency by cause: one entry per uncertain number of the profile, named by its path.
struct Uncertainty {
    /// Signed effects, parallel to the evaluation's list of numbers; a number shared by several placements moves all of
    /// them.
    std::vector<double> effect;
    /// The effects after decorrelation (Profile::correlations): effects of independent causes, which are the same for
    /// every placement under one profile. Their squares add up to the variance.
    std::vector<double> independent;
    /// Measured evidence behind the time; absent where a device that takes part does not state what was measured on it.
    std::optional<Evidence> evidence;
    [[nodiscard]] double sigma() const;
};

/// Time to the first token by what it grows with; the parts add up to it. What reading weights hides of the work at
/// one position counts as reading weights, so a prompt's positions cost what they add to it.
struct FirstTokenParts {
    std::int64_t prompt = 0;  ///< positions
    std::int64_t layers = 0;
    std::int64_t heads = 0;  ///< of all layers together
    Time model;              ///< outside of the layers, whatever the prompt: calls, head, choice of the token
    Time in_layers;          ///< of all layers, whatever the prompt: kernels started, weights read
    Time starting;           ///< part of `in_layers`: kernels started
    Time positions;          ///< grows with the positions of the prompt
    Time pairs;              ///< grows with their square: queries and keys of all heads
    /// Numbers of the profile that its rows cannot tell apart, and that both count here: correlated by 0.8 or more.
    std::vector<std::pair<std::string, std::string>> not_told_apart{};
};

/// Additional results of a stage that generates text.
struct GenerationResult {
    /// Time to first token, after reading the prompt; absent in a decode phase.
    std::optional<Estimate<Time>> first_token;
    std::optional<Time> step;                ///< mean time per further token; absent in a prefill phase
    std::int64_t batch = 1;                  ///< answers generated together: times are of all, rates of each
    Bytes kv_cache;                          ///< size of the KV cache at the end, all positions
    Bytes weights_again;                     ///< weights that a second device holds beside those of the prompt's
    Bytes handed_over;                       ///< part of `kv_cache` that moves to another device after the prompt
    Time handover;                           ///< part of the latency
    Uncertainty of_first_token, of_step;     ///< valid where these times exist
    std::optional<FirstTokenParts> parts{};  ///< of `first_token`; with EvaluationOptions::operators
};

/// Speculative decoding: in each round a smaller model drafts tokens, and one pass of the larger model checks them.
struct DraftResult {
    std::string model, device;  ///< of the draft model
    std::int64_t length = 1;    ///< draft length: tokens per round
    double acceptance = 0;
    double tokens_per_round = 1;  ///< expected; the check adds one token itself
    Time drafting, checking;      ///< per round
    Time step;                    ///< time per token without drafting, on the checking device
    /// Break-even acceptance: from it on the objective prefers drafting to the stage's best candidate without; absent:
    /// at none.
    std::optional<double> pays_from{};
    std::int64_t best_length = 0;  ///< best draft length at this acceptance, interpolated between costed ones
    /// Energy per answer, by model; each device counts while it works.
    std::optional<Energy> checker_energy{}, drafter_energy{};
    /// Lower bound on the time of an answer with this drafting, over all placements of the operators of both models.
    /// With EvaluationOptions::splits.
    std::optional<Time> lower_bound{};
};

/// Separate assignments for the prompt (its first pass) and for the decode steps (the last one).
struct PhasedAssignment {
    Assignment prompt, steps;
    friend bool operator==(const PhasedAssignment&, const PhasedAssignment&) = default;
};

/// Activations of the operators that a placement runs on a device, in the dtypes of that device.
struct DeviceActivations {
    Bytes peak;              ///< most alive while one of them runs
    Bytes spilled;           ///< results that do not stay on chip
    Bytes keeping_capacity;  ///< of the device's levels that keep tensors on chip, used or not
};

/// Chunk of a prompt that is read in several passes. Passes that stand for a run of chunks are in the middle of it.
struct PromptChunk {
    std::int64_t tokens = 1;   ///< positions that the pass reads
    std::int64_t context = 0;  ///< positions of the prompt before them
    std::int64_t chunks = 1;   ///< that the prompt is read in
};

/// One placement of one stage. Times are of one pass, unless stated otherwise.
struct Candidate {
    /// Label: a device's name for a whole model, `npu on 3 cores` where the cores are not the stage's; `split`;
    /// `overlap` where devices work concurrently; `balanced` for the split with the least load of the bottleneck
    /// resource; `npu, then cpu` where one device reads the prompt and the other generates the tokens.
    std::string placement;
    std::optional<DeviceId> device;  ///< set for a whole model
    Granularity granularity = Granularity::kModel;
    bool feasible = false;
    std::string reason;                      ///< why it is not feasible
    Assignment assignment;                   ///< assignment of the main pass
    std::optional<PhasedAssignment> phases;  ///< set where prompt and tokens are placed separately
    Estimate<Time> latency;
    Uncertainty uncertainty;
    std::optional<Energy> energy;
    Uncertainty of_energy;  ///< effects on log energy; only for an objective that needs it
    std::map<Category, Time> by_category;
    std::map<Bound, Time> by_bound;  ///< of all passes, as the latency; hand-overs included
    Time handover;
    /// Operators of the pass; for a stage that generates text, of one decode step at a middling context, or of a
    /// prompt.
    std::vector<OperatorResult> operators;
    std::optional<PromptChunk> listed_chunk;       ///< the pass of `operators`, if it reads a chunk of a prompt
    std::vector<OperatorResult> prompt_operators;  ///< operators of the prompt, where phases are placed separately
    std::vector<Segment> segments;
    /// Schedule of a pass of the main length whose devices work concurrently, on the resources of the profile; empty:
    /// its operators run serially.
    std::vector<SimulatedTask> tasks;
    std::vector<std::vector<OperatorId>> run_by;  ///< [task] its operators; for a hand-over, the operator that it feeds
    std::optional<GenerationResult> generation;
    std::optional<DraftResult> draft;  ///< set for speculative decoding
    double optimality_gap = 0;
    bool proved_optimal = false;
    /// Time above the best placement known, for one pass: of several input lengths the mean, as the latency.
    std::optional<Time> regret;
    std::int64_t padded_tokens = 0;  ///< tokens computed for the dominant length: bucket or tokens
    std::int64_t actual_tokens = 0;
    int cores = 1;  ///< cores in use, for a whole model
    /// Activations of the pass with most of them: peaks of the one with the largest peak, spills of the one that spills
    /// most. Of a stage that generates text it is one of the prompt unless there is none.
    Bytes weight_bytes, peak_activation_bytes, spilled_bytes;
    std::vector<DeviceActivations> activations;  ///< [device] likewise
    std::int64_t spilling_tokens = 0;            ///< tokens of the input, or part of a prompt, that spills most
    Bytes kept_in_dram;                          ///< weights and KV caches in the memory that devices share
    WeightMemory weights;
    FusionReport fusion;  ///< only with EvaluationOptions::operators
};

/// `npu`, or `split by operator` for a placement on several devices: splits of one stage differ in their granularity.
[[nodiscard]] inline std::string placement_name(const Candidate& candidate) {
    const std::string by(choice_name(kGranularityNames, candidate.granularity));
    return candidate.placement + (candidate.granularity <= Granularity::kPhase ? "" : " by " + by);
}

/// The best placement found for a stage's operators, for one pass (of several input lengths the mean), even if it is
/// finer than the stage allows. For the objective makespan devices may work concurrently. For a stage with two phases
/// the time is that of the whole answer, or the one that the objective counts.
struct StageOptimum {
    Time latency;
    Time lower_bound;  ///< lower bound over all placements within the stage's constraints
    bool proved = false;
};

/// Number of a stage's passes that run as one of its candidates.
struct PassShare {
    std::size_t candidate = 0;
    std::int64_t passes = 1;
};

struct StageResult {
    std::string name;
    std::string model;    ///< empty for a fixed stage
    std::string runtime;  ///< name of the profile that it runs under; empty for a fixed stage
    std::int64_t repeat = 1;
    std::size_t lengths = 1;  ///< input lengths, of which latencies are the mean; of generated text its kinds of passes
    /// Index of the candidate that runs most passes; absent for a fixed stage.
    std::optional<std::size_t> chosen;
    std::vector<PassShare> passes;  ///< counts add up to `repeat`; empty for a fixed stage
    std::vector<Candidate> candidates;
    std::optional<StageOptimum> optimum;  ///< only with EvaluationOptions::splits
    bool pinned = false;                  ///< to one device, by the scenario: no other placement counts
    Estimate<Time> latency;               ///< time of all repeats
    std::optional<Time> budget;
    double confidence = 1;  ///< probability that the chosen candidate is the fastest, under the profile's spreads
    Time start;

    /// Candidate of the whole model on a device with the stage's cores there, feasible or not; null for a fixed stage.
    [[nodiscard]] const Candidate* whole_on(DeviceId device) const;
};

struct ScenarioTotal {
    Estimate<Time> latency;
    std::optional<Time> budget;
    std::optional<double> budget_probability;
    std::optional<Energy> energy;
};

/// Sustainable rate of a stream under the chosen placement of its passes.
struct SustainedRate {
    Frequency simulated;  ///< rate of completions under saturation, while many users wait
    Frequency capacity;   ///< upper limit set by the bottleneck resource
    std::string busiest;
    Frequency upper_bound;             ///< upper bound over all choices that the stages allow
    [[nodiscard]] double gap() const;  ///< upper_bound / simulated - 1
};

/// Slow-down of a stage `of` under the scenario's arrivals, caused by the servers and the bandwidth that stage `by`
/// takes.
struct StageSlowdown {
    std::string by, of;
    std::optional<double> share;  ///< relative increase, 0.1: a tenth longer; absent: requests pile up
    double allowed = 0;
};

/// A what-if of a stage's cores per request: one request over all cores, or several side by side.
struct CoreSplit {
    std::string stage;
    DeviceId device = 0;
    int cores = 1;
    int side_by_side = 1;   ///< concurrent requests on the device's cores
    bool current = false;   ///< as the scenario states it
    Time alone;             ///< latency of a request without contention
    Frequency sustainable;  ///< sustainable rate of requests of the whole scenario
    /// Latency under the scenario's arrivals; absent if requests pile up or there are no arrivals.
    std::optional<Time> mean, p95;
};

/// A what-if of a stage's batch size. A batch holds inputs of one request or of several.
struct BatchSize {
    std::string stage;
    std::int64_t batch = 1;
    bool current = false;   ///< as the scenario states it
    Time pass;              ///< latency of a pass with this batch
    Time request;           ///< latency of a whole request without contention
    Frequency sustainable;  ///< sustainable rate of requests, see sustainable_rate()
};

struct ScenarioResult {
    std::string scenario, hardware;
    std::vector<SettingChange> changes;  ///< overrides of the scenario, for titles
    std::vector<std::string> devices;
    Objective objective{};
    std::vector<StageResult> stages;
    ScenarioTotal total;
    bool memory_decided = false;                 ///< a stage would be placed otherwise if the memory held them all
    std::optional<SustainedRate> rate;           ///< only with the objective throughput
    std::vector<std::string> uncertain_numbers;  ///< paths, parallel to Uncertainty::effect
    std::optional<TrafficResult> traffic;   ///< simulated traffic, if the scenario has arrivals and they were simulated
    std::vector<PlacedChats> chats;         ///< simulated chats, if the arrivals are chats; the chosen placement first
    std::optional<TrafficResult> timeline;  ///< a few traced requests with their spans, for a picture
    std::vector<CoreSplit> core_splits;     ///< empty unless compared
    std::vector<BatchSize> batch_sizes;     ///< empty unless compared
    std::vector<StageSlowdown> slowdowns;   ///< where the scenario limits them; only with EvaluationOptions::operators
    std::vector<Warning> warnings;          ///< settings without effect, a profile of another machine
};

/// Parts of an evaluation to compute.
struct EvaluationOptions {
    bool uncertainty = true;
    bool operators = true;
    bool splits = true;  ///< also the best placements per block and per operator, and the gap to the optimum
};

/// Evaluates a scenario. Absent, with errors, if a stage fits no device (each device's reason is given), a bucket is
/// smaller than the tokens, or a model cannot be instantiated.
[[nodiscard]] std::optional<ScenarioResult> evaluate(const Scenario& scenario, Diagnostics& diagnostics,
                                                     const EvaluationOptions& options = {});

/// One stage's model on one device, as for `berth predict`; under the stage's runtime, if it names one.
[[nodiscard]] std::optional<Candidate> evaluate_on(const Profile& hardware, const ModelStage& stage, DeviceId device,
                                                   Diagnostics& diagnostics);

/// Profile that a stage runs under: the hardware's, or that of the runtime that the stage names.
[[nodiscard]] const Profile& profile_of(const Scenario& scenario, const ModelStage& stage);

/// Cores and clock of a stage on a device: the stage's own, or its runtime's default cores and the profile's clock.
[[nodiscard]] Execution execution_on(const ModelStage& stage, const Profile& profile, DeviceId device);

/// Prediction of one stand-alone kernel (see standalone_kernel) with its interval, as for `berth predict --op` and
/// `--csv`. A call of the runtime's library pays the dispatch cost of a graph's call and, with matrices in normal
/// layout, a change of layout for the input and for the result; weights were converted beforehand. `runtime` is an
/// index into Profile::runtimes.
struct KernelPrediction {
    Estimate<Time> latency;
    KernelCost cost;
    Uncertainty uncertainty;  ///< effects parallel to a scenario's uncertain numbers
    Kernel kernel;            ///< the kernel behind `cost`: the longest one where attention takes several
};
[[nodiscard]] KernelPrediction predict_kernel(const Profile& profile, DeviceId device, const Kernel& kernel,
                                              const Execution& execution, MatrixLayout layout = MatrixLayout::kNative,
                                              std::optional<std::size_t> runtime = {});

/// What one kernel's time rests on; absent where the profile does not state what was measured.
[[nodiscard]] std::optional<EvidenceKind> kernel_evidence(const Profile& profile, DeviceId device, const Kernel& kernel,
                                                          const Execution& execution);

/// Probability that candidate a takes less time than b, with the numbers that both share moving together. `which`
/// selects the time; by default that of the whole stage.
[[nodiscard]] double probability_faster(const Candidate& a, const Candidate& b, TimeOf which = TimeOf::kStage);

/// Probability that candidate a has the smaller value of the objective, in the same way.
[[nodiscard]] double probability_better(const Candidate& a, const Candidate& b, Objective objective);

}  // namespace berth
