// From fast placements along topological orders to a proof over all ideals of the contracted graph.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/index.h"
#include "base/mapped.h"
#include "berth/placement/costed_placement.h"
#include "placement/costed/block_programme.h"
#include "placement/costed/feasibility.h"
#include "placement/costed/ideals.h"
#include "placement/costed/placement_units.h"
#include "placement/optimality.h"

namespace berth {

namespace {

constexpr std::size_t kMostOpenClasses = 4;  // each doubles the number of cases of a proof
// number of units up to which an order is partitioned without coarsening first
constexpr std::size_t kMostCutInOrder = 1000;
constexpr int kRounds = 60;

/// One case of the search: which open colour classes are on a CPU.
struct Case {
    Labels labels;
    std::vector<Allowed> allowed;
    bool is_exact = true;  ///< merging excludes no placement of this case
};

class ThroughputSearch {
  public:
    ThroughputSearch(const CostedGraph& graph, const SearchEffort& effort)
        : graph_(graph), relations_(relations_of(graph)), effort_(effort), orders_(order_preferences(relations_)) {}

    [[nodiscard]] std::optional<CostedPlacement> best() {
        const ColorClasses classes = color_classes(relations_);
        double bound = kNowhere;
        if (classes.open.size() <= kMostOpenClasses) {
            for (const Case& one : cases(classes)) {
                bound = std::min(bound, search(one));
            }
        } else {
            search(joined(classes));
            bound = search({classes.closed, std::vector<Allowed>(graph_.nodes.size(), Allowed::kAnywhere), true});
        }
        return best_ ? std::optional(with_bound(best_->assignment, best_->objective, bound)) : std::nullopt;
    }

    /// Whether infeasibility is proved; valid after no placement was found.
    [[nodiscard]] bool is_impossible() const { return all_impossible_; }

  private:
    // An open class is placed as a whole in one block, with everything between its nodes, or entirely on a CPU.
    [[nodiscard]] std::vector<Case> cases(const ColorClasses& classes) const {
        std::vector<Case> all;
        for (unsigned on_cpu = 0; on_cpu < 1U << classes.open.size(); ++on_cpu) {
            Case one{classes.closed, std::vector<Allowed>(graph_.nodes.size(), Allowed::kAnywhere), true};
            for (std::size_t i = 0; i < classes.open.size(); ++i) {
                const bool slow = (on_cpu >> i & 1U) != 0;
                for (const int node : classes.open[i]) {
                    one.allowed[at(node)] = slow ? Allowed::kCpu : Allowed::kAccelerator;
                    one.labels[at(node)] = slow ? one.labels[at(node)] : one.labels[at(classes.open[i].front())];
                }
            }
            one.labels = without_cycles(graph_, one.labels);
            if (graph_.cpus > 0 || on_cpu == 0) {
                all.push_back(std::move(one));
            }
        }
        return all;
    }

    [[nodiscard]] Case joined(const ColorClasses& classes) const {
        Case one{classes.closed, std::vector<Allowed>(graph_.nodes.size(), Allowed::kAnywhere), false};
        for (const auto& members : classes.open) {
            for (const int node : members) {
                one.labels[at(node)] = members.front();
            }
        }
        one.labels = without_cycles(graph_, one.labels);
        return one;
    }

    /// Upper bound on the load of a device in any placement.
    [[nodiscard]] double everything() const {
        return sum_of<double>(graph_.nodes, [](const CostedNode& node) {
            return node.cpu_time + node.accelerator_time + 2 * node.transfer;
        });
    }

    [[nodiscard]] double limit() const { return best_ ? best_->objective : everything(); }

    /// Improves the best placement within the case; returns a lower bound for the case, at most the best objective.
    double search(const Case& one) {
        const Units units = units_of(graph_, one.labels, one.allowed);
        double bound = WorkBound(units).lower_bound();
        along_orders(one.labels, one.allowed);
        const Labels small = contracted(graph_, one.labels, one.allowed, limit());
        const Units contracted_units = units_of(graph_, small, one.allowed);
        if (contracted_units.count() < units.count()) {
            along_orders(small, one.allowed);
        }
        const auto ideals = all_ideals(contracted_units, most_ideals());
        if (!ideals) {
            all_impossible_ = false;
            return std::min(bound, limit());
        }
        return std::min(limit(), refine(contracted_units, *ideals, effort_.steps, kRounds, bound));
    }

