// Calls of a runtime's matmul library.
#include <fmt/format.h>

#include "calibration/measured_rows.h"

namespace berth {

namespace {

constexpr std::string_view kNative = "1";

bool native(const MeasuredTable& table, const CsvRow& row) {
    return table.text(row, "ac_native_layout") == kNative && table.text(row, "b_native_layout") == kNative;
}

// A call that was made once found nothing in the caches, nor the device awake.
CacheState cache_of(const MeasuredTable& table, const CsvRow& row) {
    return table.has("reps") && table.count(row, "reps") == 1 ? CacheState::kCold : CacheState::kHot;
}

}  // namespace

std::optional<DType> dtype_in(const MeasuredTable& table, const CsvRow& row, std::string_view column) {
    const auto dtype = choice_named(kDTypeNames, table.text(row, column));
    if (!dtype && table.has(column)) {
        std::vector<std::string> names;
        for (const auto& choice : kDTypeNames) {
            names.emplace_back(choice.name);
        }
        table.error(row, column, fmt::format("unknown dtype '{}'", table.text(row, column)), list_of(names));
    }
    return dtype;
}

void read_library_rows(const MeasuredTable& table, const RowSource& source, const Profile& profile, MeasuredSet& set) {
    std::size_t other_layout = 0;
    for (const CsvRow& row : table.rows()) {
        MatmulDims dims;
        dims.m = table.count(row, "m");
        dims.k = table.count(row, "k");
        dims.n = table.count(row, "n");
        const auto dtype = dtype_in(table, row, "dtype_in");
        if (!dtype || dims.m >= source.below_m) {
            continue;
        }
        if (!native(table, row)) {
            ++other_layout;
            continue;
        }
        MeasuredRow measured;
        measured.name = fmt::format("m={},k={},n={}", dims.m, dims.k, dims.n);
        measured.op_class = traits(OperatorKind::kMatmul).name;
        measured.dtype = *dtype;
        measured.device = source.device;
        measured.measured = table.microseconds_in(row, source.time);
        std::string why;
        const auto kernel =
            standalone_kernel({OperatorKind::kMatmul, dims, *dtype, MatrixLayout::kNative, cache_of(table, row)},
                              profile, source.device, why);
        if (kernel && kernel->input != *dtype) {  // a call was timed at its own dtype, not at the nearest supported one
            why = fmt::format("the profile has no {} matmul", choice_name(kDTypeNames, *dtype));
        }
        if (!kernel || !why.empty()) {
            set.left_out.push_back(fmt::format("{}: {}", measured.name, why));
            continue;
        }
        measured.work = TimedKernel{*kernel, {source.cores, std::nullopt, source.memory_clock}};
        set.rows.push_back(std::move(measured));
    }
    if (other_layout > 0) {
        set.left_out.push_back(fmt::format("{} call{} of another layout than the library's own", other_layout,
                                           other_layout == 1 ? "" : "s"));
    }
}

}  // namespace berth
