// Points of a grid, evaluated on many threads and delivered in order.
#include "berth/analysis/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <thread>

#include "analysis/first_error.h"
#include "analysis/in_order.h"
#include "analysis/stage_counts.h"
#include "analysis/sweep_worker.h"
#include "berth/base/quantity_text.h"

namespace berth {

namespace {

/// Values (SI) of an axis over a profile number; absent if one of them is not a plain number of its dimension.
std::optional<std::vector<double>> numbers_of(const SweepAxis& axis, const std::vector<ParameterView>& parameters) {
    if (!axis.path.starts_with(kHardwarePrefix) && !axis.path.starts_with(kRuntimesPrefix)) {
        return std::nullopt;
    }
    const auto found = std::ranges::find(parameters, below_hardware(axis.path), &ParameterView::path);
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

// Points per chunk of a thread: neighbouring points share most of their numbers.
constexpr std::size_t kTogether = 512;

std::size_t chunks(std::size_t first, std::size_t last) {
    return first < last ? (last - first + kTogether - 1) / kTogether : 0;
}

std::vector<SweepWorker> workers_for(const Sweep& sweep, SweepLayouts& layouts, int threads) {
    std::vector<SweepWorker> workers;
    for (int t = 0; t < std::max(1, threads); ++t) {
        workers.emplace_back(sweep, layouts);
    }
    return workers;
}

}  // namespace

std::optional<Sweep> Sweep::prepare(SweepBase base, std::vector<SweepAxis> axes, std::size_t most_points,
                                    Diagnostics& diagnostics) {
    if (!base.library.kept) {
        base.library.kept = std::make_shared<KeptDocuments>();
    }
    Sweep sweep(std::move(base), std::move(axes));
    for (const SweepAxis& axis : sweep.axes_) {
        if (!axis.order.empty()) {
            sweep.size_ = axis.order.size();
            continue;
        }
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
    const auto numbers = parameters(plain->profile);
    sweep.plain_ = std::make_shared<const Scenario>(*plain);
    // Both ends of every axis must be valid on their own; invalid values in between, and numbers that are out of the
    // bounds that other numbers set, are reported at their points.
    for (const SweepAxis& axis : sweep.axes_) {
        sweep.numbers_.push_back(numbers_of(axis, numbers));
        auto& refused = sweep.refused_.emplace_back();
        if (sweep.numbers_.back()) {
            refused = sweep.refused_values(axis, *sweep.numbers_.back(), diagnostics);
            continue;
        }
        for (const std::string& value : {axis.values.front(), axis.values.back()}) {
            static_cast<void>(sweep.loads_with(axis, value, diagnostics));
        }
    }
    if (diagnostics.has_errors()) {
        return std::nullopt;
    }
    for (const Stage& stage : plain->stages) {
        sweep.stages_.push_back(stage.name);
        const auto* work = std::get_if<ModelStage>(&stage.work);
        sweep.generates_.push_back(work != nullptr && work->generation);
    }
    for (const Device& device : plain->profile.devices) {
        sweep.devices_.push_back(device.name);
    }
    return sweep;
}

bool Sweep::loads_with(const SweepAxis& axis, const std::string& value, Diagnostics& diagnostics) const {
    if (Scenario counted = *plain_; set_stage_count(counted, axis.path, value)) {
        return true;
    }
    auto settings = base_.settings;
    settings.push_back({axis.path, value});
    return load_scenario(base_.library, base_.scenario, settings, diagnostics).has_value();
}

// Bounds hold everywhere between two values that keep to them, so that all values are tried only if an extreme fails.
std::vector<std::string> Sweep::refused_values(const SweepAxis& axis, const std::vector<double>& numbers,
                                               Diagnostics& diagnostics) const {
    const auto [least, most] = std::ranges::minmax_element(numbers);
    Diagnostics of_extremes;
    bool all_hold = true;
    for (const auto extreme : {least, most}) {
        const std::string& value = axis.values[static_cast<std::size_t>(extreme - numbers.begin())];
        all_hold = loads_with(axis, value, of_extremes) && all_hold;
    }
    if (all_hold) {
        diagnostics.merge(of_extremes);
        return {};
    }
    std::vector<std::string> refused;
    for (const std::string& value : axis.values) {
        Diagnostics of_value;
        refused.push_back(loads_with(axis, value, of_value) ? "" : first_line(of_value));
    }
    if (std::ranges::none_of(refused, &std::string::empty)) {
        diagnostics.merge(of_extremes);
    }
    return refused;
}

void Sweep::find_places(std::size_t point, std::vector<std::size_t>& places) const {
    places.resize(axes_.size());
    for (std::size_t a = axes_.size(); a-- > 0;) {
        if (axes_[a].order.empty()) {
            places[a] = point % axes_[a].values.size();
            point /= axes_[a].values.size();
        } else {
            places[a] = axes_[a].order[point];
        }
    }
}

std::vector<std::string> Sweep::values(std::size_t point) const {
    std::vector<std::string> values;
    std::vector<std::size_t> at;
    find_places(point, at);
    for (std::size_t a = 0; a < axes_.size(); ++a) {
        values.push_back(axes_[a].values[at[a]]);
    }
    return values;
}

void Sweep::run(std::size_t first, std::size_t last, int threads,
                const std::function<bool(std::size_t, const SweepPoint&)>& take) const {
    using Points = std::vector<SweepPoint>;
    SweepLayouts layouts;
    auto workers = workers_for(*this, layouts, threads);
    std::size_t at = first;
    in_order<Points>(
        chunks(first, last), workers,
        [&](SweepWorker& worker, std::size_t chunk) {
            const std::size_t start = first + chunk * kTogether;
            Points points(std::min(kTogether, last - start));
            for (std::size_t i = 0; i < points.size(); ++i) {
                worker.evaluate(start + i, points[i]);
            }
            return points;
        },
        [&](const Points& points) {
            return std::ranges::all_of(points, [&](const SweepPoint& point) { return take(at++, point); });
        });
}

namespace {

std::string text_of(const SweepChunk& chunk, SweepWorker& worker, const Sweep::WriteRow& row) {
    std::string text;
    SweepPoint point;
    for (std::size_t at = chunk.first; at < chunk.last; ++at) {
        worker.evaluate(at, point);
        row(at, point, text);
    }
    return text;
}

SweepChunk chunk_at(std::size_t number, std::size_t first, std::size_t last) {
    const std::size_t start = first + number * kTogether;
    return {number, start, std::min(last, start + kTogether)};
}

/// Work that write() hands out to remote workers.
class WrittenWork : public SweepWork {
  public:
    WrittenWork(OrderedWork<std::string>& ordered, std::size_t first, std::size_t last)
        : ordered_(ordered), first_(first), last_(last) {}
    std::optional<SweepChunk> next() override {
        const auto number = ordered_.next_now();
        return number ? std::optional(chunk_at(*number, first_, last_)) : std::nullopt;
    }
    [[nodiscard]] bool over() const override { return ordered_.over(); }
    void done(const SweepChunk& chunk, std::string text) override { ordered_.done(chunk.number, std::move(text)); }

  private:
    OrderedWork<std::string>& ordered_;
    std::size_t first_, last_;
};

}  // namespace

void Sweep::write(std::size_t first, std::size_t last, int threads, const WriteRow& row,
                  const std::function<bool(std::size_t, const std::string&)>& take, const SweepHelpers& helpers) const {
    SweepLayouts layouts;
    auto workers = workers_for(*this, layouts, threads);
    std::size_t behind = first;
    in_order<std::string>(
        chunks(first, last), workers,
        [&](SweepWorker& worker, std::size_t number) { return text_of(chunk_at(number, first, last), worker, row); },
        [&](const std::string& text) {
            behind = std::min(last, behind + kTogether);
            return take(behind, text);
        },
        helpers.count,
        [&](OrderedWork<std::string>& ordered) {
            WrittenWork work(ordered, first, last);
            helpers.hand_out(work);
        });
}

void Sweep::help(int threads, const WriteRow& row, const std::function<std::optional<SweepChunk>(int)>& next,
                 const std::function<void(int, const SweepChunk&, const std::string&)>& done) const {
    SweepLayouts layouts;
    auto workers = workers_for(*this, layouts, threads);
    std::vector<std::jthread> running;
    for (std::size_t t = 0; t < workers.size(); ++t) {
        running.emplace_back([&, t]() noexcept {
            while (const auto chunk = next(static_cast<int>(t))) {
                done(static_cast<int>(t), *chunk, text_of(*chunk, workers[t], row));
            }
        });
    }
}

}  // namespace berth
