// Running a scenario: every stage costed on every device, placed, scheduled, with its uncertainty.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "berth/chats.h"
#include "berth/fusion.h"
#include "berth/interval.h"
#include "berth/placement.h"
#include "berth/plan.h"
#include "berth/scenario.h"
#include "berth/simulation.h"
#include "berth/warning.h"

namespace berth {

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
    Time call;                       ///< part of the hand-over: entering the runtime
    Time conversion;                 ///< part of the latency
    std::optional<KernelCost> cost;  ///< of its main kernel; absent for a fused epilogue_op
    std::optional<Kernel> kernel;
    std::string fused_into;                  ///< name of the operator whose kernel it is part of
    std::optional<MissingFusion> not_fused;  ///< with the operator before it, and why
    std::string not_fused_with;              ///< the name of that operator
    bool fell_back = false;
    std::string reason;  ///< why it fell back, or why the runtime's own code computes it; empty: neither
    Bound bound{};
    Operations macs;
    Bytes dram_bytes;
    Bytes handover_bytes;  ///< that hand-overs to or from memory of a device's own move through the host's DRAM
    // Memory of its device while it runs.
    DType stored_at{};    ///< what its weights are stored in
    Bytes weights;        ///< its constants, scales included
    Bytes alive;          ///< activations
    Bytes alive_on_chip;  ///< of them, those that stay on chip
    Bytes result;         ///< the tensor that it makes
    bool result_on_chip = false;
};

/// Constants of a placed model by what they are stored in.
struct WeightMemory {
    std::map<DType, Bytes> by_dtype;  ///< biases and affine terms with the dtype that they have
    Bytes scales;                     ///< of groups of weights
};

/// Standard deviations of log latency by cause: one entry per uncertain number, named by its path.
struct Uncertainty {
    std::vector<double> effect;  ///< signed, parallel to the evaluation's list of numbers; a shared number moves all
    /// The same with what goes together (Profile::correlations) decorrelated: causes that have nothing to do with each
    /// other, the same ones for every placement under one profile. Their squares add up.
    std::vector<double> independent;
    /// What the time rests on; absent where a device that takes part does not say what was measured on it.
    std::optional<Evidence> evidence;
    [[nodiscard]] double sigma() const;
};

/// What a stage that generates text adds to its latency.
struct GenerationResult {
    std::optional<Estimate<Time>> first_token;  ///< after reading the prompt; absent in a decode phase
    std::optional<Time> step;                   ///< mean time per further token; absent in a prefill phase
    Bytes kv_cache;                             ///< keys and values of all positions at the end
    Bytes handed_over;                          ///< of them, those that go to another device behind the prompt
    Time handover;                              ///< part of the latency
    Uncertainty of_first_token, of_step;        ///< where there are such times
};

/// Tokens that a smaller model drafts and one pass of the larger checks: a round.
struct DraftResult {
    std::string model, device;  ///< that drafts
    std::int64_t length = 1;    ///< tokens drafted in a round
    double acceptance = 0;
    double tokens_per_round = 1;        ///< expected; the check makes one itself
    Time drafting, checking;            ///< of a round
    Time step;                          ///< of a token without it, on the device that checks
    std::optional<double> pays_from{};  ///< acceptance from which on tokens come faster than without; absent: none
    std::int64_t best_length = 0;       ///< at this acceptance, interpolated between those that were costed
    std::optional<Energy> checker_energy{}, drafter_energy{};  ///< of an answer, by model; each device's while it works
    /// Of an answer that is drafted so: no placement of the operators of both models is below it. With
    /// EvaluationOptions::splits.
    std::optional<Time> lower_bound{};
};

/// A device for each operator of the first pass over the prompt, and for each of the last step.
struct PhasedAssignment {
    Assignment prompt, steps;
    friend bool operator==(const PhasedAssignment&, const PhasedAssignment&) = default;
};

