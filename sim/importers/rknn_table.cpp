// Parses the layer table that the RKNN runtime prints to logs. Lines may have a logger's prefix, headers of version 1.5
// consist of two words, and cells for two or more cores are joined by slashes. Cells are padded with blanks; for a
// layer without a matrix product, the share of the array's rate is a backslash or empty.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <sstream>

#include "berth/base/csv.h"
#include "berth/base/quantity_text.h"
#include "berth/importers/import_profile.h"

namespace berth {

namespace {

constexpr std::string_view kNeeded[]{"ID", "OpType", "DataType", "Target", "InputShape", "OutputShape"};

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kTwoWords{
    {{"DDR", "Cycles"}, {"NPU", "Cycles"}, {"Total", "Cycles"}, {"Task", "Number"}, {"Lut", "Number"}}};

// Splits a line into cells at blanks, except within two-word headers and within `100.0%/0.0%/0.0% - Up:0.0%`.
std::vector<std::string> words_of(const std::string& line) {
    std::istringstream stream(line);
    std::vector<std::string> words;
    bool joins = false;
    for (std::string word; stream >> word;) {
        const bool second = !words.empty() && std::ranges::any_of(kTwoWords, [&](const auto& two) {
            return words.back() == two.first && word.starts_with(two.second);
        });
        const bool dash = word == "-" && !words.empty() && words.back().ends_with('%');
        if (second || dash || joins) {
            words.back() += word;
        } else {
            words.push_back(std::move(word));
        }
        joins = dash;
    }
    return words;
}

bool is_number(std::string_view word) {
    return !word.empty() && std::ranges::all_of(word, [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// Meaning of a header word. Columns that are empty in no known version take exactly one word.
enum class Column : std::uint8_t {
    kOther,
    kType,
    kDType,
    kTarget,
    kInput,
    kOutput,
    kDdrCycles,
    kNpuCycles,
    kAllCycles,  ///< `DDR/NPU/Total` in one cell
    kTime,
    kMacUsage,
    kWorkload,
    kTraffic,
    kName,
};

Column column_of(const std::string& header) {
    struct Named {
        std::string_view start;
        Column column;
    };
    constexpr Named kNamed[]{
        {"OpType", Column::kType},         {"DataType", Column::kDType},           {"Target", Column::kTarget},
        {"InputShape", Column::kInput},    {"OutputShape", Column::kOutput},       {"DDRCycles", Column::kDdrCycles},
        {"NPUCycles", Column::kNpuCycles}, {"Cycles(DDR/NPU", Column::kAllCycles}, {"Time", Column::kTime},
        {"MacUsage", Column::kMacUsage},   {"WorkLoad", Column::kWorkload},        {"RW", Column::kTraffic},
        {"FullName", Column::kName}};
    const auto found = std::ranges::find_if(kNamed, [&](const Named& one) { return header.starts_with(one.start); });
    return found == std::end(kNamed) ? Column::kOther : found->column;
}

/// One row of the table.
struct Layer {
    std::string name, type, target, dtype, ddr_cycles, npu_cycles, time, mac_usage, workload, traffic;
    std::vector<std::vector<std::int64_t>> inputs, outputs;
    bool more_inputs = false, more_outputs = false;  ///< more than the log lists
};

/// The shapes in one cell.
struct ShapeList {
    std::vector<std::vector<std::int64_t>> shapes;
    bool more = false;
};

std::optional<std::vector<std::int64_t>> sizes_in(std::string_view text) {
    std::vector<std::int64_t> sizes;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        std::int64_t size = 0;
        const auto [last, failure] = std::from_chars(text.data() + at, text.data() + end, size);
        if (failure != std::errc() || last != text.data() + end || size < 0) {
            return std::nullopt;
        }
        sizes.push_back(size);
        at = end + 1;
    }
    return sizes;
}

/// Parses `(1,512,1,1000),(512,512,1,1),...`: a backslash means none, dots mean more than the log lists. Constants of
/// no size, `(0)`, are skipped. Absent if the text has another form.
std::optional<ShapeList> shapes_in(std::string_view text) {
    ShapeList list;
    if (text == "\\") {
        return list;
    }
    while (!text.empty()) {
        if (text == "...") {
            list.more = true;
            return list;
        }
        const std::size_t end = text.find(')');
        auto sizes =
            text.front() == '(' && end != std::string_view::npos ? sizes_in(text.substr(1, end - 1)) : std::nullopt;
        if (!sizes) {
            return std::nullopt;
        }
        if (std::ranges::find(*sizes, 0) == sizes->end()) {
            list.shapes.push_back(std::move(*sizes));
        }
        text.remove_prefix(end + 1);
        if (text.starts_with(',')) {
            text.remove_prefix(1);
        }
    }
    return list;
}

// Names of floating-point types differ; the others, such as INT8 and BOOL, are kept in small letters.
std::string dtype_name(std::string_view type) {
    constexpr std::pair<std::string_view, std::string_view> kNames[]{
        {"FLOAT16", "fp16"}, {"BFLOAT16", "bf16"}, {"FLOAT", "fp32"}, {"FLOAT32", "fp32"}};
    const auto found = std::ranges::find(kNames, type, &std::pair<std::string_view, std::string_view>::first);
    return found == std::end(kNames) ? lower_case(type) : std::string(found->second);
}

// Whether a word may stand in the column DataType: INT8, FLOAT16, BOOL.
bool names_dtype(std::string_view word) {
    return std::isupper(static_cast<unsigned char>(word.front())) != 0 &&
           std::ranges::all_of(word, [](unsigned char c) { return std::isupper(c) != 0 || std::isdigit(c) != 0; });
}

bool names_target(std::string_view word) { return word == "NPU" || word == "CPU" || word == "GPU"; }

std::string sizes_text(const std::vector<std::int64_t>& shape) { return fmt::format("{}", fmt::join(shape, ",")); }

/// Number of cores with a share of the layer: `100.0%/0.0%/0.0%`, or with the gain, `50.1%/49.9% - Up:98.2%`.
int cores_of(std::string_view workload) {
    int cores = 0;
    while (!workload.empty()) {
        const std::size_t end = std::min(workload.find('/'), workload.size());
        const std::string_view share = workload.substr(0, end);
        cores += parse_number(share.substr(0, share.find('%'))).value_or(0) > 0 ? 1 : 0;
        workload.remove_prefix(std::min(end + 1, workload.size()));
    }
    return std::max(1, cores);
}

class TableReader {
  public:
    TableReader(std::string_view text, const std::string& name, Diagnostics& diagnostics)
        : lines_(std::string(text)), name_(name), diagnostics_(diagnostics) {}

    std::optional<std::vector<Layer>> read() {
        std::vector<Layer> layers;
        bool in_table = false;
        for (std::string line; std::getline(lines_, line);) {
            ++number_;
            auto words = words_of(line);
            if (is_header(words)) {
                if (in_table && rows_ > 0) {
                    compare_with_total("");
                }
                if (!read_header(words)) {
                    return std::nullopt;
                }
                in_table = true;
                rows_ = 0;
                sum_ = 0;
            } else if (in_table && starts_row(words)) {
                auto layer = read_layer(words);
                if (!layer) {
                    return std::nullopt;
                }
                sum_ += parse_number(layer->time).value_or(0);
                layers.push_back(std::move(*layer));
                ++rows_;
            } else if (in_table && rows_ > 0 && ends_table(line)) {
                in_table = false;
                compare_with_total(line);
            }  // other programs write to the same log
        }
        if (in_table && rows_ > 0) {
            compare_with_total("");
        }
        return layers;
    }

    static bool is_header(const std::vector<std::string>& words) {
        return std::ranges::find(words, "OpType") != words.end() && std::ranges::find(words, "Target") != words.end();
    }

  private:
    static bool ends_table(const std::string& line) { return line.find("Total Operator Elapsed") != std::string::npos; }

    // Whether the line has a layer number and type; drops the logger's prefix before them.
    static bool starts_row(std::vector<std::string>& words) {
        for (std::size_t i = 0; i + 2 < words.size(); ++i) {
            const bool named = std::isalpha(static_cast<unsigned char>(words[i + 1].front())) != 0;
            const bool placed = i + 3 < words.size() && names_target(words[i + 3]);
            if (is_number(words[i]) && named && placed && names_dtype(words[i + 2])) {
                words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(i));
                return true;
            }
        }
        return false;
    }

    // The runtime ends a table with the sum of its rows, as in `Total Operator Elapsed Per Frame Time(us): 17509`.
    void compare_with_total(const std::string& line) {
        constexpr double kRounding = 0.01;
        const auto total = line.empty() ? std::nullopt : parse_number(words_of(line).back());
        if (!total) {
            diagnostics_.warning(where(),
                                 "the table does not end with its total time: it may be cut off, and rows that "
                                 "are missing count nowhere");
        } else if (std::abs(*total - sum_) > kRounding * *total) {
            diagnostics_.warning(where(),
                                 fmt::format("the table says that its layers take {} us, the rows before it take {}: "
                                             "rows are missing or repeated, and only those here count",
                                             number_text(*total, 6), number_text(sum_, 6)));
        }
    }

    [[nodiscard]] SourceLocation where() const { return SourceLocation(name_, number_, 1); }

    bool read_header(const std::vector<std::string>& words) {
        columns_.clear();
        for (auto word = std::ranges::find(words, "ID"); word != words.end(); ++word) {
            columns_.push_back(column_of(*word));
        }
        for (const std::string_view needed : kNeeded) {
            if (std::ranges::find(words, needed) == words.end()) {
                diagnostics_.error(where(), fmt::format("the table of layers has no column {}", needed));
                return false;
            }
        }
        if (std::ranges::find(columns_, Column::kTime) == columns_.end()) {
            diagnostics_.error(where(), "the table of layers has no column Time(us)",
                               "a profile taken with the runtime's performance detail switched on");
            return false;
        }
        return true;
    }

    std::optional<Layer> read_layer(const std::vector<std::string>& words) {
        Layer layer;
        std::size_t at = 0;
        for (const Column column : columns_) {
            const std::string word = at < words.size() ? words[at] : "";
            // This column is empty if the layer has no matrix product; the word is then the next cell, the shares of
            // the cores.
            if (column == Column::kMacUsage && word.find('%') != std::string::npos) {
                continue;
            }
            if (column == Column::kName && at == words.size()) {
                continue;  // some logs are truncated after the measured columns
            }
            ++at;
            if (!take(layer, column, word)) {
                return std::nullopt;
            }
        }
        if (at != words.size() || !parse_number(layer.time)) {
            diagnostics_.error(where(), fmt::format("the row has {} cells, the header asks for {}", words.size(), at),
                               "a row as the runtime printed it");
            return std::nullopt;
        }
        return layer;
    }

    bool take(Layer& layer, Column column, const std::string& word) {
        switch (column) {
            case Column::kOther:
                return true;
            case Column::kType:
                layer.type = word;
                return true;
            case Column::kDType:
                layer.dtype = dtype_name(word);
                return true;
            case Column::kTarget:
                layer.target = word;
                return true;
            case Column::kInput:
                return take_shapes(layer.inputs, layer.more_inputs, word);
            case Column::kOutput:
                return take_shapes(layer.outputs, layer.more_outputs, word);
            case Column::kDdrCycles:
                layer.ddr_cycles = word;
                return true;
            case Column::kNpuCycles:
                layer.npu_cycles = word;
                return true;
            case Column::kAllCycles:
                layer.ddr_cycles = word.substr(0, word.find('/'));
                layer.npu_cycles = word.substr(std::min(word.size(), word.find('/') + 1));
                layer.npu_cycles = layer.npu_cycles.substr(0, layer.npu_cycles.find('/'));
                return true;
            case Column::kTime:
                layer.time = word;
                return true;
            case Column::kMacUsage:
                layer.mac_usage = word == "\\" ? "" : word.substr(0, word.find('/'));  // value of the first core
                return true;
            case Column::kWorkload:
                layer.workload = word;
                return true;
            case Column::kTraffic:
                layer.traffic = word;
                return true;
            case Column::kName:
                layer.name = word;
                return true;
        }
        return true;
    }

    bool take_shapes(std::vector<std::vector<std::int64_t>>& shapes, bool& more, const std::string& word) {
        auto read = shapes_in(word);
        if (!read) {
            diagnostics_.error(where(), fmt::format("'{}' is no list of shapes", word), "such as (1,512,1,1000)");
            return false;
        }
        shapes = std::move(read->shapes);
        more = read->more;
        return true;
    }

    std::istringstream lines_;
    const std::string& name_;
    Diagnostics& diagnostics_;
    int number_ = 0;
    std::size_t rows_ = 0;  ///< rows read of the table
    double sum_ = 0;        ///< their time in microseconds
    std::vector<Column> columns_;
};

/// The cells m, k, n of a convolution as an implicit matrix product; empty for other layers.
std::string product_cells(const Layer& layer) {
    const bool multiplies = layer.type.starts_with("Conv") && layer.inputs.size() > 1 && !layer.outputs.empty() &&
                            layer.inputs[1].size() == 4 && layer.outputs[0].size() == 4;
    if (!multiplies) {
        return ",,";
    }
    const auto& weight = layer.inputs[1];
    const auto& out = layer.outputs[0];
    return fmt::format("{},{},{}", out[0] * out[2] * out[3], weight[1] * weight[2] * weight[3], weight[0]);
}

// Shapes of the inputs without a convolution's weights, which have a separate column, and without its bias.
std::string inputs_text(const Layer& layer) {
    const bool weights = layer.type.starts_with("Conv");
    std::string text = layer.inputs.empty() ? "" : sizes_text(layer.inputs.front());
    for (std::size_t i = 1; i < layer.inputs.size() && !weights; ++i) {
        text += ";" + sizes_text(layer.inputs[i]);
    }
    return text + (layer.more_inputs && !weights ? ";..." : "");
}

// A cell without a number above zero is no estimate: the header may join cells that a layer leaves out.
std::string cycles_text(const std::string& cycles) { return parse_number(cycles).value_or(0) > 0 ? cycles : ""; }

std::string row_of(const Layer& layer, const LayerTableFacts& facts, const std::string& version) {
    const bool weights = layer.type.starts_with("Conv") && layer.inputs.size() > 1;
    const std::string output =
        layer.outputs.empty() ? "" : sizes_text(layer.outputs.front()) + (layer.more_outputs ? ";..." : "");
    return fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", csv_field(facts.model),
                       facts.clock_mhz ? number_text(*facts.clock_mhz, 6) : "", cores_of(layer.workload), version,
                       csv_field(layer.name.empty() ? layer.type : layer.name), layer.type,
                       layer.target == "NPU" ? "npu" : "cpu", layer.dtype, csv_field(inputs_text(layer)),
                       weights ? csv_field(sizes_text(layer.inputs[1])) : "", csv_field(output), product_cells(layer),
                       cycles_text(layer.ddr_cycles), cycles_text(layer.npu_cycles), layer.time, layer.mac_usage,
                       layer.traffic, csv_field(facts.source));
}

// The version, up to the first blank, in `rknnrt: 1.5.3b9` or `librknnrt version: 2.3.2 (429f97ae6b@2025-04-09)`; or
// empty.
std::string version_in(std::string_view text) {
    for (const std::string_view label : {"librknnrt version:", "rknnrt:", "RKNN Runtime Information:"}) {
        std::size_t at = text.find(label);
        if (at == std::string_view::npos) {
            continue;
        }
        at = text.find_first_not_of(" \t", at + label.size());
        const std::string_view rest = at == std::string_view::npos ? "" : text.substr(at);
        const std::string_view version = rest.substr(0, rest.find_first_not_of("0123456789."));
        if (!version.empty()) {
            return std::string(version);
        }
    }
    return "";
}

}  // namespace

bool is_rknn_table(std::string_view text) {
    std::istringstream lines{std::string(text.substr(0, std::size_t{1} << 20U))};
    for (std::string line; std::getline(lines, line);) {
        if (TableReader::is_header(words_of(line))) {
            return true;
        }
    }
    return false;
}

std::optional<std::string> import_rknn_table(std::string_view text, const std::string& name,
                                             const LayerTableFacts& facts, Diagnostics& diagnostics) {
    const auto layers = TableReader(text, name, diagnostics).read();
    if (!layers) {
        return std::nullopt;
    }
    std::string csv =
        "model,npu_mhz,cores,rknn_version,layer,op_type,target,dtype,input_shape_nchw,weight_shape_oihw,output_shape_"
        "nchw,m,k,n,"
        "vendor_est_ddr_cycles,vendor_est_npu_cycles,measured_us,mac_usage_pct,rw_kb,source\n";
    const std::string version = version_in(text);
    std::size_t rows = 0;
    for (const Layer& layer : *layers) {
        // A layer without a time was not measured. The graph's input layers have no inputs, its output layers no
        // outputs.
        if (!(layer.inputs.empty() && layer.outputs.empty()) && parse_number(layer.time).value_or(0) > 0) {
            csv += row_of(layer, facts, version);
            ++rows;
        }
    }
    if (rows == 0) {
        diagnostics.error(SourceLocation(name), "the table has no layer that was timed");
        return std::nullopt;
    }
    return csv;
}

}  // namespace berth
