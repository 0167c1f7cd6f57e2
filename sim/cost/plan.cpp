// Lowers a graph to one device and costs every kernel once.
#include "berth/plan.h"

#include <algorithm>
#include <utility>

#include "cost/lowering.h"

namespace berth {

namespace {

StepRole conversion_role(DType from, DType to) {
    if (is_quantized(to) && !is_quantized(from)) {
        return StepRole::kQuantize;
    }
    return is_quantized(from) && !is_quantized(to) ? StepRole::kDequantize : StepRole::kCast;
}

OperatorKind conversion_kind(StepRole role) {
    switch (role) {
        case StepRole::kQuantize:
            return OperatorKind::kQuantize;
        case StepRole::kDequantize:
            return OperatorKind::kDequantize;
        case StepRole::kCast:
        case StepRole::kOperator:
        case StepRole::kPart:
            break;
    }
    return OperatorKind::kCast;
}

class Lowering {
  public:
    Lowering(const Graph& graph, const Profile& profile, DeviceId device, const Execution& execution)
        : graph_(graph), profile_(profile), device_(profile.devices[static_cast<std::size_t>(device)]) {
        plan_.device = device;
        plan_.execution = execution;
        plan_.per_graph = device_.runtime.dispatch_per_graph.value;
        plan_.operators.resize(graph.operators.size());
    }

    DevicePlan run() {
        decide_support();
        fusion_ = fuse(graph_, support_, device_.runtime);
        plan_.unfused = fusion_.missed;
        decide_output_dtypes();
        decide_residency();
        for (std::size_t i = 0; i < graph_.operators.size(); ++i) {
            if (plan_.operators[i].supported) {
                lower(i);
            }
        }
        return std::move(plan_);
    }

  private:
    [[nodiscard]] const Operator& op(std::size_t i) const { return graph_.operators[i]; }
    [[nodiscard]] const Tensor& tensor(TensorId id) const { return graph_.tensors[static_cast<std::size_t>(id)]; }

    void decide_support() {
        support_.reserve(graph_.operators.size());
        for (std::size_t i = 0; i < graph_.operators.size(); ++i) {
            support_.push_back(operator_support(op(i), profile_, device_));
            OperatorPlan& plan = plan_.operators[i];
            plan.supported = support_[i].supported;
            plan.reason = support_[i].reason;
            plan.fallback = support_[i].fallback;
            plan.ran_at = support_[i].ran_at;
        }
    }

    [[nodiscard]] DType output_dtype(std::size_t i) const { return result_dtype(device_.runtime, support_[i].ran_at); }

    void decide_output_dtypes() {
        tensor_sizes_.assign(graph_.tensors.size(), Bytes{});
        for (std::size_t t = 0; t < graph_.tensors.size(); ++t) {
            const Tensor& made = graph_.tensors[t];
            DType dtype = DType::kFp32;  // ids and other inputs arrive in 32 bits
            if (made.producer != kNoOperator) {
                dtype = made.integer ? DType::kInt32 : output_dtype(static_cast<std::size_t>(made.producer));
            }
            tensor_sizes_[t] = element_size(dtype) * static_cast<double>(made.elements());
        }
        for (std::size_t i = 0; i < graph_.operators.size(); ++i) {
            plan_.operators[i].output_size = tensor_sizes_[static_cast<std::size_t>(op(i).output)];
            if (plan_.operators[i].supported) {
                Operator stored = op(i);
                stored.dtype = support_[i].ran_at;
                plan_.weight_bytes += weight_bytes(stored);
            }
        }
    }

    void decide_residency() {
        residency_ = plan_residency(graph_, tensor_sizes_, plan_.weight_bytes, device_, plan_.execution.cores);
        plan_.peak_activation_bytes = residency_.peak;
        plan_.spilled_bytes = residency_.spilled;
    }

    [[nodiscard]] Kernel plain_kernel(std::size_t i) const {
        Kernel kernel;
        kernel.kind = op(i).kind;
        kernel.dims = op(i).dims;
        kernel.input = kernel.weight = support_[i].ran_at;
        kernel.output = output_dtype(i);
        kernel.multi_core = support_[i].multi_core;
        kernel.weights_on_chip = residency_.weights_on_chip;
        kernel.output_on_chip = residency_.on_chip[static_cast<std::size_t>(op(i).output)];
        kernel.input_on_chip = std::all_of(op(i).inputs.begin(), op(i).inputs.end(), [this](TensorId id) {
            return residency_.on_chip[static_cast<std::size_t>(id)];
        });
        return kernel;
    }

    // Identical kernels are costed once; the table is short, and repeated layers hit its end.
    KernelId kernel_id(const Kernel& kernel) {
        const auto found = std::find(plan_.kernels.rbegin(), plan_.kernels.rend(), kernel);
        if (found != plan_.kernels.rend()) {
            return static_cast<KernelId>(plan_.kernels.rend() - found - 1);
        }
        plan_.kernels.push_back(kernel);
        plan_.costs.push_back(kernel_cost(kernel, device_, plan_.execution));
        return static_cast<KernelId>(plan_.kernels.size() - 1);
    }

    [[nodiscard]] Time cost_of(KernelId id) const { return plan_.costs[static_cast<std::size_t>(id)].total; }

