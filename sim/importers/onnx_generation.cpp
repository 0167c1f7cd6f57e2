// Unrolls the searches of ONNX Runtime that generate text: the decoder runs once for each token, and an encoder once.
// Source: github.com/microsoft/onnxruntime, docs/ContribOperators.md (BeamSearch, GreedySearch, Sampling,
// WhisperBeamSearch); the runtime checks the names of the bodies' inputs and results (contrib_ops/cpu/transformers).
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "importers/onnx_flow_builder.h"

namespace berth {

namespace {

bool searches(std::string_view op) {
    return op == "BeamSearch" || op == "WhisperBeamSearch" || op == "GreedySearch" || op == "Sampling";
}

bool keeps_beams(const OnnxNode& node) { return node.op.ends_with("BeamSearch"); }

bool reads(const OnnxGraph& body, std::string_view name) {
    return std::ranges::find(body.inputs, name, &OnnxValue::name) != body.inputs.end();
}

bool has_caches(const OnnxGraph& body) {
    return std::ranges::any_of(body.inputs, [](const OnnxValue& input) {
        return input.name.starts_with("past_") && input.name != "past_sequence_length";
    });
}

/// A result named `present_0` is what the next run reads as `past_0`.
std::string read_as(std::string_view made) {
    constexpr std::string_view kPresent = "present";
    return made.starts_with(kPresent) ? fmt::format("past{}", made.substr(kPresent.size())) : std::string(made);
}

OnnxNode node_along(std::string_view op, std::string_view attribute, std::int64_t axis) {
    OnnxNode node;
    node.op = op;
    node.attributes.push_back(integer_attribute(attribute, axis));
    return node;
}

}  // namespace

std::optional<std::int64_t> OnnxFlowBuilder::whole_input(std::span<const ValueId> inputs, std::size_t i) const {
    const bool given = i < inputs.size() && inputs[i] != kNoValue;
    const auto data = given ? flow_.at(inputs[i]).data : std::nullopt;
    return data && !data->empty() ? std::optional(whole_number(data->front())) : std::nullopt;
}

/// A value that the search makes outside of its bodies, such as a mask.
ValueId OnnxFlowBuilder::made_outside(std::string_view name, Shape shape) {
    const ValueId made = new_value(name);
    flow_.at(made).shape = std::move(shape);
    flow_.at(made).type = OnnxType::kInt32;
    return made;
}

/// Sizes of the search; absent if the node is none, or if its input has no known shape.
std::optional<OnnxSearch> OnnxFlowBuilder::search_of(const OnnxNode& node, std::vector<ValueId> inputs) {
    const OnnxGraph* decoder = body_of(node, "decoder");
    const bool shaped = !inputs.empty() && inputs.front() != kNoValue && flow_.at(inputs.front()).shape &&
                        flow_.at(inputs.front()).shape->size() > 1;
    if (decoder == nullptr || !shaped) {
        return std::nullopt;
    }
    OnnxSearch search{node, std::move(inputs)};
    search.decoder = decoder;
    search.encoder = body_of(node, "encoder");
    const OnnxGraph* first = body_of(node, "init_decoder");
    search.first = first == nullptr ? decoder : first;
    const Shape& from = *flow_.at(search.inputs.front()).shape;
    search.batch = from[0];
    if (search.encoder == nullptr) {
        search.prompt = from[1];
    } else if (constexpr std::size_t kPrompt = 10;
               search.inputs.size() > kPrompt && keeps_beams(node) && search.inputs[kPrompt] != kNoValue) {
        const auto& given = flow_.at(search.inputs[kPrompt]).shape;
        search.prompt = given && given->size() == 2 ? given->back() : 1;
    }
    const auto name_of = [&](std::size_t i) { return i < node.inputs.size() ? node.inputs[i] : std::string_view(); };
    if (const auto longest = whole_input(search.inputs, 1)) {
        search.generated = std::max<std::int64_t>(1, *longest - search.prompt);
    } else if (options_.iterations) {
        search.generated = *options_.iterations;
    } else {
        flow_.uncounted.push_back(fmt::format(
            "{} '{}', which makes an unknown number of tokens (berth import --iterations N or --dim {}=LENGTH)",
            node.op, called(node), name_of(1)));
    }
    if (const auto beams = keeps_beams(node) ? whole_input(search.inputs, 3) : std::optional<std::int64_t>(1)) {
        search.beams = std::max<std::int64_t>(1, *beams);
    } else {
        flow_.uncounted.push_back(
            fmt::format("{} '{}', which keeps an unknown number of beams (berth import --dim "
                        "{}=N)",
                        node.op, called(node), name_of(3)));
    }
    search.shared_buffer = reads(*decoder, "past_sequence_length");
    return search;
}

/// The cache before the first token: of no positions, or with room for all where runs share the buffer.
std::optional<ValueId> OnnxFlowBuilder::empty_cache(const OnnxSearch& search, const OnnxValue& input,
                                                    std::int64_t rows) {
    Shape shape;
    const std::size_t rank = input.shape ? input.shape->size() : 0;
    for (std::size_t axis = 0; axis < rank; ++axis) {
        const bool sequence = axis + 4 == rank, position = axis + 2 == rank;
        const auto& stated = (*input.shape)[axis].value;
        shape.push_back(sequence   ? rows
                        : position ? (search.shared_buffer ? search.prompt + search.generated : 0)
                                   : stated.value_or(0));
    }
    const bool sized = rank >= 4 && shape[rank - 3] > 0 && shape[rank - 1] > 0 && (rank == 4 || shape[0] > 0);
    if (!sized || !possible(shape)) {
        refuse(fmt::format("the cache '{}' of {} '{}' has no stated heads and width", input.name, search.node.op,
                           called(search.node)),
               "a decoder whose inputs have shapes");
        return std::nullopt;
    }
    const ValueId made = made_outside(input.name, std::move(shape));
    flow_.at(made).type = input.type;
    return made;
}

/// Runs a body on what is held, and holds its results.
bool OnnxFlowBuilder::run_body(const OnnxSearch& search, const OnnxGraph& body, std::int64_t rows, OnnxHeldValues& held,
                               const OnnxScope& scope) {
    OnnxScope inside;
    inside.around = &scope;
    if (!more_work() || !add_constants(body, inside)) {
        return false;
    }
    for (const OnnxValue& input : body.inputs) {
        if (inside.ids.contains(input.name)) {
            continue;  // a constant that is listed among the inputs
        }
        auto found = held.find(input.name);
        if (found == held.end() && input.name.starts_with("past_")) {
            const auto made = empty_cache(search, input, rows);
            if (!made) {
                return false;
            }
            found = held.emplace(input.name, *made).first;
        }
        if (found == held.end()) {
            return refuse(fmt::format("a body of {} '{}' reads '{}', which the search does not make", search.node.op,
                                      called(search.node), input.name));
        }
        inside.ids.emplace(input.name, found->second);
    }
    if (!add_nodes(body.nodes, inside)) {
        return false;
    }
    for (const OnnxValue& output : body.outputs) {
        const auto made = inside.find(output.name);
        if (!made) {
            return refuse(
                fmt::format("a body of {} '{}' does not make '{}'", search.node.op, called(search.node), output.name));
        }
        const std::string name = read_as(output.name);
        const auto before = held.find(name);
        if (search.shared_buffer && before != held.end() && name.starts_with("past_")) {
            const std::optional<Shape> same = flow_.at(before->second).shape;
            flow_.at(*made).shape = same;
        }
        held.insert_or_assign(name, *made);
    }
    return true;
}

/// Repeats each sequence of the batch once for each beam.
ValueId OnnxFlowBuilder::for_each_beam(const OnnxSearch& search, ValueId value, const OnnxScope& scope) {
    const auto& shape = flow_.at(value).shape;
    if (search.beams == 1 || !shape || shape->empty()) {
        return value;
    }
    std::vector<double> repeats(shape->size(), 1);
    repeats.front() = static_cast<double>(search.beams);
    const Shape rank{static_cast<std::int64_t>(shape->size())};
    OnnxNode node;
    node.op = "Tile";
    const ValueId times = constant(std::move(repeats), rank, OnnxType::kInt64);
    return result_of(std::move(node), {value, times}, flow_.at(value).name, scope);
}

/// Runs the encoder, whose results every beam has.
bool OnnxFlowBuilder::encode(const OnnxSearch& search, OnnxHeldValues& held, const OnnxScope& scope) {
    const OnnxGraph& body = *search.encoder;
    const auto given = [&](std::size_t i) {
        return keeps_beams(search.node) && i < search.inputs.size() ? search.inputs[i] : kNoValue;
    };
    const Shape from = *flow_.at(search.inputs.front()).shape;
    if (!body.inputs.empty()) {
        held.emplace(body.inputs.front().name, search.inputs.front());
    }
    const ValueId mask = given(9) != kNoValue ? given(9) : made_outside("attention_mask", {from[0], from[1]});
    const ValueId prompt = given(10) != kNoValue ? given(10) : made_outside("decoder_input_ids", {from[0], 1});
    held.emplace("encoder_attention_mask", mask);
    held.emplace("decoder_input_ids", prompt);
    if (!run_body(search, body, search.batch, held, scope)) {
        return false;
    }
    for (auto& [name, value] : held) {
        if (reads(*search.decoder, name) || name == "decoder_input_ids" || name == "logits") {
            value = for_each_beam(search, value, scope);
        }
    }
    return true;
}

/// The next token of each beam, and the scores that it was chosen by.
std::pair<ValueId, ValueId> OnnxFlowBuilder::chosen(const OnnxSearch& search, ValueId logits, const OnnxScope& scope) {
    ValueId scores = logits;
    if (const auto shape = flow_.at(logits).shape; shape && shape->size() == 3) {
        const ValueId last = constant({static_cast<double>((*shape)[1] - 1)}, {}, OnnxType::kInt64);
        scores = result_of(node_along("Gather", "axis", 1), {logits, last}, "last_logits", scope);
    }
    if (search.node.op != "GreedySearch") {
        scores = result_of(node_along("LogSoftmax", "axis", -1), {scores}, "scores", scope);
    }
    return {result_of(node_along("ArgMax", "axis", -1), {scores}, "next_tokens", scope), scores};
}

/// Runs the decoder for each token, and binds the results of the node.
bool OnnxFlowBuilder::decode(const OnnxSearch& search, OnnxHeldValues& held, OnnxScope& scope) {
    const OnnxNode& node = search.node;
    const std::int64_t rows = search.batch * search.beams;
    const bool started = held.contains("logits");  // by the encoder
    ValueId ids =
        search.encoder != nullptr ? held.at("decoder_input_ids") : for_each_beam(search, search.inputs.front(), scope);
    std::vector<ValueId> tokens{ids}, all_scores;
    std::int64_t positions = 0;
    for (std::int64_t i = 0; i < search.generated; ++i) {
        if (i > 0 || !started) {
            const std::int64_t given = i == 0 ? search.prompt : has_caches(*search.decoder) ? 1 : search.prompt + i;
            held["input_ids"] = held["position_ids"] = ids;
            held["attention_mask"] = made_outside("attention_mask", {rows, search.prompt + i});
            held["past_sequence_length"] = constant({static_cast<double>(positions)}, {1}, OnnxType::kInt32);
            held["beam_width"] = constant({static_cast<double>(search.beams)}, {1}, OnnxType::kInt32);
            held["cache_indirection"] =
                made_outside("cache_indirection", {search.batch, search.beams, search.prompt + search.generated});
            if (!run_body(search, i == 0 ? *search.first : *search.decoder, rows, held, scope)) {
                return false;
            }
            positions = has_caches(*search.decoder) ? positions + given : 0;
        } else {
            positions = search.prompt;
        }
        const auto logits = held.find("logits");
        if (logits == held.end()) {
            return refuse(fmt::format("the decoder of {} '{}' makes no 'logits'", node.op, called(node)));
        }
        const auto [next, scores] = chosen(search, logits->second, scope);
        tokens.push_back(next);
        all_scores.push_back(scores);
        ids =
            has_caches(*search.decoder) ? next : result_of(node_along("Concat", "axis", 1), tokens, "input_ids", scope);
    }
    const ValueId sequences = result_of(node_along("Concat", "axis", 1), tokens, node.outputs.front(), scope);
    if (keeps_beams(node)) {
        const std::int64_t returned =
            std::clamp<std::int64_t>(whole_input(search.inputs, 4).value_or(1), 1, search.beams);
        flow_.at(sequences).shape = Shape{search.batch, returned, search.prompt + search.generated};
    }
    if (!bind(node, node.outputs.front(), sequences, scope)) {
        return false;
    }
    for (std::size_t o = 1; o < node.outputs.size(); ++o) {
        OnnxNode stack;
        stack.op = kStackedSlices;
        const bool every_token = keeps_beams(node) && o == 2;
        const ValueId made =
            every_token ? result_of(std::move(stack), all_scores, node.outputs[o], scope) : all_scores.back();
        if (!bind(node, node.outputs[o], made, scope)) {
            return false;
        }
    }
    return true;
}

std::optional<bool> OnnxFlowBuilder::add_generation(const OnnxNode& node, OnnxScope& scope) {
    if (!searches(node.op)) {
        return std::nullopt;
    }
    auto inputs = inputs_of(node, scope);
    if (!inputs) {
        return false;
    }
    const auto search = search_of(node, std::move(*inputs));
    if (!search) {
        return std::nullopt;
    }
    OnnxHeldValues held;
    return (search->encoder == nullptr || encode(*search, held, scope)) && decode(*search, held, scope);
}

}  // namespace berth
