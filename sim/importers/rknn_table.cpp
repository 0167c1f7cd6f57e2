// The table of layers that the RKNN runtime prints. Cells are padded with blanks and hold none themselves, but where a
// layer has no matrix product its share of the array's rate is left empty.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "berth/csv.h"
#include "berth/import_profile.h"
#include "berth/quantity_text.h"

namespace berth {

namespace {

constexpr std::string_view kNeeded[]{"ID", "OpType", "DataType", "Target", "InputShape", "OutputShape"};

std::vector<std::string> words_of(const std::string& line) {
    std::istringstream stream(line);
    std::vector<std::string> words;
    for (std::string word; stream >> word;) {
        words.push_back(std::move(word));
    }
    return words;
}

/// What a word of the header stands for. Columns that no version is known to leave empty are read one word each.
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

/// A layer as the table has it.
struct Layer {
    std::string name, type, target, dtype, ddr_cycles, npu_cycles, time, mac_usage, workload, traffic;
    std::vector<std::vector<std::int64_t>> inputs, outputs;
};

/// `(1,512,1,1000),(512,512,1,1),(512)`; `\` stands for none. Absent if it is neither.
std::optional<std::vector<std::vector<std::int64_t>>> shapes_in(std::string_view text) {
    std::vector<std::vector<std::int64_t>> shapes;
    if (text == "\\") {
        return shapes;
    }
    while (!text.empty()) {
        const std::size_t end = text.find(')');
        if (text.front() != '(' || end == std::string_view::npos) {
            return std::nullopt;
        }
        std::vector<std::int64_t>& shape = shapes.emplace_back();
        for (std::size_t at = 1; at <= end;) {
            std::int64_t size = 0;
            const auto [last, failure] = std::from_chars(text.data() + at, text.data() + end, size);
            if (failure != std::errc() || size < 1 || (*last != ',' && last != text.data() + end)) {
                return std::nullopt;
            }
            shape.push_back(size);
            at = static_cast<std::size_t>(last - text.data()) + 1;
        }
        text.remove_prefix(end + 1);
        if (text.starts_with(',')) {
            text.remove_prefix(1);
        }
    }
    return shapes;
}

std::string dtype_name(std::string_view type) {
    constexpr std::pair<std::string_view, std::string_view> kNames[]{
        {"INT8", "int8"},  {"UINT8", "int8"},   {"FLOAT16", "fp16"}, {"BFLOAT16", "bf16"},
        {"FLOAT", "fp32"}, {"FLOAT32", "fp32"}, {"INT4", "int4"}};
    const auto found = std::ranges::find(kNames, type, &std::pair<std::string_view, std::string_view>::first);
    return found == std::end(kNames) ? std::string() : std::string(found->second);
}

std::string sizes_text(const std::vector<std::int64_t>& shape) { return fmt::format("{}", fmt::join(shape, ",")); }

/// Cores that had a share of the layer: `100.0%/0.0%/0.0%`.
int cores_of(std::string_view workload) {
    int cores = 0;
    while (!workload.empty()) {
        const std::size_t end = std::min(workload.find('/'), workload.size());
        std::string_view share = workload.substr(0, end);
        if (share.ends_with('%')) {
            share.remove_suffix(1);
        }
        cores += parse_number(share).value_or(0) > 0 ? 1 : 0;
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
            const auto words = words_of(line);
            if (words.empty() || line.find_first_not_of("- \t\r") == std::string::npos) {
                in_table = in_table && layers.empty();
            } else if (!in_table && is_header(words)) {
                in_table = read_header(words);
                if (!in_table) {
                    return std::nullopt;
                }
            } else if (in_table) {
                auto layer = read_layer(words);
                if (!layer) {
                    return std::nullopt;
                }
                layers.push_back(std::move(*layer));
            }
        }
        return layers;
    }

    static bool is_header(const std::vector<std::string>& words) {
        return std::ranges::find(words, "OpType") != words.end() && std::ranges::find(words, "Target") != words.end();
    }

  private:
    [[nodiscard]] SourceLocation where() const { return SourceLocation(name_, number_, 1); }

    bool read_header(const std::vector<std::string>& words) {
        columns_.clear();
        for (const std::string& word : words) {
            columns_.push_back(column_of(word));
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
            // Empty where the layer has no matrix product: the next cell, of shares of cores, stands in its place.
            if (column == Column::kMacUsage && word.find('/') != std::string::npos) {
                continue;
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
                return take_shapes(layer.inputs, word);
            case Column::kOutput:
                return take_shapes(layer.outputs, word);
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
                layer.mac_usage = word;
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

    bool take_shapes(std::vector<std::vector<std::int64_t>>& shapes, const std::string& word) {
        auto read = shapes_in(word);
        if (!read) {
            diagnostics_.error(where(), fmt::format("'{}' is no list of shapes", word), "such as (1,512,1,1000)");
            return false;
        }
        shapes = std::move(*read);
        return true;
    }

    std::istringstream lines_;
    const std::string& name_;
    Diagnostics& diagnostics_;
    int number_ = 0;
    std::vector<Column> columns_;
};

/// The cells m, k, n of a convolution by implicit matrix product; empty for what is none.
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

std::string row_of(const Layer& layer, const LayerTableFacts& facts) {
    const auto shape = [](const std::vector<std::vector<std::int64_t>>& shapes, std::size_t i) {
        return i < shapes.size() ? csv_field(sizes_text(shapes[i])) : std::string();
    };
    const bool weights = layer.type.starts_with("Conv");
    return fmt::format(
        "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", csv_field(facts.model), number_text(facts.clock_mhz, 6),
        cores_of(layer.workload), csv_field(layer.name), layer.type, layer.target == "NPU" ? "npu" : "cpu", layer.dtype,
        shape(layer.inputs, 0), weights ? shape(layer.inputs, 1) : "", shape(layer.outputs, 0), product_cells(layer),
        layer.ddr_cycles, layer.npu_cycles, layer.time, layer.mac_usage, layer.traffic, csv_field(facts.source));
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
        "model,npu_mhz,cores,layer,op_type,target,dtype,input_shape_nchw,weight_shape_oihw,output_shape_nchw,m,k,n,"
        "vendor_est_ddr_cycles,vendor_est_npu_cycles,measured_us,mac_usage_pct,rw_kb,source\n";
    std::size_t rows = 0;
    for (const Layer& layer : *layers) {
        // Inputs and outputs of the whole graph are listed too; what runs in no time was not measured.
        if (!layer.inputs.empty() && !layer.outputs.empty() && parse_number(layer.time).value_or(0) > 0) {
            csv += row_of(layer, facts);
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
