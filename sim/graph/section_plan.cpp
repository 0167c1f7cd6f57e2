// Evaluates the expressions of a section and resolves the inputs of its operators.
#include "graph/section_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "graph/size_rules.h"

namespace berth {

namespace {

/// Planner of one section. The graph so far provides the results of earlier sections.
class SectionPlanner {
  public:
    SectionPlanner(const Section& section, std::string prefix, const Graph& graph, const PassedOn& passed_on,
                   const Symbols& symbols, Diagnostics& diagnostics)
        : section_(section),
          prefix_(std::move(prefix)),
          graph_(graph),
          passed_on_(passed_on),
          symbols_(symbols),
          diagnostics_(diagnostics) {}

    std::optional<Plan> plan() {
        const std::size_t errors_before = diagnostics_.error_count();
        number_those_that_exist();
        Plan plan;
        plan.operators.reserve(section_.operators.size());
        for (std::size_t i = 0; i < section_.operators.size(); ++i) {
            if (numbers_[i] != kAbsent) {
                plan.operators.push_back(plan_operator(section_.operators[i]));
            }
        }
        if (section_.result.empty()) {
            plan.result = {Source::From::kTensor, -1};
        } else if (const auto result = resolve(section_.result, section_.where, section_.name)) {
            plan.result = *result;
        }
        if (diagnostics_.error_count() != errors_before) {
            return std::nullopt;
        }
        if (!section_.repeat) {
            note_what_is_passed_on(plan);
        }
        return plan;
    }

  private:
    static constexpr std::int32_t kAbsent = -1;

    void number_those_that_exist() {
        std::int32_t next = 0;
        indices_.reserve(section_.operators.size());
        numbers_.reserve(section_.operators.size());
        for (const OperatorTemplate& op : section_.operators) {
            indices_.emplace(op.name, numbers_.size());
            numbers_.push_back(holds(op.when, symbols_, diagnostics_).value_or(false) ? next++ : kAbsent);
        }
    }

    /// Records what absent operators pass through, since later sections may read them by name.
    void note_what_is_passed_on(Plan& plan) {
        for (std::size_t i = 0; i < section_.operators.size(); ++i) {
            const OperatorTemplate& op = section_.operators[i];
            if (numbers_[i] == kAbsent && (!op.inputs.empty() || !op.otherwise.empty())) {
                Diagnostics unread;  // an absent operator without readers need not pass anything through
                if (const auto source = resolve(op.name, op.where, op.name, unread)) {
                    plan.passed_on.emplace_back(prefix_ + op.name, *source);
                }
            }
        }
    }

    PlannedOperator plan_operator(const OperatorTemplate& op) {
        PlannedOperator planned;
        planned.source = &op;
        for (const std::string& input : op.inputs) {
            if (const auto source = resolve(input, op.where, op.name)) {
                planned.inputs.push_back(*source);
            }
        }
        if (auto shape = evaluate_shape(op.shape, symbols_, diagnostics_)) {
            planned.shape = std::move(*shape);
        }
        if (const auto dims = evaluate_dims(op)) {
            planned.dims = *dims;
        }
        return planned;
    }

    std::optional<Dims> evaluate_dims(const OperatorTemplate& op) {
        const std::span<const SizeField> fields = size_fields(op.kind);
        std::vector<std::optional<std::int64_t>> values(fields.size());
        for (std::size_t i = 0; i < fields.size(); ++i) {
            if (fields[i].name == kInputsSize) {
                values[i] = static_cast<std::int64_t>(op.inputs.size());
            } else if (const auto& expression = op.sizes[i]) {
                values[i] = expression->evaluate_count(symbols_, diagnostics_);
                if (!values[i]) {
                    return std::nullopt;
                }
            }
        }
        return make_dims(op.kind, values, prefix_ + op.name, op.where, diagnostics_);
    }

