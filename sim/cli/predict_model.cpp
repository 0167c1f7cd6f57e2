// berth predict --model: one model on one device.
#include <fmt/format.h>

#include <stdexcept>

#include "base/mapped.h"
#include "berth/analysis/latency_curve.h"
#include "berth/analysis/silent_changes.h"
#include "berth/report/report.h"
#include "cli/predict.h"
#include "graph/batch_rule.h"
#include "scenario/offered_precision.h"

namespace berth {

namespace {

bool has_one_size(const Model& model) { return model.architecture && !depends_on_tokens(*model.architecture); }

// Number of input tokens: as given, else a full bucket, else the longest input that the model accepts.
std::optional<std::int64_t> tokens_of(const PredictOptions& options, const Model& model, Diagnostics& diagnostics) {
    if (has_one_size(model)) {
        for (const auto& [option, given] :
             {std::pair{"--tokens", options.tokens}, std::pair{"--bucket", options.bucket}}) {
            if (given) {
                diagnostics.warning(SourceLocation(option),
                                    fmt::format("no effect: {} has inputs of one size", model.name));
            }
        }
        return 1;
    }
    const auto tokens = options.tokens ? options.tokens : options.bucket ? options.bucket : longest_input(model);
    if (!tokens) {
        diagnostics.error(SourceLocation("--tokens"), fmt::format("{} takes inputs of any length", model.name),
                          "the number of tokens of the input");
    }
    return tokens;
}

// Requested phases of text generation: the prompt, and new tokens unless only prefill is asked for.
std::optional<Generation> generation_of(const PredictOptions& options, const Model& model, Diagnostics& diagnostics) {
    const auto phase = choice_in_any_case(kPhaseNames, options.phase);
    const bool reads_only = phase == Phase::kPrefill;
    const auto need = [&](std::string_view option, bool given, std::string_view what) {
        if (!given) {
            diagnostics.error(SourceLocation(std::string(option)), fmt::format("phase {} needs it", options.phase),
                              std::string(what));
        }
    };
    if (!phase) {
        diagnostics.error(SourceLocation("--phase"), fmt::format("unknown phase '{}'", options.phase),
                          "prefill, decode or generate");
        return std::nullopt;
    }
    if (!keeps_context(*model.architecture)) {
        diagnostics.error(SourceLocation("--phase"), fmt::format("{} does not generate text", model.name),
                          "a model that reads its whole input at once, with --tokens");
    }
    need("--prompt", options.prompt.has_value(), "the tokens of the prompt");
    need("--new-tokens", reads_only || phase == Phase::kDecode || options.new_tokens,
         "the number of tokens to generate");
    if (reads_only && options.new_tokens) {
        diagnostics.error(SourceLocation("--new-tokens"), "phase prefill generates none", "phase generate");
    }
    for (const auto& [option, given] : {std::pair{"--tokens", options.tokens}, std::pair{"--bucket", options.bucket}}) {
        if (given) {
            diagnostics.error(SourceLocation(option), "it cannot be combined with --phase", "--prompt");
        }
    }
    return Generation{*phase, options.prompt.value_or(1), reads_only ? 0 : options.new_tokens.value_or(1)};
}

std::optional<ModelStage> stage_of(const PredictOptions& options, const Target& target, Model model,
                                   const Library& library, Diagnostics& diagnostics) {
    const std::size_t errors_before = diagnostics.error_count();
    ModelStage stage;
    if (!options.phase.empty()) {
        stage.generation = generation_of(options, model, diagnostics);
    }
    const auto tokens = stage.generation ? stage.generation->prompt : tokens_of(options, model, diagnostics);
    stage.model = std::move(model);
    stage.precision.dtype = DType::kFp32;  // the usual dtype of published models
    if (!options.dtype.empty()) {
        stage.precision.dtype = dtype_option(options, diagnostics).value_or(DType::kFp32);
    }
    const auto refusal = precision_refusal(stage.precision.dtype, target.profile, {target.id}, library);
    if (refusal) {
        diagnostics.error(SourceLocation("--dtype"), refusal->message, refusal->expected);
    }
    stage.batch = options.batch.value_or(1);
    if (const auto refused = batch_refusal(stage.model, stage.batch)) {
        diagnostics.error(SourceLocation("--batch"), refused->message, refused->expected);
    }
    stage.cores[target.id] = cores_option(options, target.device(), diagnostics);
    if (const auto clock = clock_option(options, target.device(), diagnostics)) {
        stage.clocks[target.id] = *clock;
    }
    if (tokens) {
        stage.tokens = {{*tokens, 1}};
    }
    if (options.bucket && !has_one_size(stage.model)) {
        stage.buckets = {*options.bucket};
    }
    if (tokens && !stage.buckets.empty() && stage.buckets.front() < *tokens) {
        diagnostics.error(SourceLocation("--bucket"),
                          fmt::format("a bucket of {} does not hold {} tokens", *options.bucket, *tokens),
                          fmt::format("a bucket of at least {}", *tokens));
    }
    return diagnostics.error_count() == errors_before ? std::optional(std::move(stage)) : std::nullopt;
}

// Settings without effect, as `berth run` reports them for a scenario with this single stage.
std::vector<Warning> silent_settings_of(const PredictOptions& options, const Target& target, ModelStage stage) {
    stage.on = target.id;
    if (!options.cores) {
        stage.cores.clear();  // the profile's number of cores
    }
    return silent_changes(target.set, [&](const std::vector<bool>& made) -> std::optional<Scenario> {
        auto profile = target.with(made);
        if (!profile) {
            return std::nullopt;
        }
        Scenario scenario;  // without a name: it is of these options, not of a file
        scenario.profile = std::move(*profile);
        Stage& only = scenario.stages.emplace_back();
        only.name = stage.model.name;
        only.work = stage;
        return scenario;
    });
}

}  // namespace

std::optional<std::string> predict_model(const PredictOptions& options, const Target& target,
                                         const Invocation& invocation, Diagnostics& diagnostics) {
    auto model = load_model(invocation.library, options.model, {}, SourceLocation("--model"), diagnostics);
    auto stage = model ? stage_of(options, target, std::move(*model), invocation.library, diagnostics) : std::nullopt;
    auto candidate = stage ? evaluate_on(target.profile, *stage, target.id, diagnostics) : std::nullopt;
    if (!candidate) {
        return std::nullopt;
    }
    auto devices = mapped(target.profile.devices, &Device::name);
    std::vector<Warning> warnings = target.warnings;
    add_silent_settings(silent_settings_of(options, target, *stage), warnings, diagnostics);
    auto inherited = inherited_mechanisms(target.profile, *stage, target.id, candidate->latency.median);
    const ModelPrediction prediction{stage->model.name,   target.device().name,         std::move(*candidate),
                                     std::move(warnings), target.device().runtime.name, std::move(inherited)};
    return in_format(
        {.text = [&] { return changes_line(invocation) + prediction_text(prediction, devices, invocation.width); },
         .json = [&] { return prediction_json(prediction, devices); },
         .rows = [&] { return operators_csv(prediction.model, prediction.candidate, devices, target.profile.name); }},
        options.format, invocation);
}

}  // namespace berth
