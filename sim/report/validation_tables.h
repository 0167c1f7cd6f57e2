// Tables and sentences shared by the text and the Markdown form of a validation.
#pragma once

#include <string>
#include <vector>

#include "berth/calibration/validation.h"
#include "report/text_layout.h"

namespace berth {

/// One row per class: errors of the model, compared with those of the roofline and of the vendor's compiler.
[[nodiscard]] TextTable class_table(const ValidatedSet& set);
/// The rows with the largest errors, at most `count`; for a set of models all rows in their order.
[[nodiscard]] TextTable row_table(const ValidatedSet& set, std::size_t count);
/// "fitted: ..." or "unseen: ...", and the source of the rows.
[[nodiscard]] std::string use_sentence(const ValidatedSet& set);
/// One sentence per decision.
[[nodiscard]] std::vector<std::string> decision_sentences(const ValidatedSet& set,
                                                          const std::vector<std::string>& devices);

}  // namespace berth
