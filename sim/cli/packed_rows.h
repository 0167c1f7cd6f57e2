// Rows of a sweep as values: on their way from those who compute them, also in other processes, to the one who writes
// them to a database.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "berth/sweep.h"

namespace berth {

/// Nothing, a truth, a number with the digits that files have, a text.
using RowCell = std::variant<std::monostate, bool, double, std::string_view>;

/// Adds the cells of a row, the values of its axes as texts. Several threads may do so at once.
void pack_row(const Sweep& sweep, std::size_t at, const SweepPoint& point, std::string& bytes);

/// Takes cells out again, of bytes that outlive them and that pack_row() made.
class PackedCells {
  public:
    explicit PackedCells(std::string_view bytes) : left_(bytes) {}
    [[nodiscard]] bool over() const { return left_.empty(); }
    [[nodiscard]] RowCell next();

  private:
    std::string_view left_;
};

}  // namespace berth
