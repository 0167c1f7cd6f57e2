// Sums of terms from device plans, and the placement problem with their values under the plans' profile.
#include "berth/placement/placement_sums.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

#include "base/index.h"
#include "placement/crossings.h"

namespace berth {

namespace {

// Plans in the order of the profile's devices.
std::vector<const DevicePlan*> by_device(const Graph& graph, const std::vector<DevicePlan>& plans,
                                         const Profile& profile) {
    std::vector<const DevicePlan*> ordered(profile.devices.size(), nullptr);
    for (const DevicePlan& plan : plans) {
        ordered.at(at(plan.device)) = &plan;
        if (plan.operators.size() != graph.operators.size()) {
            throw std::logic_error("a plan of another graph");
        }
    }
    if (std::ranges::find(ordered, nullptr) != ordered.end()) {
        throw std::logic_error("a device without a plan");
    }
    return ordered;
}

// Dtype at which an operator of the plan reads the tensor; absent if none does.
std::optional<DType> read_at(const Tensor& tensor, const DevicePlan& plan) {
    const auto reader = std::ranges::find_if(
        tensor.consumers, [&plan](OperatorId consumer) { return plan.operators[at(consumer)].supported; });
    return reader == tensor.consumers.end() ? std::nullopt : std::optional(plan.operators[at(*reader)].ran_at);
}

// Size of a graph input. Callers provide 32-bit ids and 32-bit floating-point numbers; a quantised network takes its
// inputs as integers.
Bytes input_size(const Tensor& tensor, const DevicePlan& plan) {
    const DType read = read_at(tensor, plan).value_or(DType::kFp32);
    const bool integers = !tensor.integer && is_quantized(read);
    return static_cast<double>(tensor.elements()) * element_size(integers ? read : DType::kFp32);
}

}  // namespace

/// Adds terms device by device, then those of tensors between devices.
class SumsBuilder {
  public:
    SumsBuilder(const Graph& graph, const std::vector<DevicePlan>& plans, const Profile& profile)
        : graph_(graph), plans_(by_device(graph, plans, profile)), profile_(profile) {}

    SummedProblem build() {
        problem_.devices = plans_.size();
        problem_.host = profile_.host;
        problem_.cost.resize(graph_.operators.size());
        for (const DevicePlan* plan : plans_) {
            add_device(*plan);
        }
        for (const Tensor& tensor : graph_.tensors) {
            if (!tensor.consumers.empty() || tensor.graph_output) {
                add_flow(tensor);
            }
        }
        return std::move(built_);
    }

  private:
    struct Sizes {
        std::vector<Bytes> size;
        std::uint32_t crossings = 0;
        std::vector<std::vector<Time>> times;
    };

    TermId add_term(PlacementTerm term, double time, double energy) {
        values_.times.push_back(time);
        values_.energies.push_back(energy);
        return terms_.append(term);
    }

    void add_device(const DevicePlan& plan) {
        first_kernel_ = static_cast<TermId>(terms_.size());
        for (std::size_t k = 0; k < plan.kernels.size(); ++k) {
            const KernelCost& cost = plan.costs[k];
            const double energy = cost.energy ? in_joules(*cost.energy) : std::numeric_limits<double>::quiet_NaN();
            add_term(KernelTerm{plan.device, plan.execution, plan.kernels[k]}, in_seconds(cost.total), energy);
        }
        splits_known_.clear();
        for (std::size_t op = 0; op < plan.operators.size(); ++op) {
            add_operator(plan, op);
        }
        problem_.activation.push_back(plan.per_graph);
        sums_.calls_.push_back(add_term(CallTerm{plan.device}, in_seconds(plan.per_graph), 0));
    }

    [[nodiscard]] TermId kernel(KernelId id) const { return first_kernel_ + static_cast<TermId>(id); }

    void add_operator(const DevicePlan& plan, std::size_t op) {
        const OperatorPlan& own = plan.operators[op];
        const std::size_t first = sums_.counts_.size();
        const bool follows = own.supported && own.fused_into != kNoOperator;
        if (follows) {
            sums_.counts_.push_back({kernel(own.joined), 1});
            sums_.counts_.push_back({kernel(own.before), -1});
            sums_.splits_.push_back(split_fusion(own));
            const Time loss = seconds(values_.times[sums_.splits_.back()]);
            problem_.fusion.push_back({own.fused_into, static_cast<OperatorId>(op), plan.device, loss});
        }
        for (const Step& step : own.steps) {
            // Operators fused with it later are charged for their own part.
            const bool is_head = !follows && step.role == StepRole::kOperator;
            sums_.counts_.push_back({kernel(is_head ? own.alone : step.kernel), 1});
        }
        sums_.ends_.push_back(static_cast<std::uint32_t>(sums_.counts_.size()));
        const auto sum = std::span<const TermCount>(sums_.counts_).subspan(first);
        problem_.cost[op].push_back(own.supported ? std::optional(seconds(total_of(sum, values_.times)))
                                                  : std::nullopt);
    }

    TermId split_fusion(const OperatorPlan& own) {
        const SplitFusionTerm wanted{kernel(own.alone), kernel(own.joined), kernel(own.before)};
        for (const TermId known : splits_known_) {
            const auto& split = std::get<SplitFusionTerm>(terms_[known]);
            if (split.alone == wanted.alone && split.joined == wanted.joined && split.before == wanted.before) {
                return known;
            }
        }
        const TermId made = terms_.append(wanted);
        const TermValue value = terms_.value(made, profile_, values_);
        values_.times.push_back(value.time);
        values_.energies.push_back(value.energy);
        splits_known_.push_back(made);
        return made;
    }

