// Architectures: sizes, checks, inputs, sections of operators, and the configurations that map to them.
#include "berth/operators.h"
#include "graph/size_rules.h"
#include "schema/schemas.h"

namespace berth {

namespace {

Part size_rules() {
    const Part rule = object_with({
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
        optional("repeat", "number of repetitions; a repeated section is a block and has {i} in its name",
                 expression()),
        optional("when", "the section exists only if this is not 0", expression()),
        optional("let", "name: expression, for this section", map_of(expression())),
        required("result", "the operator whose output is the input of the next repetition and section", text()),
        required("operators", "in any order, without cycles", graph_operators(GraphForm::kTemplate)),
    });
    part.shape.update(if_then_else(has("repeat"), at_key("section", {{"type", "string"}, {"pattern", "\\{i\\}"}}),
                                   at_key("section", {{"not", {{"type", "string"}, {"pattern", "\\{i\\}"}}}})));
    return part;
}

// A size is an expression over fields, or the first of a list whose fields are there.
Part sources() { return map_of(either({expression(), list_of(expression())})); }

Part mapping() {
    Part heads = map_of(sources());
    heads.shape["additionalProperties"]["type"] = {"object", "null"};
    return object_with({
        required("model_types", "values of model_type", list_of(text(), 1)),
        optional("part", "which of several models that one configuration describes, such as encoder or decoder",
                 text()),
        required("sizes", "size: an expression over fields; of a list, the first whose fields exist", sources()),
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
