// One stage of a scenario from YAML.
#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "scenario/scenario_reading.h"

namespace berth {

namespace {

constexpr IntegerRange kCount{1, std::int64_t{1} << 31};

void read_precision(ModelStage& stage, const YamlNode& node) {
    if (const auto dtype = node.require("dtype", "fp32, fp16, bf16, int8 or int4").enumeration(kDTypeNames)) {
        stage.precision.dtype = *dtype;
    }
    const auto rules = node.find("precision");
    if (!rules) {
        return;
    }
    for (const YamlNode& item : rules->sequence()) {
        const YamlNode pattern_node = item.require("operators", "a pattern such as layer.0.*");
        const auto pattern = pattern_node.text();
        const auto dtype = item.require("dtype").enumeration(kDTypeNames);
        item.reject_unknown_keys();
        if (pattern && dtype) {
            stage.precision.rules.push_back({*pattern, *dtype, pattern_node.where()});
        }
    }
}

void read_buckets(ModelStage& stage, const YamlNode& node) {
    const auto buckets = node.find("buckets");
    if (!buckets) {
        return;
    }
    for (const YamlNode& item : buckets->sequence()) {
        if (const auto bucket = item.integer(kCount)) {
            stage.buckets.push_back(*bucket);
        }
    }
    std::sort(stage.buckets.begin(), stage.buckets.end());
    stage.buckets.erase(std::unique(stage.buckets.begin(), stage.buckets.end()), stage.buckets.end());
    if (stage.buckets.empty() || stage.tokens.empty()) {
        return;
    }
    const auto longest = std::max_element(stage.tokens.begin(), stage.tokens.end(),
                                          [](const TokenShare& a, const TokenShare& b) { return a.tokens < b.tokens; });
    if (stage.buckets.back() < longest->tokens) {
        const auto fitting = std::bit_ceil(static_cast<std::uint64_t>(longest->tokens));
        buckets->error(fmt::format("the largest bucket, {}, is smaller than the {} tokens of the input",
                                   stage.buckets.back(), longest->tokens),
                       fmt::format("a bucket of at least {}", longest->tokens), std::to_string(fitting));
    }
}

void check_cores(const YamlNode& node, std::int64_t cores, const Device& device) {
    if (cores > device.cores()) {
        node.error(fmt::format("{} cores of {}, which has {}", cores, device.name, device.cores()));
    }
}

void read_cores(ModelStage& stage, const YamlNode& node, const Profile& profile) {
    const auto cores = node.find("cores");
    if (cores) {
        for (const YamlEntry& entry : cores->entries()) {
            const auto device = known_device(entry.key, entry.key_where, profile, node.diagnostics());
            const auto count = entry.value.integer(kCount);
            if (device && count) {
                check_cores(entry.value, *count, profile.devices[static_cast<std::size_t>(*device)]);
                stage.cores[*device] = static_cast<int>(*count);
            }
        }
    }
    const auto masks = node.find("core_mask");
    if (!masks) {
        return;
    }
    for (const YamlEntry& entry : masks->entries()) {
        const auto device = known_device(entry.key, entry.key_where, profile, node.diagnostics());
        const auto mask = entry.value.integer({0, 1 << 30});
        if (!device || !mask || *mask == 0) {
            continue;  // 0 leaves the choice to the runtime
        }
        const Device& chip = profile.devices[static_cast<std::size_t>(*device)];
        if (*mask >> chip.cores() != 0) {
            entry.value.error(fmt::format("core mask {} names cores that {} lacks: it has {}", *mask, chip.name,
                                          chip.cores()),
                              fmt::format("1 to {}", (1 << chip.cores()) - 1));
        }
        stage.cores[*device] = std::popcount(static_cast<std::uint64_t>(*mask));
    }
}

void read_clocks(ModelStage& stage, const YamlNode& node, const Profile& profile) {
    const auto clocks = node.find("clock");
    if (!clocks) {
        return;
    }
    for (const YamlEntry& entry : clocks->entries()) {
        const auto device = known_device(entry.key, entry.key_where, profile, node.diagnostics());
        const auto clock = entry.value.quantity<Frequency>();
        if (device && clock) {
            stage.clocks[*device] = *clock;
        }
    }
}

std::optional<Model> read_stage_model(const YamlNode& node, const StageContext& context) {
    const auto name = node.text();
    if (!name) {
        return std::nullopt;
    }
    context.models_used.push_back(*name);
    return load_model(context.library, *name, overrides_of_model(context.model_overrides, *name), node.where(),
                      node.diagnostics());
}

std::optional<ModelStage> read_model_stage(const YamlNode& node, const YamlNode& model_node,
                                           const StageContext& context) {
    ModelStage stage;
    auto model = read_stage_model(model_node, context);
    read_precision(stage, node);
    if (auto tokens = read_tokens(node.require("tokens", "what the input holds, such as 122"), context.folder)) {
        stage.tokens = std::move(*tokens);
    }
    read_buckets(stage, node);
    if (const auto batch = node.find("batch")) {
        stage.batch = batch->integer(kCount).value_or(1);
    }
    read_cores(stage, node, context.profile);
    read_clocks(stage, node, context.profile);
    if (const auto on = node.find("on")) {
        stage.on = read_device_name(*on, context.profile);
    }
    if (const auto granularity = node.find("granularity")) {
        stage.granularity = granularity->enumeration(kGranularityNames).value_or(Granularity::kModel);
    }
    if (!model) {
        return std::nullopt;
    }
    stage.model = std::move(*model);
    stage.model.where = model_node.where();
    return stage;
}

std::optional<FixedStage> read_fixed_stage(const YamlNode& node, const YamlNode& takes, const StageContext& context) {
    FixedStage stage;
    const auto duration = read_duration(takes);
    if (const auto on = node.find("on")) {
        stage.on = read_device_name(*on, context.profile);
    }
    if (!duration) {
        return std::nullopt;
    }
    stage.takes = *duration;
    return stage;
}

// Empty after an error: a stage has one of `model` and `takes`.
std::optional<std::variant<ModelStage, FixedStage>> read_work(const YamlNode& node, const StageContext& context) {
    const auto model = node.find("model");
    const auto takes = node.find("takes");
    if (model.has_value() == takes.has_value()) {
        node.error(model ? "a stage has a model or a fixed time, not both" : "a stage needs something to do",
                   "one of model and takes");
        return std::nullopt;
    }
    if (model) {
        if (auto work = read_model_stage(node, *model, context)) {
            return std::move(*work);
        }
        return std::nullopt;
    }
    if (const auto work = read_fixed_stage(node, *takes, context)) {
        return *work;
    }
    return std::nullopt;
}

}  // namespace

std::optional<DeviceId> known_device(const std::string& name, const SourceLocation& where, const Profile& profile,
                                     Diagnostics& diagnostics) {
    if (const auto device = device_named(profile, name)) {
        return device;
    }
    std::vector<std::string> names;
    for (const Device& device : profile.devices) {
        names.push_back(device.name);
    }
    diagnostics.error(where, fmt::format("{} has no device '{}'", profile.name, name), list_of(names),
                      nearest_name(name, names));
    return std::nullopt;
}

std::optional<DeviceId> read_device_name(const YamlNode& node, const Profile& profile) {
    const auto name = node.text();
    return name ? known_device(*name, node.where(), profile, node.diagnostics()) : std::nullopt;
}

StageReading read_stage(const YamlNode& node, const StageContext& context) {
    const std::size_t errors = node.diagnostics().error_count();
    StageReading reading;
    Stage stage;
    stage.where = node.where();
    stage.name = node.require("name", "a name for the stage").text().value_or("");
    if (const auto enabled = node.find("enabled")) {
        reading.enabled = enabled->boolean().value_or(true);
    }
    auto work = read_work(node, context);
    if (const auto repeat = node.find("repeat")) {
        stage.repeat = repeat->integer(kCount).value_or(1);
    }
    if (const auto budget = node.find("budget")) {
        stage.budget = budget->quantity<Time>();
    }
    // After an error the rest of the keys has not been looked at.
    if (work) {
        node.reject_unknown_keys();
        stage.work = std::move(*work);
    }
    if (node.diagnostics().error_count() == errors) {
        reading.stage = std::move(stage);
    }
    return reading;
}

}  // namespace berth
