// Reads measurement files.
#include "calibration/measured_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "berth/base/atomic_file.h"
#include "berth/base/quantity_text.h"
#include "berth/base/statistics.h"
#include "berth/importers/import_profile.h"
#include "berth/measure/measure.h"

namespace berth {

namespace {

template <class T>
std::optional<T> parsed(std::string_view text) {
    T value{};
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failure == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

constexpr std::array<std::string_view, 12> kTimedColumns{"pass",     "runs",    "pace",       "seen_mhz",
                                                         "least_us", "most_us", "quarter_us", "three_quarters_us",
                                                         "least_ms", "most_ms", "quarter_ms", "three_quarters_ms"};

// Plausible range of any measured value: times in ms or us, rates, cycles, bytes.
constexpr double kLeastMeasured = 1e-9;
constexpr double kMostMeasured = 1e15;

}  // namespace

std::optional<MeasuredTable> MeasuredTable::load(const std::filesystem::path& path, Diagnostics& diagnostics) {
    auto content = read_file(path, diagnostics);
    if (content && !is_rknn_table(*content) && (layer_report_of(*content) || content->starts_with("["))) {
        diagnostics.error(SourceLocation(path.string()), "a profile of another program states no sizes of operators",
                          fmt::format("the rows that 'berth import {} --model MODEL --out rows.csv' makes of it",
                                      path.filename().string()));
        return std::nullopt;
    }
    if (content && is_rknn_table(*content)) {
        const LayerTableFacts facts{path.stem().string(), std::nullopt, path.filename().string()};
        content = import_rknn_table(*content, path.string(), facts, diagnostics);
    }
    auto table = content ? parse_csv(*content, path.string(), diagnostics) : std::nullopt;
    if (!table) {
        return std::nullopt;
    }
    MeasuredTable read(std::move(*table), diagnostics);
    read.merge_passes();
    return read;
}

void MeasuredTable::merge_passes() {
    if (!has("pass")) {
        return;
    }
    std::vector<bool> timed;  // columns that differ between passes
    std::optional<std::size_t> time;
    for (const CsvCell& cell : table_.header.cells) {
        const bool is_time = cell.text == "measured_us" || cell.text == "measured_ms";
        time = is_time ? std::optional(timed.size()) : time;
        timed.push_back(is_time || std::ranges::find(kTimedColumns, cell.text) != kTimedColumns.end());
    }
    struct Group {
        std::size_t first;
        std::vector<double> undisturbed, disturbed;  // times of passes
    };
    const auto pace_at = table_.column("pace");
    std::map<std::string, Group> groups;
    for (std::size_t i = 0; i < table_.rows.size() && time; ++i) {
        std::string key;
        for (std::size_t c = 0; c < timed.size(); ++c) {
            key += timed[c] ? "" : table_.rows[i].cells[c].text + ",";
        }
        const auto value = parse_number(table_.rows[i].cells[*time].text);
        const auto seen = pace_at ? parse_number(table_.rows[i].cells[*pace_at].text) : std::nullopt;
        auto& group = groups.try_emplace(std::move(key), Group{i, {}, {}}).first->second;
        (seen.value_or(1) >= kUndisturbed ? group.undisturbed : group.disturbed).push_back(value.value_or(0));
    }
    std::vector<std::size_t> kept;
    for (const auto& [key, group] : groups) {
        kept.push_back(group.first);
        // A disturbance only lengthens a pass, so among disturbed passes the fastest is the best estimate.
        const double middle =
            group.undisturbed.empty() ? *std::ranges::min_element(group.disturbed) : *median(group.undisturbed);
        if (middle <= 0) {
            continue;
        }
        table_.rows[group.first].cells[*time].text = fmt::format("{:.6g}", middle);
        if (group.undisturbed.size() < 2) {
            continue;
        }
        double off = 0;
        for (const double one : group.undisturbed) {
            off += std::abs(one - middle) / middle / static_cast<double>(group.undisturbed.size());
        }
        noise_[table_.rows[group.first].where.line] = off;
    }
    std::ranges::sort(kept);
    std::vector<CsvRow> rows;
    for (const std::size_t i : kept) {
        rows.push_back(std::move(table_.rows[i]));
    }
    if (time) {
        table_.rows = std::move(rows);
    }
}

std::optional<double> MeasuredTable::noise(const CsvRow& row) const {
    const auto found = noise_.find(row.where.line);
    return found == noise_.end() ? std::nullopt : std::optional(found->second);
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
    const auto value = parse_number(found);
    if (!value || *value <= 0) {
        error(row, column, fmt::format("{} is '{}'", column, found), "a number greater than 0");
        return std::nullopt;
    }
    if (*value < kLeastMeasured || *value > kMostMeasured) {
        error(row, column, fmt::format("{} is '{}'", column, found),
              fmt::format("a number from {} to {}", kLeastMeasured, kMostMeasured));
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
