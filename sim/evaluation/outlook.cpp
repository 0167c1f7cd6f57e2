// Draws of what is uncertain, their loads, and a simulated sample of them.
#include "evaluation/outlook.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "base/chance.h"
#include "base/mapped.h"
#include "berth/statistics.h"
#include "evaluation/stage_choice.h"
#include "simulation/simulate.h"

namespace berth {

namespace {

constexpr std::size_t kPairs = 8'192;  // of draws with opposite signs, which leaves less to chance
constexpr std::size_t kFirstSample = 24;
constexpr std::size_t kLargestSample = 216;
constexpr std::size_t kGrowth = 3;  // of a sample: what was simulated stays part of it
constexpr double kOutlookPrecision = 0.025;
constexpr double kNormal = 1.96;
constexpr double kLeastPerDraw = 300;  // of one draw
constexpr double kMostPerDraw = 2'000;
constexpr double kDrawAtHighLoad = 25;  // times 1 / (1 - load)^2

using Factors = std::vector<double>;  // [phase] of what its tasks take

/// One draw of the uncertain numbers.
struct Draw {
    std::size_t number = 0;  ///< of the pair
    double sign = 1;
    double load = 0;      ///< 0 where no rate is known
    double expected = 0;  ///< about how long a request takes; only its order counts
};

// Causes of a stage's uncertainty (see stage_causes); that of a fixed time is its own.
std::vector<double> causes_of(const Stage& asked, const StageResult& stage) {
    const auto* fixed = std::get_if<FixedStage>(&asked.work);
    if (fixed == nullptr) {
        return stage_causes(stage);
    }
    return {fixed->takes.low < fixed->takes.high ? log_normal_sigma(fixed->takes) : 0};
}

/// How much longer the phases of a system take, together, under draws of what is uncertain. What is drawn belongs to a
/// stage by its name, so that other numbers, and other stages, do not move it.
class PhaseDraws {
  public:
    PhaseDraws(const Scenario& scenario, const ScenarioResult& result, const SimulatedSystem& system)
        : seed_(scenario.traffic->seed) {
        std::vector<std::vector<double>> causes;
        std::vector<bool> fixed;
        for (const SimulatedPhase& phase : system.phases) {
            const auto stage = std::ranges::find(result.stages, phase.name, &StageResult::name);
            const auto asked = std::ranges::find(scenario.stages, phase.name, &Stage::name);
            causes.push_back(causes_of(*asked, *stage));
            fixed.push_back(!stage->chosen);
            streams_.push_back(stream_of("stages " + phase.name));
        }
        const auto count = static_cast<Eigen::Index>(causes.size());
        Eigen::MatrixXd covariance = Eigen::MatrixXd::Zero(count, count);
        for (std::size_t i = 0; i < causes.size(); ++i) {
            for (std::size_t j = 0; j < causes.size(); ++j) {
                const std::size_t common = std::min(causes[i].size(), causes[j].size());
                const auto end = causes[i].begin() + static_cast<std::ptrdiff_t>(common);
                if (i == j || (!fixed[i] && !fixed[j])) {
                    covariance(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) =
                        std::inner_product(causes[i].begin(), end, causes[j].begin(), 0.0);
                }
            }
        }
        // The symmetric root changes as little as the covariance does.
        const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance);
        root_ = solver.eigenvectors() * solver.eigenvalues().cwiseMax(0).cwiseSqrt().asDiagonal() *
                solver.eigenvectors().transpose();
    }

    [[nodiscard]] Factors factors(const Draw& draw) const {
        Eigen::VectorXd normal(static_cast<Eigen::Index>(streams_.size()));
        for (std::size_t i = 0; i < streams_.size(); ++i) {
            Chance chance(seed_ + draw.number, streams_[i]);
            normal[static_cast<Eigen::Index>(i)] = draw.sign * chance.normal();
        }
        const Eigen::VectorXd logarithms = root_ * normal;
        Factors factors;
        for (const double one : logarithms) {
            factors.push_back(std::exp(one));
        }
        return factors;
    }

  private:
    std::uint64_t seed_;
    std::vector<std::uint64_t> streams_;
    Eigen::MatrixXd root_;
};

/// What each phase takes up of each pool, then of each bandwidth, per request.
class PhaseLoads {
  public:
    explicit PhaseLoads(const SimulatedSystem& system) : pools_(system.pools.size()) {
        for (const SimulatedPhase& phase : system.phases) {
            SimulatedSystem part{system.pools, system.bandwidths, {}, {}};
            for (std::size_t task = phase.first; task <= phase.last; ++task) {
                part.tasks.push_back(system.tasks[task]);
                part.tasks.back().after.clear();
            }
            loads_.push_back(resource_loads(part));
        }
    }

    /// Time that the busiest resource is taken up for: bytes stay as many, however long a phase takes.
    [[nodiscard]] Time busiest(const Factors& factors) const {
        std::vector<Time> sum(loads_.empty() ? 0 : loads_.front().size());
        for (std::size_t phase = 0; phase < loads_.size(); ++phase) {
            for (std::size_t r = 0; r < sum.size(); ++r) {
                sum[r] += loads_[phase][r] * (r < pools_ ? factors[phase] : 1);
            }
        }
        return sum.empty() ? Time{} : *std::ranges::max_element(sum);
    }

