// Samples a range, and bisects between neighbouring samples with different winners.
#include "berth/analysis/crossover.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <tuple>

#include "analysis/crossing_search.h"
#include "analysis/digits.h"
#include "analysis/first_error.h"
#include "analysis/in_order.h"
#include "base/mapped.h"
#include "berth/base/quantity_text.h"
#include "berth/evaluation/evaluation.h"

namespace berth {

namespace {

constexpr std::size_t kPoints = 33;
constexpr int kProbeDigits = 4;  // of points at equal ratios

class Search {
  public:
    /// `uncertainty`: whether points include the confidence, not only which device is faster.
    explicit Search(const CrossoverQuestion& question, bool uncertainty = true)
        : question_(question), uncertainty_(uncertainty) {}

    [[nodiscard]] CrossoverPoint at(double value) const {
        CrossoverPoint point;
        point.value = value;
        auto settings = question_.base.settings;
        settings.push_back({question_.range.path, question_.range.text(value)});
        Diagnostics diagnostics;
        const auto scenario = load_scenario(question_.base.library, question_.base.scenario, settings, diagnostics);
        EvaluationOptions options;
        options.uncertainty = uncertainty_;
        options.operators = false;
        options.splits = false;
        const auto result = scenario ? evaluate(*scenario, diagnostics, options) : std::nullopt;
        if (!result) {
            point.why_not = first_line(diagnostics);
            return point;
        }
        const Candidate* first = on(*result, question_.between.first, point.why_not);
        const Candidate* second = on(*result, question_.between.second, point.why_not);
        if (first != nullptr) {
            point.first = first->latency;
        }
        if (second != nullptr) {
            point.second = second->latency;
        }
        if (first != nullptr && second != nullptr) {
            point.first_is_faster = probability_faster(*first, *second);
        }
        return point;
    }

    // Bisects between `yes`, where `holds` is true, and `no`, where it is false; returns the final pair.
    [[nodiscard]] std::pair<double, double> narrowed(double yes, double no,
                                                     const std::function<bool(const CrossoverPoint&)>& holds) const {
        return berth::narrowed(yes, no, question_.range.whole, [&](double value) {
            const CrossoverPoint point = at(value);
            // A point that runs nowhere between two that do counts as not holding.
            return point.first_is_faster && holds(point);
        });
    }

  private:
    [[nodiscard]] const Candidate* on(const ScenarioResult& result, const std::string& device,
                                      std::string& why_not) const {
        const auto place = std::ranges::find(result.devices, device) - result.devices.begin();
        const auto stage = std::ranges::find(result.stages, question_.stage, &StageResult::name);
        const Candidate* whole = stage->whole_on(static_cast<DeviceId>(place));
        if (whole == nullptr || whole->feasible) {
            return whole;
        }
        why_not = fmt::format("{}: {}", device, whole->reason);
        return nullptr;
    }

