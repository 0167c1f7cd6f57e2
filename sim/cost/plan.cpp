// Lowers a graph to one device, pass by pass, and costs every distinct kernel once.
#include "berth/cost/plan.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "cost/lowering.h"

namespace berth {

namespace {

// Memoises kernels by the indices they were built from, since the same operators recur layer after layer. A memoised
// kernel equals the one that would be built again.
class KernelTable {
  public:
    KernelTable(DevicePlan& plan, const Device& device, std::size_t classes) : plan_(plan), device_(device) {
        plan_.kernels.reserve(2 * classes + 8);
        plan_.costs.reserve(2 * classes + 8);
        plain_.assign(classes, {-1, -1, -1, -1});
    }

    [[nodiscard]] const Kernel& kernel(KernelId id) const { return plan_.kernels[static_cast<std::size_t>(id)]; }

    // Lists each distinct kernel once, whatever it was built from.
    KernelId add(const Kernel& kernel) {
        const auto found = std::find(plan_.kernels.rbegin(), plan_.kernels.rend(), kernel);
        if (found != plan_.kernels.rend()) {
            return static_cast<KernelId>(plan_.kernels.rend() - found - 1);
        }
        plan_.kernels.push_back(kernel);
        plan_.costs.push_back(kernel_cost(kernel, device_, plan_.execution));
        return static_cast<KernelId>(plan_.kernels.size() - 1);
    }

    // Kernel of a standalone operator of a class, by residency of its activations; -1 if not built yet.
    KernelId& plain(std::uint32_t of_class, bool input_on_chip, bool output_on_chip) {
        return plain_[of_class][(input_on_chip ? 2U : 0U) + (output_on_chip ? 1U : 0U)];
    }

    struct Parts {
        std::uint32_t of_class;
        bool input_on_chip, output_on_chip;
        std::array<KernelId, 4> made;  ///< the last entry is -1 where heads are not transposed
    };
    std::array<KernelId, 4>& parts(std::uint32_t of_class, bool input_on_chip, bool output_on_chip) {
        for (Parts& known : parts_) {
            if (known.of_class == of_class && known.input_on_chip == input_on_chip &&
                known.output_on_chip == output_on_chip) {
                return known.made;
            }
        }
        parts_.push_back({of_class, input_on_chip, output_on_chip, {-1, -1, -1, -1}});
        return parts_.back().made;
    }

    struct Group {
        KernelId before;
        std::uint32_t epilogue_op;
        const FusionRule* rule;
        bool on_chip;
        KernelId made;
    };
    KernelId& group(KernelId before, std::uint32_t epilogue_op, const FusionRule* rule, bool on_chip) {
        for (Group& known : groups_) {
            if (known.before == before && known.epilogue_op == epilogue_op && known.rule == rule &&
                known.on_chip == on_chip) {
                return known.made;
            }
        }
        groups_.push_back({before, epilogue_op, rule, on_chip, -1});
        return groups_.back().made;
    }

    struct Converted {
        std::int64_t elements, columns;
        DType from, to;
        bool on_chip;
        KernelId made;
    };
    KernelId& conversion(std::int64_t elements, std::int64_t columns, DType from, DType to, bool on_chip) {
        for (Converted& known : conversions_) {
            if (known.elements == elements && known.columns == columns && known.from == from && known.to == to &&
                known.on_chip == on_chip) {
                return known.made;
            }
        }
        conversions_.push_back({elements, columns, from, to, on_chip, -1});
        return conversions_.back().made;
    }

  private:
    DevicePlan& plan_;
    const Device& device_;
    std::vector<std::array<KernelId, 4>> plain_;
    std::vector<Parts> parts_;
    std::vector<Group> groups_;
    std::vector<Converted> conversions_;
};

class Lowering {
  public:
    Lowering(const Graph& graph, const Profile& profile, DeviceId device, const Execution& execution)
        : graph_(graph),
          device_(profile.devices[static_cast<std::size_t>(device)]),
          classes_(classify(graph, profile, device_)),
          tensors_(tensor_facts(graph, classes_)),
          fusion_(fuse(classes_, tensors_, device_.runtime)),
          table_(plan_, device_, classes_.classes.size()) {
        plan_.device = device;
        plan_.execution = execution;
        plan_.per_graph = device_.runtime.dispatch_per_graph.value;
        plan_.operators.reserve(graph.operators.size());
    }

