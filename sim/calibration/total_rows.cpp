// Whole models: one pass of each, with the length that the device paid for.
#include <fmt/format.h>

#include "berth/quantity_text.h"
#include "calibration/measured_rows.h"

namespace berth {

namespace {

std::optional<DeviceId> device_in(const MeasuredTable& table, const CsvRow& row, const Profile& profile) {
    const std::string name(table.text(row, "device"));
    const auto device = device_named(profile, name);
    if (!device) {
        std::vector<std::string> names;
        for (const Device& one : profile.devices) {
            names.push_back(one.name);
        }
        table.error(row, "device", fmt::format("no device '{}' in {}", name, profile.name), list_of(names));
    }
    return device;
}

// Tokens held, and the bucket; where one is not known, the other stands for it. Models of images have neither.
bool read_lengths(const MeasuredTable& table, const CsvRow& row, ModelStage& stage) {
    const bool has_tokens = !table.text(row, "tokens").empty();
    const bool has_bucket = !table.text(row, "bucket").empty();
    if (has_bucket) {
        stage.buckets = {table.count(row, "bucket")};
    }
    if (!has_tokens && !has_bucket && !depends_on_tokens(*stage.model.architecture)) {
        stage.tokens = {{1, 1}};
        return true;
    }
    if (!has_tokens && !has_bucket) {
        table.error(row, "tokens", "neither tokens nor a bucket are given", "the length that was paid for");
        return false;
    }
    stage.tokens = {{has_tokens ? table.count(row, "tokens") : stage.buckets.front(), 1}};
    return true;
}

// Whether handing the inputs and results over was timed too: yes, unless the row says otherwise.
bool without_handover(const MeasuredTable& table, const CsvRow& row) {
    constexpr std::string_view kColumn = "handover";
    if (!table.has(kColumn) || table.text(row, kColumn).empty() || table.text(row, kColumn) == "included") {
        return false;
    }
    if (table.text(row, kColumn) != "excluded") {
        table.error(row, kColumn, fmt::format("'{}' is not known here", table.text(row, kColumn)),
                    "included or excluded");
    }
    return true;
}

// The device's clock, where the table has one.
std::optional<Frequency> clock_in(const MeasuredTable& table, const CsvRow& row) {
    constexpr std::string_view kColumn = "clock_mhz";
    const auto clock = table.has(kColumn) ? table.number(row, kColumn) : std::nullopt;
    return clock ? std::optional(megahertz(*clock)) : std::nullopt;
}

std::string row_name(const MeasuredTable& table, const CsvRow& row, const Profile& profile, DeviceId device,
                     const ModelStage& stage) {
    std::string lengths;
    if (!stage.buckets.empty()) {
        lengths = fmt::format(", bucket of {}", stage.buckets.front());
    } else if (depends_on_tokens(*stage.model.architecture)) {
        lengths = fmt::format(", {} tokens", stage.tokens.front().tokens);
    }
    if (stage.clocks.contains(device)) {
        lengths += fmt::format(", {} core{} at {}", table.text(row, "cores"),
                               table.text(row, "cores") == "1" ? "" : "s", to_text(stage.clocks.at(device)));
    }
    return fmt::format("{} {} on {}{}", table.text(row, "model"), table.text(row, "dtype"),
                       profile.devices[static_cast<std::size_t>(device)].name, lengths);
}

}  // namespace

void read_total_rows(const MeasuredTable& table, const Profile& profile, const Library& library, MeasuredSet& set) {
    for (const CsvRow& row : table.rows()) {
        const auto device = device_in(table, row, profile);
        const auto dtype = dtype_in(table, row, "dtype");
        auto model = load_model(library, table.text(row, "model"), {}, table.where(row, "model"), table.diagnostics());
        if (!device || !dtype || !model) {
            continue;
        }
        ModelStage stage;
        stage.model = std::move(*model);
        if (!read_lengths(table, row, stage)) {
            continue;
        }
        stage.precision.dtype = *dtype;
        stage.batch = table.count(row, "batch");
        stage.cores[*device] = static_cast<int>(table.count(row, "cores"));
        if (const auto clock = clock_in(table, row)) {
            stage.clocks[*device] = *clock;
        }
        MeasuredRow measured;
        measured.name = row_name(table, row, profile, *device, stage);
        measured.op_class = stage.model.name;
        measured.dtype = *dtype;
        measured.device = *device;
        measured.measured = milliseconds(table.number(row, "measured_ms").value_or(0));
        if (measured.measured <= Time{}) {
            table.error(row, "measured_ms", "no time is given", "milliseconds of one pass");
        }
        measured.work = std::move(stage);
        measured.without_handover = without_handover(table, row);
        measured.noise = table.noise(row);
        set.rows.push_back(std::move(measured));
    }
}

}  // namespace berth