    const CrossoverQuestion& question_;
    bool uncertainty_;
};

// Value nearest to the crossing, on one side of it, from which that side's winner is certain.
std::optional<double> sure_from(const Search& search, const std::vector<CrossoverPoint>& points, std::size_t start,
                                int step, bool first_side, double crossing) {
    const auto sure = [first_side](const CrossoverPoint& point) {
        return (first_side ? *point.first_is_faster : 1 - *point.first_is_faster) >= kSureShare;
    };
    double unsure = crossing;
    for (auto i = static_cast<std::ptrdiff_t>(start); i >= 0 && i < static_cast<std::ptrdiff_t>(points.size());
         i += step) {
        const CrossoverPoint& point = points[static_cast<std::size_t>(i)];
        if (!point.first_is_faster || point.first_wins() != first_side) {
            return std::nullopt;
        }
        if (sure(point)) {
            return search.narrowed(point.value, unsure, sure).first;
        }
        unsure = point.value;
    }
    return std::nullopt;
}

/// "MODEL on PROFILE" of the stage; absent, with errors, for an invalid question.
std::optional<std::string> subject_of(const CrossoverQuestion& question, Diagnostics& diagnostics) {
    const auto scenario =
        load_scenario(question.base.library, question.base.scenario, question.base.settings, diagnostics);
    if (!scenario) {
        return std::nullopt;
    }
    std::vector<std::string> stages;
    std::string subject;
    for (const Stage& stage : scenario->stages) {
        if (const auto* work = std::get_if<ModelStage>(&stage.work)) {
            stages.push_back(stage.name);
            subject = stage.name == question.stage
                          ? fmt::format("{} on {}", work->model.name, profile_of(*scenario, *work).name)
                          : subject;
        }
    }
    if (std::ranges::find(stages, question.stage) == stages.end()) {
        diagnostics.error(SourceLocation("--stage"), fmt::format("no stage '{}' that runs a model", question.stage),
                          list_of(stages), nearest_name(question.stage, stages));
    }
    auto devices = mapped(scenario->profile.devices, &Device::name);
    for (const std::string& name : {question.between.first, question.between.second}) {
        if (std::ranges::find(devices, name) == devices.end()) {
            diagnostics.error(SourceLocation("--between"), fmt::format("no device '{}'", name), list_of(devices),
                              nearest_name(name, devices));
        }
    }
    if (question.between.first == question.between.second) {
        diagnostics.error(SourceLocation("--between"),
                          fmt::format("'{}' is compared with itself", question.between.first),
                          "two devices, such as npu,cpu");
    }
    // Both ends must be valid, so that an invalid path or unit is reported as such.
    for (const double end : {question.range.from, question.range.to}) {
        auto settings = question.base.settings;
        settings.push_back({question.range.path, question.range.text(end)});
        static_cast<void>(load_scenario(question.base.library, question.base.scenario, settings, diagnostics));
    }
    return diagnostics.has_errors() ? std::nullopt : std::optional(subject);
}

// The same question with a library that reads each file once.
CrossoverQuestion reading_once(CrossoverQuestion question) {
    if (!question.base.library.kept) {
        question.base.library.kept = std::make_shared<KeptDocuments>();
    }
    return question;
}

bool both_run_somewhere(const CrossoverQuestion& question, const std::vector<CrossoverPoint>& points,
                        Diagnostics& diagnostics) {
    if (std::ranges::any_of(points, [](const CrossoverPoint& point) { return point.first_is_faster.has_value(); })) {
        return true;
    }
    diagnostics.error(SourceLocation("--vary"),
                      fmt::format("{} and {} nowhere both run {} in this range", question.between.first,
                                  question.between.second, question.stage),
                      points.front().why_not);
    return false;
}

// To so many significant digits, as a reader would type it.
double rounded(double value, int digits) { return parse_number(number_text(value, digits)).value_or(value); }

}  // namespace

std::vector<double> range_values(const SweepRange& range) {
    if (!range.values.empty()) {
        return range.values;
    }
    std::vector<double> values;
    for (std::size_t i = 0; i < kPoints; ++i) {
        const double share = static_cast<double>(i) / static_cast<double>(kPoints - 1);
        double value = range.wide() ? rounded(range.from * std::pow(range.to / range.from, share), kProbeDigits)
                                    : range.from + (range.to - range.from) * share;
        value = range.whole ? std::round(value) : value;
        if (values.empty() || value > values.back()) {
            values.push_back(value);
        }
    }
    values.back() = range.to;
    return values;
}

std::string SweepRange::text(double value) const { return number_text(value, kKeptDigits) + unit; }

std::string SweepRange::shown(double value) const {
    constexpr int kDigits = 6;  // ends of a crossing differ by one part in ten thousand
    return whole ? text(value) : number_text(value, kDigits) + unit;
}

std::optional<CrossoverAnswer> find_crossovers(const CrossoverQuestion& question, Diagnostics& diagnostics) {
    const CrossoverQuestion keeping = reading_once(question);
    const auto subject = subject_of(keeping, diagnostics);
    if (!subject) {
        return std::nullopt;
    }
    const Search search(keeping);
    CrossoverAnswer answer;
    answer.subject = *subject;
    for (const double value : range_values(question.range)) {
        answer.points.push_back(search.at(value));
    }
    if (!both_run_somewhere(question, answer.points, diagnostics)) {
        return std::nullopt;
    }
    for (std::size_t i = 1; i < answer.points.size(); ++i) {
        const CrossoverPoint& left = answer.points[i - 1];
        const CrossoverPoint& right = answer.points[i];
        if (!left.first_is_faster || !right.first_is_faster || left.first_wins() == right.first_wins()) {
            continue;
        }
        Crossing crossing;
        crossing.first_below = left.first_wins();
        std::tie(crossing.below, crossing.above) =
            search.narrowed(left.value, right.value,
                            [&](const CrossoverPoint& point) { return point.first_wins() == crossing.first_below; });
        crossing.sure_below = sure_from(search, answer.points, i - 1, -1, crossing.first_below, crossing.below);
        crossing.sure_above = sure_from(search, answer.points, i, 1, !crossing.first_below, crossing.above);
        answer.crossings.push_back(crossing);
    }
    return answer;
}

namespace {

// Crossings in one column of the map, as find_crossovers() finds them at that value of the other axis.
std::vector<CrossoverMap::Change> changes_in(const CrossoverMap& map, std::size_t column,
                                             const std::vector<double>& up_values, CrossoverQuestion question) {
    question.base.settings.push_back({map.across.path, map.across.values[column]});
    const Search search(question, false);
    std::vector<CrossoverMap::Change> changes;
    for (std::size_t row = 1; row < up_values.size(); ++row) {
        const CrossoverMap::Cell& before = map.at(column, row - 1);
        const CrossoverMap::Cell& now = map.at(column, row);
        if (before.both() && now.both() && before.first_wins() != now.first_wins()) {
            const bool first_below = before.first_wins();
            const auto [below, above] = search.narrowed(
                up_values[row - 1], up_values[row],
                [first_below](const CrossoverPoint& point) { return point.first_wins() == first_below; });
            changes.push_back({below, above, question.range.text(above), !first_below});
        }
    }
    return changes;
}

SweepAxis axis_of(const SweepRange& range) {
    SweepAxis axis{range.path, {}};
    for (const double value : range_values(range)) {
        axis.values.push_back(range.text(value));
    }
    return axis;
}

// Fills the cells in the order of a sweep over both axes.
bool fill(CrossoverMap& map, const CrossoverQuestion& question, int threads, Diagnostics& diagnostics) {
    const auto sweep = Sweep::prepare(question.base, {map.up, map.across},
                                      map.across.values.size() * map.up.values.size(), diagnostics);
    if (!sweep) {
        return false;
    }
    const auto place = [](const std::vector<std::string>& names, const std::string& name) {
        return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
    };
    const std::size_t stage = place(sweep->stages(), question.stage);
    const std::size_t first = place(sweep->devices(), question.between.first);
    const std::size_t second = place(sweep->devices(), question.between.second);
    sweep->run(0, sweep->size(), threads, [&](std::size_t, const SweepPoint& point) {
        CrossoverMap::Cell cell;
        if (stage < point.stages.size()) {
            cell.first = point.stages[stage].on_device[first];
            cell.second = point.stages[stage].on_device[second];
        }
        cell.why_not = !point.why_not.empty() ? point.why_not : cell.both() ? "" : "it does not run there";
        map.cells.push_back(std::move(cell));
        return true;
    });
    if (std::ranges::none_of(map.cells, &CrossoverMap::Cell::both)) {
        diagnostics.error(SourceLocation("--vary"),
                          fmt::format("{} and {} nowhere both run {} in these ranges", question.between.first,
                                      question.between.second, question.stage),
                          map.cells.front().why_not);
        return false;
    }
    return true;
}

// Adds the confidence in the faster device of each cell; `up` is the range of the question.
void add_confidence(CrossoverMap& map, const CrossoverQuestion& question, int threads) {
    const std::vector<double> values = range_values(question.range);
    std::vector<CrossoverQuestion> workers(static_cast<std::size_t>(std::max(1, threads)), question);
    std::size_t next = 0;
    in_order<std::optional<double>>(
        map.cells.size(), workers,
        [&](CrossoverQuestion& asked, std::size_t cell) {
            const std::size_t columns = map.across.values.size();
            asked.base.settings = question.base.settings;
            asked.base.settings.push_back({map.across.path, map.across.values[cell % columns]});
            return map.cells[cell].both() ? Search(asked).at(values[cell / columns]).first_is_faster : std::nullopt;
        },
        [&](std::optional<double> faster) {
            map.cells[next++].first_is_faster = faster;
            return true;
        });
}

// Written value in the unit of the range, if it is a hardware number given as a share of another; otherwise as written.
std::optional<std::string> in_unit_of(const SweepRange& range, std::optional<std::string> written, Profile profile) {
    constexpr std::string_view kHardware = "hardware.";
    const auto views = parameters(profile);
    const auto view = std::ranges::find_if(views, [&](const ParameterView& each) {
        return !each.base.empty() && range.path.starts_with(kHardware) &&
               range.path.substr(kHardware.size()) == each.path;
    });
    const auto unit = parse_quantity("1" + range.unit);
    const auto* one = std::get_if<ParsedQuantity>(&unit);
    return view == views.end() || one == nullptr ? std::move(written) : range.text(view->value / one->value);
}

// Current values that settings of both ranges would replace.
std::optional<std::pair<std::string, std::string>> today_of(SweepBase base, const SweepRange& across,
                                                            const SweepRange& up) {
    Diagnostics ignored;
    const auto now = load_scenario(base.library, base.scenario, base.settings, ignored);
    base.settings.push_back({across.path, across.text(across.from)});
    base.settings.push_back({up.path, up.text(up.from)});
    std::optional<std::string> first, second;
    for (const SettingChange& change : setting_changes(base)) {
        first = change.path == across.path ? change.before : first;
        second = change.path == up.path ? change.before : second;
    }
    if (now) {
        first = in_unit_of(across, std::move(first), now->profile);
        second = in_unit_of(up, std::move(second), now->profile);
    }
    return first && second ? std::optional(std::pair(*first, *second)) : std::nullopt;
}

}  // namespace

std::optional<CrossoverMap> map_crossovers(const CrossoverQuestion& question, const SweepRange& up, int threads,
                                           Diagnostics& diagnostics) {
    CrossoverQuestion other = reading_once(question);
    other.range = up;
    const auto subject = subject_of(question, diagnostics);
    if (!subject || !subject_of(other, diagnostics)) {
        return std::nullopt;
    }
    CrossoverMap map{question.stage, question.between, axis_of(question.range), axis_of(up), {}, {}};
    map.subject = *subject;
    map.changes = setting_changes(question.base);
    map.today = today_of(question.base, question.range, up);
    if (!fill(map, question, threads, diagnostics)) {
        return std::nullopt;
    }
    add_confidence(map, other, threads);
    for (std::size_t column = 0; column < map.across.values.size(); ++column) {
        map.crossings.push_back(changes_in(map, column, range_values(up), other));
    }
    return map;
}

}  // namespace berth