/// One placement of one stage, for one pass of it.
struct Candidate {
    /// A device's name for a whole model, `npu on 3 cores` for one on others than the stage's; `split`; `overlap` where
    /// devices work at once; `balanced` for a split that leaves the bottleneck resource least to do; `npu, then cpu`
    /// where the prompt is read by one and the tokens are made by the other.
    std::string placement;
    std::optional<DeviceId> device;  ///< of a whole model
    Granularity granularity = Granularity::kModel;
    bool feasible = false;
    std::string reason;                      ///< why not
    Assignment assignment;                   ///< of the main pass
    std::optional<PhasedAssignment> phases;  ///< where prompt and tokens are placed apart
    Estimate<Time> latency;
    Uncertainty uncertainty;
    std::optional<Energy> energy;
    std::map<Category, Time> by_category;
    Time handover;
    std::vector<OperatorResult> operators;  ///< of a stage that generates text: of one step, at a middling context
    std::vector<OperatorResult> prompt_operators;  ///< where phases are placed apart: of the prompt
    std::vector<Segment> segments;
    /// Of a pass of the main length whose devices work at once, on the resources of the profile; empty: its operators
    /// run one after the other.
    std::vector<SimulatedTask> tasks;
    std::vector<std::vector<OperatorId>> run_by;  ///< [task] operators; a hand-over's is the one it is for
    std::optional<GenerationResult> generation;
    std::optional<DraftResult> draft;  ///< where tokens are drafted
    double optimality_gap = 0;
    bool proved_optimal = false;
    std::optional<Time> regret;      ///< of one pass of the main length, above the stage's best placement
    std::int64_t padded_tokens = 0;  ///< bucket or tokens of the dominant length
    std::int64_t actual_tokens = 0;
    int cores = 1;  ///< of the device, for a whole model
    Bytes weight_bytes, peak_activation_bytes, spilled_bytes;
    Bytes kept_in_dram;  ///< weights and caches in the memory that devices share
    WeightMemory weights;
    Bytes keeping_capacity;  ///< of the levels of its devices that keep tensors on chip
    FusionReport fusion;     ///< with `operators` only
};

/// The best placement of a stage's operators that was found, for one pass of the main length, whether the stage allows
/// one so fine or not. For the objective makespan devices may work at once; of a stage with two phases it is the whole
/// answer, or the time that the objective counts.
struct StageOptimum {
    Time latency;
    Time lower_bound;  ///< no placement within the stage's constraints is below it
    bool proved = false;
};

/// Passes of a stage that run as one of its candidates.
struct PassShare {
    std::size_t candidate = 0;
    std::int64_t passes = 1;
};

struct StageResult {
    std::string name;
    std::string model;    ///< empty for a fixed stage
    std::string runtime;  ///< the profile that it runs under; empty for a fixed stage
    std::int64_t repeat = 1;
    std::optional<std::size_t> chosen;  ///< index into candidates, of most passes; absent for a fixed stage
    std::vector<PassShare> passes;      ///< add up to `repeat`; none for a fixed stage
    std::vector<Candidate> candidates;
    std::optional<StageOptimum> optimum;  ///< with EvaluationOptions::splits
    Estimate<Time> latency;               ///< all repeats
    std::optional<Time> budget;
    double confidence = 1;  ///< probability that the chosen one is the fastest, under the profile's spreads
    Time start;
};

struct ScenarioTotal {
    Estimate<Time> latency;
    std::optional<Time> budget;
    std::optional<double> budget_probability;
    std::optional<Energy> energy;
};

/// What a stream sustains with the passes as they are placed.
struct SustainedRate {
    Frequency simulated;  ///< what is completed while many users wait
    Frequency capacity;   ///< what the bottleneck resource allows
    std::string busiest;
    Frequency upper_bound;             ///< no choice that the stages allow sustains more
    [[nodiscard]] double gap() const;  ///< upper_bound / simulated - 1
};

/// How much longer a stage takes under the scenario's arrivals because of what another one holds and draws.
struct StageSlowdown {
    std::string by, of;
    std::optional<double> share;  ///< 0.1: a tenth longer; absent: requests pile up
    double allowed = 0;
};