    void add_step(OperatorPlan& plan, const Kernel& kernel, StepRole role) {
        const KernelId id = kernel_id(kernel);
        plan.steps.push_back({id, role});
        plan.cost += cost_of(id);
    }

    void lower(std::size_t i) {
        OperatorPlan& plan = plan_.operators[i];
        plan.fused_into = fusion_.into[i];
        if (plan.fused_into != kNoOperator) {
            fuse_into_group(i, plan);
        } else if (op(i).kind == OperatorKind::kAttention && !device_.attention) {
            for (const Kernel& part : attention_parts(plain_kernel(i))) {
                add_step(plan, part, StepRole::kPart);
            }
        } else {
            add_step(plan, plain_kernel(i), StepRole::kOperator);
        }
        add_conversions(i, plan);
    }

    // The head's kernel takes the follower in; the follower pays what that adds.
    void fuse_into_group(std::size_t i, OperatorPlan& plan) {
        auto head = static_cast<std::size_t>(plan.fused_into);
        while (fusion_.into[head] != kNoOperator) {
            head = static_cast<std::size_t>(fusion_.into[head]);
        }
        Step& step = plan_.operators[head].steps.front();
        Kernel group = plan_.kernels[static_cast<std::size_t>(step.kernel)];
        const FusionRule& rule = *fusion_.rule[i];
        const double share = rule.traffic ? rule.traffic->value : 0.0;
        group.followers[group.follower_count++] = {op(i).kind, std::get<RowsDims>(op(i).dims), share};
        group.multi_core = group.multi_core && rule.multi_core;
        group.output = output_dtype(i);
        group.output_on_chip = residency_.on_chip[static_cast<std::size_t>(op(i).output)];
        const KernelId id = kernel_id(group);
        plan.cost = cost_of(id) - cost_of(step.kernel);
        plan.alone = kernel_id(plain_kernel(i));
        plan.unfused_extra = std::max(Time{}, cost_of(plan.alone) - plan.cost);
        step.kernel = id;
    }

    // A tensor that readers on this device want at another dtype is converted once per dtype, where it is made.
    void add_conversions(std::size_t i, OperatorPlan& plan) {
        const Tensor& made = tensor(op(i).output);
        const DType have = output_dtype(i);
        std::vector<DType> done;
        for (const OperatorId consumer : made.consumers) {
            const auto c = static_cast<std::size_t>(consumer);
            if (!support_[c].supported || made.integer || fusion_.into[c] == static_cast<OperatorId>(i)) {
                continue;
            }
            const DType want = support_[c].ran_at;
            if (want == have || std::find(done.begin(), done.end(), want) != done.end()) {
                continue;
            }
            done.push_back(want);
            const StepRole role = conversion_role(have, want);
            Kernel kernel;
            kernel.kind = conversion_kind(role);
            const std::int64_t columns = made.shape.empty() ? 1 : std::max<std::int64_t>(1, made.shape.back());
            kernel.dims = RowsDims{made.elements() / columns, columns};
            kernel.input = kernel.weight = have;
            kernel.output = want;
            kernel.multi_core = device_.runtime.operators[static_cast<std::size_t>(kernel.kind)].multi_core;
            kernel.input_on_chip = kernel.output_on_chip = residency_.on_chip[static_cast<std::size_t>(op(i).output)];
            add_step(plan, kernel, role);
        }
    }

    const Graph& graph_;
    const Profile& profile_;
    const Device& device_;
    DevicePlan plan_;
    std::vector<Support> support_;
    Fusion fusion_;
    std::vector<Bytes> tensor_sizes_;
    Residency residency_;
};

}  // namespace

std::vector<Kernel> attention_parts(const Kernel& attention) {
    const auto& d = std::get<AttentionDims>(attention.dims);
    Kernel part = attention;
    part.kind = OperatorKind::kMatmul;
    part.output = attention.input;
    // Heads of a group share keys and values, so their queries stand below each other in one product.
    const std::int64_t rows = d.heads / d.kv_heads * d.seq;
    const std::int64_t keys = keys_read(d);
    part.dims = MatmulDims{d.batch * d.kv_heads, rows, d.head_dim, keys, false, false};
    Kernel softmax = part;
    softmax.kind = OperatorKind::kSoftmax;
    softmax.dims = RowsDims{d.batch * d.heads * d.seq, keys};
    Kernel values = part;
    values.dims = MatmulDims{d.batch * d.kv_heads, rows, keys, d.head_dim, false, false};
    values.output = attention.output;
    return {part, softmax, values};
}

DevicePlan plan_device(const Graph& graph, const Profile& profile, DeviceId device, const Execution& execution) {
    return Lowering(graph, profile, device, execution).run();
}

std::vector<KernelCost> recost(const DevicePlan& plan, const Profile& profile) {
    const Device& device = profile.devices[static_cast<std::size_t>(plan.device)];
    std::vector<KernelCost> costs;
    costs.reserve(plan.kernels.size());
    for (const Kernel& kernel : plan.kernels) {
        costs.push_back(kernel_cost(kernel, device, plan.execution));
    }
    return costs;
}

}  // namespace berth
