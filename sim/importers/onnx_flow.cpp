// Values by number, sizes for named dimensions, and one pass over the nodes.
#include "importers/onnx_flow.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include "berth/operators.h"

namespace berth {

namespace {

class FlowBuilder {
  public:
    FlowBuilder(const OnnxFile& file, const std::string& name, const DimBindings& dims, Diagnostics& diagnostics)
        : file_(file), name_(name), dims_(dims), diagnostics_(diagnostics) {}

    std::optional<OnnxFlow> build() {
        const std::size_t errors_before = diagnostics_.error_count();
        for (const OnnxTensor& constant : file_.constants) {
            OnnxFacts& facts = flow_.at(value(constant.name));
            facts.type = constant.type;
            facts.shape = constant.dims;
            facts.data = constant.values;
            facts.constant = true;
        }
        add_inputs();
        for (const OnnxValue& known : file_.values) {
            stated_.emplace(known.name, &known);
        }
        for (const OnnxValue& known : file_.outputs) {
            stated_.emplace(known.name, &known);
        }
        if (diagnostics_.error_count() != errors_before) {
            return std::nullopt;
        }
        flow_.nodes.reserve(file_.nodes.size());
        for (const OnnxNode& node : file_.nodes) {
            if (!add_node(node)) {
                return std::nullopt;
            }
        }
        for (const OnnxValue& output : file_.outputs) {
            if (const auto found = ids_.find(output.name); found != ids_.end()) {
                flow_.outputs.push_back(found->second);
            }
        }
        return std::move(flow_);
    }

  private:
    [[nodiscard]] SourceLocation where() const { return SourceLocation(name_); }

    ValueId value(std::string_view name) {
        const auto [found, added] = ids_.emplace(name, static_cast<ValueId>(flow_.values.size()));
        if (added) {
            flow_.values.emplace_back().name = name;
        }
        return found->second;
    }

    void add_inputs() {
        std::set<std::string, std::less<>> named;
        std::vector<std::string> unbound;
        for (const OnnxValue& input : file_.inputs) {
            if (ids_.contains(input.name)) {
                continue;  // older files list the constants among the inputs
            }
            const ValueId id = value(input.name);
            flow_.inputs.push_back(id);
            flow_.at(id).type = input.type;
            if (!input.shape) {
                diagnostics_.error(where(), fmt::format("input '{}' has no shape", input.name), "sizes or names");
                continue;
            }
            Shape shape;
            for (const OnnxDim& dim : *input.shape) {
                shape.push_back(size_of(dim, input.name, named, unbound));
            }
            flow_.at(id).shape = std::move(shape);
        }
        report_names(named, unbound);
    }

    std::int64_t size_of(const OnnxDim& dim, std::string_view input, std::set<std::string, std::less<>>& named,
                         std::vector<std::string>& unbound) {
        if (!dim.name.empty()) {
            named.emplace(dim.name);
            if (const auto bound = dims_.find(dim.name); bound != dims_.end()) {
                return bound->second;
            }
            if (std::ranges::find(unbound, dim.name) == unbound.end()) {
                unbound.emplace_back(dim.name);
            }
            return 1;
        }
        if (dim.value && *dim.value > 0 && *dim.value <= kLargestCount) {
            return *dim.value;
        }
        diagnostics_.error(where(), fmt::format("input '{}' has a size that is neither known nor named", input),
                           "sizes of at least 1");
        return 1;
    }

    void report_names(const std::set<std::string, std::less<>>& named, const std::vector<std::string>& unbound) {
        const std::vector<std::string> known(named.begin(), named.end());
        for (const auto& [name, size] : dims_) {
            if (!named.contains(name)) {
                diagnostics_.error(SourceLocation("--dim"), fmt::format("no input has a dimension '{}'", name),
                                   known.empty() ? "no --dim: all sizes are known" : list_of(known),
                                   nearest_name(name, known));
            }
        }
        if (!unbound.empty()) {
            std::vector<std::string> options;
            std::ranges::transform(unbound, std::back_inserter(options),
                                   [](const std::string& name) { return fmt::format("--dim {}=SIZE", name); });
            diagnostics_.error(where(), fmt::format("no size for dimension {}", fmt::join(unbound, ", ")),
                               fmt::format("berth import with {}", fmt::join(options, " ")));
        }
    }

