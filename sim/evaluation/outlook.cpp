// Draws of the uncertain numbers, their loads, and a simulated sample of them.
#include "evaluation/outlook.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "base/chance.h"
#include "base/in_parallel.h"
#include "base/mapped.h"
#include "berth/base/statistics.h"
#include "evaluation/sensitivities.h"
#include "evaluation/stage_choice.h"
#include "evaluation/symmetric_root.h"
#include "simulation/simulate.h"

namespace berth {

namespace {

constexpr std::size_t kPairs = 8'192;  // antithetic pairs of draws, which reduce the variance
constexpr std::size_t kFirstSample = 24;
constexpr std::size_t kLargestSample = 216;
constexpr std::size_t kGrowth = 3;  // growth factor of the sample; simulated runs are reused
constexpr double kOutlookPrecision = 0.025;
constexpr double kNormal = 1.96;
constexpr double kLeastPerDraw = 300;  // minimum number of requests per draw
constexpr double kMostPerDraw = 2'000;
constexpr double kLeastChats = 500;
constexpr double kDrawAtHighLoad = 25;  // multiplied by 1 / (1 - load)^2

/// Slow-down factors of a phase's tasks. For chats, `time` applies to prompt passes and `steps` to decoding passes.
struct Pace {
    double time = 1, steps = 1;
};
using Factors = std::vector<Pace>;  // [phase]

/// One draw of the uncertain numbers.
struct Draw {
    std::size_t number = 0;  ///< number of its antithetic pair
    double sign = 1;
    double load = 0;      ///< 0 if no arrival rate is known
    double expected = 0;  ///< approximate request time, used only for ordering
};

// Effects of a stage's causes of uncertainty (see stage_causes); a fixed time has a cause of its own.
std::vector<double> causes_of(const Stage& asked, const StageResult& stage) {
    const auto* fixed = std::get_if<FixedStage>(&asked.work);
    if (fixed == nullptr) {
        return stage_causes(stage);
    }
    return {sigma_of(*fixed)};
}

/// Chat service of the phase; null if it has none.
const ChatService* service_of(const SimulatedSystem& system, const SimulatedPhase& phase) {
    const auto service = system.tasks[phase.first].service;
    return service ? &system.services[*service] : nullptr;
}

/// Samples joint slow-down factors of a system's phases. Random streams are tied to stage names, so changes to other
/// stages or numbers leave a stage's draws unchanged.
class PhaseDraws {
  public:
    PhaseDraws(const Scenario& scenario, const ScenarioResult& result, const SimulatedSystem& system)
        : seed_(scenario.traffic->seed) {
        for (const SimulatedPhase& phase : system.phases) {
            const auto stage = std::ranges::find(result.stages, phase.name, &StageResult::name);
            const Stage* asked = stage_named(scenario, phase.name);
            const bool chats = service_of(system, phase) != nullptr;
            of_phase_.push_back({streams_.size(), chats});
            if (chats) {
                const GenerationResult& generation = *stage->candidates[*stage->chosen].generation;
                add("stages " + phase.name, generation.of_first_token.independent, false);
                add("steps " + phase.name, generation.of_step.independent, false);
            } else {
                add("stages " + phase.name, causes_of(*asked, *stage), !stage->chosen);
            }
        }
        const auto count = static_cast<Eigen::Index>(causes_.size());
        Eigen::MatrixXd covariance = Eigen::MatrixXd::Zero(count, count);
        for (std::size_t i = 0; i < causes_.size(); ++i) {
            for (std::size_t j = 0; j < causes_.size(); ++j) {
                const std::size_t common = std::min(causes_[i].size(), causes_[j].size());
                const auto end = causes_[i].begin() + static_cast<std::ptrdiff_t>(common);
                if (i == j || (!fixed_[i] && !fixed_[j])) {
                    covariance(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) =
                        std::inner_product(causes_[i].begin(), end, causes_[j].begin(), 0.0);
                }
            }
        }
        root_ = symmetric_root(covariance);
    }

    /// Whether no number is uncertain, so that all draws are the same.
    [[nodiscard]] bool certain() const { return root_.isZero(); }

