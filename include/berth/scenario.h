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

#include "berth/arrivals.h"
#include "berth/diagnostics.h"
#include "berth/graph.h"
#include "berth/interval.h"
#include "berth/kept_documents.h"
#include "berth/model.h"
#include "berth/objective.h"
#include "berth/profile.h"
#include "berth/units.h"

namespace berth {

/// What may run on devices of its own, the coarsest first: each allows those before it.
enum class Granularity : std::uint8_t {
    kModel,
    kPhase,  ///< the prompt and the tokens behind it, each a whole model
    kBlock,  ///< of each phase
    kOperator,
};
inline constexpr std::array<Choice<Granularity>, 4> kGranularityNames{{{"model", Granularity::kModel},
                                                                       {"phase", Granularity::kPhase},
                                                                       {"block", Granularity::kBlock},
                                                                       {"operator", Granularity::kOperator}}};

/// What an input really holds: one or several lengths with their shares (which add up to 1).
struct TokenShare {
    std::int64_t tokens = 0;
    double share = 1;
    std::int64_t context = 0;  ///< positions before them, whose keys and values lie in the cache
    bool step = false;         ///< of generated text: one of the tokens behind the prompt
};
using TokenDistribution = std::vector<TokenShare>;

/// Which part of generating text a stage is.
enum class Phase : std::uint8_t {
    kPrefill,   ///< reading the prompt, up to the first new token
    kDecode,    ///< one further token, the mean over `new_tokens` of them behind the prompt
    kGenerate,  ///< the prompt, then `new_tokens` one by one
};
inline constexpr std::array<Choice<Phase>, 3> kPhaseNames{
    {{"prefill", Phase::kPrefill}, {"decode", Phase::kDecode}, {"generate", Phase::kGenerate}}};

struct Generation {
    Phase phase{};
    std::int64_t prompt = 1;      ///< of several lengths the mean
    std::int64_t new_tokens = 0;  ///< 0 for a prefill, else at least 1; of several lengths the mean
    /// What a stream of chats draws from; empty: all are alike.
    TokenDistribution prompts{}, answers{};
    std::int64_t longest = 0;  ///< positions of the longest prompt and the longest answer; 0: prompt + new_tokens
    [[nodiscard]] std::int64_t positions() const { return longest > 0 ? longest : prompt + new_tokens; }
};

/// Speculative decoding: a smaller model drafts tokens, and one pass of the stage's own checks all of them.
struct Draft {
    Model model;
    Precision precision;
    std::map<DeviceId, Scheme> dtypes;
    std::int64_t length = 1;       ///< tokens drafted at a time
    Parameter<double> acceptance;  ///< probability that the stage's model would have made a drafted token
    std::optional<DeviceId> on;    ///< pinned
};

/// Operators of one device, by a pattern over their names.
struct PinRule {
    std::string pattern;
    DeviceId device = 0;
    SourceLocation where;
};

/// A stage that runs a model.
struct ModelStage {
    Model model;
    Precision precision;
    std::map<DeviceId, Scheme> dtypes;  ///< where a device has another than `precision.dtype`
    TokenDistribution tokens;
    std::optional<Generation> generation;  ///< then `tokens` is the prompt, and there are no buckets
    std::vector<std::int64_t> buckets;     ///< compiled lengths, ascending; empty: compiled for each length
    std::int64_t batch = 1;
    std::optional<std::size_t> runtime;  ///< its place in Profile::runtimes; absent: that of the hardware itself
    std::map<DeviceId, int> cores;       ///< where the stage overrides the runtime's default
    std::map<DeviceId, Frequency> clocks;
    std::optional<DeviceId> on;                     ///< pinned
    std::vector<PinRule> pins;                      ///< exceptions from that, or from any placement; the last counts
    std::optional<int> most_segments;               ///< runs of operators on one device, each a call
    Granularity granularity = Granularity::kModel;  ///< finest placement that may be recommended
    std::int64_t slots = 1;                         ///< answers at once, each with a cache of its own
    std::optional<Draft> draft;
};

/// A stage of known duration, such as a search in an index. On a device it holds cores of it as long as it lasts;
/// without one it runs elsewhere, where no request waits for another.
struct FixedStage {
    Estimate<Time> takes;
    std::optional<DeviceId> on;
    int cores = 1;  ///< of that device
};

struct Stage {
    std::string name;
    std::variant<ModelStage, FixedStage> work;
    std::int64_t repeat = 1;
    std::optional<Time> budget;
    std::map<std::string, double> slows;  ///< other stages, and by what share they may take longer because of this one
    SourceLocation where;
};

/// A `--set PATH=VALUE`. PATH starts with `hardware.`, `runtimes.NAME.`, `models.NAME.`, `stages.NAME.` or a key of the
/// scenario.
struct Override {
    std::string path;
    std::string value;
    std::string set_by = "on the command line";  ///< for the source of a number
};

/// Where shipped files are found: the directories that hold models/, hardware/ and scenarios/, searched in order.
struct Library {
    std::vector<std::filesystem::path> roots;
    std::shared_ptr<KeptDocuments> kept{};  ///< where what is read is kept; null: every file is read again each time
};

/// What a scenario is loaded from: a name or a path, and what is changed in it.
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
    std::vector<Stage> stages;  ///< without those that are disabled
    std::vector<std::string> disabled;
    Objective objective = Objective::kLatency;
    std::optional<Time> budget;
    std::optional<RequestStream> traffic;  ///< requests to simulate
    std::vector<SettingChange> changes;    ///< by overrides; see setting_changes()
    ScenarioSource source;                 ///< where it was loaded from; empty if it was not
};

