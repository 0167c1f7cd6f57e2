// A few requests over time: lanes per core, dispatch thread and link, and the DRAM bandwidth beneath them.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "berth/base/brief_text.h"
#include "berth/base/csv.h"
#include "report/csv_values.h"
#include "report/plot_rows.h"

namespace berth {

namespace {

constexpr double kTaskHalf = 0.38;
constexpr std::size_t kMostLanes = 12;  // lanes per pool

/// A span of one or several consecutive tasks on one lane, for the same request and stage.
struct Bar {
    std::size_t lane = 0;
    std::size_t request = 0, phase = 0;
    std::string task;  ///< name of the first task
    double from = 0, to = 0;
};

/// One or several servers of a pool with identical activity.
struct Lane {
    std::size_t pool = 0;
    int first = 0, last = 0;  ///< range of servers
    bool only = false;        ///< the pool has no other lane
    double busy_until = 0;
};

std::string lane_name(const Lane& lane, const ServerPool& pool) {
    return lane.only                 ? pool.name
           : lane.first == lane.last ? fmt::format("{} {}", pool.name, lane.first)
                                     : fmt::format("{} {}-{}", pool.name, lane.first, lane.last);
}

/// Assigns spans to lanes, which are the servers of their pools.
class Lanes {
  public:
    explicit Lanes(const TrafficResult& traffic) : system_(traffic.system) {
        for (std::size_t pool = 0; pool < system_.pools.size(); ++pool) {
            add_pool(pool, traffic.simulation.spans);
        }
        std::stable_sort(bars_.begin(), bars_.end(), [](const Bar& a, const Bar& b) { return a.from < b.from; });
        join_equal_lanes();
    }
    [[nodiscard]] const std::vector<Lane>& lanes() const { return lanes_; }
    [[nodiscard]] const std::vector<Bar>& bars() const { return bars_; }

  private:
    [[nodiscard]] std::size_t phase_of(std::size_t task) const {
        for (std::size_t phase = 0; phase < system_.phases.size(); ++phase) {
            if (system_.phases[phase].first <= task && task <= system_.phases[phase].last) {
                return phase;
            }
        }
        return 0;
    }

    // The greatest common divisor of the tasks' server counts determines how many servers form a lane.
    void add_pool(std::size_t pool, const std::vector<SimulatedSpan>& all) {
        std::vector<SimulatedSpan> spans;
        int together = 0;
        for (const SimulatedSpan& span : all) {
            if (system_.tasks[span.task].pool == pool && span.end > span.start) {
                spans.push_back(span);
                together = std::gcd(together, system_.tasks[span.task].servers);
            }
        }
        std::ranges::stable_sort(spans, {}, &SimulatedSpan::start);
        const std::size_t first = lanes_.size();
        for (const SimulatedSpan& span : spans) {
            for (int part = 0; part < system_.tasks[span.task].servers / together; ++part) {
                place(span, pool, together, first);
            }
        }
    }

    void place(const SimulatedSpan& span, std::size_t pool, int together, std::size_t first) {
        const double start = in_milliseconds(span.start), end = in_milliseconds(span.end);
        std::size_t lane = first;
        while (lane < lanes_.size() && lanes_[lane].busy_until > start * (1 + 1e-12)) {
            ++lane;
        }
        if (lane - first >= kMostLanes) {
            return;
        }
        if (lane == lanes_.size()) {
            const ServerPool& servers = system_.pools[pool];
            const auto number = static_cast<int>(lane - first) * together;
            const bool one = servers.servers <= together || servers.servers > 1'000;
            lanes_.push_back({pool, number, number + together - 1, one, 0});
        }
        add_bar(span, lane, start, end);
        lanes_[lane].busy_until = end;
    }

    void add_bar(const SimulatedSpan& span, std::size_t lane, double start, double end) {
        const std::size_t phase = phase_of(span.task);
        const auto latest = latest_.find(lane);
        if (latest != latest_.end()) {
            Bar& bar = bars_[latest->second];
            if (bar.request == span.request && bar.phase == phase && start - bar.to <= 1e-9 * start) {
                bar.to = end;
                return;
            }
        }
        latest_[lane] = bars_.size();
        bars_.push_back({lane, span.request, phase, system_.tasks[span.task].name, start, end});
    }

    [[nodiscard]] std::vector<const Bar*> bars_on(std::size_t lane) const {
        std::vector<const Bar*> found;
        for (const Bar& bar : bars_) {
            if (bar.lane == lane) {
                found.push_back(&bar);
            }
        }
        return found;
    }

    [[nodiscard]] bool do_the_same(std::size_t a, std::size_t b) const {
        return lanes_[a].pool == lanes_[b].pool &&
               std::ranges::equal(bars_on(a), bars_on(b), [](const Bar* x, const Bar* y) {
                   return x->from == y->from && x->to == y->to && x->request == y->request && x->phase == y->phase;
               });
    }

