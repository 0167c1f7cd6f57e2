// The sizes of a model against the rules of its architecture.
#pragma once

#include <array>

#include "berth/model.h"

namespace berth {

/// Names that every expression of an architecture may use beside the sizes.
inline constexpr std::string_view kBatchSymbol = "batch";
inline constexpr std::string_view kTokensSymbol = "tokens";
inline constexpr std::string_view kContextSymbol = "context";
inline constexpr std::string_view kScoredSymbol = "scored";
inline constexpr std::array<std::string_view, 4> kWorkloadSymbols{kBatchSymbol, kTokensSymbol, kContextSymbol,
                                                                  kScoredSymbol};
inline constexpr std::string_view kRoundSymbol = "i";
/// As an input of an operator: what the section or the round before made.
inline constexpr std::string_view kPreviousResult = "input";
/// What stands for the architecture of a graph that is written out.
inline constexpr std::string_view kWrittenGraph = "graph";
/// The size field that a template gives by listing its inputs.
inline constexpr std::string_view kInputsSize = "inputs";

/// The symbol that holds a value of a size `per` another: `window[3]` for the fourth round.
[[nodiscard]] std::string round_value(std::string_view size, std::int64_t round);

/// How often the section of a size `per` another is repeated, as the sizes stand; 0 if that size is not there.
[[nodiscard]] std::int64_t rounds_of(const SizeRule& rule, const Symbols& sizes);

/// Sets `i` to the round, and every size per `rounds` to its value there.
void set_round(const Architecture& architecture, std::string_view rounds, std::int64_t round, Symbols& symbols);

/// Gives every size that is missing and has a default its default, in the architecture's order. Values per round that
/// are fewer than the rounds are repeated.
bool fill_in_defaults(const Architecture& architecture, Symbols& sizes, Diagnostics& diagnostics);

/// Whether every size is a whole number in its range, with an error for each that is not.
bool sizes_in_range(const Model& model, Diagnostics& diagnostics);

/// Whether the checks hold under `symbols`; those that name a symbol which is not there are left for later.
bool obey_checks(const Model& model, const Symbols& symbols, Diagnostics& diagnostics);

/// `message` with every `{name}` replaced by the value of that symbol.
[[nodiscard]] std::string with_values(std::string_view message, const Symbols& symbols);

/// The names in braces of a message.
[[nodiscard]] std::vector<std::string> names_in_braces(std::string_view message);

}  // namespace berth