    bool add_node(const OnnxNode& node) {
        OnnxStep step;
        step.source = &node;
        for (const std::string_view input : node.inputs) {
            const auto found = ids_.find(input);
            if (!input.empty() && found == ids_.end()) {
                diagnostics_.error(where(), fmt::format("{} '{}' reads '{}', which nothing before it makes", node.op,
                                                        node.name, input));
                return false;
            }
            step.inputs.push_back(input.empty() ? kNoValue : found->second);
        }
        for (const std::string_view output : node.outputs) {
            const ValueId id = output.empty() ? kNoValue : value(output);
            if (id != kNoValue) {
                flow_.at(id).producer = static_cast<std::int32_t>(flow_.nodes.size());
            }
            step.outputs.push_back(id);
        }
        infer(step);
        flow_.nodes.push_back(std::move(step));
        return true;
    }

    void infer(const OnnxStep& step) {
        const auto worked = infer_shapes(step, flow_.values);
        if (!worked && std::ranges::find(flow_.unknown, step.source->op) == flow_.unknown.end()) {
            flow_.unknown.emplace_back(step.source->op);
        }
        bool constant = true;
        bool scale = false;
        const OnnxFacts* first = nullptr;
        for (const ValueId input : step.inputs) {
            if (input != kNoValue) {
                constant = constant && flow_.at(input).constant;
                scale = scale || flow_.at(input).scale;
                first = first == nullptr ? &flow_.at(input) : first;
            }
        }
        for (const ValueId output : step.outputs) {
            if (output == kNoValue) {
                continue;
            }
            OnnxFacts& facts = flow_.at(output);
            if (!worked.value_or(false) || !facts.shape) {
                take_stated(facts, first);
            }
            facts.constant = facts.constant || (constant && worked) || facts.data.has_value();
            facts.scale = facts.scale || (constant && scale);
        }
    }

    /// What the file says of the value, its named dimensions bound; else the shape of what is read.
    void take_stated(OnnxFacts& facts, const OnnxFacts* first) {
        const auto found = stated_.find(facts.name);
        if (found != stated_.end() && found->second->shape) {
            Shape shape;
            for (const OnnxDim& dim : *found->second->shape) {
                const auto bound = dims_.find(dim.name);
                const auto size = bound != dims_.end() ? std::optional(bound->second) : dim.value;
                if (!size || *size < 1) {
                    break;
                }
                shape.push_back(*size);
            }
            if (shape.size() == found->second->shape->size()) {
                facts.shape = std::move(shape);
                facts.type = found->second->type;
                return;
            }
        }
        if (first != nullptr && !facts.shape) {
            facts.shape = first->shape;
        }
    }

    const OnnxFile& file_;
    const std::string& name_;
    const DimBindings& dims_;
    Diagnostics& diagnostics_;
    OnnxFlow flow_;
    std::unordered_map<std::string_view, ValueId> ids_;
    std::unordered_map<std::string_view, const OnnxValue*> stated_;
};

}  // namespace

std::int64_t elements_of(const Shape& shape) {
    std::int64_t count = 1;
    for (const std::int64_t size : shape) {
        if (size < 0 || __builtin_mul_overflow(count, size, &count) || count > kLargestCount) {
            return kLargestCount;
        }
    }
    return count;
}

std::optional<OnnxFlow> follow_shapes(const OnnxFile& file, const std::string& name, const DimBindings& dims,
                                      Diagnostics& diagnostics) {
    return FlowBuilder(file, name, dims, diagnostics).build();
}

}  // namespace berth
