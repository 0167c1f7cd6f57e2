// Stages: what they run, on what input, how often.
#include "scenario/read_stage.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "scenario/find_file.h"
#include "scenario/load_parts.h"
#include "scenario/offered_precision.h"
#include "scenario/overrides.h"
#include "scenario/token_lengths.h"

namespace berth {

namespace {

std::optional<Model> read_model_reference(const YamlNode& node, const Library& library,
                                          const std::vector<std::string>& all_names,
                                          const std::vector<Override>& overrides) {
    const auto name = node.text();
    if (!name) {
        return std::nullopt;
    }
    const auto path =
        find_file_from(library, "models", *name, bases_at(node.where()), node.where(), node.diagnostics());
    if (!path) {
        return std::nullopt;
    }
    return load_model_file(library, *path, overrides_of(model_names(*name), all_names, overrides), node.diagnostics());
}

/// Where a stage may run, for what precisions there are.
struct Offered {
    const Profile& profile;
    const Library& library;
    std::optional<DeviceId> on;  ///< any device if absent
};

// A precision that some device of the stage offers.
std::optional<Scheme> read_offered(const YamlNode& node, const Offered& offered) {
    const auto scheme = node.enumeration(kSchemeNames);
    std::vector<DeviceId> devices;
    for (std::size_t i = 0; i < offered.profile.devices.size(); ++i) {
        if (!offered.on || *offered.on == static_cast<DeviceId>(i)) {
            devices.push_back(static_cast<DeviceId>(i));
        }
    }
    if (const auto refusal =
            scheme ? precision_refusal(*scheme, offered.profile, devices, offered.library) : std::nullopt) {
        node.error(refusal->message, refusal->expected);
    }
    return scheme;
}

Precision read_precision(const YamlNode& stage, const Offered& offered) {
    Precision precision;
    precision.dtype =
        read_offered(stage.require("dtype", "the precision the model is compiled for"), offered).value_or(Scheme{});
    const auto rules = stage.find("precision");
    for (const YamlNode& item : rules ? rules->sequence() : std::vector<YamlNode>()) {
        const YamlNode pattern = item.require("operators", "a pattern such as layer.0.*");
        const auto text = pattern.text();
        const auto dtype = read_offered(item.require("dtype", "a precision"), offered);
        item.reject_unknown_keys();
        if (text && dtype) {
            precision.rules.push_back({*text, *dtype, pattern.content_where()});
        }
    }
    return precision;
}

// A list, or one number alone.
std::vector<std::int64_t> read_buckets(const YamlNode& stage) {
    std::vector<std::int64_t> buckets;
    const auto node = stage.find("buckets");
    if (!node) {
        return buckets;
    }
    for (const YamlNode& item : node->is_scalar() ? std::vector<YamlNode>{*node} : node->sequence()) {
        if (const auto bucket = item.integer(kCountRange)) {
            if (std::ranges::find(buckets, *bucket) != buckets.end()) {
                item.error(fmt::format("bucket {} is listed twice", *bucket));
            }
            buckets.push_back(*bucket);
        }
    }
    std::ranges::sort(buckets);
    return buckets;
}

void check_buckets(const YamlNode& stage, const std::vector<std::int64_t>& buckets, std::int64_t longest) {
    constexpr std::int64_t kGranule = 64;
    if (buckets.empty() || buckets.back() >= longest) {
        return;
    }
    const std::int64_t enough = (longest + kGranule - 1) / kGranule * kGranule;
    stage.find("buckets")->error(
        fmt::format("the largest bucket, {}, is smaller than the {} tokens of the input", buckets.back(), longest),
        fmt::format("a bucket of at least {}", longest), fmt::format("{}", enough));
}

// `phase` of a model that generates text; its prompt stands for `tokens`.
std::optional<Generation> read_generation(const YamlNode& stage) {
    const auto phase_node = stage.find("phase");
    if (!phase_node) {
        for (const std::string_view key : {"prompt", "new_tokens"}) {
            if (const auto node = stage.find(key)) {
                node->error("has no meaning without a 'phase'", "phase: generate");
            }
        }
        return std::nullopt;
    }
    Generation generation;
    const auto phase = phase_node->enumeration(kPhaseNames);
    generation.phase = phase.value_or(Phase::kGenerate);
    generation.prompt = stage.require("prompt", "the tokens of the prompt").integer(kCountRange).value_or(1);
    const auto new_tokens = stage.find("new_tokens");
    if (phase == Phase::kPrefill) {
        if (new_tokens) {
            new_tokens->error("a prefill makes none", "phase: generate");
        }
    } else {
        generation.new_tokens = new_tokens ? new_tokens->integer(kCountRange).value_or(1) : 1;
        if (!new_tokens && phase == Phase::kGenerate) {
            static_cast<void>(stage.require("new_tokens", "how many tokens follow the prompt"));
        }
    }
    for (const std::string_view key : {"tokens", "buckets"}) {
        if (const auto node = stage.find(key)) {
            node->error("does not go with a 'phase'", "'prompt'");
        }
    }
    return generation;
}

void read_lengths(const YamlNode& node, ModelStage& stage) {
    stage.generation = read_generation(node);
    if (stage.generation) {
        stage.tokens = {{stage.generation->prompt, 1}};
        return;
    }
    stage.buckets = read_buckets(node);
    const bool has_length = !stage.model.architecture || depends_on_tokens(*stage.model.architecture);
    const auto tokens = has_length ? std::optional(node.require("tokens", "how many tokens the input really holds"))
                                   : node.find("tokens");
    if (!tokens) {
        stage.tokens = {{1, 1}};  // the input of the model has one size
    } else if (tokens->exists()) {
        if (auto lengths = read_tokens(*tokens, stage.buckets)) {
            stage.tokens = std::move(lengths->distribution);
            check_buckets(node, stage.buckets, lengths->longest);
        }
    }
}

// `pin: {layer.0.*: cpu}`.
std::vector<PinRule> read_pins(const YamlNode& stage, const ScenarioDevices& devices) {
    std::vector<PinRule> pins;
    const auto map = stage.find("pin");
    for (const YamlEntry& entry : map ? map->entries() : std::vector<YamlEntry>()) {
        if (const auto device = read_pinned(entry.value, devices)) {
            pins.push_back({entry.key, *device, entry.key_where});
        }
    }
    return pins;
}

Granularity read_granularity(const YamlNode& node, const std::optional<Generation>& generation) {
    const auto granularity = node.enumeration(kGranularityNames).value_or(Granularity::kModel);
    if (granularity == Granularity::kPhase && (!generation || generation->phase != Phase::kGenerate)) {
        node.error("the stage has one phase only", "phase: generate");
    }
    return granularity;
}

std::optional<CacheStorage> read_cache(const YamlNode& node, const std::optional<Generation>& generation) {
    if (!generation) {
        node.error("a stage that generates no text keeps no cache", "phase: generate");
    }
    return node.enumeration(kCacheNames);
}

ModelStage read_model_stage(const YamlNode& node, const YamlNode& model, const Library& library,
                            const ScenarioDevices& devices, const std::vector<std::string>& all_names,
                            const std::vector<Override>& overrides, const Offered& offered) {
    ModelStage stage;
    if (auto read = read_model_reference(model, library, all_names, overrides)) {
        stage.model = std::move(*read);
        stage.model.where = model.where();  // what is wrong with this use of it is reported here
    }
    stage.precision = read_precision(node, offered);
    read_lengths(node, stage);
    if (const auto batch = node.find("batch")) {
        stage.batch = batch->integer(kCountRange).value_or(1);
    }
    stage.dtypes = read_dtypes(node, devices, library);
    stage.cores = read_cores(node, devices);
    stage.clocks = read_clocks(node, devices);
    stage.pins = read_pins(node, devices);
    if (const auto segments = node.find("segments")) {
        stage.most_segments = static_cast<int>(segments->integer(kCountRange).value_or(1));
    }
    if (const auto granularity = node.find("granularity")) {
        stage.granularity = read_granularity(*granularity, stage.generation);
    }
    if (const auto cache = node.find("cache")) {
        stage.precision.cache = read_cache(*cache, stage.generation);
    }
    return stage;
}

// `26 ms`, `26 ms ± 10%`, or `{low: 500 ms, high: 1000 ms}`: the 5 to 95 % interval of a log-normal duration.
std::optional<Estimate<Time>> read_duration(const YamlNode& node) {
    if (!node.is_map() || !(node.find("low") || node.find("high"))) {
        const auto parameter = node.parameter<Time>();
        return parameter ? std::optional(log_normal_estimate(parameter->value, parameter->log_sigma())) : std::nullopt;
    }
    const auto low = node.require("low", "a time that is seldom undercut").quantity<Time>();
    const auto high = node.require("high", "a time that is seldom exceeded").quantity<Time>();
    node.reject_unknown_keys();
    if (!low || !high) {
        return std::nullopt;
    }
    if (*low > *high) {
        node.error("low is above high");
        return std::nullopt;
    }
    return Estimate<Time>{*low * std::sqrt(*high / *low), *low, *high};
}

void refuse_model_keys(const YamlNode& stage) {
    for (const std::string_view key :
         {"runtime", "dtype", "dtypes", "precision", "tokens", "buckets", "phase", "prompt", "new_tokens", "batch",
          "core_mask", "clock", "pin", "segments", "granularity", "cache"}) {
        if (const auto node = stage.find(key)) {
            node->error("a stage of fixed time has no such key", "'model' instead of 'takes'");
        }
    }
}

// A fixed time holds cores of the device that it names, one unless `cores` says how many.
FixedStage read_fixed_stage(const YamlNode& node, const YamlNode& takes, std::optional<DeviceId> on,
                            const ScenarioDevices& devices) {
    refuse_model_keys(node);
    FixedStage stage{read_duration(takes).value_or(Estimate<Time>{}), on, 1};
    for (const auto& [device, cores] : read_cores(node, devices)) {
        if (on == device) {
            stage.cores = cores;
        } else {
            node.find("cores")->error("a stage of fixed time holds cores of the device in its 'on' only",
                                      "'on' with the same device");
        }
    }
    return stage;
}

}  // namespace

std::optional<StageReading> read_stage(const YamlNode& node, const Library& library, const StageHardware& hardware,
                                       const std::vector<std::string>& model_names,
                                       const std::vector<Override>& overrides) {
    const std::size_t errors_before = node.diagnostics().error_count();
    StageReading reading;
    Stage& stage = reading.stage;
    stage.where = node.where();
    stage.name = node.require("name", "the stage's name").text().value_or("");
    const auto model = node.find("model");
    const auto takes = node.find("takes");
    const auto runtime = model ? read_runtime(node, library, hardware) : std::nullopt;
    const ScenarioDevices devices = hardware.devices(runtime);
    const auto on = node.find("on");
    const auto device = on ? read_pinned(*on, devices) : std::nullopt;
    if (model && takes) {
        takes->error("the stage runs a model, so its time is predicted", "either 'model' or 'takes'");
    }
    if (model) {
        auto work = read_model_stage(node, *model, library, devices, model_names, overrides,
                                     {devices.profile, library, device});
        work.runtime = runtime;
        work.on = device;
        stage.work = std::move(work);
    } else if (takes) {
        stage.work = read_fixed_stage(node, *takes, device, devices);
    } else {
        node.error("the stage does nothing", "'model' or 'takes'");
    }
    if (const auto repeat = node.find("repeat")) {
        stage.repeat = repeat->integer(kCountRange).value_or(1);
    }
    if (const auto budget = node.find("budget")) {
        stage.budget = budget->quantity<Time>();
    }
    const auto slows = node.find("slows");
    for (const YamlEntry& entry : slows ? slows->entries() : std::vector<YamlEntry>()) {
        if (const auto share = entry.value.quantity<double>({.allow_zero = true})) {
            stage.slows[entry.key] = *share;
        }
    }
    if (const auto enabled = node.find("enabled")) {
        reading.enabled = enabled->boolean().value_or(true);
    }
    node.reject_unknown_keys();
    return node.diagnostics().error_count() == errors_before ? std::optional(std::move(reading)) : std::nullopt;
}

}  // namespace berth
