// Reads stages: what they run, on which input, and how often.
#include "scenario/read_stage.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "graph/batch_rule.h"
#include "scenario/stage_model.h"
#include "scenario/token_lengths.h"

namespace berth {

namespace {

// Reads a list of buckets, or a single number.
std::vector<std::int64_t> read_buckets(const YamlNode& stage) {
    std::vector<std::int64_t> buckets;
    const auto node = stage.find("buckets");
    if (!node) {
        return buckets;
    }
    if (node->is_scalar() && node->text().value_or("").find(',') != std::string::npos) {
        node->error(fmt::format("'{}' is no list", *node->text()), fmt::format("[{}]", *node->text()));
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

void check_buckets(const YamlNode& stage, const std::vector<std::int64_t>& buckets, std::int64_t longest,
                   const Model& model) {
    constexpr std::int64_t kGranule = 64;
    if (buckets.empty() || buckets.back() >= longest) {
        return;
    }
    const std::int64_t enough = (longest + kGranule - 1) / kGranule * kGranule;
    constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();
    const std::int64_t most = model.architecture ? longest_input(model).value_or(kNoLimit) : kNoLimit;
    const bool readable = longest <= most;
    stage.find("buckets")->error(
        fmt::format("the largest bucket, {}, is smaller than the {} tokens of the input", buckets.back(), longest),
        readable ? fmt::format("a bucket of at least {}", longest)
                 : fmt::format("an input of at most {} tokens, which is what {} reads", most, model.name),
        readable ? fmt::format("{}", std::min(enough, most)) : "");
}

// The mean of several lengths, from which a stream of chats draws; `lengths` gets their distribution.
std::int64_t read_drawn(const YamlNode& node, Phase phase, TokenDistribution& lengths, LengthRange& range) {
    const auto read = node.exists() ? read_tokens(node, {}) : std::nullopt;
    if (!read) {
        return 1;
    }
    if (node.is_map() && phase != Phase::kGenerate) {
        node.error("chats of several lengths are whole answers", "one length, or phase: generate");
    }
    range = {read->shortest, read->longest};
    if (read->distribution.size() > 1) {
        lengths = read->distribution;
    }
    return std::max<std::int64_t>(1, std::llround(mean_tokens(read->distribution)));
}

// Reads `phase` of a model that generates text, and its prompt, which replaces `tokens`.
std::optional<Generation> read_generation(const YamlNode& stage) {
    const auto phase_node = stage.find("phase");
    if (!phase_node) {
        for (const std::string_view key : {"prompt", "new_tokens", "slots", "draft"}) {
            if (const auto node = stage.find(key)) {
                node->error("has no meaning without a 'phase'", "phase: generate");
            }
        }
        return std::nullopt;
    }
    Generation generation;
    const auto phase = phase_node->enumeration(kPhaseNames);
    generation.phase = phase.value_or(Phase::kGenerate);
    generation.prompt = read_drawn(stage.require("prompt", "the tokens of the prompt"), generation.phase,
                                   generation.prompts, generation.prompt_range);
    const auto new_tokens = stage.find("new_tokens");
    if (phase == Phase::kPrefill) {
        if (new_tokens) {
            new_tokens->error("a prefill makes none", "phase: generate");
        }
    } else {
        generation.new_tokens =
            new_tokens ? read_drawn(*new_tokens, generation.phase, generation.answers, generation.answer_range) : 1;
        if (!new_tokens && phase == Phase::kGenerate) {
            static_cast<void>(stage.require("new_tokens", "how many tokens follow the prompt"));
        }
    }
    if (!generation.prompts.empty() || !generation.answers.empty()) {
        generation.longest = generation.prompt_range.longest + (new_tokens ? generation.answer_range.longest : 1);
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
    if (stage.model.architecture && !depends_on_tokens(*stage.model.architecture)) {
        for (const std::string_view key : {"tokens", "buckets"}) {
            if (const auto given = node.find(key)) {
                given->error(fmt::format("{} has inputs of one size", stage.model.name), fmt::format("no {}", key));
            }
        }
        stage.tokens = {{1, 1}};
        return;
    }
    stage.buckets = read_buckets(node);
    const YamlNode tokens = node.require("tokens", "how many tokens the input really holds");
    if (tokens.exists()) {
        if (auto lengths = read_tokens(tokens, stage.buckets)) {
            stage.tokens = std::move(lengths->distribution);
            check_buckets(node, stage.buckets, lengths->longest, stage.model);
        }
    }
}

// Reads `pin: {layer.0.*: cpu}`.
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

std::int64_t read_batch(const YamlNode& node, const Model& model) {
    const std::int64_t batch = node.integer(kCountRange).value_or(1);
    if (const auto refusal = batch_refusal(model, batch)) {
        node.error(refusal->message, fmt::format("batch: 1, and repeat: {} for {} passes", batch, batch));
        return 1;
    }
    return batch;
}

// Number of concurrent answers, which at least one device of the stage must support.
std::int64_t read_slots(const YamlNode& node, const Offered& offered) {
    const std::int64_t slots = node.integer(kCountRange).value_or(1);
    std::int64_t most = 1;
    std::vector<std::string> made;
    for (std::size_t d = 0; d < offered.profile.devices.size(); ++d) {
        const Device& device = offered.profile.devices[d];
        if (!offered.on || *offered.on == static_cast<DeviceId>(d)) {
            most = std::max(most, device.runtime.answers);
            made.push_back(fmt::format("{} ({}) makes {}", device.name, device.runtime.name,
                                       device.runtime.answers == 1
                                           ? std::string("one answer after another")
                                           : fmt::format("{} at once", device.runtime.answers)));
        }
    }
    if (slots > most) {
        node.error(fmt::format("{} answers at once are more than there can be: {}", slots, fmt::join(made, "; ")),
                   most == 1 ? "1" : fmt::format("1 to {}", most));
    }
    return slots;
}

// `on`: the device that the stage must run on.
ModelStage read_model_stage(const YamlNode& node, const YamlNode& model, const ModelSources& models,
                            const ScenarioDevices& devices, std::optional<DeviceId> on) {
    const Offered offered{devices.profile, models.library, on};
    ModelStage stage;
    stage.on = on;
    if (auto read = read_model_reference(model, models)) {
        stage.model = std::move(*read);
        stage.model.where = model.where();  // errors about this use of the model are reported here
    }
    stage.precision = read_precision(node, offered);
    read_lengths(node, stage);
    if (const auto batch = node.find("batch")) {
        stage.batch = read_batch(*batch, stage.model);
    }
    stage.dtypes = read_dtypes(node, devices, models.library);
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
    if (const auto slots = stage.generation ? node.find("slots") : std::nullopt) {
        stage.slots = read_slots(*slots, offered);
        if (const auto refusal = batch_refusal(stage.model, stage.slots)) {  // a step makes a token of each answer
            slots->error(refusal->message, "slots: 1");
        }
    }
    if (const auto draft = stage.generation ? node.find("draft") : std::nullopt) {
        stage.draft = read_draft(*draft, stage, models, devices);
    }
    return stage;
}

// Reads `26 ms`, `26 ms ± 10%`, or `{low: 500 ms, high: 1000 ms}`: the 5 to 95 % interval of a log-normal duration.
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
          "core_mask", "clock", "pin", "segments", "granularity", "cache", "slots", "draft"}) {
        if (const auto node = stage.find(key)) {
            node->error("a stage of fixed time has no such key", "'model' instead of 'takes'");
        }
    }
}

// A stage of fixed duration occupies cores of the device that it names: one, unless `cores` gives a number.
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

std::optional<StageReading> read_stage(const YamlNode& node, const StageHardware& hardware,
                                       const ModelSources& models) {
    const std::size_t errors_before = node.diagnostics().error_count();
    StageReading reading;
    Stage& stage = reading.stage;
    stage.where = node.where();
    stage.name = node.require("name", "the stage's name").text().value_or("");
    const auto model = node.find("model");
    const auto takes = node.find("takes");
    const auto runtime = model ? read_runtime(node, models.library, hardware) : std::nullopt;
    const ScenarioDevices devices = hardware.devices(runtime);
    const auto on = node.find("on");
    const auto device = on ? read_pinned(*on, devices) : std::nullopt;
    if (model && takes) {
        takes->error("the stage runs a model, so its time is predicted", "either 'model' or 'takes'");
    }
    if (model) {
        auto work = read_model_stage(node, *model, models, devices, device);
        work.runtime = runtime;
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
