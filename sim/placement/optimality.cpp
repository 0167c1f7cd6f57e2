// Lower bounds on serial latency, and results that report them.
#include "placement/optimality.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/index.h"
#include "placement/pair_cut.h"

namespace berth {

namespace {

constexpr std::size_t kOne = 0;
constexpr std::size_t kRest = 1;

/// Relaxation to two devices: `one` against the best of all others.
class Merged {
  public:
    Merged(const PlacementProblem& problem, DeviceId one, const std::vector<DeviceId>& usable)
        : problem_(problem), one_(one) {
        std::ranges::copy_if(usable, std::back_inserter(rest_), [&](DeviceId device) { return device != one; });
    }

    [[nodiscard]] PlacementProblem build() const {
        PlacementProblem merged;
        merged.devices = 2;
        merged.host = static_cast<DeviceId>(problem_.host == one_ ? kOne : kRest);
        for (const auto& costs : problem_.cost) {
            merged.cost.push_back({costs[at(one_)], cheapest(costs)});
        }
        for (const auto& flow : problem_.flows) {
            merged.flows.push_back({.producer = flow.producer,
                                    .consumers = flow.consumers,
                                    .to_host = flow.to_host,
                                    .size = {},
                                    .crossing = crossing(flow)});
        }
        merged.activation = {problem_.activation[at(one_)],
                             least(rest_, [&](DeviceId device) { return problem_.activation[at(device)]; })};
        for (const auto& loss : problem_.fusion) {  // with several other devices, one of them may lose nothing
            if (loss.device == one_) {
                merged.fusion.push_back({loss.before, loss.after, static_cast<DeviceId>(kOne), loss.loss});
            } else if (rest_.size() == 1 && loss.device == rest_.front()) {
                merged.fusion.push_back({loss.before, loss.after, static_cast<DeviceId>(kRest), loss.loss});
            }
        }
        return merged;
    }

  private:
    template <class F>
    [[nodiscard]] static Time least(const std::vector<DeviceId>& devices, F cost) {
        std::optional<Time> best;
        for (const DeviceId device : devices) {
            best = best ? std::min(*best, cost(device)) : cost(device);
        }
        return best.value_or(Time{});
    }

    [[nodiscard]] std::optional<Time> cheapest(const std::vector<std::optional<Time>>& costs) const {
        std::optional<Time> best;
        for (const DeviceId device : rest_) {
            if (const auto& cost = costs[at(device)]; cost && (!best || *cost < *best)) {
                best = cost;
            }
        }
        return best;
    }

    // Inputs come from the host itself, even if another device would be cheaper; results may leave from any of the
    // others.
    [[nodiscard]] std::vector<std::vector<Time>> crossing(const PlacementProblem::TensorFlow& flow) const {
        const std::vector<DeviceId> host{problem_.host};
        const bool input = flow.producer == kNoOperator;
        std::vector<DeviceId> readers = rest_;
        if (flow.to_host && problem_.host != one_) {
            readers.push_back(problem_.host);  // the host receives results even if no operator can run on it
        }
        std::vector<std::vector<Time>> merged(2, std::vector<Time>(2));
        merged[kRest][kOne] =
            least(input ? host : rest_, [&](DeviceId from) { return flow.crossing[at(from)][at(one_)]; });
        merged[kOne][kRest] = least(readers, [&](DeviceId to) { return flow.crossing[at(one_)][at(to)]; });
        return merged;
    }

    const PlacementProblem& problem_;
    DeviceId one_;
    std::vector<DeviceId> rest_;
};

}  // namespace

PlacementResult with_bound(const PlacementProblem& problem, const Contraction& contraction,
                           const Assignment& assignment, Time bound) {
    return with_bound(problem, contraction.expand(assignment), bound);
}

PlacementResult with_bound(const PlacementProblem& problem, Assignment assignment, Time bound) {
    const auto latency = objective(problem, assignment);
    if (!latency) {
        throw std::logic_error("a placement that cannot run");
    }
    return with_bound(std::move(assignment), *latency, bound);
}

Time one_against_rest_bound(const PlacementProblem& problem, const std::vector<DeviceId>& usable) {
    Time best;
    for (const DeviceId one : usable) {
        const PlacementProblem merged = Merged(problem, one, usable).build();
        const auto start = cheapest_devices(merged);
        if (!start) {
            throw std::logic_error("an operator that can run nowhere");
        }
        best = std::max(best,
                        best_between(merged, *start, static_cast<DeviceId>(kOne), static_cast<DeviceId>(kRest)).value);
    }
    return best;
}

}  // namespace berth
