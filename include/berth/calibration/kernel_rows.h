// Single operators as the command line and CSV files describe them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/base/csv.h"
#include "berth/cost/plan.h"
#include "berth/graph/operators.h"
#include "berth/hardware/profile.h"

namespace berth {

/// One operator to predict.
struct KernelRow : StandaloneOperator {
    std::optional<int> cores;        ///< absent: the runtime's default
    std::optional<Frequency> clock;  ///< absent: the profile's
    SourceLocation where;
};

/// A size as it was given, with its place.
struct GivenSize {
    std::string name;
    std::int64_t value = 0;
    SourceLocation where;
};

/// Dims from named sizes. For a kind without the size `batch`, it multiplies the rows; the table size of an embedding
/// is optional, since its time does not depend on it. Sizes that the kind does not have are ignored.
[[nodiscard]] std::optional<Dims> dims_of(OperatorKind kind, const std::vector<GivenSize>& sizes,
                                          const SourceLocation& where, Diagnostics& diagnostics);
/// Whether dims_of() reads a size of this name for the kind.
[[nodiscard]] bool has_size(OperatorKind kind, std::string_view name);

/// Parses `m=128,k=384,n=1536` as sizes of the kind; an error for each invalid entry.
[[nodiscard]] std::vector<GivenSize> parse_shape(OperatorKind kind, std::string_view text, Diagnostics& diagnostics);

/// Reads the rows of a table with the columns op, dtype, layout, cache, cores, clock_mhz and the sizes of operators, in
/// any order. Errors: an unknown operator, dtype or layout, a bad number, a missing size, more cores than `device` has.
/// Warnings: a value that the operator does not use, a column that is neither read nor one of measurements.
[[nodiscard]] std::optional<std::vector<KernelRow>> read_kernel_rows(const CsvTable& table, const Device& device,
                                                                     Diagnostics& diagnostics);

}  // namespace berth
