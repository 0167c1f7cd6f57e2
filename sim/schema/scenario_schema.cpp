// Schema of scenarios: hardware, stages, objective and budget.
#include <fmt/format.h>

#include <limits>

#include "berth/graph/scheme.h"
#include "berth/scenario/scenario.h"
#include "schema/schemas.h"

namespace berth {

namespace {

Part duration(Definitions& q) {
    const Part bounds = object_with({
        required("low", "the 5th percentile", q.quantity(Time::kDimension)),
        required("high", "the 95th percentile", q.quantity(Time::kDimension)),
    });
    Json choices = q.parameter(Time::kDimension).shape["anyOf"];
    choices.back() = all_of({choices.back(), has("value")});
    choices.push_back(whole(bounds));
    return {Json{{"anyOf", std::move(choices)}}};
}

Part tokens() {
    return either({
        integer(kCountRange),
        object_with(
            {required("from", "the fewest tokens", integer(kCountRange)),
             required("to", "the most tokens; every length in the range is equally likely", integer(kCountRange))}),
        object_with({required("file", "a CSV file with one input per row, relative to the scenario", text()),
                     required("column", "the column of lengths", text())}),
    });
}

Part precision() {
    return list_of(object_with({
        required("operators", "a pattern such as layer.0.*; * stands for any characters, ? for one", text()),
        required("dtype", "the dtype of these operators", choice(kSchemeNames)),
    }));
}

Part draft(Definitions& q) {
    return object_with({
        required("model", "a smaller model with the same words", text()),
        required("dtype", "precision that it is compiled for", choice(kSchemeNames)),
        optional("dtypes", "devices on which it is compiled for another, each with its scheme",
                 map_of(choice(kSchemeNames))),
        required("length", "tokens drafted at a time", integer({1, 64})),
        required("acceptance", "share of drafted tokens that are right", q.parameter(Dimension{})),
        optional("on", "the device that drafts; any if absent", text()),
    });
}

// Keys that only a stage with a model may have.
std::vector<Key> model_keys(Definitions& q) {
    const Part bucket = integer(kCountRange);
    return {
        optional("runtime", "another profile of the same chip, whose runtime runs it; the hardware's own if absent",
                 text()),
        optional("dtype", "precision that the model is compiled for: a scheme of weights and activations",
                 choice(kSchemeNames)),
        optional("dtypes", "devices on which it is compiled for another, each with its scheme",
                 map_of(choice(kSchemeNames))),
        optional("precision", "exceptions from dtype; the last match counts", precision()),
        optional("tokens",
                 "actual tokens of the input: a number, a range or a column of lengths; none if the model does not "
                 "read text",
                 tokens()),
        optional("buckets", "compiled lengths", either({bucket, list_of(bucket)})),
        optional("phase", "for a model that generates text, instead of tokens and buckets", choice(kPhaseNames)),
        optional("prompt", "tokens of the prompt; of a stream of chats a range or a column of lengths, too", tokens()),
        optional("new_tokens", "tokens generated after the prompt; as for prompt", tokens()),
        optional("slots", "answers at once, where the runtime can; 1 if absent", integer(kCountRange)),
        optional("draft", "a smaller model that drafts tokens, which this one checks", draft(q)),
        optional("cache", "what keys and values of earlier positions are stored in; as attention computes if absent",
                 choice(kCacheNames)),
        optional("batch", "inputs per pass; 1 if absent", integer(kCountRange)),
        optional("core_mask", "the same as a bit mask; 0 leaves the choice to the runtime",
                 map_of(integer({0, std::numeric_limits<std::int32_t>::max()}))),
        optional("clock", "one of the clocks that the profile lists, per device",
                 map_of(q.quantity(Frequency::kDimension))),
        optional("pin", "operators pinned to a device, by patterns such as layer.0.*; the last match counts",
                 map_of(text())),
        optional("segments", "largest number of segments (consecutive operators on one device); unlimited if absent",
                 integer(kCountRange)),
        optional("granularity", "the finest placement that may be chosen; model if absent", choice(kGranularityNames)),
    };
}

// A text model has tokens, or a prompt and a phase. The schema does not know which models read text.
Json model_rules() {
    const Json generate = {{"properties", {{"phase", {{"const", choice_name(kPhaseNames, Phase::kGenerate)}}}}}};
    const Json prefill = {{"properties", {{"phase", {{"const", choice_name(kPhaseNames, Phase::kPrefill)}}}}}};
    const Json with_phase = all_of({has("prompt"), has_none({"tokens", "buckets"}, "does not go with a 'phase'"),
                                    if_then(generate, has("new_tokens")),
                                    if_then(prefill, has_none({"new_tokens"}, "a prefill makes none"))});
    const Json without = has_none({"prompt", "new_tokens", "slots", "draft"}, "has no meaning without a 'phase'");
    return all_of({has("dtype"), has_none({"takes"}, "the stage runs a model, so its time is predicted"),
                   if_then_else(has("phase"), with_phase, without)});
}

Part stage(Definitions& q) {
    std::vector<Key> keys = {
        required("name", "unique name of the stage", text()),
        optional("model", "a shipped model, or the path of one: the stage's time is predicted", text()),
        optional("takes", "a known time instead of a model: 26 ms, 26 ms ± 10%, or {low: 500 ms, high: 1000 ms}",
                 duration(q)),
        optional("on", "the device where it runs; any if absent, and a known time then runs elsewhere", text()),
        optional("cores", "cores used per device; the runtime's default if absent, 1 for a known time",
                 map_of(integer(kCountRange))),
        optional("repeat", "passes in sequence; 1 if absent", integer(kCountRange)),
        optional("budget", "a time for all passes of this stage", q.quantity(Time::kDimension)),
        optional("slows", "largest slowdown that this stage may cause in other stages: {rerank: 10%}",
                 map_of(q.quantity(Dimension{}, true))),
        optional("enabled", "false: the stage is checked but not run", boolean()),
    };
    const std::vector<Key> more = model_keys(q);
    const std::vector<std::string> only_with_model = choice_names(more);
    keys.insert(keys.end(), more.begin(), more.end());
    Part part = object_with(keys);
    const Json fixed = has_none(only_with_model, "a stage of fixed time has no such key");
    part.shape.update(if_then_else(has("model"), model_rules(),
                                   if_then_else(has("takes"), fixed, any_of({has("model"), has("takes")}))));
    return part;
}

// Exactly one of users, rate and trace; a think time only with users.
Part arrivals(Definitions& q) {
    Part part = object_with({
        optional("users", "number of users; each sends the next request when the previous one has ended",
                 integer({1, kMostUsers})),
        optional("think", "how long each user waits before the next request, at most 100,000 s; 0 if absent",
                 q.quantity(Time::kDimension, true)),
        optional("rate", "requests per second at random times, such as 5 Hz; from 10 uHz to 1 MHz",
                 q.quantity(Frequency::kDimension)),
        optional("trace", "a CSV file with ascending arrival times in the column arrival_ms", text()),
        optional("requests", "largest number of counted requests; 100000 if absent", integer({1, kMostRequests})),
        optional("warm_up", "uncounted requests before them; determined by the simulation if absent",
                 integer({0, kMostWarmUp})),
        optional("seed", "seed of the random times; 1 if absent", integer({0, kLargestSeed})),
    });
    const char* why = "arrivals are of one kind: users, rate or trace";
    const Json without_users = all_of(
        {has_none({"think"}, "only users think"), if_then_else(has("rate"), has_none({"trace"}, why), has("trace"))});
    part.complete = if_then_else(has("users"), has_none({"rate", "trace"}, why), without_users);
    return part;
}

// Paths start with a key of the scenario, or refer to its models. Values that belong to other files are passed on as
// text.
Part settings(const std::vector<Key>& keys) {
    Part part{{{"type", "object"}}};
    part.shape["propertyNames"] = {
        {"pattern", fmt::format("^({}|models|runtimes|set)(\\.|$)", fmt::join(choice_names(keys), "|"))}};
    part.shape["patternProperties"]["^(hardware|runtimes|models)\\."] = text().shape;
    return part;
}

}  // namespace

Json scenario_schema() {
    Definitions definitions;
    std::vector<Key> keys = {
        required("scenario", "its name, a text", text()),
        optional("description", "a text for readers of the file", text()),
        optional("extends", "another scenario to start from; this file then has only the differences", text()),
        required("hardware", "a shipped profile, or the path of one", text()),
        optional("missing", "devices of the hardware that this scenario does not use", list_of(text())),
        required("stages", "stages, run in sequence", list_of(stage(definitions), 1)),
        optional("objective", "goal of the placement; latency if absent", choice(kObjectives)),
        optional("arrivals", "requests to simulate: users, a rate or a trace", arrivals(definitions)),
        optional("budget", "a time for the whole scenario", definitions.quantity(Time::kDimension)),
    };
    keys.push_back(
        optional("set", "with 'extends': values by their path, such as stages.rerank.tokens", settings(keys)));
    const Part top = object_with(keys);
    Json shape = top.shape;
    shape["required"] = Json::array({"scenario"});
    shape["allOf"] =
        Json::array({if_then_else(has("extends"), true, top.complete), if_then(has("set"), has("extends"))});
    return document("Berth scenario", shape, definitions.json());
}

}  // namespace berth