/// A stage on another number of cores per request: one request over all of them, or several side by side.
struct CoreSplit {
    std::string stage;
    DeviceId device = 0;
    int cores = 1;
    int side_by_side = 1;           ///< requests that the device's cores serve at once
    bool current = false;           ///< what the scenario says
    Time alone;                     ///< of a request that has everything to itself
    Frequency sustainable;          ///< requests that the whole scenario sustains
    std::optional<Time> mean, p95;  ///< under the scenario's arrivals; absent if they pile up, or if it has none
};

/// A stage with another number of inputs in one pass, those of one request or of several.
struct BatchSize {
    std::string stage;
    std::int64_t batch = 1;
    bool current = false;   ///< what the scenario says
    Time pass;              ///< of so many inputs
    Time request;           ///< of a whole request that has everything to itself
    Frequency sustainable;  ///< requests, see sustainable_rate()
};

struct ScenarioResult {
    std::string scenario, hardware;
    std::vector<SettingChange> changes;  ///< of the scenario, for titles
    std::vector<std::string> devices;
    Objective objective{};
    std::vector<StageResult> stages;
    ScenarioTotal total;
    std::optional<SustainedRate> rate;           ///< with the objective throughput
    std::vector<std::string> uncertain_numbers;  ///< paths, parallel to Uncertainty::effect
    std::optional<TrafficResult> traffic;        ///< where the scenario has arrivals and they were simulated
    std::vector<PlacedChats> chats;              ///< the same of arrivals that are chats, the chosen placement first
    std::optional<TrafficResult> timeline;       ///< a few requests with their spans, for a picture
    std::vector<CoreSplit> core_splits;          ///< where they were compared
    std::vector<BatchSize> batch_sizes;          ///< where they were compared
    std::vector<StageSlowdown> slowdowns;        ///< where the scenario limits them; `operators` only
    std::vector<Warning> warnings;               ///< settings without effect, a profile of another machine
};

/// How much of an evaluation is wanted.
struct EvaluationOptions {
    bool uncertainty = true;
    bool operators = true;
    bool splits = true;  ///< also the best placements per block and per operator, and the gap to the optimum
};

/// Absent, with errors, if a stage fits no device (each device's reason is given), a bucket is smaller than the tokens,
/// or a model cannot be instantiated.
[[nodiscard]] std::optional<ScenarioResult> evaluate(const Scenario& scenario, Diagnostics& diagnostics,
                                                     const EvaluationOptions& options = {});

/// One model on one device, as `berth predict` asks; under the stage's runtime, if it names one.
[[nodiscard]] std::optional<Candidate> evaluate_on(const Profile& hardware, const ModelStage& stage, DeviceId device,
                                                   Diagnostics& diagnostics);

/// What a stage runs under: the hardware's profile, or that of the runtime that it names.
[[nodiscard]] const Profile& profile_of(const Scenario& scenario, const ModelStage& stage);

/// How a stage uses a device: its own cores and clock, or its runtime's default and the profile's clock.
[[nodiscard]] Execution execution_on(const ModelStage& stage, const Profile& profile, DeviceId device);

/// One stand-alone kernel (see standalone_kernel) with its interval, as `berth predict --op` and `--csv` ask. A call of
/// the runtime's library pays what a call of a graph costs, and with matrices in normal layout their change: the input
/// into the device's own layout and the result back; weights have been changed before. `runtime` is a place in
/// Profile::runtimes.
struct KernelPrediction {
    Estimate<Time> latency;
    KernelCost cost;
    Uncertainty uncertainty;  ///< effects in the order of a scenario's uncertain numbers
    Kernel kernel;            ///< that `cost` is of: where attention takes several, the one that takes longest
};
[[nodiscard]] KernelPrediction predict_kernel(const Profile& profile, DeviceId device, const Kernel& kernel,
                                              const Execution& execution, bool library_call,
                                              MatrixLayout layout = MatrixLayout::kNative,
                                              std::optional<std::size_t> runtime = {});

/// Probability that a takes less time than b, numbers shared by both moving together: by default of all of it.
[[nodiscard]] double probability_faster(const Candidate& a, const Candidate& b, TimeOf which = TimeOf::kStage);

}  // namespace berth