  private:
    std::size_t pools_;
    std::vector<std::vector<Time>> loads_;  ///< [phase][resource]
};

SimulatedSystem slower(SimulatedSystem system, const Factors& factors) {
    for (std::size_t i = 0; i < system.phases.size(); ++i) {
        for (std::size_t task = system.phases[i].first; task <= system.phases[i].last; ++task) {
            system.tasks[task].work *= factors[i];
            if (system.tasks[task].fastest) {
                *system.tasks[task].fastest /= factors[i];
            }
        }
    }
    return system;
}

/// The outlook of one scenario's stream.
class Outlook {
  public:
    Outlook(const Scenario& scenario, const ScenarioResult& result, const TrafficResult& simulated)
        : scenario_(scenario), simulated_(simulated), draws_(scenario, result, simulated.system) {
        const PhaseLoads loads(simulated.system);
        std::vector<double> times;
        for (const SimulatedPhase& phase : simulated.system.phases) {
            const auto stage = std::ranges::find(result.stages, phase.name, &StageResult::name);
            times.push_back(in_seconds(stage->latency.median));
        }
        const Time median = loads.busiest(Factors(times.size(), 1));
        const auto& load = simulated.simulation.load;
        for (std::size_t number = 0; number < kPairs; ++number) {
            for (const double sign : {1.0, -1.0}) {
                Draw& draw = all_.emplace_back(Draw{number, sign});
                const Factors factors = draws_.factors(draw);
                draw.load = load ? load->value * (loads.busiest(factors) / median) : 0;
                draw.expected = std::inner_product(factors.begin(), factors.end(), times.begin(), 0.0) /
                                std::max(0.0, 1 - draw.load);
            }
        }
        std::ranges::sort(all_, {}, &Draw::expected);
        stable_ = static_cast<std::size_t>(std::ranges::count_if(all_, [](const Draw& one) { return one.load < 1; }));
    }

    [[nodiscard]] StabilityOutlook stability() const {
        auto loads = mapped(all_, &Draw::load);
        return {1 - share_of_stable(), *quantile(loads, 0.05), *quantile(loads, 0.95)};
    }

    [[nodiscard]] BudgetOutlook budget() const {
        BudgetOutlook outlook;
        outlook.by_chance = simulated_.simulation.within_deadline.value_or(SimulatedShare{});
        if (stable_ == 0) {
            return outlook;
        }
        std::vector<std::pair<double, double>> met;  // place among the stable draws, share of requests
        for (std::size_t count = kFirstSample;; count *= kGrowth) {
            extend(met, count);
            const auto [share, half] = estimate(met);
            outlook.probability = {share_of_stable() * share, share_of_stable() * std::max(0.0, share - half),
                                   share_of_stable() * std::min(1.0, share + half)};
            outlook.draws = met.size();
            outlook.converged = half <= kOutlookPrecision;
            if (outlook.converged || count >= kLargestSample) {
                return outlook;
            }
        }
    }

  private:
    [[nodiscard]] double share_of_stable() const {
        return static_cast<double>(stable_) / static_cast<double>(all_.size());
    }

    // In the middle of each of `count` equal shares of the stable draws, which are the first ones.
    void extend(std::vector<std::pair<double, double>>& met, std::size_t count) const {
        for (std::size_t i = 0; i < count; ++i) {
            const double place = (static_cast<double>(i) + 0.5) / static_cast<double>(count);
            const bool known =
                std::ranges::any_of(met, [place](const auto& one) { return std::abs(one.first - place) < 1e-9; });
            if (!known) {
                const auto index = static_cast<std::size_t>(place * static_cast<double>(stable_));
                met.emplace_back(place, met_under(all_[std::min(index, stable_ - 1)]));
            }
        }
        std::ranges::sort(met);
    }

    // Of an evenly spread sample, by differences of neighbours (Wolter, Introduction to Variance Estimation, 8.2.1).
    static std::pair<double, double> estimate(const std::vector<std::pair<double, double>>& met) {
        const auto count = static_cast<double>(met.size());
        double sum = 0, squares = 0;
        for (std::size_t i = 0; i < met.size(); ++i) {
            sum += met[i].second;
            const double difference = i > 0 ? met[i].second - met[i - 1].second : 0;
            squares += difference * difference;
        }
        const double half = kNormal * std::sqrt(squares / (2 * (count - 1) * count));
        return {sum / count, std::max(half, 0.5 / count)};
    }

    [[nodiscard]] double met_under(const Draw& draw) const {
        const RequestStream& traffic = *scenario_.traffic;
        const double free = 1 - draw.load;
        SimulationOptions options;
        options.requests = std::min(
            traffic.requests,
            static_cast<std::size_t>(std::clamp(kDrawAtHighLoad / (free * free), kLeastPerDraw, kMostPerDraw)));
        options.warm_up = std::min(traffic.warm_up.value_or(options.requests), options.requests / 4);
        options.deadline = scenario_.budget;
        options.seed = traffic.seed + 2 * draw.number + (draw.sign > 0 ? 1 : 0);
        const double load = simulated_.simulation.load ? simulated_.simulation.load->value / draw.load : 1;
        const auto one = simulate_within(slower(simulated_.system, draws_.factors(draw)), traffic.arrivals, options,
                                         simulated_.simulation.sustainable * load);
        return one.within_deadline.value_or(SimulatedShare{}).value;
    }

    const Scenario& scenario_;
    const TrafficResult& simulated_;
    PhaseDraws draws_;
    std::vector<Draw> all_;  ///< by expected time, so that those under which requests pile up come last
    std::size_t stable_ = 0;
};

}  // namespace

void add_outlook(const Scenario& scenario, const ScenarioResult& result, TrafficResult& simulated) {
    const bool rated = simulated.simulation.load.has_value();
    if (!scenario.budget && !rated) {
        return;
    }
    const Outlook outlook(scenario, result, simulated);
    if (rated) {
        simulated.stability = outlook.stability();
    }
    if (scenario.budget) {
        simulated.budget = outlook.budget();
    }
}

}  // namespace berth
