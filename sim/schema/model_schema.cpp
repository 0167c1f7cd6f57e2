// Schema of models: an architecture with its sizes, or a graph written out in full.
#include "berth/graph/operators.h"
#include "schema/schemas.h"

namespace berth {

namespace {

Part sizes() {
    const Part one{{{"type", {"integer", "boolean", "string"}},
                    {"minimum", 0},
                    {"maximum", kLargestCount},
                    {"pattern", "^([0-9]+|true|false)$"}}};
    return map_of(either({one, list_of(one, 1)}));
}

Part graph() {
    return object_with({
        optional("tokens", "longest input of the graph in tokens", integer({1, kLargestCount})),
        optional("checks", "conditions on batch and tokens", graph_checks()),
        required("inputs", "inputs of the graph, by name", graph_inputs()),
        required("operators", "in any order, without cycles", graph_operators(GraphForm::kWritten)),
    });
}

Part published_count() {
    return {{{"type", {"number", "string"}},
             {"minimum", 0.5},
             {"pattern", "^[ \\t]*\\+?(?=[0-9.]*[1-9])[0-9.]+([eE][+-]?[0-9]+)?[ \\t]*[MB]?$"}}};
}

}  // namespace

Json model_schema() {
    Json top = whole(object_with({
        required("model", "its name, that of its file", text()),
        optional("architecture", "a file of models/architectures, without .yaml; or 'graph' instead", text()),
        optional("sizes", "sizes of the architecture: whole numbers, true and false for flags", sizes()),
        optional("head", "further sizes: the head that the model was trained with", sizes()),
        optional("graph", "the operators one by one, instead of an architecture and its sizes", graph()),
        optional("parameters", "published parameter count: 33.4 M, 1.24 B or 22713601", published_count()),
        optional("unused_parameters", "how many of these are never used", integer({0, kLargestCount})),
        optional("source", "where the sizes come from", text()),
    }));
    top.update(if_then_else(has("graph"), has_none({"architecture", "sizes", "head"}, "it does not go with 'graph'"),
                            has_all({"architecture", "sizes"})));
    return document("Berth model", top, Json::object());
}

}  // namespace berth
