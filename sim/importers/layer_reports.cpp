// Parses layer tables that give names and times but no sizes: those of Vela, OpenVINO and QNN. Columns are found by
// their headers, whose wording differs between versions.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <memory>

#include "berth/base/csv.h"
#include "berth/base/quantity_text.h"
#include "berth/base/statistics.h"
#include "berth/importers/import_profile.h"
#include "importers/onnx_operators.h"

namespace berth {

namespace {

/// Alternative beginnings of a column's header.
using HeaderStarts = std::array<std::string_view, 2>;

/// Column names and separator of one program.
struct ReportForm {
    LayerReport kind;
    std::string_view program;
    char separator;
    HeaderStarts name, type, time;
    HeaderStarts detail;  ///< column with the unit of the time, or with the dtype
    HeaderStarts status;
};
constexpr std::array<ReportForm, 3> kForms{{
    {LayerReport::kVela, "Vela", ',', {"Name"}, {"TFLite", "Original Operator"}, {"Op Cycles"}, {}, {}},
    {LayerReport::kOpenVino, "OpenVINO", ';', {"layerName"}, {"layerType"}, {"realTime"}, {"execType"}, {"execStatus"}},
    {LayerReport::kQnn, "QNN", ',', {"Event Identifier"}, {}, {"Time"}, {"Unit of Measurement"}, {"Message"}},
}};
constexpr std::string_view kMacs = "MAC Count";
constexpr std::string_view kNetworkCycles = "accelerator (execute) time (cycles)";
constexpr std::string_view kNetworkTime = "accelerator (execute) time";

std::optional<std::size_t> column_of(const std::vector<CsvCell>& header, const HeaderStarts& starts) {
    const auto found = std::ranges::find_if(header, [&starts](const CsvCell& cell) {
        return std::ranges::any_of(
            starts, [&cell](std::string_view start) { return !start.empty() && cell.text.starts_with(start); });
    });
    return found == header.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - header.begin()));
}

/// The programs in C++ and in Python write `EXECUTED` and `Status.EXECUTED`.
bool is_executed(std::string_view status) { return status == "EXECUTED" || status == "Status.EXECUTED"; }

bool is_header(const std::vector<CsvCell>& cells, const ReportForm& form) {
    return std::ranges::all_of(std::array{form.name, form.type, form.time, form.detail, form.status},
                               [&cells](const HeaderStarts& starts) {
                                   return starts.front().empty() || column_of(cells, starts).has_value();
                               });
}

/// Normalises the spelling of a layer type, such as `DEPTHWISE_CONV_2D`, `Softmax`, `GroupConvolution`.
std::string plain_type(std::string_view type) {
    std::string plain = lower_case(type);
    std::erase(plain, '_');
    return plain;
}

/// Layer types that cover several kinds of operator; the name of the layer decides which.
constexpr std::array<std::string_view, 3> kAnyKind{"eltwise", "subgraph", "snippet"};

/// Type names of TensorFlow Lite and OpenVINO, in addition to those of ONNX.
constexpr std::array<std::pair<std::string_view, OperatorKind>, 36> kTypes{{
    {"convolution", OperatorKind::kConv2d},
    {"groupconvolution", OperatorKind::kConv2d},
    {"convolutionbackpropdata", OperatorKind::kConv2d},
    {"groupconvolutionbackpropdata", OperatorKind::kConv2d},
    {"deconvolution", OperatorKind::kConv2d},
    {"conv2d", OperatorKind::kConv2d},
    {"depthwiseconv2d", OperatorKind::kConv2d},
    {"transposeconv", OperatorKind::kConv2d},
    {"fullyconnected", OperatorKind::kMatmul},
    {"fullyconnectedcompressed", OperatorKind::kMatmul},
    {"batchmatmul", OperatorKind::kMatmul},
    {"scaleddotproductattention", OperatorKind::kAttention},
    {"scaleddotproductattentionwithkvcache", OperatorKind::kAttention},
    {"mha", OperatorKind::kAttention},
    {"mvn", OperatorKind::kLayerNorm},
    {"rms", OperatorKind::kRmsNorm},
    {"addn", OperatorKind::kAdd},
    {"subtract", OperatorKind::kAdd},
    {"multiply", OperatorKind::kMul},
    {"divide", OperatorKind::kMul},
    {"power", OperatorKind::kMul},
    {"clamp", OperatorKind::kRelu},
    {"relu6", OperatorKind::kRelu},
    {"hswish", OperatorKind::kSilu},
    {"logistic", OperatorKind::kSigmoid},
    {"maxpool2d", OperatorKind::kPool},
    {"averagepool2d", OperatorKind::kPool},
    {"avgpool", OperatorKind::kPool},
    {"mean", OperatorKind::kPool},
    {"concatenation", OperatorKind::kConcat},
    {"variadicsplit", OperatorKind::kSplit},
    {"stridedslice", OperatorKind::kSplit},
    {"interpolate", OperatorKind::kResize},
    {"resizebilinear", OperatorKind::kResize},
    {"resizenearestneighbor", OperatorKind::kResize},
    {"l2normalization", OperatorKind::kNormalize},
}};

