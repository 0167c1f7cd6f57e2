// Map of a stage's placement over two controls, computed as a small sweep.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <thread>

#include "base/mapped.h"
#include "berth/analysis/sweep.h"
#include "berth/base/quantity_text.h"
#include "explore/explorer.h"

namespace berth {

namespace {

constexpr std::size_t kMostCells = 33;  // limit per row or column
constexpr double kStretch = 8;          // range of a number, as a factor in both directions
constexpr double kCountStretch = 4;     // range of a count, as a factor
constexpr double kFewCounts = 16;       // smallest upper end of the range of a count
constexpr const char* kDigits = "0123456789";
constexpr int kMapThreads = 2;

// Evenly spaced whole numbers, of which the nearest is replaced by the current value.
std::vector<std::string> counts_around(double now, double most, std::size_t wanted) {
    const double last = std::min(most, std::max(kCountStretch * now, kFewCounts));
    std::vector<double> values;
    for (std::size_t i = 0; i < wanted; ++i) {
        const double share = static_cast<double>(i) / static_cast<double>(std::max<std::size_t>(wanted, 2) - 1);
        values.push_back(std::round(1 + share * (std::max(last, 2.0) - 1)));
    }
    const auto nearest = std::ranges::min_element(values, {}, [now](double v) { return std::abs(v - now); });
    *nearest = now;
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return mapped(values, [](const double value) { return number_text(value, 12); });
}

// Geometrically spaced numbers with the current value in the middle.
std::vector<std::string> numbers_around(double now, const Control& control, std::size_t wanted) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < wanted; ++i) {
        const double share = 2 * static_cast<double>(i) / static_cast<double>(std::max<std::size_t>(wanted, 2) - 1) - 1;
        const double value = now * std::pow(kStretch, share);
        if (value <= control.most || share <= 0) {
            texts.push_back(number_text(value, 3) + control.unit);
        }
    }
    return texts;
}

SweepAxis axis_of(const Control& control, const std::vector<Override>& settings, double most, std::size_t wanted) {
    const auto set = std::ranges::find(settings, control.path, &Override::path);
    const std::string text = set == settings.end() ? control.value : set->value;
    const double now = parse_number(text.substr(0, text.size() - control.unit.size())).value_or(control.number);
    return {control.path, control.kind == ControlKind::kCount ? counts_around(now, most, wanted)
                                                              : numbers_around(now, control, wanted)};
}

// Upper limit of an input length: the largest bucket, which may also be changed by a setting.
double longest_of(const Control& control, const std::vector<Override>& settings) {
    constexpr std::string_view kTokens = ".tokens";
    const auto buckets = std::ranges::find_if(settings, [&control, kTokens](const Override& each) {
        return control.path.ends_with(kTokens) &&
               each.path == control.path.substr(0, control.path.size() - kTokens.size()) + ".buckets";
    });
    double longest = 0;
    const std::string text = buckets == settings.end() ? "" : buckets->value;
    for (std::size_t at = text.find_first_of(kDigits); at != std::string::npos; at = text.find_first_of(kDigits, at)) {
        const std::size_t end = std::min(text.find_first_not_of(kDigits, at), text.size());
        longest = std::max(longest, parse_number(text.substr(at, end - at)).value_or(0));
        at = end;
    }
    return longest > 0 ? longest : control.most;
}

Json axis_json(const SweepAxis& axis) { return {{"path", axis.path}, {"values", axis.values}}; }

class MapCells {
  public:
    explicit MapCells(std::size_t stage) : stage_(stage) {}

    void add(const SweepPoint& point) {
        if (!point.total || stage_ >= point.stages.size()) {
            cells_.push_back({nullptr, nullptr, nullptr, nullptr});
            return;
        }
        const std::string& chosen = point.stages[stage_].chosen;
        const auto known = std::ranges::find(placements_, chosen);
        const auto place = known - placements_.begin();
        if (known == placements_.end()) {
            placements_.push_back(chosen);
        }
        cells_.push_back({place, json_milliseconds(point.total),
                          point.meets_budget ? Json(*point.meets_budget) : Json(nullptr), nullptr});
    }
    void add_confidence(std::size_t cell, const std::optional<double>& confidence) {
        cells_[cell].back() = json_number(confidence);
    }
    void write(Json& object) const {
        object["placements"] = placements_;
        object["cells"] = cells_;
    }

