// What the text and the Markdown form of a validation both show.
#pragma once

#include <string>
#include <vector>

#include "berth/validation.h"
#include "report/text_layout.h"

namespace berth {

/// One row per class: errors of the model, and beside them those of the roofline and of the vendor's compiler.
[[nodiscard]] TextTable class_table(const ValidatedSet& set);
/// Rows that are furthest off, at most `count`; of a set of models all rows in their order.
[[nodiscard]] TextTable row_table(const ValidatedSet& set, std::size_t count);
/// "fitted: ..." or "unseen: ...", and where the rows come from.
[[nodiscard]] std::string use_sentence(const ValidatedSet& set);
/// One sentence per decision.
[[nodiscard]] std::vector<std::string> decision_sentences(const ValidatedSet& set,
                                                          const std::vector<std::string>& devices);

}  // namespace berth