    // Merges lanes of cores that work together, which would be rows with identical bars.
    void join_equal_lanes() {
        std::vector<Lane> joined;
        std::vector<std::size_t> row(lanes_.size());
        std::vector<bool> kept(lanes_.size(), true);
        for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
            if (lane > 0 && do_the_same(lane - 1, lane)) {
                joined.back().last = lanes_[lane].last;
                kept[lane] = false;
            } else {
                joined.push_back(lanes_[lane]);
            }
            row[lane] = joined.size() - 1;
        }
        std::erase_if(bars_, [&kept](const Bar& bar) { return !kept[bar.lane]; });
        for (Bar& bar : bars_) {
            bar.lane = row[bar.lane];
        }
        lanes_ = std::move(joined);
    }

    const SimulatedSystem& system_;
    std::vector<Lane> lanes_;
    std::vector<Bar> bars_;
    std::map<std::size_t, std::size_t> latest_;  ///< index of the latest bar of each lane
};

// DRAM traffic as cells whose height is the share of the sustained bandwidth. Their row, beneath the lanes, has double
// height.
std::vector<Cell> bandwidth_cells(const TrafficResult& traffic, double middle, double end, double& most) {
    std::vector<Cell> cells;
    const double all = in_bytes_per_second(traffic.system.bandwidths.front().bandwidth);
    double from = 0, share = 0;
    const auto add = [&](double to) {
        const double height = share * (1 + kTaskHalf);
        if (to > from && height > 0) {
            cells.push_back({middle + kTaskHalf - height / 2, height / 2, from, to});
        }
        from = to;
    };
    for (const BandwidthUse& use : traffic.simulation.uses) {
        if (use.bandwidth == 0) {
            add(std::min(end, in_milliseconds(use.from)));
            share = std::min(1.0, in_bytes_per_second(use.drawn) / all);
            most = std::max(most, use.from < milliseconds(end) ? share : 0);
        }
    }
    add(end);
    return cells;
}

std::string stage_of(const Bar& bar, const TrafficResult& traffic) {
    return traffic.system.phases.empty() ? bar.task : traffic.system.phases[bar.phase].name;
}

std::string bar_labels(const std::vector<Bar>& bars, const TrafficResult& traffic, const RowFrame& frame,
                       std::size_t requests) {
    const double units = (frame.canvas.area.right - frame.canvas.area.left) / frame.time_range;
    std::string commands;
    for (const Bar& bar : bars) {
        const std::string stage = stage_of(bar, traffic);
        const std::string number = requests > 1 ? fmt::format("{}", bar.request + 1) : "";
        for (const std::string& label :
             {number.empty() ? stage : fmt::format("{}: {}", number, stage), stage, number}) {
            if (!label.empty() && text_width(label, kSmallFontSize) + 10 < (bar.to - bar.from) * units) {
                commands +=
                    fmt::format("set label {} at first {}, first {} center font {} front\n", gnuplot_text(label),
                                plotted((bar.from + bar.to) / 2), plotted(frame.middle[bar.lane]), kSmallFont);
                break;
            }
        }
    }
    return commands;
}

// One row per lane, and two rows for the bandwidth.
std::vector<Row> rows_of(const Lanes& lanes, const SimulatedSystem& system, double end) {
    std::vector<Row> rows;
    std::optional<std::size_t> pool;
    for (const Lane& lane : lanes.lanes()) {
        rows.push_back({lane_name(lane, system.pools[lane.pool]), "", end, pool && *pool != lane.pool});
        pool = lane.pool;
    }
    rows.push_back({"", "", end, true});
    rows.push_back({"dram", "", end, false});
    return rows;
}

/// Cell of a bar with a minimum width: a dispatch of a few microseconds would be thinner than a pixel and leave its
/// lane empty.
Cell cell_of(const Bar& bar, const RowFrame& frame) {
    constexpr double kThinnest = 3;  // picture units
    const double least = kThinnest * frame.time_range / (frame.canvas.area.right - frame.canvas.area.left);
    return {frame.middle[bar.lane], kTaskHalf, bar.from, std::max(bar.to, bar.from + least)};
}

std::vector<Spot> bar_spots(const std::vector<Bar>& bars, const TrafficResult& traffic, const RowFrame& frame) {
    std::vector<Spot> spots;
    for (const Bar& bar : bars) {
        const std::string stage = stage_of(bar, traffic);
        spots.push_back(spot_of(cell_of(bar, frame), frame, stage,
                                fmt::format("{}, request {}: {} from {} on", stage, bar.request + 1,
                                            brief(milliseconds(bar.to - bar.from)), brief(milliseconds(bar.from)))));
    }
    return spots;
}

std::string bar_rows(const std::vector<Bar>& bars, const Lanes& lanes, const TrafficResult& traffic) {
    std::string text = "resource,request,stage,from_ms,to_ms\n";
    for (const Bar& bar : bars) {
        const Lane& lane = lanes.lanes()[bar.lane];
        text +=
            fmt::format("{},{},{},{},{}\n", csv_field(lane_name(lane, traffic.system.pools[lane.pool])),
                        bar.request + 1, csv_field(stage_of(bar, traffic)), csv_number(bar.from), csv_number(bar.to));
    }
    return text;
}

void add_bars(Layers& layers, const std::vector<Bar>& bars, const RowFrame& frame) {
    std::map<std::size_t, std::vector<Cell>> of_phase;
    std::string edges;
    for (const Bar& bar : bars) {
        const Cell cell = cell_of(bar, frame);
        of_phase[bar.phase].push_back(cell);
        if (cell.to <= bar.to) {  // a cell wider than its bar has the minimum width, and an edge would hide it
            edges +=
                fmt::format("{} {} 0 {}\n", plotted(cell.to), plotted(cell.middle - kTaskHalf), plotted(2 * kTaskHalf));
        }
    }
    for (const auto& [phase, cells] : of_phase) {
        add_cells(layers, fmt::format("$phase{}", phase), cells, device_color(phase));
    }
    layers.add("$edges", edges, "using 1:2:3:4 with vectors nohead lw 0.7 lc rgb '#FFFFFF'");
}

// Adds the drawn bandwidth; returns the label of its scale.
std::string add_bandwidth(Layers& layers, const TrafficResult& traffic, double middle, double end) {
    double most = 0;
    const std::vector<Cell> cells = bandwidth_cells(traffic, middle, end, most);
    const Bandwidth all = traffic.system.bandwidths.front().bandwidth;
    const std::string scale = fmt::format("at most {:.0f}% of {:.3g} GB/s", 100 * most, in_gigabytes_per_second(all));
    add_cells(layers, "$dram", cells, kHandoverColor);
    return fmt::format("set label {} at first {}, first {} left font {} front\n", gnuplot_text(scale),
                       plotted(end * 0.005), plotted(middle - 1.1), kSmallFont);
}

// The budget line, shown for a single request only, since a budget counts from the arrival of each request. A budget
// far beyond `end` is left out, because it would squeeze the bars.
std::optional<Time> budget_shown(const ScenarioResult& result, std::size_t requests, double end) {
    const auto& budget = result.total.budget;
    return requests == 1 && budget && in_milliseconds(*budget) < 3 * end ? budget : std::nullopt;
}

}  // namespace

