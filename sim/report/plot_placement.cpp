// The placement along the model: operators in order as cells in the colour of their device.
#include <fmt/format.h>

#include <map>
#include <set>
#include <string_view>

#include "berth/base/csv.h"
#include "report/csv_values.h"
#include "report/names.h"
#include "report/plot_rows.h"
#include "report/text_layout.h"

namespace berth {

namespace {

constexpr double kUnitHalf = 0.36;

/// Elements of the picture of one stage.
struct Cells {
    std::map<DeviceId, std::vector<Cell>> of_device;
    std::vector<Cell> handover;
    std::string boundaries;  ///< data of vertical lines between blocks
    std::string separators;  ///< data of vertical lines between operators that are wide enough
    std::string labels;
    std::vector<Spot> spots;
};

std::vector<std::size_t> rows_in_order(const StageResult& stage) {
    std::vector<std::size_t> order{*stage.chosen};
    for (std::size_t i = 0; i < stage.candidates.size(); ++i) {
        if (i != *stage.chosen && stage.candidates[i].feasible) {
            order.push_back(i);
        }
    }
    std::erase_if(order, [&stage](std::size_t i) { return stage.candidates[i].operators.empty(); });
    return order;
}

constexpr double kSameTime = 0.02;  // relative difference within which two times count as equal

Time end_of(const Candidate& candidate) {
    Time end;
    for (const OperatorResult& op : candidate.operators) {
        end = std::max(end, op.start + op.latency);
    }
    return end;
}

/// `3` for `layer.3`; other blocks keep their name.
std::string block_label(std::string_view block) {
    const std::size_t dot = block.rfind('.');
    return std::string(dot == std::string_view::npos ? block : block.substr(dot + 1));
}

/// A block along a row, and whether its label fits there.
struct Block {
    std::string label;
    double from = 0, to = 0;
    bool fits = false;
    [[nodiscard]] bool numbered() const {
        return std::all_of(label.begin(), label.end(), [](char c) { return c >= '0' && c <= '9'; });
    }
};

Block block_from(std::string_view name, double from, double to, double units) {
    constexpr double kMargin = 10;
    const std::string label = block_label(name);
    return {label, from, to, text_width(label, kSmallFontSize) + kMargin < (to - from) * units};
}

// Either all blocks of a row are numbered or none.
void add_block_labels(Cells& cells, const std::vector<Block>& blocks, double middle) {
    const bool numbers =
        std::all_of(blocks.begin(), blocks.end(), [](const Block& block) { return block.fits || !block.numbered(); });
    for (const Block& block : blocks) {
        if (block.fits && (numbers || !block.numbered())) {
            cells.labels +=
                fmt::format("set label {} at first {}, first {} center font {} front\n", gnuplot_text(block.label),
                            plotted((block.from + block.to) / 2), plotted(middle), kSmallFont);
        }
    }
}

/// Adds a cell, merged with the previous one if they touch, because a seam would be visible in the picture.
void add_cell(std::vector<Cell>& cells, double middle, double from, double to) {
    if (to <= from) {
        return;
    }
    if (!cells.empty() && cells.back().middle == middle && from - cells.back().to < 1e-9 * to) {
        cells.back().to = to;
    } else {
        cells.push_back({middle, kUnitHalf, from, to});
    }
}

std::string vertical_line(double at, double middle) {
    return fmt::format("{} {} 0 {}\n", plotted(at), plotted(middle - kUnitHalf), plotted(2 * kUnitHalf));
}

void add_row(Cells& cells, std::string_view stage, const Candidate& candidate, double middle, const RowFrame& frame) {
    constexpr double kNarrowest = 6;  // width in picture units from which an operator gets a separator
    const double units = (frame.canvas.area.right - frame.canvas.area.left) / frame.time_range;
    std::string_view block;
    std::vector<Block> blocks;
    double block_start = 0;
    double end = 0;
    for (const OperatorResult& op : candidate.operators) {
        const double start = in_milliseconds(op.start);
        if (block_of(op.name) != block) {
            if (!block.empty()) {
                blocks.push_back(block_from(block, block_start, start, units));
                cells.boundaries += vertical_line(start, middle);
            }
            block = block_of(op.name);
            block_start = start;
        }
        const double own = in_milliseconds(op.start + op.handover);
        end = in_milliseconds(op.start + op.latency);
        add_cell(cells.handover, middle, start, own);
        add_cell(cells.of_device[op.device], middle, own, end);
        if (end > start) {
            cells.spots.push_back(spot_of({middle, kUnitHalf, start, end}, frame, operator_key(stage, op.name),
                                          fmt::format("{}: {}", op.name, brief(op.latency))));
        }
        if ((end - start) * units > kNarrowest && start > 0) {
            cells.separators += vertical_line(start, middle);
        }
    }
    blocks.push_back(block_from(block, block_start, end, units));
    add_block_labels(cells, blocks, middle);
}

std::vector<Row> rows_of(const StageResult& stage, const std::vector<std::size_t>& order) {
    std::vector<Row> rows;
    for (const std::size_t i : order) {
        const Candidate& candidate = stage.candidates[i];
        const Time drawn = end_of(candidate);
        // For generated text only one pass is drawn.
        const bool whole = std::abs(drawn / candidate.latency.median - 1) < kSameTime;
        const std::string time =
            whole ? brief(drawn) : fmt::format("{} of {}", brief(drawn), brief(candidate.latency.median));
        rows.push_back(
            {placement_name(candidate), time + (stage.chosen == i ? ", chosen" : ""), in_milliseconds(drawn), false});
    }
    return rows;
}

std::string cell_rows(const StageResult& stage, const std::vector<std::size_t>& order,
                      const std::vector<std::string>& devices) {
    std::string text = "placement,operator,device,start_ms,handover_ms,latency_ms\n";
    for (const std::size_t i : order) {
        const std::string placement = csv_field(placement_name(stage.candidates[i]));
        for (const OperatorResult& op : stage.candidates[i].operators) {
            text += fmt::format("{},{},{},{},{},{}\n", placement, csv_field(op.name),
                                csv_field(device_name(devices, op.device)), csv_number(in_milliseconds(op.start)),
                                csv_number(in_milliseconds(op.handover)), csv_number(in_milliseconds(op.latency)));
        }
    }
    return text;
}

Drawing drawing_of(const StageResult& stage, const std::vector<std::size_t>& order, const ScenarioResult& result) {
    const std::vector<std::string>& devices = result.devices;
    const std::vector<Row> rows = rows_of(stage, order);
    std::set<DeviceId> used;
    for (const std::size_t i : order) {
        for (const OperatorResult& op : stage.candidates[i].operators) {
            used.insert(op.device);
        }
    }
    std::vector<LegendEntry> legend;
    for (const DeviceId device : used) {
        legend.push_back({LegendMark::kBox, std::string(device_color(static_cast<std::size_t>(device))),
                          device_name(devices, device)});
    }
    legend.push_back({LegendMark::kBox, std::string(kHandoverColor), "hand-over and calls"});
    const RowFrame frame = row_frame(
        rows, titled(fmt::format("Blocks of {} ({}) on {}", stage.model, stage.name, stage.runtime), result.changes),
        "time within the pass", legend);
    Cells cells;
    for (std::size_t row = 0; row < order.size(); ++row) {
        add_row(cells, stage.name, stage.candidates[order[row]], frame.middle[row], frame);
    }
    Layers layers;
    for (const auto& [device, of_device] : cells.of_device) {
        add_cells(layers, fmt::format("$device{}", device), of_device, device_color(static_cast<std::size_t>(device)));
    }
    add_cells(layers, "$handover", cells.handover, kHandoverColor);
    layers.add("$operators", cells.separators, "using 1:2:3:4 with vectors nohead lw 0.7 lc rgb '#FFFFFF'");
    layers.add("$blocks", cells.boundaries, "using 1:2:3:4 with vectors nohead lw 3 lc rgb '#FFFFFF'");
    Drawing drawing{
        {"placement-" + stage.name, fmt::format("Which device runs each operator of {}, in order; a cell is "
                                                "as wide as its time.",
                                                stage.name)},
        frame.canvas.height,
        frame.canvas.commands + cells.labels + layers.commands()};
    drawing.picture.spots = std::move(cells.spots);
    drawing.csv = cell_rows(stage, order, devices);
    return drawing;
}

}  // namespace

std::vector<Drawing> placement_drawings(const ScenarioResult& result) {
    std::vector<Drawing> drawings;
    for (const StageResult& stage : result.stages) {
        if (!stage.chosen) {
            continue;
        }
        const std::vector<std::size_t> order = rows_in_order(stage);
        if (!order.empty()) {
            drawings.push_back(drawing_of(stage, order, result));
        }
    }
    return drawings;
}

}  // namespace berth
