// Options and results of importing an ONNX or TFLite model.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "berth/base/diagnostics.h"
#include "berth/graph/graph.h"
#include "berth/graph/model.h"

namespace berth {

/// Operators of a model whose work an import does not count in full.
struct ImportLoss {
    std::string op;            ///< operator type in the file
    std::int64_t count = 0;    ///< number of operators of this type
    std::int64_t weights = 0;  ///< elements of the constants that they read
    bool multiplies = false;   ///< an unknown number of multiply-accumulates is lost
    double possible_macs = 0;  ///< of operators of which nothing is known: that products of such sizes would take
};

struct NetworkImport {
    Graph graph;
    /// Length that the graph was instantiated for: the second size of the first input of ids; 0 for none.
    std::int64_t tokens = 0;
    /// Unknown operator types and their counts; each is costed as a pass over its data.
    std::vector<std::pair<std::string, std::int64_t>> unknown;
    std::int64_t integer_products = 0;   ///< matrix products and convolutions in integer arithmetic in the file
    std::vector<ImportLoss> losses;      ///< operators that read weights or multiply, costed as passes over their data
    std::vector<std::string> uncounted;  ///< other uncounted multiplications, in words
    std::vector<std::string> assumed;    ///< assumptions where only the run time knows, in words
    /// Operand dtypes of the file's products, `int8 by int8`, with counts; empty unless imported from a TFLite file.
    std::vector<std::pair<std::string, std::int64_t>> products;
};

/// Sizes of dimensions, as given by `--dim`: by name (`sequence`: 128), or by input and axis (`pixels:0`: 1). 0 stands
/// for what may be empty, such as the earlier positions of a cache. Values of inputs of one whole number, by name
/// (`max_length`: 64).
using DimSizes = std::map<std::string, std::int64_t, std::less<>>;

struct NetworkOptions {
    DimSizes dims;
    std::optional<std::int64_t> iterations = std::nullopt;  ///< loop iterations where the graph does not state them
    bool allow_unknown = false;                             ///< import even if work or weights are lost
    std::string part = {};                                  ///< signature to import from a TFLite file with several
};

/// Model of an imported graph, which can be instantiated for any number of tokens that the graph accepts.
[[nodiscard]] Model model_of(NetworkImport import, const std::string& name, const SourceLocation& where);

/// `154 operators, 33360000 parameters, 2900000000 MACs`; too low where the import lost something.
[[nodiscard]] std::string sums_text(const Graph& graph);
/// The imported graph as a model file, with every operator written out.
[[nodiscard]] std::string written_model(const NetworkImport& import, const std::string& name,
                                        const std::string& source);

}  // namespace berth