    [[nodiscard]] Factors factors(const Draw& draw) const {
        Eigen::VectorXd normal(static_cast<Eigen::Index>(streams_.size()));
        for (std::size_t i = 0; i < streams_.size(); ++i) {
            Chance chance(seed_ + draw.number, streams_[i]);
            normal[static_cast<Eigen::Index>(i)] = draw.sign * chance.normal();
        }
        const Eigen::VectorXd logarithms = root_ * normal;
        Factors factors;
        for (const OfPhase& one : of_phase_) {
            const double time = std::exp(logarithms[static_cast<Eigen::Index>(one.first)]);
            factors.push_back(
                {time, one.apart ? std::exp(logarithms[static_cast<Eigen::Index>(one.first + 1)]) : time});
        }
        return factors;
    }

  private:
    void add(const std::string& stream, std::vector<double> causes, bool fixed) {
        streams_.push_back(stream_of(stream));
        causes_.push_back(std::move(causes));
        fixed_.push_back(fixed);
    }

    struct OfPhase {
        std::size_t first = 0;
        bool apart = false;  ///< decoding steps have causes of their own, in the next entry
    };
    std::uint64_t seed_;
    std::vector<OfPhase> of_phase_;
    std::vector<std::uint64_t> streams_;
    std::vector<std::vector<double>> causes_;
    std::vector<bool> fixed_;  ///< whether a time is fixed, and so independent of all others
    Eigen::MatrixXd root_;
};

/// Load of each phase on every pool, then on every bandwidth, per request.
class PhaseLoads {
  public:
    explicit PhaseLoads(const SimulatedSystem& system) : pools_(system.pools.size()) {
        for (const SimulatedPhase& phase : system.phases) {
            SimulatedSystem part{system.pools, system.bandwidths, {}, {}, system.services};
            for (std::size_t task = phase.first; task <= phase.last; ++task) {
                part.tasks.push_back(system.tasks[task]);
                part.tasks.back().after.clear();
            }
            loads_.push_back(resource_loads(part));
            for (ChatService& service : part.services) {
                service.reading_pace = 0;
            }
            steps_.push_back(resource_loads(part));
        }
    }

    /// Load of the bottleneck resource. Slow-down factors scale busy times but not the number of bytes.
    [[nodiscard]] Time busiest(const Factors& factors) const {
        std::vector<Time> sum(loads_.empty() ? 0 : loads_.front().size());
        for (std::size_t phase = 0; phase < loads_.size(); ++phase) {
            for (std::size_t r = 0; r < pools_; ++r) {
                const Time steps = steps_[phase][r];
                sum[r] += (loads_[phase][r] - steps) * factors[phase].time + steps * factors[phase].steps;
            }
            for (std::size_t r = pools_; r < sum.size(); ++r) {
                sum[r] += loads_[phase][r];
            }
        }
        return sum.empty() ? Time{} : *std::ranges::max_element(sum);
    }

  private:
    std::size_t pools_;
    std::vector<std::vector<Time>> loads_;  ///< [phase][resource]
    /// [phase][resource] decoding part of the load; for phases other than chats, the whole load
    std::vector<std::vector<Time>> steps_;
};

SimulatedSystem slower(SimulatedSystem system, const Factors& factors) {
    for (std::size_t i = 0; i < system.phases.size(); ++i) {
        for (std::size_t task = system.phases[i].first; task <= system.phases[i].last; ++task) {
            if (const auto service = system.tasks[task].service) {
                system.services[*service].reading_pace = factors[i].time;
                system.services[*service].stepping_pace = factors[i].steps;
            }
            system.tasks[task].work *= factors[i].time;
            if (system.tasks[task].fastest) {
                *system.tasks[task].fastest /= factors[i].time;
            }
        }
    }
    return system;
}

/// Outlook of one scenario's stream.
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
        const Time median = loads.busiest(Factors(times.size()));
        const auto& load = simulated.simulation.load;
        for (std::size_t number = 0; number < kPairs; ++number) {
            for (const double sign : {1.0, -1.0}) {
                Draw& draw = all_.emplace_back(Draw{number, sign});
                const Factors factors = draws_.factors(draw);
                draw.load = load ? load->value * (loads.busiest(factors) / median) : 0;
                for (std::size_t i = 0; i < times.size(); ++i) {
                    draw.expected += (factors[i].time + factors[i].steps) / 2 * times[i];
                }
                draw.expected /= std::max(0.0, 1 - draw.load);
            }
        }
        std::ranges::sort(all_, {}, &Draw::expected);
        stable_ = static_cast<std::size_t>(std::ranges::count_if(all_, [](const Draw& one) { return one.load < 1; }));
    }