    /// Resolves a name to its source. Absent operators are replaced by the input that they pass through.
    std::optional<Source> resolve(std::string_view name, const SourceLocation& where, std::string_view reader) {
        return resolve(name, where, reader, diagnostics_);
    }

    std::optional<Source> resolve(std::string_view name, const SourceLocation& where, std::string_view reader,
                                  Diagnostics& diagnostics) {
        const std::string_view asked = name;
        for (std::size_t step = 0; step <= section_.operators.size(); ++step) {
            const auto found = indices_.find(name);
            if (found == indices_.end()) {
                return resolve_outside(name, where, reader, diagnostics);
            }
            if (numbers_[found->second] != kAbsent) {
                return Source{Source::From::kSection, numbers_[found->second]};
            }
            const OperatorTemplate& absent = section_.operators[found->second];
            if (absent.inputs.empty() && absent.otherwise.empty()) {
                break;
            }
            name = absent.otherwise.empty() ? absent.inputs.front() : absent.otherwise;
        }
        diagnostics.error(where,
                          fmt::format("{} reads '{}', which does not exist with these sizes and passes nothing on",
                                      prefix_ + std::string(reader), asked));
        return std::nullopt;
    }

    std::optional<Source> resolve_outside(std::string_view name, const SourceLocation& where, std::string_view reader,
                                          Diagnostics& diagnostics) {
        if (name == kPreviousResult && !graph_.operators.empty()) {
            return Source{Source::From::kBefore, 0};
        }
        for (std::size_t i = 0; i < graph_.tensors.size(); ++i) {
            if (graph_.tensors[i].name == name) {
                return Source{Source::From::kTensor, static_cast<std::int32_t>(i)};
            }
        }
        if (const auto found = passed_on_.find(name); found != passed_on_.end()) {
            return Source{Source::From::kTensor, found->second};
        }
        diagnostics.error(where, fmt::format("{} reads '{}', which does not exist with these sizes",
                                             prefix_ + std::string(reader), name));
        return std::nullopt;
    }

    const Section& section_;
    std::string prefix_;
    const Graph& graph_;
    const PassedOn& passed_on_;
    const Symbols& symbols_;
    Diagnostics& diagnostics_;
    std::vector<std::int32_t> numbers_;  ///< [template] its number among existing operators, or kAbsent
    std::unordered_map<std::string_view, std::size_t> indices_;  ///< template indices by name
};

}  // namespace

std::optional<bool> holds(const std::optional<Expression>& when, const Symbols& symbols, Diagnostics& diagnostics) {
    if (!when) {
        return true;
    }
    const auto value = when->evaluate(symbols, diagnostics);
    return value ? std::optional(*value != 0) : std::nullopt;
}

std::optional<std::vector<std::int64_t>> evaluate_shape(const std::vector<Expression>& shape, const Symbols& symbols,
                                                        Diagnostics& diagnostics) {
    std::vector<std::int64_t> result;
    result.reserve(shape.size());
    double elements = 1;
    for (const Expression& size : shape) {
        const auto value = size.evaluate_count(symbols, diagnostics);
        if (!value) {
            return std::nullopt;
        }
        result.push_back(*value);
        elements *= static_cast<double>(*value);
        if (*value == 0) {
            diagnostics.error(size.where(), fmt::format("the size '{}' of a tensor is 0", size.text()), "1 or more");
            return std::nullopt;
        }
    }
    if (elements > static_cast<double>(kLargestCount)) {
        diagnostics.error(shape.front().where(),
                          fmt::format("a tensor of this shape would hold more than {} elements", kLargestCount));
        return std::nullopt;
    }
    return result;
}

std::optional<Plan> plan_section(const Section& section, std::string prefix, const Graph& graph,
                                 const PassedOn& passed_on, const Symbols& symbols, Diagnostics& diagnostics) {
    return SectionPlanner(section, std::move(prefix), graph, passed_on, symbols, diagnostics).plan();
}

}  // namespace berth
