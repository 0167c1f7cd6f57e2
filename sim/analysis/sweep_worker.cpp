// Evaluates a point: loads its scenario if the files resolve differently, otherwise sets its numbers in place.
#include "analysis/sweep_worker.h"

#include <algorithm>

#include "analysis/first_error.h"
#include "analysis/stage_counts.h"
#include "analysis/variation.h"
#include "berth/evaluation/evaluation.h"

namespace berth {

namespace {

constexpr std::size_t kMostLayouts = 1024;  // about 50 KiB each
constexpr std::size_t kMostPerScenario = 64;
constexpr std::size_t kMostProfiles = 64;

// Whether a path determines which profiles a scenario uses, or their contents.
bool sets_profiles(std::string_view path) {
    return path.starts_with("hardware") || path.starts_with(kRuntimesPrefix) ||
           (path.starts_with("stages.") && path.ends_with(".runtime"));
}

void clear_point(SweepPoint& point, std::string why_not) {
    point = SweepPoint{};
    point.why_not = std::move(why_not);
}

SweepStage stage_of(const StageResult& stage, const std::vector<std::string>& evaluated,
                    const std::vector<std::string>& devices) {
    SweepStage result;
    result.chosen = stage.chosen ? stage.candidates[*stage.chosen].placement : "";
    result.latency = stage.latency.median;
    if (const auto& text = stage.chosen ? stage.candidates[*stage.chosen].generation : std::nullopt) {
        result.pace.first_token = text->first_token ? std::optional(text->first_token->median) : std::nullopt;
        result.pace.token = text->step;
    }
    result.on_device.resize(devices.size());
    for (std::size_t d = 0; d < evaluated.size(); ++d) {
        const Candidate* whole = stage.whole_on(static_cast<DeviceId>(d));
        const auto shown = std::ranges::find(devices, evaluated[d]);
        if (whole != nullptr && whole->feasible && shown != devices.end()) {
            result.on_device[static_cast<std::size_t>(shown - devices.begin())] = whole->latency.median;
        }
    }
    return result;
}

void evaluate_into(const Scenario& scenario, const std::vector<std::string>& devices, SweepPoint& point) {
    Diagnostics diagnostics;
    const auto result = evaluate(scenario, diagnostics, totals_only(scenario));
    clear_point(point, result ? "" : first_line(diagnostics));
    if (!result) {
        return;
    }
    point.total = result->total.latency.median;
    point.energy = result->total.energy;
    if (result->total.budget) {
        point.meets_budget = *point.total <= *result->total.budget;
    }
    for (const StageResult& stage : result->stages) {
        point.stages.push_back(stage_of(stage, result->devices, devices));
    }
}

}  // namespace

std::shared_ptr<SweepLayouts::Shared> SweepLayouts::at(std::size_t number) {
    const std::lock_guard lock(mutex_);
    if (shared_.size() > kMostLayouts) {
        shared_.clear();
    }
    auto& shared = shared_[number];
    if (!shared) {
        shared = std::make_shared<Shared>();
    }
    return shared;
}

SweepWorker::SweepWorker(const Sweep& sweep, SweepLayouts& layouts) : sweep_(&sweep), layouts_(&layouts) {
    for (std::size_t a = 0; a < sweep.axes_.size(); ++a) {
        is_hardware_.push_back(sets_profiles(sweep.axes_[a].path));
        if (!sweep.numbers_[a]) {
            const bool of_a_grid = sweep.axes_[a].order.empty();
            scenarios_ *= of_a_grid && !is_hardware_.back() ? sweep.axes_[a].values.size() : 0;
        }
    }
}

SweepWorker::Key SweepWorker::key_of_places() const {
    Key key;
    for (std::size_t a = 0; a < places_.size(); ++a) {
        if (!sweep_->numbers_[a]) {
            const std::size_t values = sweep_->axes_[a].values.size();
            key.scenario = key.scenario * values + places_[a];
            key.hardware = is_hardware_[a] ? key.hardware * values + places_[a] : key.hardware;
        }
    }
    return key;
}

// Settings in the order of the axes.
std::vector<Override> SweepWorker::varied_at(std::size_t number) const {
    std::vector<Override> varied;
    for (std::size_t a = sweep_->axes_.size(); a-- > 0;) {
        if (!sweep_->numbers_[a]) {
            const SweepAxis& axis = sweep_->axes_[a];
            varied.push_back({axis.path, axis.values[number % axis.values.size()]});
            number /= axis.values.size();
        }
    }
    std::ranges::reverse(varied);
    return varied;
}

// The scenario with changed counts, without reading any file; absent if other settings vary.
std::optional<Scenario> SweepWorker::counted(const std::vector<Override>& varied) const {
    std::optional<Scenario> scenario = *sweep_->plain_;
    const bool all = std::ranges::all_of(
        varied, [&scenario](const Override& each) { return set_stage_count(*scenario, each.path, each.value); });
    return all ? std::move(scenario) : std::nullopt;
}

const Scenario* SweepWorker::loaded(std::size_t number, std::string& why_not) {
    if (loaded_number_ != number) {
        const auto varied = varied_at(number);
        Diagnostics diagnostics;
        loaded_ = counted(varied);
        if (!loaded_) {
            auto settings = sweep_->base_.settings;
            settings.insert(settings.end(), varied.begin(), varied.end());
            loaded_ = load_scenario(sweep_->base_.library, sweep_->base_.scenario, settings, diagnostics);
        }
        load_failure_ = loaded_ ? "" : first_line(diagnostics);
        loaded_number_ = number;
    }
    why_not = load_failure_;
    return loaded_ ? &*loaded_ : nullptr;
}

SweepWorker::Numbers* SweepWorker::numbers_at(const Key& key, std::string& why_not) {
    const auto known = numbers_.find(key.hardware);
    if (known != numbers_.end()) {
        return known->second.get();
    }
    const Scenario* scenario = loaded(key.scenario, why_not);
    if (scenario == nullptr) {
        return nullptr;
    }
    if (numbers_.size() >= kMostProfiles) {
        numbers_.clear();
    }
    auto numbers = std::make_unique<Numbers>();
    numbers->profile = scenario->profile;
    const auto views = parameters(numbers->profile);
    const std::vector<std::string> deciding = LoweredScenario::deciding_parameters(numbers->profile);
    for (std::size_t a = 0; a < places_.size(); ++a) {
        auto& set = numbers->set.emplace_back([](double) {});
        if (sweep_->numbers_[a]) {
            const std::string path(below_hardware(sweep_->axes_[a].path));
            const auto view = std::ranges::find(views, path, &ParameterView::path);
            if (view != views.end()) {
                set = view->fix;
            }
            for (const std::string& moved : moving_with(numbers->profile, path)) {
                numbers->decide_layouts =
                    numbers->decide_layouts || std::ranges::find(deciding, moved) != deciding.end();
            }
        }
    }
    numbers->places.assign(places_.size(), static_cast<std::size_t>(-1));
    return numbers_.emplace(key.hardware, std::move(numbers)).first->second.get();
}

void SweepWorker::set_numbers(Numbers& numbers) const {
    for (std::size_t a = 0; a < places_.size(); ++a) {
        if (sweep_->numbers_[a] && numbers.places[a] != places_[a]) {
            numbers.set[a]((*sweep_->numbers_[a])[places_[a]]);
            numbers.places[a] = places_[a];
        }
    }
}

SweepLayout SweepWorker::laid_out(std::size_t number, const Profile& profile) {
    SweepLayout layout;
    const Scenario* scenario = loaded(number, layout.why_not);
    if (scenario != nullptr) {
        Scenario changed = *scenario;
        changed.profile = profile;
        auto made = LoweredScenario::of(changed, sweep_->devices_);
        layout.evaluates = !made;
        if (made) {
            layout.known.push_back(std::make_shared<const LoweredScenario>(std::move(*made)));
        }
    }
    return layout;
}

// Lowers the next scenario of the grid in advance, unless another thread is doing it or has done it.
void SweepWorker::lay_out_next(std::size_t number, const Profile& profile) {
    if (number + 1 >= scenarios_) {
        return;
    }
    const auto shared = layouts_->at(number + 1);
    const std::unique_lock lock(shared->mutex, std::try_to_lock);
    SweepLayout& layout = shared->layout;
    if (lock.owns_lock() && layout.known.empty() && !layout.evaluates && layout.why_not.empty()) {
        layout = laid_out(number + 1, profile);
    }
}

const LoweredScenario* SweepWorker::layout_for(const Key& key, const Numbers& numbers, SweepLayout*& layout) {
    const Profile& profile = numbers.profile;
    const auto fitting = [&profile](const SweepLayout& from) {
        const auto found = std::ranges::find_if(from.known, [&](const auto& one) { return one->holds(profile); });
        return found == from.known.end() ? nullptr : found->get();
    };
    if (own_.size() > kMostLayouts) {
        own_.clear();
    }
    layout = &own_[key.scenario];
    if (const LoweredScenario* known = fitting(*layout)) {
        return known;
    }
    if (layout->evaluates || !layout->why_not.empty()) {
        return nullptr;
    }
    const auto shared = layouts_->at(key.scenario);
    std::unique_lock lock(shared->mutex, std::try_to_lock);
    if (!lock.owns_lock()) {  // another thread is lowering it, so use the time for the next one
        lay_out_next(key.scenario, profile);
        lock.lock();
    }
    SweepLayout& all = shared->layout;
    if (!all.evaluates && all.why_not.empty() && fitting(all) == nullptr) {
        // Threads that need it for other capacities lower their own in the meantime.
        if (numbers.decide_layouts) {
            lock.unlock();
        }
        SweepLayout made = laid_out(key.scenario, profile);
        if (numbers.decide_layouts) {
            lock.lock();
        }
        all.why_not = std::move(made.why_not);
        all.evaluates = made.evaluates;
        if (all.known.size() >= kMostPerScenario) {
            all.known.clear();
        }
        all.known.insert(all.known.end(), made.known.begin(), made.known.end());
    }
    *layout = all;
    return fitting(*layout);
}

void SweepWorker::evaluate_all(const Key& key, const Profile& profile, SweepPoint& result) {
    std::string why_not;
    const Scenario* scenario = loaded(key.scenario, why_not);
    if (scenario == nullptr) {
        clear_point(result, std::move(why_not));
        return;
    }
    Scenario changed = *scenario;
    changed.profile = profile;
    evaluate_into(changed, sweep_->devices_, result);
}

void SweepWorker::evaluate(std::size_t point, SweepPoint& result) {
    sweep_->find_places(point, places_);
    for (std::size_t a = 0; a < places_.size(); ++a) {
        if (!sweep_->refused_[a].empty() && !sweep_->refused_[a][places_[a]].empty()) {
            clear_point(result, sweep_->refused_[a][places_[a]]);
            return;
        }
    }
    const Key key = key_of_places();
    std::string why_not;
    Numbers* numbers = numbers_at(key, why_not);
    if (numbers == nullptr) {
        clear_point(result, std::move(why_not));
        return;
    }
    set_numbers(*numbers);
    if (last_ == nullptr || last_number_ != key.scenario || numbers->decide_layouts) {
        SweepLayout* layout = nullptr;
        last_ = layout_for(key, *numbers, layout);
        last_number_ = key.scenario;
        if (last_ == nullptr && !layout->why_not.empty()) {
            clear_point(result, layout->why_not);
            return;
        }
    }
    if (last_ == nullptr || !last_->count(numbers->profile, result, scratch_)) {
        evaluate_all(key, numbers->profile, result);
    }
}

}  // namespace berth