    [[nodiscard]] StabilityOutlook stability() const {
        auto loads = mapped(all_, &Draw::load);
        return {1 - share_of_stable(), *quantile(loads, 0.05), *quantile(loads, 0.95)};
    }

    [[nodiscard]] BudgetOutlook budget() {
        BudgetOutlook outlook;
        outlook.by_chance = simulated_.simulation.within_deadline.value_or(SimulatedShare{});
        if (stable_ == 0) {
            return outlook;
        }
        if (draws_.certain()) {
            outlook.probability = outlook.by_chance;
            return outlook;
        }
        const std::size_t largest = has_services() ? kFirstSample : kLargestSample;
        for (std::size_t count = kFirstSample;; count *= kGrowth) {
            extend(count);
            const auto [share, half] = estimate();
            outlook.probability = {share_of_stable() * share, share_of_stable() * std::max(0.0, share - half),
                                   share_of_stable() * std::min(1.0, share + half)};
            outlook.draws = runs_.size();
            outlook.converged = half <= kOutlookPrecision;
            if (outlook.converged || count >= largest) {
                return outlook;
            }
        }
    }

    /// Uncertainty of each service's chat percentiles: the ratios of drawn runs to the run of the same chats under
    /// median numbers, times the percentiles of the full simulation.
    [[nodiscard]] std::vector<ChatSpreads> chats() {
        std::vector<ChatSpreads> spreads;
        if (stable_ == 0 || !simulated_.simulation.stable) {
            return spreads;
        }
        extend(kFirstSample);
        const SimulationResult median = simulated(Draw{});
        for (std::size_t service = 0; service < simulated_.system.services.size(); ++service) {
            const auto of = [&](std::optional<SimulatedLatency> ServedChats::*latency) {
                return spread_of(service, latency, median.chats[service]);
            };
            spreads.push_back(
                {of(&ServedChats::first_token), of(&ServedChats::token), of(&ServedChats::answer), runs_.size()});
        }
        return spreads;
    }

  private:
    /// Result of one of the stable draws.
    struct Run {
        double place = 0;  ///< relative rank among the stable draws, from 0 to 1
        double met = 0;    ///< share of requests within the budget
        std::vector<ServedChats> chats;
    };

    [[nodiscard]] bool has_services() const { return !simulated_.system.services.empty(); }

    [[nodiscard]] double share_of_stable() const {
        return static_cast<double>(stable_) / static_cast<double>(all_.size());
    }

    // Extends the sample to the midpoints of `count` equal shares of the stable draws, which come first in the order.
    void extend(std::size_t count) {
        std::vector<Run> more;
        for (std::size_t i = 0; i < count; ++i) {
            const double place = (static_cast<double>(i) + 0.5) / static_cast<double>(count);
            const bool known =
                std::ranges::any_of(runs_, [place](const Run& one) { return std::abs(one.place - place) < 1e-9; });
            if (!known) {
                more.push_back({place, 0, {}});
            }
        }
        in_parallel(more.size(), [&](std::size_t i) {
            const auto index = static_cast<std::size_t>(more[i].place * static_cast<double>(stable_));
            SimulationResult run = simulated(all_[std::min(index, stable_ - 1)]);
            more[i].met = run.within_deadline.value_or(SimulatedShare{}).value;
            more[i].chats = std::move(run.chats);
        });
        std::ranges::move(more, std::back_inserter(runs_));
        std::ranges::sort(runs_, {}, &Run::place);
    }

    // Mean and half-width of the confidence interval for a systematic sample, from successive differences (Wolter,
    // Introduction to Variance Estimation, 8.2.1).
    [[nodiscard]] std::pair<double, double> estimate() const {
        const auto count = static_cast<double>(runs_.size());
        double sum = 0, squares = 0;
        for (std::size_t i = 0; i < runs_.size(); ++i) {
            sum += runs_[i].met;
            const double difference = i > 0 ? runs_[i].met - runs_[i - 1].met : 0;
            squares += difference * difference;
        }
        const double half = kNormal * std::sqrt(squares / (2 * (count - 1) * count));
        return {sum / count, std::max(half, 0.5 / count)};
    }