    // Limit on ideals, since the programme's memory grows with ideals and accelerators.
    [[nodiscard]] std::size_t most_ideals() const {
        const std::size_t stages = std::min(graph_.accelerators, graph_.nodes.size()) + 1;
        return std::max<std::size_t>(2, std::min(effort_.ideals, 16 * effort_.ideals / stages));
    }

    void along_orders(const Labels& labels, const std::vector<Allowed>& allowed) {
        for (const auto& order : orders_) {
            Units units = units_of(graph_, labels, allowed, order);
            if (units.count() > kMostCutInOrder) {
                units = units_of(graph_, coarsened(graph_, units, kMostCutInOrder), allowed, order);
            }
            const bool impossible_before = all_impossible_;
            refine(units, prefixes(units), effort_.steps / 4, kRounds / 4, 0);
            all_impossible_ = impossible_before;
        }
    }

    /// Narrows the gap: asks for slightly less than the best until that is impossible, alternating with bisection.
    double refine(const Units& units, const Ideals& ideals, std::size_t steps, int rounds, double bound) {
        BlockProgramme programme(units, ideals, steps);
        bound = std::max(bound, programme.work().lower_bound());
        for (int round = 0; round < rounds && (!best_ || bound < limit() * (1 - kEqualCosts)); ++round) {
            const double just_below = best_ ? limit() * (1 - kEqualCosts / 2) : limit();
            const double asked = round % 3 == 0 ? just_below : bound + (limit() - bound) / 2;
            const Verdict verdict = programme.decide(asked);
            if (verdict == Verdict::kImpossible && !best_) {
                return limit();  // infeasible even without a load limit
            }
            if (verdict == Verdict::kImpossible) {
                bound = asked;
                continue;
            }
            all_impossible_ = false;
            if (verdict == Verdict::kUnknown || !keep_if_better(units, programme.devices())) {
                break;
            }
        }
        return bound;
    }

    bool keep_if_better(const Units& units, const UnitDevices& devices) {
        Assignment assignment = assignment_of(units, devices);
        const auto load = throughput_load(graph_, assignment);
        if (!load || (best_ && *load >= limit() * (1 - kEqualCosts / 4))) {
            return false;
        }
        best_ = CostedPlacement{std::move(assignment), *load, 0, false};
        return true;
    }

    // Distributes units over CPU cores, longest first to the least loaded core (Graham 1969).
    [[nodiscard]] Assignment assignment_of(const Units& units, const UnitDevices& devices) const {
        std::vector<int> on_cpu;
        for (std::size_t unit = 0; unit < units.count(); ++unit) {
            if (devices[unit] == kOnCpu) {
                on_cpu.push_back(static_cast<int>(unit));
            }
        }
        std::ranges::stable_sort(on_cpu, [&](int a, int b) { return units.slow[at(a)] > units.slow[at(b)]; });
        std::vector<double> carried(graph_.cpus);
        UnitDevices device = devices;
        for (const int unit : on_cpu) {
            const auto core = std::ranges::min_element(carried);
            *core += units.slow[at(unit)];
            device[at(unit)] = static_cast<int>(graph_.accelerators) + static_cast<int>(core - carried.begin());
        }
        Assignment assignment(units.unit_of.size());
        for (std::size_t node = 0; node < assignment.size(); ++node) {
            assignment[node] = device[at(units.unit_of[node])];
        }
        return assignment;
    }

    const CostedGraph& graph_;
    const Relations relations_;
    SearchEffort effort_;
    std::vector<std::vector<double>> orders_;
    std::optional<CostedPlacement> best_;
    bool all_impossible_ = true;
};

}  // namespace

std::optional<CostedPlacement> throughput_placement(const CostedGraph& graph, Diagnostics& diagnostics,
                                                    const SearchEffort& effort) {
    if (!is_placeable(graph, diagnostics)) {
        return std::nullopt;
    }
    ThroughputSearch search(graph, effort);
    auto placement = search.best();
    if (!placement) {
        diagnostics.error(
            graph.nodes.front().where,
            search.is_impossible()
                ? "no placement is allowed: whole blocks with their colour classes do not fit the accelerators"
                : "no placement was found in which whole blocks fit the accelerators",
            "more memory (maxSizePerFPGA), more accelerators (maxFPGAs) or a CPU (maxCPUs)");
    }
    return placement;
}

}  // namespace berth
