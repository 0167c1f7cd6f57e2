// Schema of architectures: sizes, checks, inputs, sections of operators, and the configurations that map to them.
#include "berth/graph/operators.h"
#include "graph/size_rules.h"
#include "schema/schemas.h"

namespace berth {

namespace {

Part size_rules() {
    const Part rule = object_with({
        optional("per", "the size that counts its values: one for each round of the sections repeated so often",
                 text()),
        optional("default", "an expression over required sizes and earlier defaults", expression()),
        optional("min", "1 if absent; a size from 0 to 1 is a flag", integer({0, kLargestCount})),
        optional("max", "no bound if absent", integer({0, kLargestCount})),
        required("meaning", "what the size is", text()),
    });
    Part part = map_of(either({text(), rule}));
    std::vector<std::string_view> taken(kWorkloadSymbols.begin(), kWorkloadSymbols.end());
    taken.push_back(kRoundSymbol);
    part.shape["propertyNames"] = {{"not", {{"enum", taken}}}};
    return part;
}

Part section() {
    Part part = object_with({
        required("section", "prefix of its operators' names; {i} is the repetition", text()),
        optional("of", "another architecture, whose section of this name stands here; only 'let' goes with it", text()),
        optional("repeat", "number of repetitions; a repeated section is a block and has {i} in its name",
                 expression()),
        optional("when", "the section exists only if this is not 0", expression()),
        optional("weights_of", "the round whose weights a round uses: its own or an earlier one", expression()),
        optional("let", "name: expression, for this section", map_of(expression())),
        optional(
            "result",
            "the operator whose output is the input of the next repetition and section; input for the previous result",
            text()),
        optional("operators", "in any order, without cycles", graph_operators(GraphForm::kTemplate)),
    });
    const Json numbered = {{"type", "string"}, {"pattern", "\\{i\\}"}};
    const Json own = all_of({has_all({"result", "operators"}), if_then_else(has("repeat"), at_key("section", numbered),
                                                                            at_key("section", {{"not", numbered}}))});
    part.shape.update(if_then_else(
        has("of"), has_none({"repeat", "when", "weights_of", "result", "operators"}, "they are those of the section"),
        own));
    return part;
}

// A size from the texts of a field, with the meaning of each, or from a field that lists rounds.
Part texts_of_field() {
    Part part = object_with({
        optional("field", "a field whose texts have meanings; of a size per round a list with one for each", text()),
        optional("means", "text: an expression over fields; absent: the numbers themselves", map_of(expression())),
        optional("listed_in", "a field that lists rounds", text()),
        optional("then", "the size of the rounds that it lists", expression()),
        optional("else", "the size of the others", expression()),
    });
    part.shape.update(if_then_else(has("listed_in"), has_all({"then", "else"}), has_all({"field"})));
    return part;
}

// Source of a size: an expression over fields, or a list of which the first entry whose fields are present applies.
Part sources() {
    const Part one = either({expression(), texts_of_field()});
    return map_of(either({expression(), texts_of_field(), list_of(one)}));
}

Part mapping() {
    Part heads = map_of(sources());
    heads.shape["additionalProperties"]["type"] = {"object", "null"};
    return object_with({
        required("model_types", "values of model_type", list_of(text(), 1)),
        optional("part", "which of several models that one configuration describes, such as encoder or decoder",
                 text()),
        optional("text_of", "types that carry one of these in text_config and may leave out its type there",
                 list_of(text(), 1)),
        required("sizes", "size: an expression over fields; of a list, the first whose fields exist", sources()),
        optional("when", "a condition on fields: which configurations of the types it is for", expression()),
        optional("defaults",
                 "field: what it is where the configuration has none; of a list, the first that can be told",
                 map_of(either({expression(), list_of(expression(), 1)}))),
        optional("values", "field: its allowed values; others are refused", map_of(list_of(text(), 1))),
        optional("checks", "conditions on fields; skipped where a field is absent", graph_checks()),
        optional("heads", "pattern over the first of the file's architectures: sizes that follow from it", heads),
    });
}

}  // namespace

Json architecture_schema() {
    Json top = whole(object_with({
        required("architecture", "its name, that of its file", text()),
        optional("source", "where it is described", anything()),
        required("sizes", "name: meaning, for a size that every model must give; or a map with a default",
                 size_rules()),
        optional("checks", "conditions on the sizes, or on batch, tokens and context of each workload", graph_checks()),
        required("inputs", "inputs of the graph, by name", graph_inputs()),
        optional("huggingface", "published configurations that it maps", list_of(mapping())),
        required("sections", "sections of operators, in order", list_of(section(), 1)),
    }));
    return document("Berth architecture", top, Json::object());
}

}  // namespace berth