std::optional<OperatorKind> kind_of_type(const std::string& plain) {
    const auto found = std::ranges::find(kTypes, plain, &std::pair<std::string_view, OperatorKind>::first);
    if (found != kTypes.end()) {
        return found->second;
    }
    for (const OperatorTraits& row : operator_table()) {
        if (std::ranges::any_of(row.onnx, [&plain](std::string_view name) { return lower_case(name) == plain; })) {
            return row.kind;
        }
    }
    return std::nullopt;
}

/// The dtype at the end of a type such as `jit_avx512_FP32` or `brgemm_avx512_I8`.
std::optional<DType> dtype_in(std::string_view type) {
    constexpr std::array<std::pair<std::string_view, DType>, 7> kEnds{{{"fp32", DType::kFp32},
                                                                       {"f32", DType::kFp32},
                                                                       {"bf16", DType::kBf16},
                                                                       {"fp16", DType::kFp16},
                                                                       {"f16", DType::kFp16},
                                                                       {"i8", DType::kInt8},
                                                                       {"u8", DType::kInt8}}};
    const std::string lower = lower_case(type);
    const auto found = std::ranges::find_if(kEnds, [&lower](const auto& end) { return lower.ends_with(end.first); });
    return found == kEnds.end() ? std::nullopt : std::optional(found->second);
}

/// A layer as the rows give it. `counts` are in the unit of the table, one per run.
struct TimedLayer {
    std::string name, type;
    std::optional<DType> dtype;
    std::int64_t macs = 0;
    bool cycles = false;
    std::vector<double> counts;
};

class ReportReader {
  public:
    ReportReader(const ReportForm& form, const std::string& name, Diagnostics& diagnostics)
        : form_(form), file_(std::make_shared<const std::string>(name)), diagnostics_(diagnostics) {}

    /// Layers in the order of the table; empty, with an error, if a row is invalid.
    std::vector<TimedLayer> read(std::string_view text) {
        const std::size_t errors_before = diagnostics_.error_count();
        for (int line = 1; !text.empty() && diagnostics_.error_count() == errors_before; ++line) {
            const std::size_t end = std::min(text.find('\n'), text.size());
            take_line(text.substr(0, end), SourceLocation(file_, line, 1));
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        return diagnostics_.error_count() == errors_before ? std::move(layers_) : std::vector<TimedLayer>{};
    }

    /// The clock, computed from the cycles and the time of the whole network.
    [[nodiscard]] std::optional<Frequency> clock() const {
        return network_cycles_ > 0 && network_us_ > 0 ? std::optional(megahertz(network_cycles_ / network_us_))
                                                      : std::nullopt;
    }

  private:
    [[nodiscard]] std::string cell(const std::vector<CsvCell>& cells, const HeaderStarts& starts) const {
        const auto at = column_of(header_, starts);
        return at && *at < cells.size() ? cells[*at].text : "";
    }

    void take_line(std::string_view line, const SourceLocation& where) {
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        if (line.find_first_not_of(" \t") == std::string_view::npos) {
            return;
        }
        auto cells = csv_cells(line, form_.separator, where, diagnostics_);
        if (is_header(cells, form_)) {
            header_ = std::move(cells);  // a detailed report repeats the header for each request
        } else if (!header_.empty()) {
            take_row(cells, where);
        }
    }

    void take_row(const std::vector<CsvCell>& cells, const SourceLocation& where) {
        // Either the header line or the rows may end with a separator.
        if (cells.size() + 1 < header_.size()) {
            diagnostics_.error(where, fmt::format("the row has {} cells", cells.size()),
                               fmt::format("{}, as in the header: a whole table", header_.size()));
            return;
        }
        const std::string name = cell(cells, form_.name);
        const std::string time = cell(cells, form_.time);
        const auto count = parse_number(time);
        if (!count || *count < 0 || *count > 1e15) {
            diagnostics_.error(where, fmt::format("the time of '{}' is '{}'", name, time), "a number of at least 0");
            return;
        }
        if (form_.kind == LayerReport::kQnn) {
            take_event(name, cell(cells, form_.detail), *count);
        } else if (form_.kind == LayerReport::kVela) {
            TimedLayer& layer = layer_named(name, cell(cells, form_.type));
            layer.dtype = DType::kInt8;  // dtype of activations and weights: Vela compiles int8
            layer.macs += static_cast<std::int64_t>(parse_number(cell(cells, {kMacs})).value_or(0));
            layer.cycles = true;
            layer.counts.resize(1);
            layer.counts.front() += *count;                   // an operator may be compiled into several
        } else if (is_executed(cell(cells, form_.status))) {  // fused or folded layers have no time
            TimedLayer& layer = layer_named(name, cell(cells, form_.type));
            layer.dtype = dtype_in(cell(cells, form_.detail));
            layer.counts.push_back(*count * unit_of_header());
        }
    }

    /// An event such as `name:OpId_21 (cycles)` belongs to a node; of the other events only those of the whole network
    /// are used.
    void take_event(const std::string& identifier, const std::string& unit, double count) {
        const std::string lower = lower_case(identifier);
        const bool cycles = unit == "CYCLES";
        if (lower == kNetworkCycles && cycles) {
            network_cycles_ += count;
        } else if (lower == kNetworkTime && unit == "US") {
            network_us_ += count;
        }
        const std::size_t id = identifier.rfind(":OpId_");
        if (id != std::string::npos && (cycles || unit == "US")) {
            TimedLayer& layer = layer_named(identifier.substr(0, id), "");
            layer.cycles = cycles;
            layer.counts.push_back(count);
        }
    }

    /// Microseconds per unit of the time column, as its header states the unit: `realTime (ms)`.
    [[nodiscard]] double unit_of_header() const {
        return header_[*column_of(header_, form_.time)].text.find("(ms)") != std::string::npos ? 1e3 : 1;
    }

    TimedLayer& layer_named(const std::string& name, const std::string& type) {
        const auto [place, added] = places_.emplace(std::pair(name, type), layers_.size());
        if (added) {
            layers_.push_back({name, type, std::nullopt, 0, false, {}});
        }
        return layers_[place->second];
    }

    const ReportForm& form_;
    std::shared_ptr<const std::string> file_;
    Diagnostics& diagnostics_;
    std::vector<CsvCell> header_;
    std::vector<TimedLayer> layers_;
    std::map<std::pair<std::string, std::string>, std::size_t> places_;
    double network_cycles_ = 0, network_us_ = 0;
};

/// Converts a layer to a step; absent if it is not an operator or took no time.
std::optional<ProfiledStep> step_of(TimedLayer layer, double microseconds_of_one, const LayerReportFacts& facts) {
    const std::string type = plain_type(layer.type);
    ProfiledStep step;
    step.kind = kind_of_type(type);
    const bool computes = type.empty() || step.kind || std::ranges::find(kAnyKind, type) != kAnyKind.end();
    const auto [least, most] = std::ranges::minmax(layer.counts);
    step.name = layer.name;
    step.macs = layer.macs;
    step.dtype = layer.dtype ? *layer.dtype : facts.dtype.value_or(DType::kFp32);
    step.median = microseconds(median(layer.counts).value_or(0) * microseconds_of_one);
    step.least = microseconds(least * microseconds_of_one);
    step.most = microseconds(most * microseconds_of_one);
    step.runs = layer.counts.size();
    return computes && step.median > Time{} ? std::optional(std::move(step)) : std::nullopt;
}

const ReportForm& form_of(LayerReport kind) { return *std::ranges::find(kForms, kind, &ReportForm::kind); }

}  // namespace

