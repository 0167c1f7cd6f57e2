// Values by number, sizes for named dimensions, and one pass over the nodes.
#include "importers/onnx_flow.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
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
            if (!possible(constant.dims)) {
                diagnostics_.error(where(), fmt::format("constant '{}' has an impossible shape", constant.name),
                                   fmt::format("up to {} sizes of 0 to {}", kMostAxes, kLargestSize));
                return std::nullopt;
            }
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
        if (dim.value && *dim.value > 0 && *dim.value <= kLargestSize) {
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
        if (node.outputs.empty()) {
            diagnostics_.error(where(), fmt::format("{} '{}' makes nothing", node.op, node.name),
                               "at least one output");
            return false;
        }
        for (const std::string_view output : node.outputs) {
            const auto id = result(node, output, step.outputs.empty());
            if (!id) {
                return false;
            }
            step.outputs.push_back(*id);
        }
        infer(step);
        flow_.nodes.push_back(std::move(step));
        return true;
    }

    /// The number of a result of the next node. The first stands for the node and always has one; others that are not
    /// named have none. Absent, with an error, if there is such a value already.
    std::optional<ValueId> result(const OnnxNode& node, std::string_view output, bool first) {
        const auto id = static_cast<ValueId>(flow_.values.size());
        if (output.empty() && !first) {
            return kNoValue;
        }
        if (!output.empty() && !ids_.emplace(output, id).second) {
            diagnostics_.error(where(),
                               fmt::format("{} '{}' makes '{}', which is there already", node.op, node.name, output),
                               "one node for each value");
            return std::nullopt;
        }
        OnnxFacts& facts = flow_.values.emplace_back();
        facts.name = output;
        facts.producer = static_cast<std::int32_t>(flow_.nodes.size());
        return id;
    }

    /// What the operator's rule says; nothing of a result that came out impossible.
    std::optional<bool> apply_rule(const OnnxStep& step) {
        auto worked = infer_shapes(step, flow_.values);
        for (const ValueId output : step.outputs) {
            if (output != kNoValue && flow_.at(output).shape && !possible(*flow_.at(output).shape)) {
                flow_.at(output).shape.reset();
                worked = false;
            }
        }
        return worked;
    }

    void infer(const OnnxStep& step) {
        const auto worked = apply_rule(step);
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
            if (shape.size() == found->second->shape->size() && possible(shape)) {
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

bool possible(const Shape& shape) {
    return shape.size() <= kMostAxes &&
           std::ranges::all_of(shape, [](std::int64_t size) { return size >= 0 && size <= kLargestSize; });
}

std::int64_t whole_number(double value) {
    return std::isnan(value) ? 0 : static_cast<std::int64_t>(std::clamp(value, -0x1p53, 0x1p53));
}

std::optional<OnnxFlow> follow_shapes(const OnnxFile& file, const std::string& name, const DimBindings& dims,
                                      Diagnostics& diagnostics) {
    return FlowBuilder(file, name, dims, diagnostics).build();
}

}  // namespace berth
