// A map of the faster device: as letters, JSON, CSV, and a picture of coloured cells with their boundary.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>
#include <utility>

#include "base/mapped.h"
#include "berth/analysis/dropped_points.h"
#include "berth/base/quantity_text.h"
#include "berth/report/crossover_report.h"
#include "berth/report/warnings_report.h"
#include "report/csv_values.h"
#include "report/json_values.h"
#include "report/page/written_page.h"
#include "report/plot_rows.h"
#include "report/text_layout.h"

namespace berth {

namespace {

constexpr double kTwice = 2;
constexpr double kFourTimes = 4;
constexpr std::size_t kTics = 6;

/// A margin of the winner, with its colour.
struct Shade {
    std::string_view color;
    std::string title;
};

// One hue per device, lighter where the margin is small.
std::vector<Shade> shades_of(const CrossoverMap& map) {
    const auto& [first, second] = map.between;
    return {{"#08519C", fmt::format("{} 4 times as fast", first)},
            {"#4292C6", fmt::format("{} twice as fast", first)},
            {"#C6DBEF", fmt::format("{} faster", first)},
            {"#FDD0A2", fmt::format("{} faster", second)},
            {"#F16913", fmt::format("{} twice as fast", second)},
            {"#A63603", fmt::format("{} 4 times as fast", second)},
            {"#DDDDDD", "one cannot run it"}};
}

std::size_t shade_of(const CrossoverMap::Cell& cell) {
    if (!cell.both()) {
        return 6;
    }
    const bool first = cell.first_wins();
    const double ratio = first ? *cell.second / *cell.first : *cell.first / *cell.second;
    const std::size_t clear = ratio >= kFourTimes ? 2 : ratio >= kTwice ? 1 : 0;
    return first ? 2 - clear : 3 + clear;
}

char letter_of(const CrossoverMap& map, const CrossoverMap::Cell& cell) {
    const auto& [first, second] = map.between;
    const bool alike = first.front() == second.front();
    if (!cell.both()) {
        return '.';
    }
    const char letter = cell.first_wins() ? (alike ? '1' : first.front()) : (alike ? '2' : second.front());
    return cell.sure() ? static_cast<char>(std::toupper(static_cast<unsigned char>(letter))) : letter;
}

std::string_view winner(const CrossoverMap& map, const CrossoverMap::Cell& cell) {
    return !cell.both() ? "" : cell.first_wins() ? std::string_view(map.between.first) : map.between.second;
}

/// An axis of the map: its cells are at 0, 1, 2, ..., whatever their values.
class MapAxis {
  public:
    explicit MapAxis(const SweepAxis& axis) {
        for (const std::string& value : axis.values) {
            const auto number = leading_number(value);
            numbers_.push_back(number.value_or(0));
            numeric_ = numeric_ && number && (numbers_.size() < 2 || numbers_[numbers_.size() - 2] < *number);
            whole_ = whole_ && std::trunc(numbers_.back()) == numbers_.back();
        }
        const std::string& first = axis.values.front();
        unit_ = first.substr(std::min(first.find(' '), first.size()));
        wide_ = numeric_ && numbers_.front() > 0 && numbers_.back() / numbers_.front() > SweepRange::kWideRange;
    }
    /// Interpolated position of a value between the cells; absent outside the range, or if the axis values are not
    /// ascending numbers.
    [[nodiscard]] std::optional<double> place(double value) const {
        const auto above = std::ranges::upper_bound(numbers_, value);
        if (!numeric_ || above == numbers_.begin() || value > numbers_.back()) {
            return std::nullopt;
        }
        if (above == numbers_.end()) {
            return static_cast<double>(numbers_.size() - 1);
        }
        const double low = *(above - 1);
        const double share = wide_ ? std::log(value / low) / std::log(*above / low) : (value - low) / (*above - low);
        return static_cast<double>(above - numbers_.begin()) - 1 + share;
    }
    /// Position of a value that has the unit of the axis.
    [[nodiscard]] std::optional<double> place(const std::string& value) const {
        const auto number = leading_number(value);
        return number && value.substr(std::min(value.find(' '), value.size())) == unit_ ? place(*number) : std::nullopt;
    }
    /// Round values with their unit: 1, 2 and 5 of each decade in a wide range, else evenly spaced; whole numbers for
    /// counts.
    [[nodiscard]] std::vector<std::pair<std::string, double>> tics() const {
        std::vector<std::pair<std::string, double>> all;
        for (const double value : round_values()) {
            if (const auto at = place(value)) {
                all.emplace_back(number_text(value, 3) + unit_, *at);
            }
        }
        return all;
    }

