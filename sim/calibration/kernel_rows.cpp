// Parses CSV rows and `--shape` texts into operators with sizes, dtype, cores and clock.
#include "berth/calibration/kernel_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "berth/base/quantity_text.h"

namespace berth {

namespace {

constexpr std::string_view kShape = "shape";  // location shown in errors of make_dims
constexpr std::string_view kBatch = "batch";
constexpr std::string_view kRows = "rows";
constexpr std::string_view kOutRows = "out_rows";
constexpr std::string_view kTableRows = "table_rows";
constexpr std::array<std::string_view, 6> kOtherColumns{"op", "dtype", "layout", "cache", "cores", "clock_mhz"};
/// Columns of measurement files that are ignored here.
constexpr std::array<std::string_view, 14> kMeasuredColumns{
    "name", "operator", "measured_us", "least_us", "most_us", "quarter_us", "three_quarters_us",
    "runs", "source",   "library",     "variant",  "pass",    "pace",       "seen_mhz"};
constexpr std::array<std::string_view, 4> kAddedColumns{"predicted_us", "low_us", "high_us", "bound"};

bool is_field(OperatorKind kind, std::string_view name) {
    const auto fields = size_fields(kind);
    return std::any_of(fields.begin(), fields.end(), [name](const SizeField& field) { return field.name == name; });
}

// Product that is exact up to the largest count and larger than it otherwise.
std::int64_t times(std::int64_t a, std::int64_t b) {
    return b > 0 && a > kLargestCount / b ? kLargestCount + 1 : a * b;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
    const auto number = parse_number(text);
    if (!number || std::floor(*number) != *number || std::abs(*number) > static_cast<double>(kLargestCount)) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(*number);
}

std::vector<std::string> size_names() {
    std::set<std::string> names;
    for (const OperatorTraits& row : operator_table()) {
        for (const SizeField& field : row.sizes) {
            names.emplace(field.name);
        }
    }
    return {names.begin(), names.end()};
}

// Reads the rows of one table; each column is resolved once.
class RowReader {
  public:
    RowReader(const CsvTable& table, const Device& device, Diagnostics& diagnostics)
        : table_(table), device_(device), diagnostics_(diagnostics) {
        for (const std::string& name : size_names()) {
            if (const auto column = table.column(name)) {
                sizes_.emplace_back(name, *column);
            }
        }
    }

    [[nodiscard]] KernelRow read(const CsvRow& row) const {
        KernelRow kernel;
        kernel.where = row.where;
        const auto kind = choice(row, "op", operator_names(), true);
        kernel.dtype = choice(row, "dtype", kSchemeNames, true).value_or(DType::kFp32);
        kernel.layout = choice(row, "layout", kMatrixLayoutNames, false);
        kernel.cache = choice(row, "cache", kCacheStateNames, false).value_or(CacheState::kHot);
        kernel.cores = cores(row);
        kernel.clock = clock(row);
        if (!kind) {
            return kernel;
        }
        kernel.kind = *kind;
        if (kernel.layout && kernel.kind != OperatorKind::kMatmul) {
            not_needed(*cell(row, "layout"), *kind, "layout");
            kernel.layout.reset();
        }
        if (const auto dims = dims_of(*kind, sizes(row, *kind), row.where, diagnostics_)) {
            kernel.dims = *dims;
        }
        return kernel;
    }

  private:
    // Cell of a column; null if the column is missing or the cell is empty.
    [[nodiscard]] const CsvCell* cell(const CsvRow& row, std::string_view name) const {
        const auto column = table_.column(name);
        return column && !row.cells[*column].text.empty() ? &row.cells[*column] : nullptr;
    }

    void not_needed(const CsvCell& found, OperatorKind kind, std::string_view name) const {
        diagnostics_.warning(found.where,
                             fmt::format("{} has no {}: '{}' is not used", traits(kind).name, name, found.text));
    }

