// What an import of an ONNX or TFLite model asks and gives.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "berth/diagnostics.h"
#include "berth/graph.h"
#include "berth/model.h"

namespace berth {

/// What an import of a model does not count as what it is.
struct ImportLoss {
    std::string op;            ///< of the file
    std::int64_t count = 0;    ///< operators of this kind
    std::int64_t weights = 0;  ///< elements of the constants that they read
    bool multiplies = false;   ///< multiply-accumulates are lost, nobody knows how many
};

struct NetworkImport {
    Graph graph;
    std::int64_t tokens = 0;  ///< that it was laid out for: the second size of the first input of ids; 0 for none
    /// Operators that no kind stands for, and how many there are of each: passes over their data.
    std::vector<std::pair<std::string, std::int64_t>> unknown;
    std::int64_t integer_products = 0;   ///< matrix products and convolutions that the file does in integers
    std::vector<ImportLoss> losses;      ///< operators that read weights or multiply, taken as passes over their data
    std::vector<std::string> uncounted;  ///< what else multiplies and is not counted, in words
    /// What the file multiplies, `int8 by int8`, and how often; empty where it does not come from a TFLite file.
    std::vector<std::pair<std::string, std::int64_t>> products;
};

/// Sizes of dimensions, as `--dim` gives them: by name (`sequence`: 128), or by input and axis (`pixels:0`: 1). 0 is
/// for what may be empty, such as the earlier positions of a cache.
using DimSizes = std::map<std::string, std::int64_t, std::less<>>;

struct NetworkOptions {
    DimSizes dims;
    std::optional<std::int64_t> iterations = std::nullopt;  ///< of loops for which the graph does not say it
    bool allow_unknown = false;                             ///< import although work or weights are lost
    std::string part = {};                                  ///< signature of a TFLite file that has several
};

/// A model of an imported graph, ready to be laid out for whatever tokens it can take.
[[nodiscard]] Model model_of(NetworkImport import, const std::string& name, const SourceLocation& where);

/// `154 operators, 33360000 parameters, 2900000000 MACs`: where an import lost something, these are too low.
[[nodiscard]] std::string sums_text(const Graph& graph);
/// The same as a model file with every operator written out.
[[nodiscard]] std::string written_model(const NetworkImport& import, const std::string& name,
                                        const std::string& source);

}  // namespace berth