std::vector<Drawing> timeline_drawings(const ScenarioResult& result) {
    if (!result.timeline || result.timeline->simulation.spans.empty() || result.timeline->system.bandwidths.empty()) {
        return {};
    }
    const TrafficResult& traffic = *result.timeline;
    const Lanes lanes(traffic);
    double end = 0;
    std::size_t requests = 0;
    for (const Bar& bar : lanes.bars()) {
        end = std::max(end, bar.to);
        requests = std::max(requests, bar.request + 1);
    }
    std::vector<LegendEntry> legend;
    for (std::size_t phase = 0; phase < traffic.system.phases.size(); ++phase) {
        legend.push_back({LegendMark::kBox, std::string(device_color(phase)), traffic.system.phases[phase].name});
    }
    const auto budget = budget_shown(result, requests, end);
    if (budget) {
        legend.push_back({LegendMark::kDashedLine, std::string(kQuietColor), "budget of " + brief(*budget)});
    }
    const double last = std::max(end, in_milliseconds(budget.value_or(Time{})));
    const std::string title = requests == 1 ? fmt::format("One request over time on {}", result.hardware)
                                            : fmt::format("{} requests over time on {}", requests, result.hardware);
    const RowFrame frame =
        row_frame(rows_of(lanes, traffic.system, last), titled(title, result.changes), "time", legend);
    Layers layers;
    add_bars(layers, lanes.bars(), frame);
    const std::string scale = add_bandwidth(layers, traffic, frame.middle.back(), end);
    Drawing drawing{{"timeline",
                     "Requests on cores, dispatch threads and link over time, numbered by arrival, with the "
                     "DRAM bandwidth that they draw beneath."},
                    frame.canvas.height,
                    frame.canvas.commands + bar_labels(lanes.bars(), traffic, frame, requests) +
                        (budget ? budget_line(*budget, "back") : "") + scale + layers.commands()};
    drawing.picture.spots = bar_spots(lanes.bars(), traffic, frame);
    drawing.csv = bar_rows(lanes.bars(), lanes, traffic);
    return {drawing};
}

}  // namespace berth