/// As `--set` takes it: `devices.npu.cores`, as a profile's own file has it, becomes `hardware.devices.npu.cores`.
[[nodiscard]] std::string typed_path(std::string_view path);

/// What the overrides of a source replace, in their order; of several for one path the last value and the first text.
[[nodiscard]] std::vector<SettingChange> setting_changes(const ScenarioSource& source);
/// The same for a profile by itself: each path is one below `hardware.`.
[[nodiscard]] std::vector<SettingChange> hardware_changes(const Library& library, std::string_view name_or_path,
                                                          const std::vector<Override>& settings);

/// "with PATH=VALUE (was BEFORE), PATH=VALUE and 2 more changes"; empty without changes.
[[nodiscard]] std::string changes_text(const std::vector<SettingChange>& changes);
/// The name, and what was changed: "RAG query on RK3588, with budget=100 ms (was 200 ms)".
[[nodiscard]] std::string title_of(const std::string& name, const std::vector<SettingChange>& changes);

/// A shipped name (`rag-rk3588`) or a path, `.yaml` optional. Errors suggest the nearest shipped name, or the nearest
/// file of the path's folder.
[[nodiscard]] std::optional<std::filesystem::path> find_file(const Library& library, std::string_view kind_directory,
                                                             std::string_view name_or_path, const SourceLocation& where,
                                                             Diagnostics& diagnostics);
/// One profile or model. Paths of overrides follow the keys of its file; the prefix `hardware.` or `models.NAME.` may
/// stay.
[[nodiscard]] std::optional<Profile> load_hardware(const Library& library, std::string_view name_or_path,
                                                   const std::vector<Override>& overrides, const SourceLocation& where,
                                                   Diagnostics& diagnostics);
[[nodiscard]] std::optional<Model> load_model(const Library& library, std::string_view name_or_path,
                                              const std::vector<Override>& overrides, const SourceLocation& where,
                                              Diagnostics& diagnostics);
/// Loads a scenario with the hardware and the models it names: shipped names, or paths from the scenario's folder or
/// the current one. An override that fits nothing is an error.
[[nodiscard]] std::optional<Scenario> load_scenario(const Library& library, std::string_view name_or_path,
                                                    const std::vector<Override>& overrides, Diagnostics& diagnostics);

}  // namespace berth
