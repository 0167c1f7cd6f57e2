// Choice between two devices as a minimum cut: `first` is the source side, `second` the sink side.
#include "placement/pair_cut.h"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/index.h"
#include "placement/cut_network.h"

namespace berth {

namespace {

using Node = CutNetwork::Node;

class PairNetwork {
  public:
    PairNetwork(const PlacementProblem& problem, const Assignment& current, DeviceId first, DeviceId second)
        : problem_(problem), current_(current), first_(first), second_(second), network_(number_movable()) {
        add_operators();
        for (const auto& flow : problem_.flows) {
            add_flow(flow);
        }
        for (const auto& loss : problem_.fusion) {
            add_fusion(loss);
        }
    }

    [[nodiscard]] PairCut solve() const {
        const auto known = objective(problem_, current_);
        if (!known) {
            throw std::logic_error("an operator stands where it cannot run");
        }
        const CutNetwork::Cut cut = network_.minimum(*known);
        PairCut result{current_, cut.value + fixed_};
        for (std::size_t i = 0; i < movable_.size(); ++i) {
            result.assignment[movable_[i]] = cut.on_source[i] ? first_ : second_;
        }
        return result;
    }

  private:
    std::size_t number_movable() {
        number_.resize(current_.size(), 0);
        for (std::size_t op = 0; op < current_.size(); ++op) {
            if (current_[op] == first_ || current_[op] == second_) {
                number_[op] = movable_.size();
                movable_.push_back(op);
            }
        }
        return movable_.size();
    }

    /// Location of an operator: a node of the network, or a fixed device.
    struct Place {
        bool takes_part = false;
        Node node = CutNetwork::kSource;
        DeviceId device = 0;
    };
    [[nodiscard]] Place place_of_device(DeviceId device) const {
        return {device == first_ || device == second_, device == first_ ? CutNetwork::kSource : CutNetwork::kSink,
                device};
    }
    [[nodiscard]] Place place_of(OperatorId op) const {
        Place place = place_of_device(current_[at(op)]);
        place.node = place.takes_part ? CutNetwork::choice(number_[at(op)]) : place.node;
        return place;
    }

    void add_operators() {
        const auto price = [](const std::optional<Time>& cost) { return cost.value_or(CutNetwork::kNever); };
        std::vector<Node> all;
        std::vector<bool> used(problem_.devices, false);
        for (std::size_t op = 0; op < current_.size(); ++op) {
            const Place place = place_of(static_cast<OperatorId>(op));
            if (place.takes_part) {
                network_.pay_for_side(place.node, price(problem_.cost[op][at(first_)]),
                                      price(problem_.cost[op][at(second_)]));
                all.push_back(place.node);
            } else {
                fixed_ += price(problem_.cost[op][at(place.device)]);
                used[at(place.device)] = true;
            }
        }
        for (std::size_t device = 0; device < problem_.devices; ++device) {
            fixed_ += used[device] ? problem_.activation[device] : Time{};
        }
        network_.pay_once_if_cut_backward(CutNetwork::kSink, all, problem_.activation[at(first_)]);
        network_.pay_once_if_cut_forward(CutNetwork::kSource, all, problem_.activation[at(second_)]);
    }

    void add_flow(const PlacementProblem::TensorFlow& flow) {
        const Place producer = flow.producer == kNoOperator ? place_of_device(problem_.host) : place_of(flow.producer);
        std::vector<Node> readers;
        std::vector<DeviceId> elsewhere;
        const auto read_at = [&](const Place& place) {
            if (place.takes_part) {
                readers.push_back(place.node);
            } else if (std::ranges::find(elsewhere, place.device) == elsewhere.end()) {
                elsewhere.push_back(place.device);
            }
        };
        for (const OperatorId consumer : flow.consumers) {
            read_at(place_of(consumer));
        }
        if (flow.to_host) {
            read_at(place_of_device(problem_.host));
        }
        const auto& crossing = flow.crossing;
        if (producer.takes_part) {
            network_.pay_once_if_cut_forward(producer.node, readers, crossing[at(first_)][at(second_)]);
            network_.pay_once_if_cut_backward(producer.node, readers, crossing[at(second_)][at(first_)]);
            for (const DeviceId device : elsewhere) {
                network_.pay_for_side(producer.node, crossing[at(first_)][at(device)],
                                      crossing[at(second_)][at(device)]);
            }
        } else {
            network_.pay_once_if_cut_backward(CutNetwork::kSink, readers, crossing[at(producer.device)][at(first_)]);
            network_.pay_once_if_cut_forward(CutNetwork::kSource, readers, crossing[at(producer.device)][at(second_)]);
            for (const DeviceId device : elsewhere) {
                fixed_ += device == producer.device ? Time{} : crossing[at(producer.device)][at(device)];
            }
        }
    }

    void add_fusion(const PlacementProblem::FusionLoss& loss) {
        const Place before = place_of(loss.before);
        const Place after = place_of(loss.after);
        if (after.takes_part && before.takes_part) {
            if (loss.device == first_) {
                network_.pay_if_cut(after.node, before.node, loss.loss);
            } else if (loss.device == second_) {
                network_.pay_if_cut(before.node, after.node, loss.loss);
            }
        } else if (after.takes_part) {
            network_.pay_for_side(after.node, loss.device == first_ ? loss.loss : Time{},
                                  loss.device == second_ ? loss.loss : Time{});
        } else if (after.device == loss.device && before.device != loss.device) {
            fixed_ += loss.loss;
        }
    }

    const PlacementProblem& problem_;
    const Assignment& current_;
    DeviceId first_, second_;
    std::vector<std::size_t> movable_;  // movable operators, in the order of the network's choices
    std::vector<std::size_t> number_;   // [operator] its choice
    CutNetwork network_;
    Time fixed_;  // cost that does not depend on the choice
};

}  // namespace

PairCut best_between(const PlacementProblem& problem, const Assignment& current, DeviceId first, DeviceId second) {
    return PairNetwork(problem, current, first, second).solve();
}

}  // namespace berth