  private:
    std::size_t stage_;
    std::vector<std::string> placements_;
    std::vector<std::array<Json, 4>> cells_;
};

std::size_t cells_asked(const Json& asked, const char* key, std::size_t otherwise) {
    const auto found = asked.find(key);
    return found != asked.end() && found->is_number_unsigned()
               ? std::clamp<std::size_t>(found->get<std::size_t>(), 2, kMostCells)
               : otherwise;
}

std::string text_asked(const Json& asked, const char* key) {
    const auto found = asked.find(key);
    return found != asked.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

bool may_be_on_maps(const Control& control) {
    return control.map.empty() && (control.kind == ControlKind::kNumber || control.kind == ControlKind::kCount);
}

std::optional<MapQuestion> Explorer::map_question(const Json& asked, Diagnostics& diagnostics) const {
    MapQuestion question;
    if (!asked.is_object()) {
        diagnostics.error(SourceLocation("map"), "is no map with stage, across and up");
        return std::nullopt;
    }
    question.stage = text_asked(asked, "stage");
    question.across = text_asked(asked, "across");
    question.up = text_asked(asked, "up");
    question.columns = cells_asked(asked, "columns", question.columns);
    question.rows = cells_asked(asked, "rows", question.rows);
    question.sure = asked.value("sure", Json(false)) == true;
    for (const std::string& path : {question.across, question.up}) {
        const Control* control = control_at(path);
        if (control == nullptr || !may_be_on_maps(*control)) {
            diagnostics.error(SourceLocation("map"), fmt::format("'{}' is no number of this page", path));
        }
    }
    if (question.across == question.up) {
        diagnostics.error(SourceLocation("map"), "both sides are the same number");
    }
    return diagnostics.has_errors() ? std::nullopt : std::optional(question);
}

std::optional<double> Explorer::confidence(const std::vector<Override>& settings, const std::string& stage) const {
    Diagnostics ignored;
    const ScenarioSource source = with(settings);
    EvaluationOptions options;
    options.operators = false;
    options.splits = false;
    const auto scenario = load_scenario(source.library, source.scenario, source.settings, ignored);
    const auto result = scenario ? evaluate(*scenario, ignored, options) : std::nullopt;
    if (!result) {
        return std::nullopt;
    }
    const auto found = std::ranges::find(result->stages, stage, &StageResult::name);
    return found == result->stages.end() ? std::nullopt : std::optional(found->confidence);
}

std::optional<Json> Explorer::map(const std::vector<Override>& settings, const MapQuestion& question,
                                  Diagnostics& diagnostics) const {
    const Control& across = *control_at(question.across);
    const Control& up = *control_at(question.up);
    std::vector<SweepAxis> axes{axis_of(up, settings, longest_of(up, settings), question.rows),
                                axis_of(across, settings, longest_of(across, settings), question.columns)};
    const auto sweep = Sweep::prepare(with(settings), axes, kMostCells * kMostCells, diagnostics);
    if (!sweep) {
        return std::nullopt;
    }
    const auto stage = std::ranges::find(sweep->stages(), question.stage);
    MapCells cells(static_cast<std::size_t>(stage - sweep->stages().begin()));
    sweep->run(0, sweep->size(), kMapThreads, [&cells](std::size_t, const SweepPoint& point) {
        cells.add(point);
        return true;
    });
    // Cells are computed sequentially, which leaves a core for the answers of a slider that moves meanwhile.
    for (std::size_t cell = 0; question.sure && cell < sweep->size(); ++cell) {
        auto there = settings;
        there.push_back({question.up, axes[0].values[cell / axes[1].values.size()]});
        there.push_back({question.across, axes[1].values[cell % axes[1].values.size()]});
        cells.add_confidence(cell, confidence(there, question.stage));
    }
    Json object = Json::object();
    object["stage"] = question.stage;
    object["across"] = axis_json(axes[1]);
    object["up"] = axis_json(axes[0]);
    cells.write(object);
    return object;
}

}  // namespace berth