    DevicePlan run() {
        decide_residency();
        for (std::size_t i = 0; i < classes_.of.size(); ++i) {
            note_decisions(i);
            if (plan_.operators[i].supported) {
                lower(i);
                convert_result(i);
            }
        }
        return std::move(plan_);
    }

  private:
    [[nodiscard]] const Operator& op(std::size_t i) const { return graph_.operators[i]; }
    [[nodiscard]] std::size_t made_by(std::size_t i) const { return static_cast<std::size_t>(classes_.made[i]); }
    [[nodiscard]] bool on_chip(std::size_t tensor) const { return residency_.on_chip[tensor] != 0; }

    void decide_residency() {
        for (const std::uint32_t of : classes_.of) {
            const OperatorClass& one = classes_.classes[of];
            plan_.weight_bytes += one.support.supported ? one.weights : Bytes{};
        }
        residency_ = plan_residency(tensors_, classes_.of.size(), weights_read(), device_, plan_.execution.cores);
        reads_dram_.assign(classes_.of.size(), residency_.kept_tensors == 0 ? 1 : 0);
        for (std::size_t t = 0; t < tensors_.size() && residency_.kept_tensors > 0; ++t) {
            if (!on_chip(t)) {
                for (const OperatorId reader : graph_.tensors[t].consumers) {
                    reads_dram_[static_cast<std::size_t>(reader)] = 1;
                }
            }
        }
        plan_.peak_activation_bytes = residency_.peak;
        plan_.spilled_bytes = residency_.spilled;
        plan_.keeping_capacity = residency_.capacity;
        plan_.alike_from = residency_.alike_from;
        plan_.alike_below = residency_.alike_below;
    }

    // Constants read in one pass, and what lies in caches between passes; of a lookup table, only the rows that are
    // gathered.
    [[nodiscard]] Bytes weights_read() const {
        Bytes read = plan_.weight_bytes;
        for (const std::uint32_t of : classes_.of) {
            const OperatorClass& one = classes_.classes[of];
            read += one.support.supported ? one.cache : Bytes{};
            if (const auto* gather = std::get_if<GatherDims>(&one.example->dims); gather != nullptr) {
                const double share = static_cast<double>(gather->rows) / static_cast<double>(gather->table_rows);
                read -= one.support.supported ? one.weights * std::max(0.0, 1 - share) : Bytes{};
            }
        }
        return read;
    }

    void note_decisions(std::size_t i) {
        OperatorPlan& plan = plan_.operators.emplace_back();
        const Support& support = classes_.support(i);
        plan.supported = support.supported;
        plan.fallback = support.fallback;
        plan.scheme = support.scheme;
        plan.ran_at = support.ran_at();
        plan.fused_into = fusion_.into[i];
        plan.output_size = tensors_[made_by(i)].size;
        plan.output_on_chip = on_chip(made_by(i));
        plan.alive = residency_.alive[i];
        plan.on_chip = residency_.kept[i];
        plan.reason = support.reason;
    }

    [[nodiscard]] bool inputs_on_chip(std::size_t i) const { return reads_dram_[i] == 0; }

    [[nodiscard]] Kernel plain_kernel(std::size_t i) const {
        const OperatorClass& of = classes_[i];
        Kernel kernel;
        kernel.kind = op(i).kind;
        kernel.dims = op(i).dims;
        set_dtypes(kernel, of.support);
        kernel.output = of.made_at;
        kernel.multi_core = of.support.multi_core;
        kernel.weights_on_chip = residency_.weights_evicted < 1;
        kernel.evicted = kernel.weights_on_chip ? residency_.weights_evicted : 0;
        kernel.output_on_chip = on_chip(made_by(i));
        kernel.input_on_chip = inputs_on_chip(i);
        kernel.from_cache = of.cache > Bytes{};
        kernel.chooses_token = scores_words(i);
        return kernel;
    }

    // An operator of the same class need not score words.
    [[nodiscard]] bool scores_words(std::size_t i) const { return graph_.tensors[made_by(i)].scores; }