  private:
    static std::optional<double> leading_number(const std::string& value) {
        return parse_number(value.substr(0, std::min(value.find(' '), value.size())));
    }
    [[nodiscard]] std::vector<double> round_values() const {
        std::vector<double> values;
        if (!numeric_) {
            return values;
        }
        if (wide_) {
            for (double decade = std::pow(10, std::floor(std::log10(numbers_.front()))); decade <= numbers_.back();
                 decade *= 10) {
                values.insert(values.end(), {decade, 2 * decade, 5 * decade});
            }
            return values;
        }
        const double least = (numbers_.back() - numbers_.front()) / kTics;
        const double decade = std::pow(10, std::floor(std::log10(least)));
        const double round = least <= 2 * decade ? 2 * decade : least <= 5 * decade ? 5 * decade : 10 * decade;
        const double step = whole_ && unit_.empty() ? std::max(1.0, round) : round;
        for (double i = std::ceil(numbers_.front() / step); i * step <= numbers_.back(); ++i) {
            values.push_back(i * step);
        }
        return values;
    }

    std::vector<double> numbers_;
    std::string unit_;
    bool numeric_ = true, wide_ = false, whole_ = true;
};

// Tics of an axis; one without round values, such as a list of names, gets some of its own values.
std::vector<std::pair<std::string, double>> map_tics(const SweepAxis& axis) {
    auto all = axis.values.size() > 1 ? MapAxis(axis).tics() : std::vector<std::pair<std::string, double>>();
    const std::size_t step = std::max<std::size_t>(1, axis.values.size() / kTics);
    for (std::size_t i = 0; all.size() < 2 && i < axis.values.size(); i += step) {
        all.emplace_back(axis.values[i], static_cast<double>(i));
    }
    return all;
}

std::string map_tic_text(const SweepAxis& axis) {
    std::vector<std::string> texts;
    for (const auto& [label, at] : map_tics(axis)) {
        texts.push_back(fmt::format("{} {}", tic_text(label), plotted(at)));
    }
    return fmt::format("{}", fmt::join(texts, ", "));
}

// Left margin with room for the longest tic label and the name of the axis.
double left_margin(const SweepAxis& axis) {
    constexpr double kName = 90;
    double longest = 100;
    for (const auto& [label, at] : map_tics(axis)) {
        longest = std::max(longest, text_width(label));
    }
    return kName + longest;
}

// Position of the unmodified scenario, if both of its values lie on the map.
std::optional<std::pair<double, double>> today_place(const CrossoverMap& map) {
    if (!map.today || map.across.values.size() < 2 || map.up.values.size() < 2) {
        return std::nullopt;
    }
    const auto x = MapAxis(map.across).place(map.today->first);
    const auto y = MapAxis(map.up).place(map.today->second);
    return x && y ? std::optional(std::pair(*x, *y)) : std::nullopt;
}

// Boundary lines between neighbouring cells with different winners.
std::string boundary(const CrossoverMap& map) {
    std::string lines;
    const std::size_t columns = map.across.values.size();
    const std::size_t rows = map.up.values.size();
    const auto differ = [&](const CrossoverMap::Cell& a, const CrossoverMap::Cell& b) {
        return a.both() && b.both() && a.first_wins() != b.first_wins();
    };
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t column = 0; column < columns; ++column) {
            const auto x = static_cast<double>(column);
            const auto y = static_cast<double>(row);
            if (column + 1 < columns && differ(map.at(column, row), map.at(column + 1, row))) {
                lines += fmt::format("{} {} 0 1\n", plotted(x + 0.5), plotted(y - 0.5));
            }
            if (row + 1 < rows && differ(map.at(column, row), map.at(column, row + 1))) {
                lines += fmt::format("{} {} 1 0\n", plotted(x - 0.5), plotted(y + 0.5));
            }
        }
    }
    return lines;
}

// Cells where the faster device is uncertain.
std::string unsure_places(const CrossoverMap& map) {
    std::string places;
    for (std::size_t cell = 0; cell < map.cells.size(); ++cell) {
        if (map.cells[cell].first_is_faster && !map.cells[cell].sure()) {
            places += fmt::format("{} {}\n", cell % map.across.values.size(), cell / map.across.values.size());
        }
    }
    return places;
}

