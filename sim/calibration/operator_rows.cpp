// Operators one by one, as importers of profiles write them.
#include <fmt/format.h>

#include "berth/kernel_rows.h"
#include "calibration/measured_rows.h"

namespace berth {

namespace {

constexpr std::string_view kMeasured = "measured_us";

std::string name_of(const MeasuredTable& table, const CsvRow& row) {
    for (const std::string_view column : {"operator", "name"}) {
        if (table.has(column) && !table.text(row, column).empty()) {
            return std::string(table.text(row, column));
        }
    }
    return row.where.text();
}

}  // namespace

void read_operator_rows(const MeasuredTable& table, const RowSource& source, const Profile& profile, MeasuredSet& set) {
    const Device& device = profile.devices[static_cast<std::size_t>(source.device)];
    const auto rows = read_kernel_rows(table.table(), device, table.diagnostics());
    for (std::size_t i = 0; rows && i < rows->size(); ++i) {
        const KernelRow& row = (*rows)[i];
        const CsvRow& cells = table.rows()[i];
        const bool library_call = row.layout.has_value();
        MeasuredRow measured;
        measured.name = name_of(table, cells);
        measured.op_class = traits(row.kind).name;
        measured.device = source.device;
        measured.measured = table.microseconds_in(cells, kMeasured);
        std::string why;
        const auto kernel =
            standalone_kernel(row.kind, row.dims, row.dtype, library_call, profile, source.device, &why);
        if (!kernel) {
            set.left_out.push_back(fmt::format("{}: {}", measured.name, why));
            continue;
        }
        measured.dtype = kernel->input;
        measured.work =
            TimedKernel{*kernel, {row.cores.value_or(device.runtime.default_cores), row.clock}, library_call};
        set.rows.push_back(std::move(measured));
    }
}

}  // namespace berth
