// Serialised rows of a sweep, for the transfer from the computing threads and processes to the writer of a database.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "berth/analysis/sweep.h"

namespace berth {

/// Nothing, a Boolean, a number rounded to the digits of files, or a text.
using RowCell = std::variant<std::monostate, bool, double, std::string_view>;

/// Appends the cells of a row, with axis values as texts. Thread-safe.
void pack_row(const Sweep& sweep, std::size_t at, const SweepPoint& point, std::string& bytes);

/// Reads cells from bytes that pack_row() wrote; the bytes must outlive the cells.
class PackedCells {
  public:
    explicit PackedCells(std::string_view bytes) : left_(bytes) {}
    [[nodiscard]] bool over() const { return left_.empty(); }
    [[nodiscard]] RowCell next();

  private:
    std::string_view left_;
};

}  // namespace berth
