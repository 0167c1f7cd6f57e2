// berth import: models and measurements from files of other programs.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <stdexcept>

#include "berth/analysis/latency_curve.h"
#include "berth/base/atomic_file.h"
#include "berth/base/quantity_text.h"
#include "berth/importers/import_config.h"
#include "berth/importers/import_onnx.h"
#include "berth/importers/import_profile.h"
#include "berth/importers/import_tflite.h"
#include "cli/command.h"
#include "cli/data_folders.h"
#include "graph/batch_rule.h"
#include "importers/foreign_files.h"
#include "scenario/load_parts.h"

namespace berth {

namespace {

struct ImportOptions {
    std::string file, out, name, part, model, clock, dtype;
    std::vector<std::string> dims;
    std::optional<std::int64_t> tokens, batch, iterations;
    std::optional<int> cores;
    bool allow_unknown = false;
};

enum class SourceKind : std::uint8_t { kConfig, kOnnx, kTflite, kOrtProfile, kLayerReport, kLayerTable };

std::vector<Architecture> shipped_architectures(const Library& library, Diagnostics& diagnostics) {
    std::vector<Architecture> architectures;
    for (const ShippedFile& file : shipped_files(library, "models/architectures")) {
        const auto document = YamlDocument::load(file.path, diagnostics);
        auto architecture = document ? read_architecture(document->root(diagnostics)) : std::nullopt;
        if (architecture) {
            architectures.push_back(std::move(*architecture));
        }
    }
    return architectures;
}

// Name of the model; by default that of the output file.
std::string name_of(const ImportOptions& options) {
    return options.name.empty() ? std::filesystem::path(options.out).stem().string() : options.name;
}

// Parses `sequence=128`: a size per dimension name, each name once.
DimSizes read_dims(const std::vector<std::string>& texts, Diagnostics& diagnostics) {
    DimSizes dims;
    for (const std::string& text : texts) {
        const std::size_t equals = text.rfind('=');
        std::int64_t size = 0;
        const char* start = text.data() + (equals == std::string::npos ? 0 : equals + 1);
        const char* end = text.data() + text.size();
        const auto [last, failure] = std::from_chars(start, end, size);
        if (equals == std::string::npos || equals == 0 || failure != std::errc() || last != end || size < 0 ||
            size > kLargestCount) {
            diagnostics.error(SourceLocation("--dim"), fmt::format("'{}' gives no size to a dimension", text),
                              "NAME=SIZE, such as sequence=128, or INPUT:AXIS=SIZE");
        } else if (!dims.emplace(text.substr(0, equals), size).second) {
            diagnostics.error(SourceLocation("--dim"), fmt::format("'{}' is given twice", text.substr(0, equals)));
        }
    }
    return dims;
}

std::optional<std::string> imported_config(const ImportOptions& options, const Library& library,
                                           Diagnostics& diagnostics) {
    const auto document = YamlDocument::load(options.file, diagnostics);
    if (!document) {
        return std::nullopt;
    }
    const auto architectures = shipped_architectures(library, diagnostics);
    const auto config = import_config(document->root(diagnostics), architectures, name_of(options), options.part);
    return config ? std::optional(config->yaml) : std::nullopt;
}

// The imported text, and a summary that is printed if the text goes to a file.
struct Imported {
    std::string text, summary;
};

// `, int8 by int8 (53)`: operand dtypes of products with their counts, if the file states them.
std::string products_text(const NetworkImport& import) {
    std::string text;
    for (const auto& [dtypes, count] : import.products) {
        text += fmt::format("{}{} ({})", text.empty() ? "; products: " : ", ", dtypes, count);
    }
    return text;
}

// An ONNX or TFLite model with the given sizes.
std::optional<NetworkImport> network_in(const std::filesystem::path& path, const ImportOptions& options,
                                        const DimSizes& dims, Diagnostics& diagnostics) {
    const NetworkOptions asked{dims, options.iterations, options.allow_unknown, options.part};
    return diagnostics.has_errors()        ? std::nullopt
           : path.extension() == ".tflite" ? import_tflite(path, asked, diagnostics)
                                           : import_onnx(path, asked, diagnostics);
}

std::optional<Imported> imported_network(const ImportOptions& options, Diagnostics& diagnostics) {
    const std::filesystem::path path(options.file);
    const DimSizes dims = read_dims(options.dims, diagnostics);
    const auto import = network_in(path, options, dims, diagnostics);
    if (!import) {
        return std::nullopt;
    }
    const std::string name = name_of(options);
    std::string source = "import of " + path.filename().string();
    for (const auto& [dim, size] : dims) {
        source += fmt::format(", {}={}", dim, size);
    }
    source += products_text(*import);
    return Imported{written_model(*import, name.empty() ? path.stem().string() : name, source),
                    fmt::format("{}: {}{}\n", options.out, sums_text(import->graph), products_text(*import))};
}

// Options that do not apply to this kind of file are errors.
void refuse_others(const ImportOptions& options, SourceKind kind, Diagnostics& diagnostics) {
    const bool report = kind == SourceKind::kLayerReport;
    const bool profile = report || kind == SourceKind::kOrtProfile;
    const auto refuse = [&](std::string_view option, bool given, bool fits, std::string_view fitting) {
        if (given && !fits) {
            diagnostics.error(SourceLocation(std::string(option)), fmt::format("it does not apply to {}", options.file),
                              std::string(fitting));
        }
    };
    constexpr std::string_view kProfile = "a profile of ONNX Runtime, OpenVINO, QNN or Vela";
    constexpr std::string_view kNetwork = "an ONNX or TFLite model";
    const bool network =
        kind == SourceKind::kOnnx || kind == SourceKind::kTflite || (profile && is_network_file(options.model));
    refuse("--part", !options.part.empty(), kind == SourceKind::kConfig || kind == SourceKind::kTflite,
           "a configuration or a TFLite model");
    refuse("--dim", !options.dims.empty(), network, kNetwork);
    refuse("--iterations", options.iterations.has_value(), network, kNetwork);
    refuse("--allow-unknown", options.allow_unknown, network, kNetwork);
    refuse("--model", !options.model.empty(), profile, kProfile);
    refuse("--tokens", options.tokens.has_value(), profile && !options.model.empty(), "a profile, with --model");
    refuse("--batch", options.batch.has_value(), profile && !options.model.empty(), "a profile, with --model");
    for (const auto& [option, given] :
         {std::pair("--tokens", options.tokens.has_value()), {"--batch", options.batch.has_value()}}) {
        if (given && is_network_file(options.model)) {
            diagnostics.error(SourceLocation(std::string(option)),
                              fmt::format("it does not apply to {}, which names its sizes itself", options.model),
                              "--dim NAME=SIZE or --dim INPUT:AXIS=SIZE");
        }
    }
    refuse("--cores", options.cores.has_value(), profile, kProfile);
    refuse("--clock", !options.clock.empty(), report || kind == SourceKind::kLayerTable,
           "a layer table of the RKNN runtime, QNN or Vela");
    refuse("--dtype", !options.dtype.empty(), report, "a layer table of QNN, OpenVINO or Vela");
}

// Reports the omitted parts of a profile, the slowest first.
void tell_left_out(const ProfileImport& import, const std::string& file, bool matched, Diagnostics& diagnostics) {
    auto left_out = import.not_operators;
    std::stable_sort(left_out.begin(), left_out.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    Time left{};
    std::vector<std::string> names;
    for (const auto& [op, time] : left_out) {
        left = left + time;
        names.push_back(op);
    }
    Time all = left;
    Time without_sizes{};
    for (const ProfiledStep& step : import.steps) {
        all = all + step.median;
        without_sizes = without_sizes + (step.dims ? Time{} : step.median);
    }
    if (!names.empty()) {
        diagnostics.warning(SourceLocation(file), fmt::format("left out, {} of the time: {}", percent_text(left / all),
                                                              fmt::join(names, ", ")));
    }
    if (without_sizes > Time{}) {
        diagnostics.warning(
            SourceLocation(file),
            fmt::format("left out, {} of the time: steps whose sizes the profile does not state{}",
                        percent_text(without_sizes / all), matched ? " and that match no operator of the model" : ""),
            matched ? "" : "--model MODEL, which states them");
    }
}

// The profiled graph, named after its model.
std::optional<Graph> profiled_graph(const ImportOptions& options, const Library& library, Diagnostics& diagnostics) {
    if (is_network_file(options.model)) {
        auto network = network_in(options.model, options, read_dims(options.dims, diagnostics), diagnostics);
        if (!network) {
            return std::nullopt;
        }
        network->graph.name = std::filesystem::path(options.model).stem().string();
        return std::move(network->graph);
    }
    const auto model = load_model(library, options.model, {}, SourceLocation("--model"), diagnostics);
    const auto tokens = options.tokens || !model ? options.tokens : longest_input(*model);
    if (const auto refusal = model ? batch_refusal(*model, options.batch.value_or(1)) : std::nullopt) {
        diagnostics.error(SourceLocation("--batch"), refusal->message, refusal->expected);
        return std::nullopt;
    }
    return model ? instantiate(*model, {options.batch.value_or(1), tokens.value_or(1), 0}, diagnostics) : std::nullopt;
}

// Matches the profile with the model's operators, and reports the number of matches.
bool match_with_model(ProfileImport& import, const ImportOptions& options, const Library& library,
                      Diagnostics& diagnostics) {
    const auto graph = profiled_graph(options, library, diagnostics);
    if (!graph) {
        return false;
    }
    const std::size_t matched = match_operators(import, *graph);
    if (matched == 0) {
        diagnostics.error(
            SourceLocation("--model"),
            fmt::format("no step of {} matches the kind and sizes of an operator of {}", options.file, graph->name),
            "the profiled model, with its --tokens and --batch");
        return false;
    }
    diagnostics.warning(SourceLocation(options.file),
                        fmt::format("{} of {} steps match operators of {}, which has {}", matched, import.steps.size(),
                                    graph->name, graph->operators.size()));
    return true;
}

// Rows of the profile's steps, with the sizes of the model if one is given.
std::optional<std::string> rows_of_profile(std::optional<ProfileImport> import, const ImportOptions& options,
                                           const Library& library, Diagnostics& diagnostics) {
    const bool matched = !options.model.empty();
    if (import && !import->states_sizes && !matched) {
        diagnostics.error(SourceLocation(options.file), "it names layers and does not state their sizes",
                          "--model MODEL, which states them: the ONNX or TFLite file that ran, or a model file");
        return std::nullopt;
    }
    if (!import || (matched && !match_with_model(*import, options, library, diagnostics))) {
        return std::nullopt;
    }
    tell_left_out(*import, options.file, matched, diagnostics);
    return measured_rows_csv(*import, options.cores, std::filesystem::path(options.file).filename().string());
}

// The given clock; absent if none was given, or, with errors, if it is invalid.
std::optional<Frequency> asked_clock(const ImportOptions& options, Diagnostics& diagnostics) {
    return options.clock.empty() ? std::nullopt : read_clock(options.clock, diagnostics);
}

std::optional<std::string> imported_report(const ImportOptions& options, const std::string& text,
                                           const Library& library, Diagnostics& diagnostics) {
    const LayerReport kind = *layer_report_of(text);
    const auto dtype =
        options.dtype.empty() ? std::nullopt : choice_in_any_case(kDTypeNames, std::string_view(options.dtype));
    if (!options.dtype.empty() && !dtype) {
        diagnostics.error(SourceLocation("--dtype"), fmt::format("unknown dtype '{}'", options.dtype),
                          list_of(choice_names(kDTypeNames)), nearest_name(options.dtype, choice_names(kDTypeNames)));
    }
    const LayerReportFacts facts{asked_clock(options, diagnostics), dtype};
    if (diagnostics.has_errors()) {
        return std::nullopt;
    }
    if (kind == LayerReport::kVela) {
        diagnostics.warning(SourceLocation(options.file), "its cycles are the compiler's estimates, not measurements");
    }
    return rows_of_profile(import_layer_report(text, kind, options.file, facts, diagnostics), options, library,
                           diagnostics);
}

std::optional<std::string> imported_table(const ImportOptions& options, const std::string& text,
                                          Diagnostics& diagnostics) {
    const std::filesystem::path path(options.file);
    if (options.clock.empty()) {
        diagnostics.error(SourceLocation("--clock"), "the table does not state the clock", "--clock such as 1000MHz");
        return std::nullopt;
    }
    const auto clock = asked_clock(options, diagnostics);
    if (!clock) {
        return std::nullopt;
    }
    const std::string name = name_of(options);
    const LayerTableFacts facts{name.empty() ? path.stem().string() : name, in_megahertz(*clock),
                                path.filename().string()};
    return import_rknn_table(text, options.file, facts, diagnostics);
}

// Whether a text is the CSV that import_rknn_table() writes, or others' rows in its form.
bool is_measured_layers(std::string_view text) {
    const std::string_view header = text.substr(0, text.find('\n'));
    return header.find("op_type,") != std::string_view::npos && header.find("measured_us") != std::string_view::npos;
}

std::optional<SourceKind> kind_of(const ImportOptions& options, const std::optional<std::string>& text,
                                  Diagnostics& diagnostics) {
    if (!text) {
        return std::nullopt;
    }
    if (is_rknn_table(*text)) {  // checked first, because RKNN logs may also start with a bracket
        return SourceKind::kLayerTable;
    }
    if (layer_report_of(*text)) {
        return SourceKind::kLayerReport;
    }
    if (is_measured_layers(*text)) {
        diagnostics.error(SourceLocation(options.file), "these layers are rows of measurements already",
                          fmt::format("'berth validate --measured {}', which takes them as they are", options.file));
        return std::nullopt;
    }
    const std::size_t start = text->find_first_not_of(" \t\r\n");
    if (start != std::string::npos && std::string_view(*text).substr(start).starts_with("[ INFO ]")) {
        diagnostics.error(SourceLocation(options.file), "this is what OpenVINO's benchmark_app prints",
                          "the table that it writes: benchmark_app -report_type detailed_counters, "
                          "benchmark_detailed_counters_report.csv");
        return std::nullopt;
    }
    if (start != std::string::npos && (*text)[start] == '[') {
        return SourceKind::kOrtProfile;
    }
    const auto extension = std::filesystem::path(options.file).extension();
    if ((start != std::string::npos && (*text)[start] == '{') || extension == ".yaml" || extension == ".yml") {
        return SourceKind::kConfig;
    }
    diagnostics.error(SourceLocation(options.file), "unknown file format",
                      "a Hugging Face config.json, an ONNX model (.onnx), a TFLite model (.tflite), an ONNX Runtime "
                      "profile (JSON) or a layer table of RKNN, OpenVINO, QNN or Vela");
    return std::nullopt;
}

std::optional<SourceKind> kind_of_network(const std::filesystem::path& file) {
    const std::filesystem::path extension = file.extension();
    return extension == ".onnx"     ? std::optional(SourceKind::kOnnx)
           : extension == ".tflite" ? std::optional(SourceKind::kTflite)
                                    : std::nullopt;
}

std::optional<Imported> as_text(std::optional<std::string> text) {
    return text ? std::optional(Imported{std::move(*text), ""}) : std::nullopt;
}

std::optional<Imported> imported(const ImportOptions& options, const Library& library, Diagnostics& diagnostics) {
    // Models may be large and are not read into memory as a whole.
    const auto network = kind_of_network(options.file);
    if (const auto foreign = network ? std::nullopt : foreign_file(options.file)) {
        diagnostics.error(SourceLocation(options.file), "this is " + foreign->what, foreign->expected);
        return std::nullopt;
    }
    const auto text = network ? std::nullopt : read_file(options.file, diagnostics);
    const auto kind = network ? network : kind_of(options, text, diagnostics);
    if (!kind) {
        return std::nullopt;
    }
    refuse_others(options, *kind, diagnostics);
    if (diagnostics.has_errors()) {
        return std::nullopt;
    }
    switch (*kind) {
        case SourceKind::kConfig:
            return as_text(imported_config(options, library, diagnostics));
        case SourceKind::kOnnx:
        case SourceKind::kTflite:
            return imported_network(options, diagnostics);
        case SourceKind::kOrtProfile:
            return as_text(
                rows_of_profile(import_ort_profile(*text, options.file, diagnostics), options, library, diagnostics));
        case SourceKind::kLayerReport:
            return as_text(imported_report(options, *text, library, diagnostics));
        case SourceKind::kLayerTable:
            return as_text(imported_table(options, *text, diagnostics));
    }
    throw std::logic_error("a kind of file that is not imported");
}

ExitStatus import(const ImportOptions& options, const Library& library) {
    Diagnostics diagnostics;
    auto made = imported(options, library, diagnostics);
    std::optional<std::string> said = made ? std::optional(made->text) : std::nullopt;
    if (made && !options.out.empty()) {
        if (std::filesystem::path(options.out).extension() == ".yaml") {
            made->text.insert(0, schema_line(options.out, "models", FileKind::kModel, library));
        }
        const bool written = write_file(options.out, made->text, diagnostics);
        said = written ? std::optional(made->summary) : std::nullopt;
    }
    return answer(said, diagnostics);
}

}  // namespace

void add_import(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<ImportOptions>();
    CLI::App* command = app.add_subcommand("import", "Converts models and measurements of other programs");
    add_value(*command, "file", options->file, "FILE",
              "A Hugging Face config.json, an ONNX or TFLite model, an ONNX Runtime profile or a layer table of RKNN, "
              "OpenVINO, QNN or Vela")
        ->required();
    add_value(*command, "--out", options->out, "FILE", "File to write the result to (default: standard output)");
    add_value(*command, "--name", options->name, "NAME",
              "Name of the model (default: that of the output or the input)");
    add_value(*command, "--part", options->part, "PART",
              "Which model, where a configuration describes several; which signature of a TFLite model");
    add_value(*command, "--dim", options->dims, "NAME=SIZE",
              "Size of a dimension of an ONNX or TFLite model, by name or as INPUT:AXIS=SIZE")
        ->allow_extra_args(false);
    add_value(*command, "--iterations", options->iterations, "N",
              "How often loops of a model run that do not say it themselves")
        ->check(CLI::Range(kCountRange.min, kCountRange.max, "POSITIVE"));
    command->add_flag("--allow-unknown", options->allow_unknown, "Import a model although work or weights are lost");
    add_value(*command, "--model", options->model, "MODEL",
              "The profiled model, to match its operators with the steps of the profile");
    const auto counts = CLI::Range(kCountRange.min, kCountRange.max, "POSITIVE");
    add_value(*command, "--tokens", options->tokens, "N", "Tokens of the profiled input")->check(counts);
    add_value(*command, "--batch", options->batch, "N", "Batch size of the profiled run")->check(counts);
    add_value(*command, "--cores", options->cores, "N", "Threads of the profiled run")
        ->check(CLI::Range(kCoreRange.min, kCoreRange.max, "POSITIVE"));
    add_value(*command, "--clock", options->clock, "F", "Clock of the NPU when the layer table was printed");
    add_value(*command, "--dtype", options->dtype, "T", "What layers ran at, where their table does not state it");
    command->footer(
        "Examples:\n"
        "  berth import config.json --out my-model.yaml\n"
        "  berth import config.json --part decoder --out my-decoder.yaml\n"
        "  berth import model.onnx --dim batch=1 --dim sequence=128 --out my-model.yaml\n"
        "  berth import detector.onnx --dim images:0=1 --out detector.yaml\n"
        "  berth import classifier.tflite --out classifier.yaml\n"
        "  berth import onnxruntime_profile.json --model my-model.yaml --tokens 128 --out rows.csv\n"
        "  berth import benchmark_average_counters_report.csv --model model.onnx --dim batch=1 \\\n"
        "      --dim sequence=128 --cores 4 --out rows.csv\n"
        "  berth import qnn_profile.csv --model my-model.yaml --tokens 128 --dtype fp16 --out rows.csv\n"
        "  berth import perf_detail.txt --clock 1000MHz --out layers.csv");
    command->callback([options, &invocation] { invocation.status = import(*options, invocation.library); });
}

}  // namespace berth
