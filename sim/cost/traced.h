// Numbers that record how they were computed.
#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "berth/cost/cost_breakdown.h"
#include "cost/numbers.h"

namespace berth {

/// A number of the profile, identified by its address until explain_cost() has found its path.
struct PlacedNumber : ProfileNumber {
    const void* place = nullptr;
};

/// A number with its formula. The formula of zero is null, so that zero terms do not appear in sums.
template <class Q>
class Traced {
  public:
    using Value = Q;
    Traced() = default;
    Traced(Q value, FormulaPtr formula) : value_(value), formula_(std::move(formula)) {}

    [[nodiscard]] Q value() const { return value_; }
    [[nodiscard]] const FormulaPtr& formula() const { return formula_; }

    Traced& operator+=(const Traced& other) { return *this = *this + other; }

  private:
    Q value_{};
    FormulaPtr formula_;
};

/// Formula that applies `kind` to the parts, simplified where possible.
[[nodiscard]] FormulaPtr formula_of(FormulaKind kind, double value, Dimension dimension, const FormulaPtr& a,
                                    const FormulaPtr& b);
/// Formula of a plain number; without a name it is written as its value.
[[nodiscard]] FormulaPtr formula_of_number(double value, Dimension dimension, std::string name);
/// The formula under a name; a formula that has a name keeps it.
[[nodiscard]] FormulaPtr formula_under_name(const FormulaPtr& formula, std::string name);
/// The formula under this name, even if it already has another.
[[nodiscard]] FormulaPtr formula_of_term(const FormulaPtr& formula, std::string name);

template <class Q>
[[nodiscard]] Traced<Q> traced_number(Q value, std::string name) {
    return {value, formula_of_number(QuantityTraits<Q>::si(value), QuantityTraits<Q>::kDimension, std::move(name))};
}

template <class Q, class A, class B>
[[nodiscard]] Traced<Q> combined(FormulaKind kind, Q value, const Traced<A>& a, const Traced<B>& b) {
    return {value,
            formula_of(kind, QuantityTraits<Q>::si(value), QuantityTraits<Q>::kDimension, a.formula(), b.formula())};
}

template <class Q>
[[nodiscard]] Traced<Q> operator+(const Traced<Q>& a, const Traced<Q>& b) {
    return combined(FormulaKind::kSum, a.value() + b.value(), a, b);
}
template <class Q>
[[nodiscard]] Traced<Q> operator-(const Traced<Q>& a, const Traced<Q>& b) {
    return combined(FormulaKind::kDifference, a.value() - b.value(), a, b);
}
template <class A, class B>
[[nodiscard]] auto operator*(const Traced<A>& a, const Traced<B>& b) {
    return combined(FormulaKind::kProduct, a.value() * b.value(), a, b);
}
template <class A, class B>
[[nodiscard]] auto operator/(const Traced<A>& a, const Traced<B>& b) {
    return combined(FormulaKind::kQuotient, a.value() / b.value(), a, b);
}
[[nodiscard]] inline Traced<double> operator-(double a, const Traced<double>& b) { return traced_number(a, "") - b; }

template <class Q>
[[nodiscard]] Traced<Q> larger(const Traced<Q>& a, const Traced<Q>& b) {
    return combined(FormulaKind::kMaximum, std::max(a.value(), b.value()), a, b);
}
template <class Q>
[[nodiscard]] Traced<Q> smaller(const Traced<Q>& a, const Traced<Q>& b) {
    return combined(FormulaKind::kMinimum, std::min(a.value(), b.value()), a, b);
}

template <class Q>
[[nodiscard]] Q value_of(const Traced<Q>& number) {
    return number.value();
}

/// Recording counterpart of PlainNumbers, with the same functions.
struct TracedNumbers {
    template <class Q>
    using Number = Traced<Q>;

    template <class Q, class... Words>
    static Traced<Q> profile(const Parameter<Q>& parameter, const Words&... words) {
        auto number = std::make_shared<PlacedNumber>();
        number->spread = parameter.spread;
        number->origin = parameter.origin;
        number->source = parameter.source;
        number->place = &parameter;
        const double si = QuantityTraits<Q>::si(parameter.value);
        auto formula = std::make_shared<Formula>(
            Formula{FormulaKind::kNumber, {}, joined(words...), si, QuantityTraits<Q>::kDimension, std::move(number)});
        return {parameter.value, si == 0 ? nullptr : FormulaPtr(std::move(formula))};
    }
    template <class... Words>
    static Traced<double> profile_factor(const Parameter<double>& parameter, const Words&... words) {
        return parameter.value == 1 ? traced_number(1.0, "") : profile(parameter, words...);
    }
    template <class Q, class... Words>
    static Traced<Q> given(Q value, const Words&... words) {
        return traced_number(value, joined(words...));
    }
    template <class... Words>
    static Traced<double> factor(double value, const Words&... words) {
        return traced_number(value, value == 1 ? std::string() : joined(words...));
    }
    template <class Q, class... Words>
    static Traced<Q> named(const Traced<Q>& number, const Words&... words) {
        return {number.value(), formula_under_name(number.formula(), joined(words...))};
    }
    template <class Q>
    static Traced<Q> term(const Traced<Q>& number, const char* name) {
        return {number.value(), formula_of_term(number.formula(), name)};
    }
    static Traced<double> evicted(const Traced<Bytes>& used, const Traced<Bytes>& capacity, DeviceKind kind);

  private:
    static std::string text_of(std::string_view words) { return std::string(words); }
    static std::string text_of(const PartOf& part);
    template <class... Words>
    static std::string joined(const Words&... words) {
        return (text_of(words) + ...);
    }
};

}  // namespace berth