    template <class Table>
    [[nodiscard]] auto choice(const CsvRow& row, std::string_view name, const Table& table, bool required) const
        -> std::optional<decltype(table[0].value)> {
        const auto names = choice_names(table);
        const CsvCell* found = cell(row, name);
        if (found == nullptr) {
            if (required && table_.column(name)) {
                diagnostics_.error(row.cells[*table_.column(name)].where, fmt::format("the {} is missing", name),
                                   list_of(names));
            }
            return std::nullopt;
        }
        const auto value = choice_in_any_case(table, found->text);
        if (!value) {
            diagnostics_.error(found->where, fmt::format("unknown {} '{}'", name, found->text), list_of(names),
                               nearest_name(found->text, names));
        }
        return value;
    }

    [[nodiscard]] std::optional<int> cores(const CsvRow& row) const {
        const CsvCell* found = cell(row, "cores");
        const auto number = found != nullptr ? whole_number(found->text) : std::nullopt;
        if (found != nullptr && (!number || *number < 1 || *number > device_.cores())) {
            diagnostics_.error(found->where, fmt::format("'{}' is no number of cores", found->text),
                               fmt::format("1 to {}, the cores of {}", device_.cores(), device_.name));
            return std::nullopt;
        }
        return number ? std::optional(static_cast<int>(*number)) : std::nullopt;
    }

    [[nodiscard]] std::optional<Frequency> clock(const CsvRow& row) const {
        const CsvCell* found = cell(row, "clock_mhz");
        const auto number = found != nullptr ? parse_number(found->text) : std::nullopt;
        if (found != nullptr && (!number || *number <= 0)) {
            diagnostics_.error(found->where, fmt::format("'{}' is no clock in MHz", found->text),
                               "a number greater than 0");
            return std::nullopt;
        }
        if (number && !plausible_range(Frequency::kDimension).holds(in_hertz(megahertz(*number)))) {
            diagnostics_.error(found->where, fmt::format("'{}' MHz is out of range", found->text),
                               "a frequency " + range_text(Frequency::kDimension));
            return std::nullopt;
        }
        return number ? std::optional(megahertz(*number)) : std::nullopt;
    }

    [[nodiscard]] std::vector<GivenSize> sizes(const CsvRow& row, OperatorKind kind) const {
        std::vector<GivenSize> given;
        for (const auto& [name, column] : sizes_) {
            const CsvCell& found = row.cells[column];
            if (found.text.empty()) {
                continue;
            }
            if (!has_size(kind, name)) {
                not_needed(found, kind, name);
                continue;
            }
            const auto value = whole_number(found.text);
            if (!value) {
                diagnostics_.error(found.where, fmt::format("{} is '{}'", name, found.text), "a whole number");
            }
            // An invalid number has been reported; 1 in its place avoids a second error about a missing size.
            given.push_back({name, value.value_or(1), found.where});
        }
        return given;
    }

