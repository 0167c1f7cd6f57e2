// Whole models: one pass each, at the length that the device computed.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "berth/base/quantity_text.h"
#include "calibration/measured_rows.h"
#include "calibration/read_models.h"
#include "graph/batch_rule.h"

namespace berth {

namespace {

// Text of a column that a table of networks may lack.
std::string_view text_if(const MeasuredTable& table, const CsvRow& row, std::string_view column) {
    return table.has(column) ? table.text(row, column) : std::string_view{};
}
std::int64_t count_if(const MeasuredTable& table, const CsvRow& row, std::string_view column) {
    return text_if(table, row, column).empty() ? 1 : table.count(row, column);
}

// Name of the time column: `ms` in tables by users who time their own networks.
std::string_view time_column(const MeasuredTable& table) { return table.has("ms") ? "ms" : "measured_ms"; }

// Device of a row, or the caller's if the table has no such column.
std::optional<DeviceId> device_in(const MeasuredTable& table, const CsvRow& row, const RowSource& source,
                                  const Profile& profile) {
    if (!table.has("device")) {
        return source.device;
    }
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

// Warns of lengths of a model whose inputs have one size.
void read_no_lengths(const MeasuredTable& table, const CsvRow& row, ModelStage& stage) {
    for (const std::string_view column : {"tokens", "bucket"}) {
        if (!text_if(table, row, column).empty()) {
            table.diagnostics().warning(table.where(row, column),
                                        fmt::format("no effect: {} has inputs of one size", stage.model.name));
        }
    }
    stage.tokens = {{1, 1}};
}

// Tokens and bucket; if only one is known, it stands for both. Image models have neither.
bool read_lengths(const MeasuredTable& table, const CsvRow& row, ModelStage& stage) {
    if (!depends_on_tokens(*stage.model.architecture)) {
        read_no_lengths(table, row, stage);
        return true;
    }
    const bool has_tokens = !text_if(table, row, "tokens").empty();
    const bool has_bucket = !text_if(table, row, "bucket").empty();
    if (!has_tokens && !has_bucket) {
        table.error(row, "tokens", "neither tokens nor a bucket are given", "the length that was paid for");
        return false;
    }
    if (has_bucket) {
        stage.buckets = {table.count(row, "bucket")};
    }
    stage.tokens = {{has_tokens ? table.count(row, "tokens") : stage.buckets.front(), 1}};
    const std::int64_t computed = std::max(stage.tokens.front().tokens, has_bucket ? stage.buckets.front() : 1);
    if (const auto longest = longest_input(stage.model); longest && computed > *longest) {
        table.error(row, has_bucket ? "bucket" : "tokens",
                    fmt::format("{} has no inputs of {} tokens", stage.model.name, computed),
                    fmt::format("at most {}", *longest));
        return false;
    }
    return true;
}

// Whether the time excludes the hand-over of inputs and results; included unless the row says otherwise.
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

// Clock of the device, if the table has one.
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

void read_total_rows(const MeasuredTable& table, const RowSource& source, const Profile& profile,
                     const Library& library, MeasuredSet& set) {
    const std::string_view time = time_column(table);
    ReadModels models(library);
    for (const CsvRow& row : table.rows()) {
        const auto device = device_in(table, row, source, profile);
        const auto dtype = dtype_in(table, row, "dtype");
        const Model* model = models.of(table, row);
        if (!device || !dtype || model == nullptr) {
            continue;
        }
        ModelStage stage;
        stage.model = *model;
        stage.model.where = table.where(row, "dtype");  // a device that does not run it does not in this dtype
        if (!read_lengths(table, row, stage)) {
            continue;
        }
        stage.precision.dtype = *dtype;
        stage.batch = count_if(table, row, "batch");
        if (const auto refusal = batch_refusal(stage.model, stage.batch)) {
            table.error(row, "batch", refusal->message, refusal->expected);
            continue;
        }
        if (!text_if(table, row, "cores").empty()) {
            stage.cores[*device] = static_cast<int>(table.count(row, "cores"));
        }
        if (const auto clock = clock_in(table, row)) {
            stage.clocks[*device] = *clock;
        }
        MeasuredRow measured;
        measured.name = row_name(table, row, profile, *device, stage);
        measured.op_class = stage.model.name;
        measured.dtype = *dtype;
        measured.device = *device;
        measured.measured = milliseconds(table.number(row, time).value_or(0));
        if (table.text(row, time).empty()) {
            table.error(row, time, "no time is given", "milliseconds of one pass");
        }
        measured.work = std::move(stage);
        measured.without_handover = without_handover(table, row);
        measured.noise = table.noise(row);
        set.rows.push_back(std::move(measured));
    }
}

}  // namespace berth
