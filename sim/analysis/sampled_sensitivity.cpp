// Sobol indices by Monte Carlo sampling of the profile's spreads, evaluated over one layout.
#include <fmt/format.h>

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "analysis/lowered_scenario.h"
#include "base/chance.h"
#include "base/mapped.h"
#include "berth/analysis/sensitivity.h"
#include "berth/base/statistics.h"
#include "berth/hardware/runtimes.h"
#include "evaluation/sensitivities.h"
#include "evaluation/symmetric_root.h"

namespace berth {

namespace {

constexpr double kLeastShare = 1e-3;

/// An uncertain number, as a function of one standard normal value.
struct Uncertain {
    std::string path;
    std::function<void(double)> move;
};

/// Numbers whose errors are correlated.
struct DrawnTogether {
    std::vector<std::size_t> numbers;  ///< their places among all uncertain ones
    Eigen::MatrixXd root;              ///< symmetric root of their correlation matrix
};

class Sampler {
  public:
    Sampler(const Scenario& scenario, const LoweredScenario& layout, std::vector<std::size_t> placed)
        : profile_(scenario.profile), layout_(layout), placed_(std::move(placed)) {
        for (ParameterView& number : uncertain_parameters(profile_)) {
            const double sigma = std::log1p(number.spread);
            uncertain_.push_back({number.path, [set = std::move(number.set), value = number.value, sigma](double z) {
                                      set(value * std::exp(sigma * z));
                                  }});
        }
        const std::vector<double> certain(profile_.devices.size() * kErrorClassNames.size(), 1);
        scratch_.error_factors.assign(1 + profile_.runtimes.size(), certain);
        add_errors(profile_, scratch_.error_factors.front());
        for (std::size_t r = 0; r < profile_.runtimes.size(); ++r) {
            add_errors(profile_.runtimes[r], scratch_.error_factors[1 + r]);
        }
        add_fixed_times(scenario);
        set_of_.assign(uncertain_.size(), kNoSet);
        draw_together(profile_);
        for (const Profile& runtime : profile_.runtimes) {
            draw_together(runtime);
        }
        drawn_.assign(uncertain_.size(), 0);
    }
    Sampler(const Sampler&) = delete;
    Sampler& operator=(const Sampler&) = delete;

    [[nodiscard]] const std::vector<Uncertain>& uncertain() const { return uncertain_; }

    /// Moves all numbers to where independent standard normal values, one per number, put them.
    void move_all(const std::vector<double>& z) {
        drawn_ = z;
        for (std::size_t i = 0; i < uncertain_.size(); ++i) {
            if (set_of_[i] == kNoSet) {
                uncertain_[i].move(z[i]);
            }
        }
        for (const DrawnTogether& set : together_) {
            move_set(set);
        }
    }
    /// Changes the value of one number, which moves those that are correlated with it, too.
    void move(std::size_t number, double z) {
        drawn_[number] = z;
        if (set_of_[number] == kNoSet) {
            uncertain_[number].move(z);
        } else {
            move_set(together_[set_of_[number]]);
        }
    }

    std::optional<double> total() {
        const auto count = layout_.count_placed(profile_, placed_, scratch_);
        right_ = count && count->best == placed_;
        return count ? std::optional(count->total + std::accumulate(longer_.begin(), longer_.end(), 0.0))
                     : std::nullopt;
    }
    /// Whether the last total was attained with the best placements.
    [[nodiscard]] bool right() const { return right_; }

  private:
    static constexpr std::size_t kNoSet = static_cast<std::size_t>(-1);

    // Numbers that were set to an exact value, or that another profile's set has already, are left out of the set.
    void draw_together(const Profile& profile) {
        const Correlations& correlations = profile.correlations;
        DrawnTogether set;
        std::vector<std::size_t> kept;
        for (std::size_t i = 0; i < correlations.paths.size(); ++i) {
            const std::string path = path_among_all(profile, correlations.paths[i]);
            const auto place =
                static_cast<std::size_t>(std::ranges::find(uncertain_, path, &Uncertain::path) - uncertain_.begin());
            if (place < uncertain_.size() && set_of_[place] == kNoSet) {
                set_of_[place] = together_.size();
                set.numbers.push_back(place);
                kept.push_back(i);
            }
        }
        if (kept.empty()) {
            return;
        }
        const auto size = static_cast<Eigen::Index>(kept.size());
        set.root = symmetric_root(Eigen::MatrixXd::NullaryExpr(size, size, [&](Eigen::Index a, Eigen::Index b) {
            return correlations.between(kept[static_cast<std::size_t>(a)], kept[static_cast<std::size_t>(b)]);
        }));
        together_.push_back(std::move(set));
    }

    void move_set(const DrawnTogether& set) {
        const auto own = Eigen::VectorXd::NullaryExpr(
            set.root.cols(), [&](Eigen::Index i) { return drawn_[set.numbers[static_cast<std::size_t>(i)]]; });
        const Eigen::VectorXd moved = set.root * own;
        for (std::size_t i = 0; i < set.numbers.size(); ++i) {
            uncertain_[set.numbers[i]].move(moved[static_cast<Eigen::Index>(i)]);
        }
    }

    void add_errors(const Profile& profile, std::vector<double>& factors) {
        for (std::size_t d = 0; d < profile.devices.size(); ++d) {
            for (const auto& row : kErrorClassNames) {
                const double sigma = std::log1p(error_of(profile.devices[d], row.value).value);
                if (row.value == ErrorClass::kLibrary || sigma <= 0) {
                    continue;  // scenarios call no matmul library
                }
                const std::string own = fmt::format("devices.{}.error.{}", profile.devices[d].name, row.name);
                add_error(path_among_all(profile, own), sigma,
                          factors[error_place(static_cast<DeviceId>(d), row.value)]);
            }
        }
    }

