// What the text and the Markdown form of a validation both show: tables as cells.
#pragma once

#include <string>
#include <vector>

#include "berth/validation.h"
#include "report/text_layout.h"

namespace berth {

/// Headings and rows of one table.
struct CellTable {
    std::vector<std::string> headings;
    std::vector<Align> aligns;
    std::vector<Fit> fits;
    std::vector<std::vector<std::string>> rows;
};

[[nodiscard]] std::string cells_text(const CellTable& cells, TextWidth width);
[[nodiscard]] std::string cells_markdown(const CellTable& cells);

/// One row per class: errors of the model, and beside them those of the roofline and of the vendor's compiler.
[[nodiscard]] CellTable class_table(const ValidatedSet& set);
/// Rows that are furthest off, at most `count`; of a set of models all rows in their order.
[[nodiscard]] CellTable row_table(const ValidatedSet& set, std::size_t count);
/// "fitted: ..." or "unseen: ...", and where the rows come from.
[[nodiscard]] std::string use_sentence(const ValidatedSet& set);
/// One sentence per decision.
[[nodiscard]] std::vector<std::string> decision_sentences(const ValidatedSet& set,
                                                          const std::vector<std::string>& devices);

}  // namespace berth
