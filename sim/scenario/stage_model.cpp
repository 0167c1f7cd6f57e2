// Reads the models of a stage: their files, their precisions, and what drafts.
#include "scenario/stage_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "graph/batch_rule.h"
#include "scenario/find_file.h"
#include "scenario/load_parts.h"
#include "scenario/offered_precision.h"
#include "scenario/overrides.h"

namespace berth {

namespace {

constexpr IntegerRange kDraftRange{1, 64};

// Reads a precision, which at least one device of the stage must offer.
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

// Words that the model scores: the width of its scores. Absent: it scores none, or it or its graph has errors, which
// are reported where it is read and where it is planned.
std::optional<std::int64_t> words_of(const Model& model) {
    Diagnostics ignored;
    const bool was_read = model.architecture || model.graph;
    const auto graph = was_read ? instantiate(model, {}, ignored) : std::nullopt;
    if (!graph) {
        return std::nullopt;
    }
    const auto scores = std::ranges::find_if(graph->tensors, &Tensor::scores);
    return scores == graph->tensors.end() || scores->shape.empty() ? std::nullopt : std::optional(scores->shape.back());
}

// A drafted token is one of the stage's model only where both have the same words. Tables of one tokenizer are padded
// to multiples of up to 1024 rows (Megatron-LM: 128 times the ways that the table is split, up to 8), so sizes that
// differ by less may be of the same words.
void check_words(const YamlNode& name, const Model& draft, const Model& model) {
    constexpr std::int64_t kPadding = 1024;
    const auto drafted = words_of(draft);
    const auto scored = words_of(model);
    if (drafted && scored && std::abs(*drafted - *scored) >= kPadding) {
        name.error(
            fmt::format("'{}' has {} words, '{}' has {}: what it drafts is not of the same vocabulary", draft.name,
                        *drafted, model.name, *scored),
            fmt::format("a smaller model of the same vocabulary, of {} words or up to {} fewer or more for padding",
                        *scored, kPadding - 1));
    }
}

}  // namespace

std::optional<Model> read_model_reference(const YamlNode& node, const ModelSources& models) {
    const auto name = node.text();
    if (!name) {
        return std::nullopt;
    }
    const auto path =
        find_file_from(models.library, "models", *name, bases_at(node.where()), node.where(), node.diagnostics());
    if (!path) {
        return std::nullopt;
    }
    return load_model_file(models.library, *path, overrides_of(model_names(*name), models.names, models.overrides),
                           node.diagnostics());
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

std::optional<Draft> read_draft(const YamlNode& node, const ModelStage& stage, const ModelSources& models,
                                const ScenarioDevices& devices) {
    Draft draft;
    const YamlNode name = node.require("model", "a smaller model with the same words");
    auto model = name.exists() ? read_model_reference(name, models) : std::nullopt;
    const auto on = node.find("on");
    draft.on = on ? read_pinned(*on, devices) : std::nullopt;
    const Offered of_draft{devices.profile, models.library, draft.on};
    const YamlNode dtype = node.require("dtype", "the precision that it is compiled for");
    draft.precision.dtype = dtype.exists() ? read_offered(dtype, of_draft).value_or(Scheme{}) : Scheme{};
    draft.dtypes = read_dtypes(node, devices, models.library);
    draft.length = node.require("length", "how many tokens are drafted at a time").integer(kDraftRange).value_or(1);
    const YamlNode acceptance = node.require("acceptance", "the share of drafted tokens that are right, such as 70%");
    const auto share = acceptance.exists() ? acceptance.parameter<double>() : std::nullopt;
    node.reject_unknown_keys();
    if (share && share->value > 1) {
        acceptance.error("more tokens are accepted than were drafted", "a share up to 100%");
    }
    if (stage.generation->phase != Phase::kGenerate) {
        node.error("only whole answers are drafted", "phase: generate");
    }
    if (model) {
        check_words(name, *model, stage.model);
    }
    if (stage.slots > 1) {
        node.error("answers that are made at once are not drafted", "slots: 1");
    }
    if (const auto refusal = model ? batch_refusal(*model, stage.batch) : std::nullopt) {
        name.error(refusal->message, fmt::format("a model for the stage's batch of {}", stage.batch));
    }
    if (!model || !share) {
        return std::nullopt;
    }
    model->where = name.where();
    draft.model = std::move(*model);
    draft.acceptance = *share;
    return draft;
}

}  // namespace berth
