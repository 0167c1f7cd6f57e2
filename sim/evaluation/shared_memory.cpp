// Chooses placements under the memory that all stages share, by branch and bound over the candidates of each stage.
#include "evaluation/shared_memory.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "evaluation/stage_choice.h"

namespace berth {

namespace {

// Models of one name may come from different files, or be written out at different sizes.
bool has_same_weights(const Model& a, const Model& b) {
    return a.name == b.name && a.where.file_name() == b.where.file_name() &&
           a.architecture->name == b.architecture->name && a.sizes == b.sizes;
}

bool has_same_precision(const ModelStage& a, const ModelStage& b) {
    const auto is_same_rule = [](const PrecisionRule& one, const PrecisionRule& other) {
        return one.pattern == other.pattern && one.dtype == other.dtype;
    };
    return a.precision.dtype == b.precision.dtype && a.dtypes == b.dtypes &&
           std::ranges::equal(a.precision.rules, b.precision.rules, is_same_rule);
}

bool is_same_model(const ModelStage& a, const ModelStage& b) {
    return has_same_weights(a.model, b.model) && has_same_precision(a, b) && a.runtime == b.runtime;
}

// Weights and caches that a stage keeps loaded; each of its placements has a copy of its own.
Bytes kept_by(const StageResult& stage) {
    Bytes kept;
    for (const PassShare& share : stage.passes) {
        const Candidate& candidate = stage.candidates[share.candidate];
        const Bytes cache = candidate.generation ? candidate.generation->kv_cache : Bytes{};
        kept += candidate.kept_in_dram > Bytes{} ? candidate.kept_in_dram + cache : Bytes{};
    }
    return kept;
}

/// Search over the candidates of one stage after another, the best of each first.
class MemorySearch {
  public:
    MemorySearch(const Scenario& scenario, std::vector<StageResult>& placed)
        : scenario_(scenario), placed_(placed), order_(placed.size()), least_(placed.size() + 1) {
        for (std::size_t i = placed.size(); i-- > 0;) {
            if (const ModelStage* work = work_of(i)) {
                order_[i] = in_order(placed[i].candidates, *work, scenario.objective);
            }
            least_[i] = least_[i + 1] + (order_[i].empty() ? 0 : value_of(i, order_[i].front()));
        }
    }

    /// [stage] its candidate, of stages with a model; absent if no combination fits.
    [[nodiscard]] std::optional<std::vector<std::size_t>> run() {
        chosen_.assign(placed_.size(), 0);
        place_from(0, 0);
        return best_;
    }

    void select(std::size_t stage, std::size_t candidate) {
        StageResult& result = placed_[stage];
        berth::select(result, {{candidate, result.repeat}}, *work_of(stage), scenario_.objective);
    }

    [[nodiscard]] bool has_model(std::size_t stage) const { return work_of(stage) != nullptr; }

  private:
    static constexpr int kMostSteps = 200'000;

    [[nodiscard]] const ModelStage* work_of(std::size_t stage) const {
        return placed_[stage].chosen ? model_stage_of(scenario_, placed_[stage].name) : nullptr;
    }

    [[nodiscard]] double value_of(std::size_t stage, std::size_t candidate) const {
        return *score(placed_[stage].candidates[candidate], scenario_.objective) *
               static_cast<double>(placed_[stage].repeat);
    }

    // What the first stages take only grows with further ones, and what they cost by at least the best of those.
    void place_from(std::size_t stage, double value) {
        if (++steps_ > kMostSteps || value + least_[stage] >= best_value_) {
            return;
        }
        if (stage == placed_.size()) {
            best_ = chosen_;
            best_value_ = value;
            return;
        }
        if (!has_model(stage)) {
            place_from(stage + 1, value);
            return;
        }
        for (const std::size_t candidate : order_[stage]) {
            placed_[stage].passes = {{candidate, placed_[stage].repeat}};
            chosen_[stage] = candidate;
            if (loaded_models(scenario_, placed_, stage + 1).total() <= scenario_.profile.dram.capacity.value) {
                place_from(stage + 1, value + value_of(stage, candidate));
            }
        }
    }

    const Scenario& scenario_;
    std::vector<StageResult>& placed_;
    std::vector<std::vector<std::size_t>> order_;  ///< [stage] candidates, best first
    std::vector<double> least_;                    ///< [stage] least value of it and all further ones
    std::vector<std::size_t> chosen_;
    std::optional<std::vector<std::size_t>> best_;
    double best_value_ = std::numeric_limits<double>::infinity();
    int steps_ = 0;
};

}  // namespace

Bytes LoadedModels::total() const {
    Bytes all = working;
    for (const auto& [work, bytes] : kept) {
        all += bytes;
    }
    return all;
}

LoadedModels loaded_models(const Scenario& scenario, const std::vector<StageResult>& placed, std::size_t stages) {
    LoadedModels loaded;
    for (std::size_t i = 0; i < stages; ++i) {
        const StageResult& stage = placed[i];
        if (!stage.chosen) {
            continue;
        }
        for (const PassShare& share : stage.passes) {
            loaded.working = std::max(loaded.working, stage.candidates[share.candidate].peak_activation_bytes);
        }
        const ModelStage& work = *model_stage_of(scenario, stage.name);
        const auto same =
            std::ranges::find_if(loaded.kept, [&work](const auto& other) { return is_same_model(*other.first, work); });
        if (same != loaded.kept.end()) {
            same->second = std::max(same->second, kept_by(stage));
        } else {
            loaded.kept.emplace_back(&work, kept_by(stage));
        }
    }
    return loaded;
}

bool fit_together(const Scenario& scenario, const std::vector<StageResult>& placed) {
    const LoadedModels loaded = loaded_models(scenario, placed, placed.size());
    return loaded.kept.size() < 2 || loaded.total() <= scenario.profile.dram.capacity.value;
}

bool place_within_memory(const Scenario& scenario, std::vector<StageResult>& placed) {
    std::vector<std::vector<PassShare>> before;
    for (const StageResult& stage : placed) {
        before.push_back(stage.passes);
    }
    MemorySearch search(scenario, placed);
    const auto found = search.run();
    for (std::size_t i = 0; i < placed.size(); ++i) {
        placed[i].passes = before[i];
        if (found && search.has_model(i)) {
            search.select(i, (*found)[i]);
        }
    }
    return found.has_value();
}

}  // namespace berth
