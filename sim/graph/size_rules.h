// Sizes of a model, checked against the rules of its architecture.
#pragma once

#include <array>

#include "berth/graph/model.h"

namespace berth {

/// Symbols that every expression of an architecture may use besides the sizes.
inline constexpr std::string_view kBatchSymbol = "batch";
inline constexpr std::string_view kTokensSymbol = "tokens";
inline constexpr std::string_view kContextSymbol = "context";
inline constexpr std::string_view kScoredSymbol = "scored";
inline constexpr std::array<std::string_view, 4> kWorkloadSymbols{kBatchSymbol, kTokensSymbol, kContextSymbol,
                                                                  kScoredSymbol};
inline constexpr std::string_view kRoundSymbol = "i";
/// Input name that refers to the result of the previous section or round.
inline constexpr std::string_view kPreviousResult = "input";
/// Architecture name of a graph that is written out operator by operator.
inline constexpr std::string_view kWrittenGraph = "graph";
/// Size field that a template sets implicitly by listing its inputs.
inline constexpr std::string_view kInputsSize = "inputs";

/// Symbol of one value of a size `per` another: `window[3]` for the fourth round.
[[nodiscard]] std::string round_value(std::string_view size, std::int64_t round);

/// Number of rounds of the section of a size `per` another; 0 if that size is missing.
[[nodiscard]] std::int64_t rounds_of(const SizeRule& rule, const Symbols& sizes);

/// Sets `i` to the round, and every size per `rounds` to its value in that round.
void set_round(const Architecture& architecture, std::string_view rounds, std::int64_t round, Symbols& symbols);

/// Sets missing sizes with a default to it, in the architecture's order. If fewer values than rounds are given, they
/// repeat.
bool fill_in_defaults(const Architecture& architecture, Symbols& sizes, Diagnostics& diagnostics);

/// Whether every size is a whole number within its range; reports an error for each that is not.
bool sizes_in_range(const Model& model, Diagnostics& diagnostics);

/// Whether the checks hold under `symbols`; checks with a symbol that is not yet known are skipped.
bool obey_checks(const Model& model, const Symbols& symbols, Diagnostics& diagnostics);

/// `message` with every `{name}` replaced by that symbol's value.
[[nodiscard]] std::string with_values(std::string_view message, const Symbols& symbols);

/// Names in braces in a message.
[[nodiscard]] std::vector<std::string> names_in_braces(std::string_view message);

}  // namespace berth