std::vector<Drawing> map_drawing(const CrossoverMap& map) {
    constexpr double kHeight = 760;
    const std::vector<Shade> shades = shades_of(map);
    std::vector<std::string> cells(shades.size());
    for (std::size_t row = 0; row < map.up.values.size(); ++row) {
        for (std::size_t column = 0; column < map.across.values.size(); ++column) {
            const auto x = static_cast<double>(column);
            const auto y = static_cast<double>(row);
            cells[shade_of(map.at(column, row))] += data_line(x, y, x - 0.51, x + 0.51, y - 0.51, y + 0.51);
        }
    }
    std::vector<LegendEntry> legend;
    Layers layers;
    for (std::size_t shade = 0; shade < shades.size(); ++shade) {
        if (cells[shade].empty()) {
            continue;
        }
        legend.push_back({LegendMark::kBox, std::string(shades[shade].color), shades[shade].title});
        layers.add(fmt::format("$shade{}", shade), cells[shade], filled(shades[shade].color));
    }
    layers.add("$boundary", boundary(map), "using 1:2:3:4 with vectors nohead lw 4 lc rgb '#000000'");
    if (const std::string unsure = unsure_places(map); !unsure.empty()) {
        legend.push_back({LegendMark::kPoint, "#000000", "probability below 90 %"});
        layers.add("$unsure", unsure,
                   fmt::format("using 1:2 with points pt 7 ps 0.5*{} lc rgb '#000000'", kSymbolScale));
    }
    const auto today = today_place(map);
    if (today) {
        legend.push_back({LegendMark::kPoint, "#000000", "the scenario as it is", 7, true});
        layers.data("$today", data_line(today->first, today->second));
        layers.draw("$today", fmt::format("using 1:2 with points pt 7 ps 2.4*{} lc rgb '#000000'", kSymbolScale));
        layers.draw("$today", fmt::format("using 1:2 with points pt 7 ps 1.4*{} lc rgb '#FFFFFF'", kSymbolScale));
    }
    const Canvas frame =
        canvas(left_margin(map.up), kHeight,
               titled(fmt::format("{} or {}: {}", map.between.first, map.between.second, map.subject), map.changes),
               map.across.path, map.up.path, legend);
    std::string commands = frame.commands;
    commands += fmt::format("set xrange [-0.5:{}]\nset yrange [-0.5:{}]\nunset grid\n",
                            plotted(static_cast<double>(map.across.values.size()) - 0.5),
                            plotted(static_cast<double>(map.up.values.size()) - 0.5));
    commands += fmt::format("set xtics ({})\nset ytics ({})\n", map_tic_text(map.across), map_tic_text(map.up));
    commands += layers.commands();
    return {
        {{"crossover-map", "Which device is faster, by how much, and where that is not sure; black line: crossover."},
         frame.height,
         std::move(commands)}};
}

// For each value of `across`, the first value of `up` from which the faster device changes.
std::string moves_text(const CrossoverMap& map, TextWidth width) {
    TextTable table{right("across"), left(Fit::kWrap, "at the start", "crossovers upwards")};
    const std::size_t step = std::max<std::size_t>(1, map.across.values.size() / 16);
    for (std::size_t column = 0; column < map.across.values.size(); column += step) {
        auto changes = mapped<std::string>(map.crossings[column], [&](const CrossoverMap::Change& change) {
            return fmt::format("{} from {}", change.first_wins ? map.between.first : map.between.second, change.from);
        });
        const std::string start(winner(map, map.at(column, 0)));
        table.row({map.across.values[column], start.empty() ? "-" : start,
                   changes.empty() ? "-" : fmt::format("{}", fmt::join(changes, ", "))});
    }
    return table.text(2, width);
}

// Reasons why devices cannot run, each with one pair of values as an example.
std::string why_not_text(const CrossoverMap& map, TextWidth width) {
    DroppedCount dropped;
    for (std::size_t cell = 0; cell < map.cells.size(); ++cell) {
        if (!map.cells[cell].why_not.empty()) {
            dropped.add(cell, map.cells[cell].why_not);
        }
    }
    std::string text;
    for (const DroppedPoints& row : dropped.rows()) {
        const std::size_t across = map.across.values.size();
        text += wrapped(fmt::format("{} of {} pairs: {} (such as {}={} {}={})", row.count, map.cells.size(), row.reason,
                                    map.across.path, map.across.values[row.example % across], map.up.path,
                                    map.up.values[row.example / across]),
                        2, width);
    }
    return text.empty() ? "" : "\n" + text;
}

