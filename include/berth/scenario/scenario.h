// Scenarios: hardware, stages, objective and budget, as an architect writes them down.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "berth/base/diagnostics.h"
#include "berth/base/interval.h"
#include "berth/base/kept_documents.h"
#include "berth/base/units.h"
#include "berth/graph/graph.h"
#include "berth/graph/model.h"
#include "berth/hardware/profile.h"
#include "berth/scenario/arrivals.h"
#include "berth/scenario/objective.h"

namespace berth {

/// Granularity of placement: the unit that gets a device of its own, coarsest first. Each granularity allows those
/// before it.
enum class Granularity : std::uint8_t {
    kModel,
    kPhase,  ///< the prompt and the decode steps, each a whole model
    kBlock,  ///< each block of each phase
    kOperator,
};
inline constexpr std::array<Choice<Granularity>, 4> kGranularityNames{{{"model", Granularity::kModel},
                                                                       {"phase", Granularity::kPhase},
                                                                       {"block", Granularity::kBlock},
                                                                       {"operator", Granularity::kOperator}}};

/// A length of an input with its share of the inputs; the shares of a distribution add up to 1.
struct TokenShare {
    std::int64_t tokens = 0;
    double share = 1;
    std::int64_t context = 0;  ///< positions before them, whose keys and values are in the KV cache
    bool step = false;         ///< of generated text: a decode step after the prompt
};
using TokenDistribution = std::vector<TokenShare>;
/// Mean length in tokens, weighted by share.
[[nodiscard]] double mean_tokens(const TokenDistribution& lengths);

/// Phase of text generation that a stage covers.
enum class Phase : std::uint8_t {
    kPrefill,   ///< reading the prompt, up to the first new token
    kDecode,    ///< one decode step, the mean over `new_tokens` of them after the prompt
    kGenerate,  ///< the prompt, then `new_tokens` decode steps
};
inline constexpr std::array<Choice<Phase>, 3> kPhaseNames{
    {{"prefill", Phase::kPrefill}, {"decode", Phase::kDecode}, {"generate", Phase::kGenerate}}};

/// Shortest and longest length, in tokens.
struct LengthRange {
    std::int64_t shortest = 0, longest = 0;
};

struct Generation {
    Phase phase{};
    std::int64_t prompt = 1;      ///< prompt length; the mean of a distribution
    std::int64_t new_tokens = 0;  ///< 0 for a prefill, else at least 1; the mean of a distribution
    /// Distributions that a stream of chats draws lengths from; empty: all chats are equal.
    TokenDistribution prompts{}, answers{};
    LengthRange prompt_range{}, answer_range{};  ///< of the lengths that the distributions stand for
    std::int64_t longest = 0;  ///< longest prompt plus longest answer, in positions; 0: prompt + new_tokens
    [[nodiscard]] std::int64_t positions() const { return longest > 0 ? longest : prompt + new_tokens; }
};

/// Speculative decoding: a smaller model drafts tokens, and one pass of the stage's own model checks them all.
struct Draft {
    Model model;
    Precision precision;
    std::map<DeviceId, Scheme> dtypes;
    std::int64_t length = 1;  ///< draft length: tokens per round
    /// Acceptance rate: probability that the stage's model would have generated a drafted token.
    Parameter<double> acceptance;
    std::optional<DeviceId> on;  ///< device that the draft model is pinned to
};

/// Pins operators to a device, by a pattern over their names.
struct PinRule {
    std::string pattern;
    DeviceId device = 0;
    SourceLocation where;
};

class KeptGraphs;

/// A stage that runs a model.
struct ModelStage {
    Model model;
    Precision precision;
    std::map<DeviceId, Scheme> dtypes;  ///< scheme of devices that have another one than `precision.dtype`
    TokenDistribution tokens;
    std::optional<Generation> generation;  ///< if set, `tokens` is the prompt, and there are no buckets
    std::vector<std::int64_t> buckets;     ///< compiled lengths, ascending; empty: compiled for each length
    std::int64_t batch = 1;
    std::optional<std::size_t> runtime;  ///< index into Profile::runtimes; absent: the hardware's own runtime
    std::map<DeviceId, int> cores;       ///< where the stage overrides the runtime's default
    std::map<DeviceId, Frequency> clocks;
    std::optional<DeviceId> on;        ///< device that the stage is pinned to
    std::vector<PinRule> pins;         ///< exceptions from `on` or from any placement; the last match counts
    std::optional<int> most_segments;  ///< most segments: runs of operators on one device, each a call
    Granularity granularity = Granularity::kModel;  ///< finest placement that may be recommended
    std::int64_t slots = 1;                         ///< most concurrent answers, each with a KV cache of its own
    std::optional<Draft> draft;
    std::shared_ptr<KeptGraphs> kept{};  ///< graphs shared by evaluations of copies of the stage; null: none are
};

/// A stage of known duration, such as an index lookup. On a device it holds cores for its duration; without one it runs
/// elsewhere and shares no resource with other requests.
struct FixedStage {
    Estimate<Time> takes;
    std::optional<DeviceId> on;
    int cores = 1;  ///< cores of that device
};

struct Stage {
    std::string name;
    std::variant<ModelStage, FixedStage> work;
    std::int64_t repeat = 1;
    std::optional<Time> budget;
    std::map<std::string, double> slows;  ///< for each other stage, by what share this stage may slow it
    SourceLocation where;
};

/// A `--set PATH=VALUE`. PATH starts with `hardware.`, `runtimes.NAME.`, `models.NAME.`, `stages.NAME.` or a key of the
/// scenario.
struct Override {
    std::string path;
    std::string value;
    std::string set_by = "on the command line";  ///< for the source of a number
};

/// Directories of shipped files: each holds models/, hardware/ and scenarios/; searched in order.
struct Library {
    std::vector<std::filesystem::path> roots;
    std::shared_ptr<KeptDocuments> kept{};  ///< cache of read documents; null: every file is read again each time
};

/// Source of a scenario: a name or a path, and the overrides applied to it.
struct ScenarioSource {
    Library library;
    std::string scenario;
    std::vector<Override> settings;
};

/// An override with the text that it replaced.
struct SettingChange {
    std::string path, value;
    std::optional<std::string> before;  ///< absent: the key was not set
};

struct Scenario {
    std::string name;
    std::string description;
    Profile profile;
    std::vector<Stage> stages;  ///< enabled stages only
    std::vector<std::string> disabled;
    Objective objective = Objective::kLatency;
    std::optional<Time> budget;
    std::optional<RequestStream> traffic;  ///< arrivals to simulate
    std::vector<SettingChange> changes;    ///< changes by overrides
    ScenarioSource source;                 ///< where it was loaded from; empty if it was not
};

/// A path as `--set` takes it: `devices.npu.cores`, as a profile's own file has it, becomes
/// `hardware.devices.npu.cores`.
[[nodiscard]] std::string typed_path(std::string_view path);

/// Changes made by the overrides of a source, in order; several overrides of one path give the last value and the first
/// replaced text.
[[nodiscard]] std::vector<SettingChange> setting_changes(const ScenarioSource& source);
/// setting_changes() for a profile by itself: each path is one below `hardware.`.
[[nodiscard]] std::vector<SettingChange> hardware_changes(const Library& library, std::string_view name_or_path,
                                                          const std::vector<Override>& settings);

/// The scenario's stage of that name, or null.
[[nodiscard]] const Stage* stage_named(const Scenario& scenario, std::string_view name);
/// The model that the stage of that name runs; null for a fixed stage, or if there is none of that name.
[[nodiscard]] const ModelStage* model_stage_of(const Scenario& scenario, std::string_view name);

/// "with PATH=VALUE (was BEFORE), PATH=VALUE and 2 more changes"; empty without changes.
[[nodiscard]] std::string changes_text(const std::vector<SettingChange>& changes);
/// The name with its changes: "RAG query on RK3588, with budget=100 ms (was 200 ms)".
[[nodiscard]] std::string title_of(const std::string& name, const std::vector<SettingChange>& changes);

/// Finds the file of a shipped name (`rag-rk3588`) or a path, `.yaml` optional. Errors suggest the nearest shipped
/// name, or the nearest file of the path's folder.
[[nodiscard]] std::optional<std::filesystem::path> find_file(const Library& library, std::string_view kind_directory,
                                                             std::string_view name_or_path, const SourceLocation& where,
                                                             Diagnostics& diagnostics);
/// Loads one profile or model. Paths of overrides follow the keys of its file; the prefix `hardware.` or `models.NAME.`
/// is optional.
[[nodiscard]] std::optional<Profile> load_hardware(const Library& library, std::string_view name_or_path,
                                                   const std::vector<Override>& overrides, const SourceLocation& where,
                                                   Diagnostics& diagnostics);
[[nodiscard]] std::optional<Model> load_model(const Library& library, std::string_view name_or_path,
                                              const std::vector<Override>& overrides, const SourceLocation& where,
                                              Diagnostics& diagnostics);
/// Loads a scenario with the hardware and the models it names: shipped names, or paths relative to the scenario's
/// folder or the current one. An override that matches nothing is an error.
[[nodiscard]] std::optional<Scenario> load_scenario(const Library& library, std::string_view name_or_path,
                                                    const std::vector<Override>& overrides, Diagnostics& diagnostics);

}  // namespace berth
