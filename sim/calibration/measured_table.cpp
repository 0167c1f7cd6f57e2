// Reads files of measurements.
#include "calibration/measured_table.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "berth/atomic_file.h"

namespace berth {

namespace {

template <class T>
std::optional<T> parsed(std::string_view text) {
    T value{};
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failure == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

}  // namespace

std::optional<MeasuredTable> MeasuredTable::load(const std::filesystem::path& path, Diagnostics& diagnostics) {
    const auto content = read_file(path, diagnostics);
    auto table = content ? parse_csv(*content, path.string(), diagnostics) : std::nullopt;
    return table ? std::optional(MeasuredTable(std::move(*table), diagnostics)) : std::nullopt;
}

std::string_view MeasuredTable::text(const CsvRow& row, std::string_view column) const {
    const auto at = table_.column(column);
    if (!at) {
        diagnostics_->error(table_.header.where, fmt::format("column '{}' is missing", column));
        return {};
    }
    return row.cells[*at].text;
}

SourceLocation MeasuredTable::where(const CsvRow& row, std::string_view column) const {
    const auto at = table_.column(column);
    return at ? row.cells[*at].where : row.where;
}

std::optional<double> MeasuredTable::number(const CsvRow& row, std::string_view column) const {
    const std::string_view found = text(row, column);
    if (found.empty()) {
        return std::nullopt;
    }
    const auto value = parsed<double>(found);
    if (!value || !std::isfinite(*value) || *value <= 0) {
        error(row, column, fmt::format("{} is '{}'", column, found), "a number greater than 0");
        return std::nullopt;
    }
    return value;
}

std::int64_t MeasuredTable::count(const CsvRow& row, std::string_view column) const {
    const std::string_view found = text(row, column);
    const auto value = parsed<std::int64_t>(found);
    if (has(column) && (!value || *value < 1)) {
        error(row, column, fmt::format("{} is '{}'", column, found), "a whole number of at least 1");
    }
    return value && *value >= 1 ? *value : 1;
}

Time MeasuredTable::microseconds_in(const CsvRow& row, std::string_view column) const {
    if (text(row, column).empty() && has(column)) {
        error(row, column, fmt::format("{} is empty", column), "the time that was measured");
    }
    return microseconds(number(row, column).value_or(0));
}

void MeasuredTable::error(const CsvRow& row, std::string_view column, std::string message, std::string expected) const {
    diagnostics_->error(where(row, column), std::move(message), std::move(expected));
}

}  // namespace berth
