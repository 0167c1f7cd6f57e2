// Fusion under the runtime's own rules: a producer and the single reader of its result become one kernel.
#include <algorithm>
#include <array>

#include "cost/lowering.h"

namespace berth {

namespace {

constexpr std::size_t kMostOperators = Kernel::kMaxEpilogue + 1;

struct Group {
    std::array<OperatorId, kMostOperators> members{};
    std::size_t size = 0;
};

// Operator kinds of a rule in a fixed-size array, since rules are matched once per operator.
struct Pattern {
    std::array<OperatorKind, kMostOperators> kinds{};
    std::size_t size = 0;
    const FusionRule* rule = nullptr;
};

std::vector<Pattern> patterns_of(const Runtime& runtime) {
    std::vector<Pattern> patterns;
    patterns.reserve(runtime.fuses.size());
    for (const FusionRule& rule : runtime.fuses) {
        if (rule.pattern.size() >= 2 && rule.pattern.size() <= kMostOperators) {
            Pattern& pattern = patterns.emplace_back();
            std::copy(rule.pattern.begin(), rule.pattern.end(), pattern.kinds.begin());
            pattern.size = rule.pattern.size();
            pattern.rule = &rule;
        }
    }
    return patterns;
}

class Matcher {
  public:
    Matcher(const OperatorClasses& classes, const std::vector<TensorFacts>& tensors, const Runtime& runtime)
        : classes_(classes), tensors_(tensors), patterns_(patterns_of(runtime)), taken_(classes.of.size(), 0) {
        for (const Pattern& pattern : patterns_) {
            begins_[static_cast<std::size_t>(pattern.kinds.front())] = true;
        }
    }

    // Fuses the longest group of free operators that starts at `first` and matches a rule.
    void fuse_from(std::size_t first, Fusion& fusion) {
        const OperatorKind kind = kind_of(first);
        if (!begins_[static_cast<std::size_t>(kind)] || taken_[first] != 0 || !runs_on_device(first)) {
            return;
        }
        const OperatorId second = reader_of(first);
        if (second == kNoOperator) {
            return;
        }
        const OperatorKind second_kind = kind_of(static_cast<std::size_t>(second));
        Group best;
        const FusionRule* rule = nullptr;
        for (const Pattern& pattern : patterns_) {
            if (pattern.kinds[0] == kind && pattern.kinds[1] == second_kind && pattern.size > best.size) {
                if (const Group group = matched(first, pattern); group.size > best.size) {
                    best = group;
                    rule = pattern.rule;
                }
            }
        }
        join(best, rule, fusion);
    }

  private:
    [[nodiscard]] OperatorKind kind_of(std::size_t op) const { return classes_[op].example->kind; }
    [[nodiscard]] OperatorId reader_of(std::size_t op) const {
        return tensors_[static_cast<std::size_t>(classes_.made[op])].only_reader;
    }

    // Operators that the runtime's own host code computes are not fused.
    [[nodiscard]] bool runs_on_device(std::size_t op) const {
        const Support& support = classes_.support(op);
        return support.supported && !support.own_code;
    }

    // Operators of the group that the pattern makes from `first`; empty if it does not match.
    [[nodiscard]] Group matched(std::size_t first, const Pattern& pattern) const {
        Group group;
        group.members[group.size++] = static_cast<OperatorId>(first);
        while (group.size < pattern.size) {
            const auto before = static_cast<std::size_t>(group.members[group.size - 1]);
            const OperatorId next = reader_of(before);
            if (next == kNoOperator || !follows(before, static_cast<std::size_t>(next), pattern.kinds[group.size])) {
                return {};
            }
            group.members[group.size++] = next;
        }
        return group;
    }

    // An epilogue operator reads the result at the dtype in which it is produced; a dtype change puts a conversion
    // between the two.
    [[nodiscard]] bool follows(std::size_t before, std::size_t op, OperatorKind kind) const {
        return kind_of(op) == kind && taken_[op] == 0 && runs_on_device(op) &&
               classes_[before].made_at == classes_.support(op).ran_at() &&
               std::holds_alternative<RowsDims>(classes_[op].example->dims);
    }

    void join(const Group& group, const FusionRule* rule, Fusion& fusion) {
        for (std::size_t j = 0; j < group.size; ++j) {
            const auto member = static_cast<std::size_t>(group.members[j]);
            taken_[member] = 1;
            if (j > 0) {
                fusion.into[member] = group.members[j - 1];
                fusion.rule[member] = rule;
            }
        }
    }

    const OperatorClasses& classes_;
    const std::vector<TensorFacts>& tensors_;
    std::vector<Pattern> patterns_;
    std::vector<char> taken_;
    std::array<bool, kOperatorKindCount> begins_{};
};

}  // namespace

Fusion fuse(const OperatorClasses& classes, const std::vector<TensorFacts>& tensors, const Runtime& runtime) {
    const std::size_t count = classes.of.size();
    Fusion fusion;
    fusion.into.assign(count, kNoOperator);
    fusion.rule.assign(count, nullptr);
    Matcher matcher(classes, tensors, runtime);
    for (std::size_t i = 0; i < count; ++i) {
        matcher.fuse_from(i, fusion);
    }
    return fusion;
}

void add_epilogue_to(Kernel& group, const EpilogueOp& epilogue_op, bool multi_core, DType made_at, bool stays_on_chip) {
    group.epilogue.at(group.epilogue_length++) = epilogue_op;
    group.multi_core = group.multi_core && multi_core;
    group.output = made_at;
    group.output_on_chip = stays_on_chip;
}

}  // namespace berth