std::optional<LayerReport> layer_report_of(std::string_view text) {
    const std::string_view start = text.substr(0, std::min(text.find('\n'), text.size()));
    for (const ReportForm& form : kForms) {
        Diagnostics ignored;
        if (is_header(csv_cells(start, form.separator, SourceLocation("header"), ignored), form)) {
            return form.kind;
        }
    }
    return std::nullopt;
}

std::optional<ProfileImport> import_layer_report(std::string_view text, LayerReport kind, const std::string& name,
                                                 const LayerReportFacts& facts, Diagnostics& diagnostics) {
    const ReportForm& form = form_of(kind);
    const std::size_t errors_before = diagnostics.error_count();
    ReportReader reader(form, name, diagnostics);
    std::vector<TimedLayer> layers = reader.read(text);
    if (layers.empty() && diagnostics.error_count() == errors_before) {
        diagnostics.error(SourceLocation(name), fmt::format("the table of {} times no layer", form.program),
                          kind == LayerReport::kQnn ? "a profile at the level 'detailed', which times nodes"
                                                    : "rows of layers that were executed");
    }
    const auto clock = reader.clock() ? reader.clock() : facts.clock;
    if (!clock && std::ranges::any_of(layers, &TimedLayer::cycles)) {
        diagnostics.error(SourceLocation("--clock"), "the table counts cycles and does not state the clock",
                          "--clock such as 1000MHz");
    }
    if (!facts.dtype && std::ranges::any_of(layers, [](const TimedLayer& layer) { return !layer.dtype; }) &&
        kind == LayerReport::kQnn) {
        diagnostics.error(SourceLocation("--dtype"), "the table does not state what its layers multiply at",
                          "--dtype such as int8");
    }
    if (diagnostics.error_count() != errors_before) {
        return std::nullopt;
    }
    ProfileImport import;
    import.states_sizes = false;
    for (TimedLayer& layer : layers) {
        if (layer.counts.size() > 1) {
            layer.counts.erase(layer.counts.begin());  // the first run is a warm-up
        }
        const double one = layer.cycles ? 1 / in_megahertz(*clock) : 1;
        if (auto step = step_of(layer, one, facts)) {
            import.steps.push_back(std::move(*step));
        } else if (const double count = median(layer.counts).value_or(0); count > 0) {
            leave_out(import, layer.type, microseconds(count * one));
        }
    }
    return import;
}

}  // namespace berth