    // Adds an error; one that runtimes share drives the factors of all of them.
    void add_error(const std::string& path, double sigma, double& factor) {
        std::function<void(double)> move = [&factor, sigma](double z) { factor = std::exp(sigma * z); };
        const auto known = std::ranges::find(uncertain_, path, &Uncertain::path);
        if (known == uncertain_.end()) {
            uncertain_.push_back({path, std::move(move)});
            return;
        }
        known->move = [first = std::move(known->move), move = std::move(move)](double z) {
            first(z);
            move(z);
        };
    }

    void add_fixed_times(const Scenario& scenario) {
        longer_.reserve(scenario.stages.size());  // numbers refer to its elements
        for (const Stage& stage : scenario.stages) {
            const auto* fixed = std::get_if<FixedStage>(&stage.work);
            const double sigma = fixed != nullptr ? sigma_of(*fixed) : 0;
            if (sigma <= 0) {
                continue;
            }
            const double time = in_seconds(fixed->takes.median) * static_cast<double>(stage.repeat);
            uncertain_.push_back({fmt::format("stages.{}.takes", stage.name),
                                  [&longer = longer_.emplace_back(0), time, sigma](double z) {
                                      longer = time * std::expm1(sigma * z);
                                  }});
        }
    }

    Profile profile_;
    const LoweredScenario& layout_;
    std::vector<std::size_t> placed_;
    std::vector<double> longer_;  ///< seconds that each stage of fixed time takes beyond its median
    std::vector<Uncertain> uncertain_;
    std::vector<DrawnTogether> together_;
    std::vector<std::size_t> set_of_;  ///< [number] its place in `together_`, or kNoSet
    std::vector<double> drawn_;        ///< [number] its independent value
    LoweredScenario::Scratch scratch_;
    bool right_ = false;
};

// One random stream per number, so that its draws do not depend on which other numbers are uncertain.
std::vector<Chance> chances_of(const std::vector<Uncertain>& numbers, std::uint64_t seed) {
    return mapped(numbers, [&](const Uncertain& number) { return Chance(seed, stream_of(number.path)); });
}

std::vector<double> drawn(std::vector<Chance>& chances) {
    return mapped<double>(chances, [](Chance& chance) { return chance.normal(); });
}

std::vector<std::size_t> placements_of(const ScenarioResult& result) {
    std::vector<std::size_t> placed;
    for (const StageResult& stage : result.stages) {
        const auto device = stage.chosen ? stage.candidates[*stage.chosen].device : std::nullopt;
        placed.push_back(device ? static_cast<std::size_t>(*device) : result.devices.size());
    }
    return placed;
}

/// Sums over samples, per number, for the change of the total when this number alone moves from the first sample to the
/// second: the change, its square (Jansen's estimator of the total index), and its product with the second total
/// (Saltelli's estimator of the first-order index).
struct Crosses {
    double change = 0, square = 0, product = 0;
};

}  // namespace

std::optional<SampledSensitivity> sample_sensitivity(const Scenario& scenario, const ScenarioResult& result,
                                                     std::size_t samples, std::uint64_t seed) {
    const auto layout = LoweredScenario::of(scenario, result.devices);
    if (!layout) {
        return std::nullopt;
    }
    Sampler sampler(scenario, *layout, placements_of(result));
    const std::size_t count = sampler.uncertain().size();
    std::vector<Chance> chances = chances_of(sampler.uncertain(), seed);
    std::vector<double> totals;
    std::vector<Crosses> crosses(count);
    std::size_t right = 0;
    for (std::size_t s = 0; s < samples; ++s) {
        const std::vector<double> first = drawn(chances);
        const std::vector<double> second = drawn(chances);
        sampler.move_all(second);
        const auto of_second = sampler.total();
        right += sampler.right() ? 1 : 0;
        sampler.move_all(first);
        const auto of_first = sampler.total();
        right += sampler.right() ? 1 : 0;
        if (!of_first || !of_second) {
            return std::nullopt;
        }
        totals.insert(totals.end(), {*of_first, *of_second});
        for (std::size_t i = 0; i < count; ++i) {
            sampler.move(i, second[i]);
            const double change = sampler.total().value_or(*of_first) - *of_first;
            sampler.move(i, first[i]);
            crosses[i].change += change;
            crosses[i].square += change * change;
            crosses[i].product += change * *of_second;
        }
    }
    SampledSensitivity answer;
    answer.samples = samples;
    answer.right = static_cast<double>(right) / (2 * static_cast<double>(samples));
    answer.total = {seconds(quantile(totals, 0.5).value_or(0)), seconds(quantile(totals, 0.05).value_or(0)),
                    seconds(quantile(totals, 0.95).value_or(0))};
    const double deviation = standard_deviation(totals).value_or(0);
    const double middle = mean(totals).value_or(0);
    const double scale = static_cast<double>(samples) * deviation * deviation;
    for (std::size_t i = 0; i < count && scale > 0; ++i) {
        // The first-order index lies between nothing and the total index, and its estimate is the less certain one.
        const double total = crosses[i].square / (2 * scale);
        const double alone = (crosses[i].product - middle * crosses[i].change) / scale;
        const VarianceShare share{sampler.uncertain()[i].path, std::clamp(alone, 0.0, total), total};
        if (share.total >= kLeastShare) {
            answer.numbers.push_back(share);
        }
    }
    std::ranges::stable_sort(answer.numbers, std::greater<>(), &VarianceShare::total);
    return answer;
}

}  // namespace berth
