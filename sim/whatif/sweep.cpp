// Points of a grid: loaded where the file's meaning changes, set in place where a number of the profile does.
#include "berth/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "berth/evaluation.h"
#include "berth/quantity_text.h"

namespace berth {

namespace {

constexpr std::string_view kHardware = "hardware.";

std::string message_of(const Diagnostics& diagnostics) {
    const std::string text = diagnostics.text();
    return text.substr(0, text.find('\n'));
}

EvaluationOptions options_for(const Scenario& scenario) {
    EvaluationOptions options;
    options.uncertainty = false;
    options.operators = false;
    options.splits = std::ranges::any_of(scenario.stages, [](const Stage& stage) {
        const auto* work = std::get_if<ModelStage>(&stage.work);
        return work != nullptr && work->granularity != Granularity::kModel;
    });
    return options;
}

SweepStage stage_of(const StageResult& stage, const std::vector<std::string>& devices) {
    SweepStage result;
    result.chosen = stage.chosen ? stage.candidates[*stage.chosen].placement : "";
    result.latency = stage.latency.median;
    result.on_device.resize(devices.size());
    for (const Candidate& candidate : stage.candidates) {
        const auto device = std::ranges::find(devices, candidate.placement);
        if (candidate.feasible && candidate.granularity == Granularity::kModel && device != devices.end()) {
            result.on_device[static_cast<std::size_t>(device - devices.begin())] = candidate.latency.median;
        }
    }
    return result;
}

SweepPoint point_of(const Scenario& scenario, const std::vector<std::string>& devices) {
    Diagnostics diagnostics;
    const auto result = evaluate(scenario, diagnostics, options_for(scenario));
    SweepPoint point;
    if (!result) {
        point.why_not = message_of(diagnostics);
        return point;
    }
    point.total = result->total.latency.median;
    point.energy = result->total.energy;
    if (result->total.budget) {
        point.meets_budget = *point.total <= *result->total.budget;
    }
    for (const StageResult& stage : result->stages) {
        point.stages.push_back(stage_of(stage, devices));
    }
    return point;
}

/// Values of an axis that is a number of the profile, in SI; absent where one is not just a number of its dimension.
std::optional<std::vector<double>> numbers_of(const SweepAxis& axis, const std::vector<ParameterView>& parameters) {
    if (!axis.path.starts_with(kHardware)) {
        return std::nullopt;
    }
    const auto found = std::ranges::find(parameters, axis.path.substr(kHardware.size()), &ParameterView::path);
    if (found == parameters.end()) {
        return std::nullopt;
    }
    std::vector<double> numbers;
    for (const std::string& value : axis.values) {
        const auto parsed = parse_quantity(value, found->dimension);
        const auto* quantity = std::get_if<ParsedQuantity>(&parsed);
        if (quantity == nullptr || quantity->spread || quantity->per || quantity->value <= 0) {
            return std::nullopt;
        }
        numbers.push_back(quantity->value);
    }
    return numbers;
}

}  // namespace

/// The last scenario that was loaded, and the places of the axes that it was loaded for.
struct SweepCache {
    std::vector<std::size_t> places;
    std::optional<Scenario> scenario;
    std::string why_not;
};

std::optional<Sweep> Sweep::prepare(SweepBase base, std::vector<SweepAxis> axes, std::size_t most_points,
                                    Diagnostics& diagnostics) {
    Sweep sweep(std::move(base), std::move(axes));
    for (const SweepAxis& axis : sweep.axes_) {
        if (axis.values.empty() || sweep.size_ > most_points / axis.values.size()) {
            diagnostics.error(SourceLocation("--vary"), "there are more points than asked for",
                              fmt::format("at most {}; --max-points raises it", most_points));
            return std::nullopt;
        }
        sweep.size_ *= axis.values.size();
    }
    auto plain = load_scenario(sweep.base_.library, sweep.base_.scenario, sweep.base_.settings, diagnostics);
    if (!plain) {
        return std::nullopt;
    }
    // Both ends of every axis have to make sense by themselves; what does not in between is told at its point.
    for (const SweepAxis& axis : sweep.axes_) {
        for (const std::string& value : {axis.values.front(), axis.values.back()}) {
            auto settings = sweep.base_.settings;
            settings.push_back({axis.path, value});
            static_cast<void>(load_scenario(sweep.base_.library, sweep.base_.scenario, settings, diagnostics));
        }
    }
    if (diagnostics.has_errors()) {
        return std::nullopt;
    }
    const auto numbers = parameters(plain->profile);
    for (const SweepAxis& axis : sweep.axes_) {
        sweep.numbers_.push_back(numbers_of(axis, numbers));
    }
    for (const Stage& stage : plain->stages) {
        sweep.stages_.push_back(stage.name);
    }
    for (const Device& device : plain->profile.devices) {
        sweep.devices_.push_back(device.name);
    }
    return sweep;
}

std::vector<std::size_t> Sweep::places(std::size_t point) const {
    std::vector<std::size_t> places(axes_.size());
    for (std::size_t a = axes_.size(); a-- > 0;) {
        places[a] = point % axes_[a].values.size();
        point /= axes_[a].values.size();
    }
    return places;
}

std::vector<std::string> Sweep::values(std::size_t point) const {
    std::vector<std::string> values;
    const auto at = places(point);
    for (std::size_t a = 0; a < axes_.size(); ++a) {
        values.push_back(axes_[a].values[at[a]]);
    }
    return values;
}

SweepPoint Sweep::evaluated(std::size_t point, SweepCache& cache) const {
    const auto at = places(point);
    auto loaded_for = at;
    for (std::size_t a = 0; a < axes_.size(); ++a) {
        loaded_for[a] = numbers_[a] ? 0 : at[a];
    }
    if (cache.places != loaded_for || (!cache.scenario && cache.why_not.empty())) {
        auto settings = base_.settings;
        for (std::size_t a = 0; a < axes_.size(); ++a) {
            if (!numbers_[a]) {
                settings.push_back({axes_[a].path, axes_[a].values[at[a]]});
            }
        }
        Diagnostics diagnostics;
        cache.scenario = load_scenario(base_.library, base_.scenario, settings, diagnostics);
        cache.why_not = cache.scenario ? "" : message_of(diagnostics);
        cache.places = loaded_for;
    }
    if (!cache.scenario) {
        SweepPoint none;
        none.why_not = cache.why_not;
        return none;
    }
    const bool sets = std::ranges::any_of(numbers_, [](const auto& axis) { return axis.has_value(); });
    if (!sets) {
        return point_of(*cache.scenario, devices_);
    }
    Scenario changed = *cache.scenario;
    auto views = parameters(changed.profile);
    for (std::size_t a = 0; a < axes_.size(); ++a) {
        if (numbers_[a]) {
            const auto view = std::ranges::find(views, axes_[a].path.substr(kHardware.size()), &ParameterView::path);
            if (view != views.end()) {
                view->set((*numbers_[a])[at[a]]);
            }
        }
    }
    return point_of(changed, devices_);
}

void Sweep::run(std::size_t first, std::size_t last, int threads,
                const std::function<bool(std::size_t, const SweepPoint&)>& take) const {
    constexpr std::size_t kBlock = 1024;  // points in memory at once
    std::vector<SweepCache> caches(static_cast<std::size_t>(std::max(1, threads)));
    for (std::size_t start = first; start < last; start += kBlock) {
        const std::size_t end = std::min(last, start + kBlock);
        std::vector<SweepPoint> points(end - start);
        std::atomic<std::size_t> next{start};
        const auto work = [&](SweepCache& cache) {
            for (std::size_t point = next++; point < end; point = next++) {
                points[point - start] = evaluated(point, cache);
            }
        };
        {
            std::vector<std::jthread> others;
            for (std::size_t t = 1; t < caches.size(); ++t) {
                others.emplace_back([&work, &caches, t] { work(caches[t]); });
            }
            work(caches.front());
        }
        for (std::size_t point = start; point < end; ++point) {
            if (!take(point, points[point - start])) {
                return;
            }
        }
    }
}

}  // namespace berth
