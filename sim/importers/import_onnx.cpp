// Runs the steps of an import in order, and reports warnings and errors.
#include "berth/importers/import_onnx.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "berth/base/quantity_text.h"
#include "graph/size_rules.h"
#include "importers/import_steps.h"
#include "importers/onnx_graph.h"
#include "importers/onnx_tables.h"

namespace berth {

namespace {

/// The first names of a long list, and the number of the others.
std::string joined(std::vector<std::string> names) {
    constexpr std::size_t kMostNamed = 12;
    if (names.size() > kMostNamed) {
        const std::size_t more = names.size() - kMostNamed;
        names.resize(kMostNamed);
        names.push_back(fmt::format("and {} more", more));
    }
    return fmt::format("{}", fmt::join(names, ", "));
}

void warn(const NetworkImport& import, const std::string& name, Diagnostics& diagnostics) {
    if (!import.unknown.empty()) {
        std::vector<std::string> names;
        for (const auto& [op, count] : import.unknown) {
            names.push_back(fmt::format("{} ({})", op, count));
        }
        diagnostics.warning(SourceLocation(name), fmt::format("unknown operators count as a pass over their data: {}",
                                                              joined(std::move(names))));
    }
    if (!import.assumed.empty()) {
        std::vector<std::string> assumed = import.assumed;
        std::ranges::sort(assumed);
        assumed.erase(std::unique(assumed.begin(), assumed.end()), assumed.end());
        diagnostics.warning(SourceLocation(name),
                            fmt::format("assumed, because only the run time knows: {}", joined(std::move(assumed))));
    }
    if (import.integer_products > 0) {
        diagnostics.warning(
            SourceLocation(name),
            fmt::format("{} in integers in the file; here the dtype that is asked for decides, such as int8",
                        import.integer_products == 1 ? std::string("1 product is")
                                                     : fmt::format("{} products are", import.integer_products)));
    }
}

/// Largest share of the parameters that may be lost with a warning. Above it the result is a different model.
constexpr double kMostWeightsLost = 0.01;

/// Largest share of the multiply-accumulates that operators of which nothing is known may do with a warning, and the
/// number below which their work is small whatever the model: about one call of a kernel.
constexpr double kMostPossibleShare = 0.1;
constexpr double kFewMacs = 1e6;

/// The operators that could do more work than they count as, if together they could do much of the model's.
std::vector<std::string> could_dominate(const NetworkImport& import) {
    std::vector<std::string> names;
    double possible = 0;
    for (const ImportLoss& loss : import.losses) {
        if (loss.possible_macs > 0) {
            possible += loss.possible_macs;
            names.push_back(fmt::format("{} ({}), up to {:.2g} by its sizes", loss.op, loss.count, loss.possible_macs));
        }
    }
    const double counted = in_operations(totals(import.graph).macs);
    return possible > kFewMacs && possible > kMostPossibleShare * counted ? names : std::vector<std::string>{};
}

std::string text_of(const ImportLoss& loss) {
    std::string text = fmt::format("{} ({})", loss.op, loss.count);
    if (loss.weights > 0) {
        text += fmt::format(" with {} weights", loss.weights);
    }
    return text;
}

/// Reports the losses; false, with an error, if they are too large.
bool losses_are_small(const NetworkImport& import, const std::string& name, bool allowed, Diagnostics& diagnostics) {
    std::vector<std::string> multiplying = import.uncounted;
    std::vector<std::string> holding;
    std::int64_t lost = 0;
    for (const ImportLoss& loss : import.losses) {
        lost = std::min(kLargestCount, lost + loss.weights);
        if (loss.multiplies || loss.weights > 0) {
            (loss.multiplies ? multiplying : holding).push_back(text_of(loss));
        }
    }
    const std::vector<std::string> strange = could_dominate(import);
    const double all = static_cast<double>(totals(import.graph).parameters) + static_cast<double>(lost);
    const bool much = static_cast<double>(lost) > kMostWeightsLost * all;
    const auto tell = [&](std::string problem, bool refused) {
        if (refused && !allowed) {
            diagnostics.error(SourceLocation(name), std::move(problem),
                              "an export without them; berth import --allow-unknown imports all else");
        } else {
            diagnostics.warning(SourceLocation(name), std::move(problem));
        }
    };
    if (!multiplying.empty()) {
        tell(fmt::format("multiply-accumulates that cannot be counted: {}", joined(multiplying)), true);
    }
    if (!holding.empty()) {
        const double share = all > 0 ? static_cast<double>(lost) / all : 0;
        tell(fmt::format("{} of the parameters are of operators that count as a pass over their data: {}",
                         percent_text(share), joined(holding)),
             much);
    }
    if (!strange.empty()) {
        tell(fmt::format("multiply-accumulates of unknown operators could be much of the model's: {}", joined(strange)),
             true);
    }
    return allowed || (multiplying.empty() && !much && strange.empty());
}

}  // namespace

std::optional<NetworkImport> import_network(const OnnxFile& file, const std::string& name,
                                            const NetworkOptions& options, Diagnostics& diagnostics) {
    auto flow = follow_shapes(file, name, options, diagnostics);
    if (!flow) {
        return std::nullopt;
    }
    restore_tables(*flow);
    OnnxNetwork network(std::move(*flow));
    OnnxPatterns patterns = find_patterns(network);
    auto import = graph_of(std::move(network), std::move(patterns), name, diagnostics);
    if (!import || !losses_are_small(*import, name, options.allow_unknown, diagnostics)) {
        return std::nullopt;
    }
    import->graph.name = std::string(file.graph.name);
    warn(*import, name, diagnostics);
    return import;
}

std::optional<NetworkImport> import_onnx(const std::filesystem::path& path, const NetworkOptions& options,
                                         Diagnostics& diagnostics) {
    const auto file = read_onnx_file(path, diagnostics);
    return file ? import_network(*file, path.string(), options, diagnostics) : std::nullopt;
}

std::optional<NetworkImport> import_onnx(std::string_view bytes, const std::string& name, const NetworkOptions& options,
                                         Diagnostics& diagnostics) {
    const auto file = parse_onnx(bytes, name, diagnostics);
    return file ? import_network(*file, name, options, diagnostics) : std::nullopt;
}

Model model_of(NetworkImport import, const std::string& name, const SourceLocation& where) {
    Architecture architecture;
    architecture.name = kWrittenGraph;
    if (import.tokens > 0) {
        architecture.checks.push_back(at_most_tokens(import.tokens, where));
    }
    import.graph.name = name;
    Model model;
    model.name = name;
    model.where = where;
    model.architecture = std::make_shared<const Architecture>(std::move(architecture));
    model.graph = std::make_shared<const Graph>(std::move(import.graph));
    return model;
}

}  // namespace berth