    KernelId plain(std::size_t i) {
        if (scores_words(i)) {
            return table_.add(plain_kernel(i));
        }
        KernelId& id = table_.plain(classes_.of[i], inputs_on_chip(i), on_chip(made_by(i)));
        if (id < 0) {
            id = table_.add(plain_kernel(i));
        }
        return id;
    }

    // A static-shape compiler with managed on-chip memory tiles attention by rows, so scores stay on chip between the
    // two products whatever the total number of rows.
    [[nodiscard]] bool tiles_scores(const Kernel& softmax) const {
        constexpr std::int64_t kRows = 32;
        const Bytes row = element_size(softmax.input) * static_cast<double>(std::get<RowsDims>(softmax.dims).cols);
        return device_.runtime.shapes == ShapeRule::kStatic && device_.runtime.keeps_scores &&
               residency_.capacity >= 2.0 * kRows * row;
    }

    const std::array<KernelId, 4>& parts_of(std::size_t i) {
        std::array<KernelId, 4>& ids = table_.parts(classes_.of[i], inputs_on_chip(i), on_chip(made_by(i)));
        if (ids.front() < 0) {
            auto kernels = attention_parts(plain_kernel(i));
            auto moves = head_moves(plain_kernel(i), device_.runtime);
            // Moves bring keys and values in from the cache, and the products read what was moved.
            if (moves && moves->from_cache) {
                moves->input_on_chip = moves->from_cache = false;
                for (Kernel& kernel : kernels) {
                    kernel.from_cache = false;
                }
            }
            if (tiles_scores(kernels[1])) {
                auto& [scores, softmax, values] = kernels;
                scores.output_on_chip = softmax.input_on_chip = softmax.output_on_chip = values.input_on_chip = true;
            }
            std::transform(kernels.begin(), kernels.end(), ids.begin(),
                           [this](const Kernel& kernel) { return table_.add(kernel); });
            if (moves) {
                ids.back() = table_.add(*moves);
            }
        }
        return ids;
    }

    void lower(std::size_t i) {
        OperatorPlan& plan = plan_.operators[i];
        if (plan.fused_into != kNoOperator) {
            fuse_into_group(i, plan);
        } else if (op(i).kind == OperatorKind::kAttention && !device_.attention) {
            for (const KernelId part : parts_of(i)) {
                if (part >= 0) {
                    plan.steps.push_back({part, StepRole::kPart});
                }
            }
        } else if (const auto strides = in_two_strides(plain_kernel(i), device_.runtime)) {
            plan.alone = table_.add(strides->dense);
            plan.steps.push_back({plan.alone, StepRole::kOperator});
            plan.steps.push_back({table_.add(strides->selection), StepRole::kPart});
        } else {
            plan.alone = plain(i);
            plan.steps.push_back({plan.alone, StepRole::kOperator});
        }
    }

    // Adds the operator to the epilogue of the group's head kernel; the operator is charged the added cost.
    void fuse_into_group(std::size_t i, OperatorPlan& plan) {
        auto head = static_cast<std::size_t>(plan.fused_into);
        while (fusion_.into[head] != kNoOperator) {
            head = static_cast<std::size_t>(fusion_.into[head]);
        }
        Step& step = plan_.operators[head].steps.front();
        const FusionRule& rule = *fusion_.rule[i];
        KernelId& id = table_.group(step.kernel, classes_.of[i], &rule, on_chip(made_by(i)));
        if (id < 0) {
            Kernel group = table_.kernel(step.kernel);
            const double share = rule.traffic ? rule.traffic->value : 0.0;
            add_epilogue_to(group, {op(i).kind, std::get<RowsDims>(op(i).dims), share}, rule.multi_core,
                            classes_[i].made_at, on_chip(made_by(i)));
            id = table_.add(group);
        }
        plan.alone = plain(i);
        plan.before = step.kernel;
        plan.joined = step.kernel = id;
    }

    void convert_result(std::size_t i) {
        const DTypeSet& wanted = tensors_[made_by(i)].wanted;
        if (wanted.none()) {
            return;
        }
        for (const auto& row : kDTypeNames) {
            if (wanted.test(static_cast<std::size_t>(row.value))) {
                convert_result(i, row.value);
            }
        }
    }

