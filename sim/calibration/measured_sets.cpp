// Reads the manifest measured/PROFILE/validation.yaml: measurement files, their contents, and the fits that used them.
#include <fmt/format.h>

#include <algorithm>

#include "calibration/measured_rows.h"

namespace berth {

namespace {

namespace fs = std::filesystem;

std::optional<DeviceId> read_device(const YamlNode& node, const Profile& profile) {
    const auto name = node.text();
    const auto device = name ? device_named(profile, *name) : std::nullopt;
    if (name && !device) {
        std::vector<std::string> names;
        for (const Device& one : profile.devices) {
            names.push_back(one.name);
        }
        node.error(fmt::format("no device '{}'", *name), list_of(names), nearest_name(*name, names));
    }
    return device;
}

RowSource read_source(const YamlNode& node, RowForm form, const Profile& profile) {
    RowSource source;
    if (form != RowForm::kModelTotals) {
        source.device = read_device(node.require("device", "the device that ran these rows"), profile).value_or(0);
    }
    if (const auto clock = node.find("memory_clock")) {
        source.memory_clock = clock->quantity<Frequency>();
    }
    if (form == RowForm::kCompiledLayers) {
        const auto log = node.find("table");
        source.table = log ? log->text().value_or("") : "";
    }
    if (form == RowForm::kMatmulLibrary) {
        source.cores = static_cast<int>(node.require("cores").integer({1, 1024}).value_or(1));
        source.time = node.require("time", "the column that holds the time").text().value_or("");
        if (const auto below = node.find("below_m")) {
            source.below_m = below->integer({2, kLargestCount}).value_or(source.below_m);
        }
    }
    if (form == RowForm::kGeneration) {
        source.cores = static_cast<int>(node.require("cores").integer({1, 1024}).value_or(1));
        if (const auto models = node.find("models")) {
            for (const YamlNode& model : models->sequence()) {
                source.models.push_back(model.text().value_or(""));
            }
        }
    }
    return source;
}

void read_rows(const MeasuredTable& table, const RowSource& source, const Profile& profile, const Library& library,
               MeasuredSet& set) {
    switch (set.form) {
        case RowForm::kMatmulLibrary:
            read_library_rows(table, source, profile, set);
            return;
        case RowForm::kCompiledLayers:
            read_layer_rows(table, source, profile, set);
            return;
        case RowForm::kModelTotals:
            read_total_rows(table, source, profile, library, set);
            return;
        case RowForm::kGeneration:
            read_generation_rows(table, source, library, set);
            return;
        case RowForm::kMemory:
            read_memory_rows(table, source, set);
            return;
        case RowForm::kOperators:
            read_operator_rows(table, source, profile, set);
            return;
    }
}

std::optional<MeasuredSet> read_set(const YamlNode& node, const fs::path& folder, const Profile& profile,
                                    const Library& library) {
    const std::size_t errors_before = node.diagnostics().error_count();
    MeasuredSet set;
    set.name = node.require("name").text().value_or("");
    set.file = node.require("file").text().value_or("");
    const auto form = node.require("form").enumeration(kRowFormNames);
    set.use = node.require("use", "fitted or unseen").enumeration(kRowUseNames).value_or(RowUse::kUnknown);
    set.note = node.require("note", "what the rows are, and what was set with them").text().value_or("");
    if (const auto noise = node.find("call_noise")) {
        set.call_noise = noise->quantity<Time>().value_or(set.call_noise);
    }
    if (const auto noise = node.find("noise")) {
        set.noise = noise->quantity<double>().value_or(set.noise);
    }
    RowSource source;
    if (form) {
        set.form = *form;
        source = read_source(node, *form, profile);
        set.memory_clock = *form == RowForm::kModelTotals ? source.memory_clock : std::nullopt;
        if (const auto one = *form == RowForm::kCompiledLayers ? node.find("one_network") : std::nullopt) {
            set.one_network = one->boolean().value_or(false);
        }
    }
    node.reject_unknown_keys();
    if (node.diagnostics().error_count() != errors_before) {
        return std::nullopt;
    }
    if (const auto table = MeasuredTable::load(folder / set.file, node.diagnostics())) {
        read_rows(*table, source, profile, library, set);
    }
    return node.diagnostics().error_count() == errors_before ? std::optional(std::move(set)) : std::nullopt;
}

/// Columns of the library's times: the median of repetitions, or a single one.
constexpr std::string_view kMedian = "latency_us_median";
constexpr std::string_view kOneRun = "latency_us";

/// Columns that are specific to one form.
struct FormColumns {
    RowForm form;
    std::vector<std::string_view> columns;
};
const std::vector<FormColumns>& form_columns() {
    static const std::vector<FormColumns> kColumns{
        {RowForm::kOperators, {"op", "dtype", "measured_us"}},
        {RowForm::kMemory, {"access", "bytes", "measured_us"}},
        {RowForm::kCompiledLayers, {"op_type", "npu_mhz", "measured_us"}},
        {RowForm::kMatmulLibrary, {"ac_native_layout", kMedian}},
        {RowForm::kMatmulLibrary, {"ac_native_layout", kOneRun}},
        {RowForm::kGeneration, {"model", "ttft_ms", "decode_tokens_per_s"}},
        {RowForm::kModelTotals, {"model", "device", "measured_ms"}},
        {RowForm::kModelTotals, {"model", "dtype", "ms"}},
    };
    return kColumns;
}

std::optional<RowForm> form_of(const MeasuredTable& table, const fs::path& path) {
    const auto& known = form_columns();
    const auto found = std::find_if(known.begin(), known.end(), [&](const FormColumns& one) {
        return std::all_of(one.columns.begin(), one.columns.end(),
                           [&](std::string_view column) { return table.has(column); });
    });
    if (found != known.end()) {
        return found->form;
    }
    std::vector<std::string> forms;
    for (const FormColumns& one : known) {
        forms.push_back(fmt::format("{} ({})", choice_name(kRowFormNames, one.form), fmt::join(one.columns, ", ")));
    }
    table.diagnostics().error(SourceLocation(path.string(), 1, 1), "these columns are no form of measurements",
                              list_of(forms));
    return std::nullopt;
}

std::string rows_of(std::size_t count) { return fmt::format("{} {}", count, count == 1 ? "row" : "rows"); }

// Keeps the rows of one device, and says how many of the others are left out.
void keep_device(MeasuredSet& set, const fs::path& path, DeviceId device, const Profile& profile,
                 Diagnostics& diagnostics) {
    const auto name_of = [&profile](DeviceId id) { return profile.devices[static_cast<std::size_t>(id)].name; };
    std::vector<std::string> others;
    for (std::size_t at = 0; at < profile.devices.size(); ++at) {
        const auto id = static_cast<DeviceId>(at);
        const std::size_t removed =
            id == device ? 0 : std::erase_if(set.rows, [id](const MeasuredRow& row) { return row.device == id; });
        if (removed > 0) {
            others.push_back(fmt::format("{} of {}", rows_of(removed), name_of(id)));
        }
    }
    if (others.empty()) {
        return;
    }
    const std::string message =
        fmt::format("only rows of {} are read (--device): {} left out", name_of(device), fmt::join(others, ", "));
    if (set.rows.empty()) {
        diagnostics.error(SourceLocation(path.string()), message, "the device of the rows, or no --device");
    } else {
        diagnostics.warning(SourceLocation(path.string()), message);
    }
}

}  // namespace

std::optional<MeasuredSet> load_measured_file(const Library& library, const fs::path& path,
                                              std::optional<DeviceId> device, const Profile& profile,
                                              Diagnostics& diagnostics) {
    const std::size_t errors_before = diagnostics.error_count();
    const auto table = MeasuredTable::load(path, diagnostics);
    const auto form = table ? form_of(*table, path) : std::nullopt;
    if (!form) {
        return std::nullopt;
    }
    if (!device && (*form != RowForm::kModelTotals || !table->has("device")) && profile.devices.size() > 1) {
        diagnostics.error(SourceLocation("--device"), "which device ran these rows is not in the file",
                          "--device NAME");
        return std::nullopt;
    }
    MeasuredSet set;
    set.name = path.stem().string();
    set.file = path.filename().string();
    set.form = *form;
    set.use = RowUse::kUnknown;
    RowSource source;
    source.device = device.value_or(0);
    source.cores = profile.devices[static_cast<std::size_t>(source.device)].runtime.default_cores;
    source.time = table->has(kMedian) ? kMedian : kOneRun;
    read_rows(*table, source, profile, library, set);
    // Layers that an accelerator's graph ran on the host belong to its table; rows of models name the device that ran
    // them.
    if (device && *form == RowForm::kModelTotals && table->has("device")) {
        keep_device(set, path, *device, profile, diagnostics);
    }
    if (diagnostics.error_count() == errors_before && set.rows.empty()) {
        diagnostics.error(SourceLocation(path.string()), "it has no row that the profile can predict");
        for (const std::string& reason : set.left_out) {
            diagnostics.warning(SourceLocation(path.string()), reason);
        }
    }
    return diagnostics.error_count() == errors_before ? std::optional(std::move(set)) : std::nullopt;
}

std::optional<std::vector<MeasuredSet>> load_measured_sets(const Library& library, std::string_view hardware,
                                                           const Profile& profile, Diagnostics& diagnostics) {
    const std::size_t errors_before = diagnostics.error_count();
    const auto path = find_file(library, "hardware", hardware, SourceLocation("--hardware"), diagnostics);
    if (!path) {
        return std::nullopt;
    }
    const fs::path folder = path->parent_path() / "measured" / profile.name;
    if (!fs::is_regular_file(folder / "validation.yaml")) {
        diagnostics.error(SourceLocation("--hardware"),
                          fmt::format("{} has no measurements to compare with", profile.name),
                          fmt::format("a file {}", (folder / "validation.yaml").string()));
        return std::nullopt;
    }
    const auto document = YamlDocument::load(folder / "validation.yaml", diagnostics);
    if (!document) {
        return std::nullopt;
    }
    const YamlNode root = document->root(diagnostics);
    const YamlNode named = root.require("profile");
    if (const auto name = named.text(); name && *name != profile.name) {
        named.error(fmt::format("these are measurements of '{}'", *name), profile.name);
    }
    std::vector<MeasuredSet> sets;
    for (const YamlNode& node : root.require("sets").sequence()) {
        if (auto set = read_set(node, folder, profile, library)) {
            sets.push_back(std::move(*set));
        }
    }
    root.reject_unknown_keys();
    return diagnostics.error_count() == errors_before ? std::optional(std::move(sets)) : std::nullopt;
}

}  // namespace berth
