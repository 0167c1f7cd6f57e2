// The placement along the model: operators in order as cells in the colour of their device.
#include <fmt/format.h>

#include <map>
#include <set>
#include <string_view>

#include "report/names.h"
#include "report/plot_rows.h"
#include "report/text_layout.h"

namespace berth {

namespace {

constexpr double kHalfHeight = 0.36;

/// What a picture of one stage is built from.
struct Cells {
    std::map<DeviceId, std::vector<Cell>> of_device;
    std::vector<Cell> handover;
    std::string boundaries;  ///< data of vertical lines between blocks
    std::string labels;
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

Time end_of(const Candidate& candidate) {
    Time end;
    for (const OperatorResult& op : candidate.operators) {
        end = std::max(end, op.start + op.latency);
    }
    return end;
}

/// `3` of `layer.3`; other blocks keep their name.
std::string block_label(std::string_view block) {
    const std::size_t dot = block.rfind('.');
    return std::string(dot == std::string_view::npos ? block : block.substr(dot + 1));
}

void add_block(Cells& cells, std::string_view block, double from, double to, double middle, const RowFrame& frame) {
    cells.boundaries +=
        fmt::format("{} {} 0 {}\n", plotted(from), plotted(middle - kHalfHeight), plotted(2 * kHalfHeight));
    const double units = (frame.canvas.area.right - frame.canvas.area.left) / frame.time_range;
    const std::string label = block_label(block);
    if (text_width(label, kSmallFontSize) + 10 < (to - from) * units) {
        cells.labels += fmt::format("set label {} at first {}, first {} center font {} front\n", gnuplot_text(label),
                                    plotted((from + to) / 2), plotted(middle), kSmallFont);
    }
}

void add_row(Cells& cells, const Candidate& candidate, double middle, const RowFrame& frame) {
    std::string_view block;
    double block_start = 0;
    double at = 0;
    for (const OperatorResult& op : candidate.operators) {
        const double start = in_milliseconds(op.start);
        if (block_of(op.name) != block) {
            if (!block.empty()) {
                add_block(cells, block, block_start, start, middle, frame);
            }
            block = block_of(op.name);
            block_start = start;
        }
        const double own = in_milliseconds(op.start + op.handover);
        at = in_milliseconds(op.start + op.latency);
        if (op.handover > Time{}) {
            cells.handover.push_back({middle, kHalfHeight, start, own});
        }
        if (at > own) {
            cells.of_device[op.device].push_back({middle, kHalfHeight, own, at});
        }
    }
    add_block(cells, block, block_start, at, middle, frame);
}

std::vector<Row> rows_of(const StageResult& stage, const std::vector<std::size_t>& order) {
    std::vector<Row> rows;
    for (const std::size_t i : order) {
        const Candidate& candidate = stage.candidates[i];
        rows.push_back({placement_name(candidate),
                        brief(candidate.latency.median) + (stage.chosen == i ? ", chosen" : ""),
                        in_milliseconds(end_of(candidate)), false});
    }
    return rows;
}

Drawing drawing_of(const StageResult& stage, const std::vector<std::size_t>& order,
                   const std::vector<std::string>& devices) {
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
    legend.push_back({LegendMark::kBox, std::string(kHandoverColor), "hand-over, calls"});
    const RowFrame frame =
        row_frame(rows, fmt::format("Placement along {} ({}), one pass; numbers are blocks", stage.model, stage.name),
                  "time within the pass (ms)", legend);
    Cells cells;
    for (std::size_t row = 0; row < order.size(); ++row) {
        add_row(cells, stage.candidates[order[row]], frame.middle[row], frame);
    }
    std::string data = "$blocks << EOD\n" + cells.boundaries + "EOD\n";
    std::string clauses;
    for (const auto& [device, of_device] : cells.of_device) {
        const std::string name = fmt::format("$device{}", device);
        data += cell_data(name, of_device);
        clauses += cell_clause(name, device_color(static_cast<std::size_t>(device))) + ", ";
    }
    if (!cells.handover.empty()) {
        data += cell_data("$handover", cells.handover);
        clauses += cell_clause("$handover", kHandoverColor) + ", ";
    }
    Drawing drawing{
        {"placement-" + stage.name, fmt::format("Which device runs each operator of {}, in order; a cell is "
                                                "as wide as its time.",
                                                stage.name)},
        frame.canvas.height,
        frame.canvas.commands + cells.labels + data};
    drawing.commands +=
        fmt::format("plot {}$blocks using 1:2:3:4 with vectors nohead lw 1.5 lc rgb '#FFFFFF'\n", clauses);
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
            drawings.push_back(drawing_of(stage, order, result.devices));
        }
    }
    return drawings;
}

}  // namespace berth