    void convert_result(std::size_t i, DType to) {
        const Tensor& made = graph_.tensors[made_by(i)];
        const std::int64_t columns = made.shape.empty() ? 1 : std::max<std::int64_t>(1, made.shape.back());
        const bool stays = on_chip(made_by(i));
        const DType from = classes_[i].made_at;
        const StepRole role = conversion_role(from, to);
        if (device_.runtime.operators[static_cast<std::size_t>(conversion_kind(role))].on_the_way) {
            return;
        }
        KernelId& id = table_.conversion(made.elements(), columns, from, to, stays);
        if (id < 0) {
            Kernel kernel;
            kernel.kind = conversion_kind(role);
            kernel.dims = RowsDims{made.elements() / columns, columns};
            kernel.input = kernel.weight = from;
            kernel.output = to;
            kernel.multi_core = device_.runtime.operators[static_cast<std::size_t>(kernel.kind)].multi_core;
            kernel.input_on_chip = kernel.output_on_chip = stays;
            id = table_.add(kernel);
        }
        plan_.operators[i].steps.push_back({id, role});
    }

    const Graph& graph_;
    const Device& device_;
    DevicePlan plan_;
    OperatorClasses classes_;
    std::vector<TensorFacts> tensors_;
    Fusion fusion_;
    KernelTable table_;
    Residency residency_;
    std::vector<char> reads_dram_;  ///< [operator] 1 if not all its inputs are on chip, else 0
};

}  // namespace

void Steps::push_back(Step step) {
    if (count_ == kMost) {
        throw std::logic_error("an operator takes more steps than there are parts and dtypes");
    }
    steps_[count_++] = step;
}

void set_dtypes(Kernel& kernel, const Support& support) {
    kernel.input = support.ran_at();
    kernel.weight = support.scheme.weights;
    kernel.weight_group = support.scheme.group;
    kernel.multiply = support.multiply;
    kernel.cut = support.cut;
    kernel.own_code = support.own_code;
}

std::array<Kernel, 3> attention_parts(const Kernel& attention) {
    const auto& d = std::get<AttentionDims>(attention.dims);
    Kernel part = attention;
    part.kind = OperatorKind::kMatmul;
    part.output = attention.input;
    // Query heads of a group share keys and values, so their queries are stacked as rows of one product.
    const std::int64_t rows = d.heads / d.kv_heads * d.seq;
    const std::int64_t keys = keys_read(d);
    part.dims = MatmulDims{d.batch * d.kv_heads, rows, d.head_dim, keys, false, false};
    Kernel softmax = part;
    softmax.from_cache = false;
    softmax.kind = OperatorKind::kSoftmax;
    softmax.dims = RowsDims{d.batch * d.heads * d.seq, keys};
    Kernel values = part;
    values.dims = MatmulDims{d.batch * d.kv_heads, rows, keys, value_width(d), false, false};
    values.output = attention.output;
    return {part, softmax, values};
}

std::optional<Kernel> head_moves(const Kernel& attention, const Runtime& runtime) {
    const auto& d = std::get<AttentionDims>(attention.dims);
    if (!runtime.moves_heads || d.heads_apart) {
        return std::nullopt;
    }
    Kernel moves = attention;
    moves.kind = OperatorKind::kTranspose;
    moves.output = attention.input;
    const std::int64_t keys = d.kv_heads * (d.head_dim + value_width(d));  // key and value elements of one position
    const std::int64_t queries = d.heads * (d.head_dim + value_width(d));  // query and result elements of one position
    moves.dims = RowsDims{1, d.batch * (d.seq * queries + keys_read(d) * keys)};
    return moves;
}

std::vector<Kernel> kernels_of(const Kernel& kernel, const Device& device) {
    if (kernel.kind == OperatorKind::kAttention && !device.attention) {
        const auto parts = attention_parts(kernel);
        return {parts.begin(), parts.end()};
    }
    if (const auto strides = in_two_strides(kernel, device.runtime)) {
        return {strides->dense, strides->selection};
    }
    return {kernel};
}

DevicePlan plan_device(const Graph& graph, const Profile& profile, DeviceId device, const Execution& execution) {
    return Lowering(graph, profile, device, execution).run();
}

}  // namespace berth
