// Single operators, as written by importers of profiles.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "berth/calibration/kernel_rows.h"
#include "calibration/measured_rows.h"

namespace berth {

namespace {

constexpr std::string_view kMeasured = "measured_us";

bool same_word(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b,
                              [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// Reason why a row belongs to another runtime than the profile's; empty if it does not.
std::string other_runtime(const MeasuredTable& table, const CsvRow& row, const Device& device) {
    const std::string_view library = table.has("library") ? table.text(row, "library") : "";
    const std::string_view own = std::string_view(device.runtime.name).substr(0, device.runtime.name.find(' '));
    if (!library.empty() && !same_word(library, own)) {
        return fmt::format("it ran with {}, the profile's runtime is {}", library, device.runtime.name);
    }
    if (table.has("layout") && table.text(row, "layout") == choice_name(kMatrixLayoutNames, MatrixLayout::kNormal)) {
        return "the change of its layout is in the measured time and not in a kernel";
    }
    const bool fused = table.has("variant") && table.text(row, "variant") == "fused";
    return fused && !device.attention ? "it ran fused, which the profile's runtime does not do" : "";
}

// Stated sizes of an operator, as in `matmul 16x384x1536, 2 cores`.
std::string described(const KernelRow& row) {
    std::vector<std::string> sizes;
    const auto fields = size_fields(row.kind);
    const auto values = size_values(row.kind, row.dims);
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].required()) {
            sizes.push_back(fmt::format("{}", values[i]));
        }
    }
    return fmt::format("{} {}{}{}", traits(row.kind).name, fmt::join(sizes, "x"),
                       row.cores ? fmt::format(", {} core{}", *row.cores, *row.cores == 1 ? "" : "s") : "",
                       row.cache == CacheState::kCold ? ", cold" : "");
}

std::string name_of(const MeasuredTable& table, const CsvRow& row, const KernelRow& kernel) {
    for (const std::string_view column : {"operator", "name"}) {
        if (table.has(column) && !table.text(row, column).empty()) {
            return std::string(table.text(row, column));
        }
    }
    return described(kernel);
}

}  // namespace

void read_operator_rows(const MeasuredTable& table, const RowSource& source, const Profile& profile, MeasuredSet& set) {
    const Device& device = profile.devices[static_cast<std::size_t>(source.device)];
    const auto rows = read_kernel_rows(table.table(), device, table.diagnostics());
    for (std::size_t i = 0; rows && i < rows->size(); ++i) {
        const KernelRow& row = (*rows)[i];
        const CsvRow& cells = table.rows()[i];
        MeasuredRow measured;
        measured.name = name_of(table, cells, row);
        measured.op_class = fmt::format("{}{}", traits(row.kind).name, row.cache == CacheState::kCold ? ", cold" : "");
        measured.device = source.device;
        measured.measured = table.microseconds_in(cells, kMeasured);
        std::string why = other_runtime(table, cells, device);
        const auto kernel = why.empty() ? standalone_kernel(row, profile, source.device, why) : std::optional<Kernel>();
        if (!kernel) {
            set.left_out.push_back(fmt::format("{}: {}", measured.name, why));
            continue;
        }
        measured.dtype = kernel->input;
        measured.work = TimedKernel{*kernel, {row.cores.value_or(device.runtime.default_cores), row.clock}};
        measured.noise = table.noise(cells);
        set.rows.push_back(std::move(measured));
    }
}

}  // namespace berth
