// The numbers that the cost model computes with: plain ones in sweeps, recording ones where a cost is explained. The
// model is written once, for either; whatever it computes with plain numbers costs nothing more than that.
#pragma once

#include <algorithm>
#include <string_view>

#include "berth/cost.h"
#include "berth/parameter.h"
#include "berth/profile.h"

namespace berth {

/// Whose a number is, in words: the kernel's own operator's, or the one at a place of its epilogue.
struct PartOf {
    const Kernel* kernel = nullptr;
    std::size_t place = 0;  ///< 0: the kernel's own operator, else that of the epilogue
};

/// Numbers as they are: names are forgotten.
struct PlainNumbers {
    template <class Q>
    using Number = Q;

    /// A number of the profile.
    template <class Q, class... Words>
    static Q profile(const Parameter<Q>& parameter, const Words&... /*words*/) {
        return parameter.value;
    }
    /// The same as a factor, which is not worth a word where it is 1.
    template <class... Words>
    static double profile_factor(const Parameter<double>& parameter, const Words&... /*words*/) {
        return parameter.value;
    }
    /// A size or a count that follows from the kernel and the device.
    template <class Q, class... Words>
    static Q given(Q value, const Words&... /*words*/) {
        return value;
    }
    /// The same as a factor, which is not worth a word where it is 1.
    template <class... Words>
    static double factor(double value, const Words&... /*words*/) {
        return value;
    }
    /// What was computed, under a name of its own.
    template <class Q, class... Words>
    static Q named(Q value, const Words&... /*words*/) {
        return value;
    }
    /// A term of the time, under its name in every case.
    template <class Q>
    static Q term(Q value, const char* /*name*/) {
        return value;
    }
    /// Of `used` bytes, what a cache no longer has (see evicted_share).
    static double evicted(Bytes used, Bytes capacity, DeviceKind kind) { return evicted_share(used, capacity, kind); }
};

template <class T, class Q>
using Number = typename T::template Number<Q>;

/// For decisions: the value alone.
template <int T, int B, int O, int E>
[[nodiscard]] constexpr Quantity<T, B, O, E> value_of(Quantity<T, B, O, E> number) {
    return number;
}
[[nodiscard]] constexpr double value_of(double number) { return number; }

template <int T, int B, int O, int E>
[[nodiscard]] constexpr Quantity<T, B, O, E> larger(Quantity<T, B, O, E> a, Quantity<T, B, O, E> b) {
    return std::max(a, b);
}
template <int T, int B, int O, int E>
[[nodiscard]] constexpr Quantity<T, B, O, E> smaller(Quantity<T, B, O, E> a, Quantity<T, B, O, E> b) {
    return std::min(a, b);
}

}  // namespace berth