/// Rows of `value(cell)` for all cells.
template <class Value>
Json cells_json(const CrossoverMap& map, const Value& value) {
    Json rows = Json::array();
    for (std::size_t row = 0; row < map.up.values.size(); ++row) {
        Json& values = rows.emplace_back(Json::array());
        for (std::size_t column = 0; column < map.across.values.size(); ++column) {
            values.push_back(value(map.at(column, row)));
        }
    }
    return rows;
}

// Crossings, one entry per value of `across`.
Json crossings_json(const CrossoverMap& map) {
    return json_array(map.crossings, [&map](const auto& changes) {
        return json_array(changes, [&map](const CrossoverMap::Change& change) {
            return Json{{"below", change.below},
                        {"above", change.above},
                        {"faster", change.first_wins ? map.between.first : map.between.second}};
        });
    });
}

Json axis_json(const SweepAxis& axis) {
    Json values = json_array(axis.values, json_of_yaml);
    return {{"path", axis.path}, {"values", std::move(values)}};
}

}  // namespace

std::string crossover_map_text(const CrossoverMap& map, TextWidth width) {
    std::string text =
        wrapped(title_of(fmt::format("{}: {} or {}", map.stage, map.between.first, map.between.second), map.changes), 0,
                width) +
        "\n";
    for (std::size_t row = map.up.values.size(); row-- > 0;) {
        text += fmt::format("{:>24}  ", map.up.values[row]);
        for (std::size_t column = 0; column < map.across.values.size(); ++column) {
            text += letter_of(map, map.at(column, row));
        }
        text += '\n';
    }
    text += fmt::format("{:>24}  {} to {}\n\n", "", map.across.values.front(), map.across.values.back());
    text += wrapped(fmt::format("Up: {}; across: {}. Letter: faster device, a capital where it is so with 90 % "
                                "probability. Dot: one of the two cannot run the model "
                                "here.",
                                map.up.path, map.across.path),
                    0, width);
    return text + "\n" + moves_text(map, width) + why_not_text(map, width) + warnings_text(map.warnings, width);
}

std::string crossover_map_json(const CrossoverMap& map) {
    Json json;
    json["stage"] = map.stage;
    json["between"] = {map.between.first, map.between.second};
    json["across"] = axis_json(map.across);
    json["up"] = axis_json(map.up);
    json["warnings"] = json_warnings(map.warnings);
    json["faster"] =
        cells_json(map, [&map](const CrossoverMap::Cell& cell) { return json_text(std::string(winner(map, cell))); });
    json["crossings"] = crossings_json(map);
    json["probability"] =
        cells_json(map, [](const CrossoverMap::Cell& cell) { return json_number(cell.first_is_faster); });
    json[map.between.first + "_ms"] =
        cells_json(map, [](const CrossoverMap::Cell& cell) { return json_milliseconds(cell.first); });
    json[map.between.second + "_ms"] =
        cells_json(map, [](const CrossoverMap::Cell& cell) { return json_milliseconds(cell.second); });
    return json_document(json);
}

std::string crossover_map_csv(const CrossoverMap& map) {
    std::string text = fmt::format("{},{},{}_ms,{}_ms,faster,probability,why_not\n", csv_field(map.up.path),
                                   csv_field(map.across.path), map.between.first, map.between.second);
    const auto time = [](const std::optional<Time>& value) { return value ? csv_number(in_milliseconds(*value)) : ""; };
    for (std::size_t row = 0; row < map.up.values.size(); ++row) {
        for (std::size_t column = 0; column < map.across.values.size(); ++column) {
            const CrossoverMap::Cell& cell = map.at(column, row);
            text += fmt::format("{},{},{},{},{},{},{}\n", csv_field(map.up.values[row]),
                                csv_field(map.across.values[column]), time(cell.first), time(cell.second),
                                csv_field(winner(map, cell)),
                                cell.first_is_faster ? csv_number(*cell.first_is_faster) : "", csv_field(cell.why_not));
        }
    }
    return text;
}

void write_crossover_map(const std::filesystem::path& directory, const CrossoverMap& map, const Provenance& provenance,
                         Diagnostics& diagnostics) {
    write_forms(directory, "crossover", {crossover_map_text(map), crossover_map_json(map), crossover_map_csv(map)},
                map_drawing(map), provenance, diagnostics);
}

}  // namespace berth