    // Simulates one draw; a default-constructed draw means the median numbers. Chats use common random numbers for all
    // draws, so that few runs show the effect of a draw. For shares of requests within a budget, which are averaged
    // over all runs, each run draws its own requests.
    [[nodiscard]] SimulationResult simulated(const Draw& draw) const {
        const RequestStream& traffic = *scenario_.traffic;
        const auto& load = simulated_.simulation.load;
        const bool same = has_services();
        const double free = 1 - (same ? (load ? load->value : 0) : draw.load);
        SimulationOptions options;
        options.requests = std::min(
            traffic.requests, static_cast<std::size_t>(std::clamp(kDrawAtHighLoad / (free * free),
                                                                  same ? kLeastChats : kLeastPerDraw, kMostPerDraw)));
        options.warm_up = std::min(traffic.warm_up.value_or(options.requests), options.requests / 4);
        options.deadline = scenario_.budget;
        options.seed = traffic.seed + (same ? 0 : 2 * draw.number + (draw.sign > 0 ? 1 : 0));
        const Factors factors = draw.expected > 0 ? draws_.factors(draw) : Factors(simulated_.system.phases.size());
        const double rate = load && draw.load > 0 ? load->value / draw.load : 1;
        return simulate_within(slower(simulated_.system, factors), traffic.arrivals, options,
                               simulated_.simulation.sustainable * rate);
    }

    [[nodiscard]] LatencySpread spread_of(std::size_t service, std::optional<SimulatedLatency> ServedChats::*latency,
                                          const ServedChats& median) const {
        const auto of = [&](SimulatedTime SimulatedLatency::*statistic) {
            std::vector<double> ratios;
            for (const Run& run : runs_) {
                const Time drawn = (*(run.chats[service].*latency).*statistic).value;
                const Time before = (*(median.*latency).*statistic).value;
                // answers of one token have no time per further token
                ratios.push_back(before > Time{} ? drawn / before : 1);
            }
            std::ranges::sort(ratios);
            const Time value = (*(simulated_.simulation.chats[service].*latency).*statistic).value;
            return spread(ratios, value);
        };
        return {of(&SimulatedLatency::mean), of(&SimulatedLatency::p50), of(&SimulatedLatency::p95),
                of(&SimulatedLatency::p99)};
    }

    // Percentiles of a time over the draws. Each ratio represents an equal share of the stable draws; under unstable
    // draws the time is unbounded.
    [[nodiscard]] SpreadTime spread(const std::vector<double>& ratios, Time value) const {
        const auto at = [&](double share) {
            const double position = std::clamp(share / share_of_stable() * static_cast<double>(ratios.size()) - 0.5,
                                               0.0, static_cast<double>(ratios.size() - 1));
            const auto below = std::min(static_cast<std::size_t>(position), ratios.size() - 2);
            return ratios[below] + (position - static_cast<double>(below)) * (ratios[below + 1] - ratios[below]);
        };
        SpreadTime spread{value * at(0.05), std::nullopt};
        if (share_of_stable() > 0.95) {
            spread.high = value * at(0.95);
        }
        return spread;
    }

    const Scenario& scenario_;
    const TrafficResult& simulated_;
    PhaseDraws draws_;
    std::vector<Draw> all_;  ///< ordered by expected time, so unstable draws come last
    std::size_t stable_ = 0;
    std::vector<Run> runs_;  ///< ordered by place
};

}  // namespace

void add_outlook(const Scenario& scenario, const ScenarioResult& result, TrafficResult& simulated) {
    const bool rated = simulated.simulation.load.has_value();
    if (!scenario.budget && !rated && simulated.system.services.empty()) {
        return;
    }
    Outlook outlook(scenario, result, simulated);
    if (rated) {
        simulated.stability = outlook.stability();
    }
    if (scenario.budget) {
        simulated.budget = outlook.budget();
    }
    simulated.chats = outlook.chats();
}

}  // namespace berth