    const CsvTable& table_;
    const Device& device_;
    Diagnostics& diagnostics_;
    std::vector<std::pair<std::string, std::size_t>> sizes_;
};

void check_columns(const CsvTable& table, Diagnostics& diagnostics) {
    std::vector<std::string> known = size_names();
    known.insert(known.end(), kMeasuredColumns.begin(), kMeasuredColumns.end());
    known.insert(known.end(), kOtherColumns.begin(), kOtherColumns.end());
    for (const CsvCell& cell : table.header.cells) {
        if (std::find(kAddedColumns.begin(), kAddedColumns.end(), cell.text) != kAddedColumns.end()) {
            diagnostics.error(cell.where, fmt::format("column '{}' is there already", cell.text),
                              "a table without the columns that are added");
        } else if (std::find(known.begin(), known.end(), cell.text) == known.end()) {
            const std::string nearest = nearest_name(cell.text, known);
            if (nearest.empty()) {
                diagnostics.warning(cell.where, fmt::format("column '{}' is not read", cell.text));
            } else {
                diagnostics.error(cell.where, fmt::format("unknown column '{}'", cell.text), "", nearest);
            }
        }
    }
    for (const std::string_view required : {kOtherColumns[0], kOtherColumns[1]}) {
        if (!table.column(required)) {
            diagnostics.error(table.header.where, fmt::format("column '{}' is missing", required));
        }
    }
}

}  // namespace

bool has_size(OperatorKind kind, std::string_view name) {
    return is_field(kind, name) || (name == kBatch && is_field(kind, kRows));
}

std::optional<Dims> dims_of(OperatorKind kind, const std::vector<GivenSize>& sizes, const SourceLocation& where,
                            Diagnostics& diagnostics) {
    const auto given = [&sizes](std::string_view name) -> std::optional<std::int64_t> {
        const auto found =
            std::find_if(sizes.begin(), sizes.end(), [name](const GivenSize& size) { return size.name == name; });
        return found != sizes.end() ? std::optional(found->value) : std::nullopt;
    };
    const std::int64_t repeats = is_field(kind, kBatch) ? 1 : given(kBatch).value_or(1);
    if (repeats < 1) {
        diagnostics.error(where, fmt::format("{}: batch is {}", kShape, repeats), "1 or more");
        return std::nullopt;
    }
    std::vector<std::optional<std::int64_t>> values;
    for (const SizeField& field : size_fields(kind)) {
        auto value = given(field.name);
        if (value && (field.name == kRows || field.name == kOutRows)) {
            value = times(*value, repeats);
        }
        if (!value && field.name == kTableRows) {
            value = given(kRows);
        }
        values.push_back(value);
    }
    return make_dims(kind, values, kShape, where, diagnostics);
}

std::vector<GivenSize> parse_shape(OperatorKind kind, std::string_view text, Diagnostics& diagnostics) {
    const SourceLocation option("--shape", 1, 1);
    std::vector<std::string> known;
    for (const SizeField& field : size_fields(kind)) {
        known.emplace_back(field.name);
    }
    std::vector<GivenSize> sizes;
    for (std::size_t at = 0; !text.empty() && at <= text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        const std::string_view entry = text.substr(at, end - at);
        const std::size_t equals = entry.find('=');
        const std::string_view typed = entry.substr(0, equals);
        const auto field =
            std::ranges::find_if(known, [typed](const std::string& one) { return equal_ignoring_case(one, typed); });
        const std::string name = field != known.end() && !has_size(kind, typed) ? *field : std::string(typed);
        const auto value = equals == std::string_view::npos ? std::nullopt : whole_number(entry.substr(equals + 1));
        if (!value) {
            diagnostics.error(option.shifted(at), fmt::format("'{}' is no size", entry), "SIZE=NUMBER, such as m=128");
        } else if (!has_size(kind, name)) {
            diagnostics.error(option.shifted(at), fmt::format("{} has no size '{}'", traits(kind).name, name),
                              list_of(known), nearest_name(name, known));
        } else if (std::any_of(sizes.begin(), sizes.end(), [&](const GivenSize& one) { return one.name == name; })) {
            diagnostics.error(option.shifted(at), fmt::format("size '{}' is given twice", name));
        } else {
            sizes.push_back({name, *value, option.shifted(at)});
        }
        at = end + 1;
    }
    return sizes;
}

std::optional<std::vector<KernelRow>> read_kernel_rows(const CsvTable& table, const Device& device,
                                                       Diagnostics& diagnostics) {
    const std::size_t errors_before = diagnostics.error_count();
    check_columns(table, diagnostics);
    const RowReader reader(table, device, diagnostics);
    std::vector<KernelRow> rows;
    rows.reserve(table.rows.size());
    for (const CsvRow& row : table.rows) {
        rows.push_back(reader.read(row));
    }
    return diagnostics.error_count() == errors_before ? std::optional(std::move(rows)) : std::nullopt;
}

}  // namespace berth
