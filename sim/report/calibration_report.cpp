// Report of berth calibrate: what the measured rows determine about the numbers of a profile.
#include "berth/report/calibration_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>

#include "base/mapped.h"
#include "berth/base/statistics.h"
#include "report/json_values.h"
#include "report/text_layout.h"

namespace berth {

namespace {

constexpr std::size_t kLeverageShown = 5;

std::string ratio_text(const std::optional<double>& ratio) { return ratio ? percent_text(*ratio, 2) : "-"; }

std::string with_spread(double value, double spread, Dimension dimension) {
    return fmt::format("{} ± {}", quantity_text(with_digits(value, 3), dimension), percent_text(spread, 2));
}

// In standard deviations of the prior.
double deviations_moved(const FittedParameter& one) {
    return std::log(one.after / one.before) / std::log1p(one.spread_before);
}

void add_numbers(TextTable& table, const std::vector<FittedParameter>& numbers, bool probed) {
    for (const FittedParameter& one : numbers) {
        const double moved = deviations_moved(one);
        const bool known_before = one.spread_before > 0;
        table.row({typed_path(one.path), with_spread(one.before, one.spread_before, one.dimension),
                   with_spread(one.after, one.spread_after, one.dimension),
                   known_before ? fmt::format("{:+.1f}", moved) : "-",
                   known_before && !probed ? percent_text(one.remains(), 2) : "-",
                   probed ? "measured" : (one.determined ? "yes" : "hardly")});
    }
}

std::string number_table(const Calibration& calibration, TextWidth width) {
    TextTable table{left(Fit::kOwnLine, "number"), right("before", "after", "moved", "remains"), left("determined")};
    add_numbers(table, calibration.probed, true);
    add_numbers(table, calibration.parameters, false);
    return table.text(2, width);
}

std::string error_row_of(std::string_view name, const ErrorSummary& errors) {
    return fmt::format("{}: MAPE {}, median {}, {} within 10%, bias {}", name, ratio_text(errors.mean_error),
                       ratio_text(errors.median_error), ratio_text(errors.within_10), ratio_text(errors.bias));
}

// Errors of unseen rows by class and duration: a residual that varies with size shows that the model lacks a term.
std::string residual_table(const Calibration& calibration, TextWidth width) {
    std::map<std::string, std::map<int, std::vector<double>>> bins;
    for (const FittedRow& row : calibration.rows) {
        const int decade = static_cast<int>(std::floor(std::log10(in_microseconds(row.measured))));
        bins[row.op_class][std::clamp(decade, 0, 3)].push_back(std::log(row.unseen / row.measured));
    }
    TextTable table{left("class"), right("below 10 us", "to 100 us", "to 1 ms", "above 1 ms")};
    for (auto& [name, by_size] : bins) {
        std::vector<std::string> cells{name};
        for (int decade = 0; decade < 4; ++decade) {
            const auto middle = median(by_size[decade]);
            cells.push_back(middle ? fmt::format("{:+.0f}% ({})", std::expm1(*middle) * 100, by_size[decade].size())
                                   : "-");
        }
        table.row(std::move(cells));
    }
    return table.text(2, width);
}

// Outliers: the rows with the largest errors, and the rows with the most leverage on their own prediction.
std::string standing_out(const Calibration& calibration, TextWidth width) {
    auto rows = mapped(calibration.rows, [](const FittedRow& row) { return &row; });
    const auto far = [](const FittedRow* row) { return std::abs(std::log(row->unseen / row->measured)); };
    std::ranges::sort(rows, std::greater{}, far);
    TextTable table{left(Fit::kShorten, "row"), left("class"),
                    right("measured", "fitted", "unseen", "weight", "leverage")};
    const auto add = [&table](const FittedRow& row) {
        const std::string times = row.times.size() > 1 ? fmt::format(", {} times", row.times.size()) : "";
        table.row({row.name + times, row.op_class, brief(row.measured), brief(row.predicted), brief(row.unseen),
                   number_text(row.weight, 2), number_text(row.leverage, 2)});
    };
    const auto shown = static_cast<std::ptrdiff_t>(std::min(kLeverageShown, rows.size()));
    const std::vector<const FittedRow*> furthest(rows.begin(), rows.begin() + shown);
    for (const FittedRow* row : furthest) {
        add(*row);
    }
    std::ranges::sort(rows, std::greater{}, &FittedRow::leverage);
    for (auto row = rows.begin(); row != rows.begin() + shown; ++row) {
        if (std::ranges::find(furthest, *row) == furthest.end()) {
            add(**row);
        }
    }
    return table.text(2, width);
}

// The shipped networks whose measured time would reduce the remaining variance of all numbers most.
std::string next_text(const Calibration& calibration, TextWidth width) {
    constexpr std::size_t kShown = 3;
    if (calibration.next.empty()) {
        return "";
    }
    TextTable table{left("network"), right("predicted", "open by", "would close")};
    for (std::size_t i = 0; i < std::min(kShown, calibration.next.size()); ++i) {
        const WorthTiming& one = calibration.next[i];
        table.row({one.name, brief(one.predicted), "± " + ratio_text(std::expm1(one.sigma)), ratio_text(one.removes)});
    }
    return wrapped(
               "Time next, of the networks that ship: share of the open variance of all numbers that its time would "
               "close",
               2, width) +
           table.text(2, width) + "\n";
}

// Numbers that changed to remain consistent with fitted ones, and fitted numbers that an unfitted one limits.
std::string bounds_text(const Calibration& calibration, TextWidth width) {
    std::string text;
    for (const FollowingNumber& one : calibration.following) {
        text += wrapped(fmt::format("{} follows from {}: {}, previously {}.", one.path, one.because_of,
                                    quantity_text(with_digits(one.after, 3), one.dimension),
                                    quantity_text(with_digits(one.before, 3), one.dimension)),
                        2, width);
    }
    for (const HeldNumber& one : calibration.held) {
        text += wrapped(
            fmt::format("{} is limited to {} by {} ({}), which is not fitted. If the measurements are right, "
                        "correct that line and fit again.",
                        one.path, quantity_text(with_digits(one.at, 3), one.dimension), one.by, one.where.text()),
            2, width);
    }
    return text;
}

std::string networks_text(const Calibration& calibration, TextWidth width) {
    if (calibration.networks.empty()) {
        return "";
    }
    TextTable table{left(Fit::kShorten, "network left out"), right("layers", "memory", "MAPE", "median", "in 5-95 %")};
    for (const LeftOutNetwork& one : calibration.networks) {
        table.row({one.name, fmt::format("{}", one.error.rows), one.memory_clock ? to_text(*one.memory_clock) : "-",
                   ratio_text(one.error.mean_error), ratio_text(one.error.median_error),
                   percent_text(one.coverage, 2)});
    }
    TextTable classes{left("class"), right("layers", "in 5-95 %", "error for 90 %")};
    for (const LeftOutClass& one : calibration.classes) {
        classes.row({std::string(choice_name(kErrorClassNames, one.of)), fmt::format("{}", one.rows),
                     percent_text(one.coverage, 2), percent_text(one.needed, 2)});
    }
    TextTable distances{left("next to the others"), right("layers", "in 5-95 %", "factor for 90 %")};
    for (const LeftOutDistance& one : calibration.distances) {
        distances.row({std::string(choice_name(kEvidenceKindNames, one.distance)), fmt::format("{}", one.rows),
                       percent_text(one.coverage, 2), number_text(one.factor, 3)});
    }
    return "\n" + table.text(2, width) + "\n" + classes.text(2, width) + "\n" + distances.text(2, width);
}

Json json_networks(const Calibration& calibration) {
    return json_array(calibration.networks, [](const LeftOutNetwork& one) {
        return Json{{"name", one.name},
                    {"memory_clock", one.memory_clock ? Json(in_hertz(*one.memory_clock)) : Json(nullptr)},
                    {"error", json_errors(one.error)},
                    {"coverage", json_number(one.coverage)}};
    });
}

Json json_classes(const Calibration& calibration) {
    return json_array(calibration.classes, [&](const LeftOutClass& one) {
        return Json{{"class", choice_name(kErrorClassNames, one.of)},
                    {"rows", one.rows},
                    {"coverage", json_number(one.coverage)},
                    {"needed", json_number(one.needed)}};
    });
}

Json json_distances(const Calibration& calibration) {
    return json_array(calibration.distances, [&](const LeftOutDistance& one) {
        return Json{{"distance", choice_name(kEvidenceKindNames, one.distance)},
                    {"rows", one.rows},
                    {"coverage", json_number(one.coverage)},
                    {"factor", json_number(one.factor)}};
    });
}

Json json_parameter(const FittedParameter& one, bool probed) {
    return {{"path", typed_path(one.path)},
            {"before", json_number(one.before)},
            {"spread_before", json_number(one.spread_before)},
            {"after", json_number(one.after)},
            {"spread_after", json_number(one.spread_after)},
            {"probed", probed},
            {"determined", one.determined}};
}

// Rows that the profile did not expect: a number had to move farther than its spread makes likely.
std::string far_number_text(const Calibration& calibration, TextWidth width) {
    constexpr double kFar = 3;  // standard deviations: 3 of 1000 numbers
    const auto distance = [](const FittedParameter& one) { return std::abs(deviations_moved(one)); };
    const auto farthest = std::ranges::max_element(calibration.parameters, {}, distance);
    if (farthest == calibration.parameters.end() || distance(*farthest) < kFar) {
        return "";
    }
    return wrapped(fmt::format("The rows move {} by {:.1f} standard deviations: as the profile stands, such rows are "
                               "unlikely. Check that they are of this chip.",
                               typed_path(farthest->path), distance(*farthest)),
                   0, width) +
           "\n";
}

// Rows that all take longer than the fit gives, or all shorter: the spreads forbid what would explain them.
std::string out_of_reach_text(const Calibration& calibration, TextWidth width) {
    constexpr double kFar = 1.35;
    const auto ratio =
        median(mapped<double>(calibration.rows, [](const FittedRow& row) { return row.measured / row.predicted; }));
    if (!ratio || (*ratio<kFar&& * ratio> 1 / kFar)) {
        return "";
    }
    return wrapped(fmt::format("Half of the rows take {} times the fitted time or {}: the numbers do not "
                               "reach these rows within their spreads. Check that the rows are of this chip, or widen "
                               "the spreads of the numbers that may be wrong (--set 'PATH=VALUE ± 100%').",
                               number_text(*ratio, 2), *ratio > 1 ? "more" : "less"),
                   0, width) +
           "\n";
}

Json json_error(const FittedError& one) {
    return {{"class", choice_name(kErrorClassNames, one.of)},
            {"before", json_number(one.before.value)},
            {"after", json_number(one.after)},
            {"of_rows", one.of_rows}};
}

Json json_device(const FittedDevice& one) {
    return {
        {"name", one.name}, {"rows", one.rows}, {"works", one.works}, {"errors", json_array(one.errors, json_error)}};
}

}  // namespace

std::string rows_by_device(const Calibration& calibration) {
    const auto parts = mapped<std::string>(calibration.devices, [](const FittedDevice& one) {
        const std::string repeated = one.works < one.rows ? fmt::format(" ({} without repetitions)", one.works) : "";
        return fmt::format("{} {} of {}{}", one.rows, one.rows == 1 ? "row" : "rows", one.name, repeated);
    });
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::string calibration_text(const Calibration& calibration, TextWidth width) {
    std::string text = wrapped(fmt::format("{}; typical residual {}", rows_by_device(calibration),
                                           percent_text(std::expm1(calibration.sigma), 2)),
                               0, width) +
                       "\n";
    text += out_of_reach_text(calibration, width) + far_number_text(calibration, width) +
            number_table(calibration, width) + "\n";
    for (const Correlation& pair : calibration.correlations) {
        text += wrapped(fmt::format("The rows hardly separate {} from {} (correlation {:+.2f}).", typed_path(pair.a),
                                    typed_path(pair.b), pair.value),
                        2, width);
    }
    text += bounds_text(calibration, width);
    text += wrapped(error_row_of("Fitted rows", calibration.fitted), 2, width);
    const std::string_view unseen = calibration.networks.empty() ? "Each shape predicted by a fit without it"
                                                                 : "Each network predicted by a fit without it";
    text += wrapped(error_row_of(unseen, calibration.unseen), 2, width);
    text += networks_text(calibration, width);
    text += "\n  Median error of unseen rows by time (rows)\n" + residual_table(calibration, width);
    text += "\n  Largest errors, and largest leverage\n" + standing_out(calibration, width) + "\n";
    text += next_text(calibration, width);
    return text +
           wrapped(
               "Moved: in standard deviations of the prior. Remains: the standard deviation after the rows, as a "
               "share of the prior's. Both are of the number's logarithm, in which ± 100% is 0.69. Determined: "
               "at most half remains; the other numbers stay of the kind that they were. Weight below 1: the "
               "row counts less, as an outlier or because its repetitions scatter. Leverage: how much a row "
               "determines its own prediction.",
               0, width);
}

std::string calibration_json(const Calibration& calibration) {
    Json json;
    json["devices"] = json_array(calibration.devices, json_device);
    json["rows"] = std::transform_reduce(calibration.devices.begin(), calibration.devices.end(), std::size_t{0},
                                         std::plus{}, [](const FittedDevice& one) { return one.rows; });
    json["sigma"] = json_number(calibration.sigma);
    json["parameters"] =
        json_array(calibration.probed, [](const FittedParameter& one) { return json_parameter(one, true); });
    for (const FittedParameter& one : calibration.parameters) {
        json["parameters"].push_back(json_parameter(one, false));
    }
    json["correlations"] = json_array(calibration.correlations, [](const Correlation& pair) {
        return Json{{"a", typed_path(pair.a)}, {"b", typed_path(pair.b)}, {"value", json_number(pair.value)}};
    });
    json["following"] = json_array(calibration.following, [](const FollowingNumber& one) {
        return Json{{"path", one.path},
                    {"before", json_number(one.before)},
                    {"after", json_number(one.after)},
                    {"because_of", one.because_of}};
    });
    json["held"] = json_array(calibration.held, [](const HeldNumber& one) {
        return Json{{"path", one.path}, {"at", json_number(one.at)}, {"by", one.by}, {"where", one.where.text()}};
    });
    json["next"] = json_array(calibration.next, [](const WorthTiming& one) {
        return Json{{"name", one.name},
                    {"predicted_us", json_number(in_microseconds(one.predicted))},
                    {"open", json_number(std::expm1(one.sigma))},
                    {"would_close", json_number(one.removes)}};
    });
    json["fitted"] = json_errors(calibration.fitted);
    json["unseen"] = json_errors(calibration.unseen);
    json["networks"] = json_networks(calibration);
    json["classes"] = json_classes(calibration);
    json["distances"] = json_distances(calibration);
    json["residuals"] = json_array(calibration.rows, [](const FittedRow& row) {
        return Json{{"name", row.name},
                    {"class", row.op_class},
                    {"network", json_text(row.network)},
                    {"measured_us", json_number(in_microseconds(row.measured))},
                    {"times_us", json_array(row.times, [](Time time) { return json_number(in_microseconds(time)); })},
                    {"fitted_us", json_number(in_microseconds(row.predicted))},
                    {"unseen_us", json_number(in_microseconds(row.unseen))},
                    {"leverage", json_number(row.leverage)},
                    {"weight", json_number(row.weight)}};
    });
    return json_document(json);
}

std::string decisions_text(const std::vector<DecisionChange>& decisions, TextWidth width) {
    std::string text;
    for (const DecisionChange& one : decisions) {
        text += wrapped(
            fmt::format("{}: {} with the first rows, {} with the second.", one.stage, one.before, one.after), 0, width);
    }
    return text.empty() ? "Every stage of the scenario stays on its device.\n" : text;
}

std::string drift_text(const std::vector<Drift>& drift, TextWidth width) {
    constexpr double kBeyondErrors = 2;
    TextTable table{left(Fit::kOwnLine, "number"), right("first", "second", "standard errors")};
    std::size_t moved = 0;
    for (const Drift& one : drift) {
        if (std::abs(one.sigmas) > kBeyondErrors) {
            table.row({typed_path(one.path), quantity_text(with_digits(one.first, 3), one.dimension),
                       quantity_text(with_digits(one.second, 3), one.dimension), fmt::format("{:+.1f}", one.sigmas)});
            ++moved;
        }
    }
    const std::string rest =
        fmt::format("{} of {} numbers moved by more than two standard errors.\n", moved, drift.size());
    return moved > 0 ? table.text(2, width) + "\n" + rest : rest;
}

std::string drift_json(const std::vector<Drift>& drift, const std::vector<DecisionChange>* decisions) {
    Json numbers = Json::array();
    for (const Drift& one : drift) {
        numbers.push_back({{"path", typed_path(one.path)},
                           {"first", json_number(one.first)},
                           {"second", json_number(one.second)},
                           {"sigmas", json_number(one.sigmas)}});
    }
    Json json{{"numbers", std::move(numbers)}, {"decisions", nullptr}};
    if (decisions != nullptr) {
        json["decisions"] = Json::array();
        for (const DecisionChange& one : *decisions) {
            json["decisions"].push_back({{"stage", one.stage}, {"first", one.before}, {"second", one.after}});
        }
    }
    return json_document(json);
}

}  // namespace berth