    void add_flow(const Tensor& tensor) {
        PlacementProblem::TensorFlow& flow = problem_.flows.emplace_back();
        flow.producer = tensor.producer;
        flow.consumers = tensor.consumers;
        flow.to_host = tensor.graph_output;
        flow.size = handed_over(tensor);
        const Sizes& sizes = sizes_of(flow.size);
        flow.crossing = sizes.times;
        sums_.crossings_of_.push_back(sizes.crossings);
    }

    // [device] Size of a tensor that crosses, padded to the device's bucket. A crossing takes the larger of the two
    // sizes, since one side converts from another dtype. Graph inputs and outputs have the device's own dtype if it is
    // an integer one, and 32 bits otherwise; token scores are floating point, since sampling needs them so.
    [[nodiscard]] std::vector<Bytes> handed_over(const Tensor& tensor) const {
        const bool given = tensor.producer == kNoOperator;
        std::vector<Bytes> size;
        for (const DevicePlan* plan : plans_) {
            size.push_back(given ? input_size(tensor, *plan) : plan->operators[at(tensor.producer)].output_size);
        }
        if (tensor.scores) {
            size.assign(size.size(), static_cast<double>(tensor.elements()) * element_size(DType::kFp32));
        }
        if (given || tensor.consumers.empty()) {
            const Bytes on_host = size[at(profile_.host)];
            for (std::size_t device = 0; device < size.size() && !given; ++device) {
                size[device] = integers_of(tensor.producer, device) ? size[device] : std::max(size[device], on_host);
            }
            size[at(profile_.host)] = {};
        }
        return size;
    }
    [[nodiscard]] bool integers_of(OperatorId op, std::size_t device) const {
        return is_quantized(result_dtype(profile_.devices[device].runtime, plans_[device]->operators[at(op)].ran_at));
    }

    // Memoised, since repeated layers have few distinct tensor sizes.
    const Sizes& sizes_of(const std::vector<Bytes>& size) {
        const auto known = std::ranges::find(sizes_, size, &Sizes::size);
        if (known != sizes_.end()) {
            return *known;
        }
        const std::size_t devices = plans_.size();
        Sizes made{size, static_cast<std::uint32_t>(sums_.crossings_.size()), {}};
        for (std::size_t from = 0; from < devices; ++from) {
            auto& times = made.times.emplace_back(devices);
            for (std::size_t to = 0; to < devices; ++to) {
                sums_.crossings_.push_back(0);
                if (from != to) {
                    const TermId term = crossing(from, to, std::max(size[from], size[to]));
                    sums_.crossings_.back() = term;
                    times[to] = seconds(values_.times[term]);
                }
            }
        }
        return sizes_.emplace_back(std::move(made));
    }

    TermId crossing(std::size_t from, std::size_t to, Bytes size) {
        const TermId term = terms_.crossing({static_cast<DeviceId>(from), static_cast<DeviceId>(to), size});
        if (term == values_.times.size()) {
            values_.times.push_back(terms_.value(term, profile_, values_).time);
            values_.energies.push_back(0);
        }
        return term;
    }

    const Graph& graph_;
    std::vector<const DevicePlan*> plans_;
    const Profile& profile_;
    SummedProblem built_;
    PlacementSums& sums_ = built_.sums;
    PlacementProblem& problem_ = built_.problem;
    PlacementTerms& terms_ = built_.sums.terms_;
    TermValues& values_ = built_.sums.planned_;
    TermId first_kernel_ = 0;           ///< first kernel term of the current device
    std::vector<TermId> splits_known_;  ///< split-fusion terms of the current device
    std::vector<Sizes> sizes_;
};

std::span<const TermCount> PlacementSums::of_operator(std::size_t op, std::size_t device) const {
    const std::size_t place = device * (ends_.size() / calls_.size()) + op;
    const std::size_t first = place == 0 ? 0 : ends_[place - 1];
    return std::span(counts_).subspan(first, ends_[place] - first);
}

CostSum PlacementSums::of(const PlacementProblem& problem, const Assignment& assignment) const {
    std::vector<double> counts(terms_.size(), 0);
    std::vector<bool> called(calls_.size(), false);
    for (std::size_t op = 0; op < assignment.size(); ++op) {
        for (const TermCount& one : of_operator(op, at(assignment[op]))) {
            counts[one.term] += one.count;
        }
        called[at(assignment[op])] = true;
    }
    for (std::size_t i = 0; i < problem.fusion.size(); ++i) {
        const auto& loss = problem.fusion[i];
        const bool split = assignment[at(loss.after)] == loss.device && assignment[at(loss.before)] != loss.device;
        counts[splits_[i]] += split ? 1 : 0;
    }
    for (std::size_t device = 0; device < calls_.size(); ++device) {
        counts[calls_[device]] += called[device] ? 1 : 0;
    }
    visit_crossings(problem, assignment,
                    [&](const FlowCrossing& one) { counts[crossing(one.flow, at(one.from), at(one.to))] += 1; });
    CostSum sum;
    for (std::size_t term = 0; term < counts.size(); ++term) {
        if (counts[term] != 0) {
            sum.push_back({static_cast<TermId>(term), counts[term]});
        }
    }
    return sum;
}

SummedProblem summed_problem(const Graph& graph, const std::vector<DevicePlan>& plans, const Profile& profile) {
    return SumsBuilder(graph, plans, profile).build();
}

PlacementProblem placement_problem(const Graph& graph, const std::vector<DevicePlan>& plans, const Profile& profile) {
    return summed_problem(graph, plans, profile).problem;
}

}  // namespace berth
