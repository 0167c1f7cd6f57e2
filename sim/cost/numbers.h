// Number types of the cost model: plain numbers in sweeps, recording numbers where a cost is explained. The model is
// written once as templates over both, and adds no overhead with plain numbers.
#pragma once

#include <algorithm>
#include <string_view>

#include "berth/base/parameter.h"
#include "berth/cost/cost.h"
#include "berth/hardware/profile.h"

namespace berth {

/// Operator of a kernel that a number belongs to, used to word the number's name.
struct PartOf {
    const Kernel* kernel = nullptr;
    std::size_t place = 0;  ///< 0: the kernel's own operator; n: the n-th operator of its epilogue
};

/// Plain numbers: names are discarded.
struct PlainNumbers {
    template <class Q>
    using Number = Q;

    /// A number of the profile.
    template <class Q, class... Words>
    static Q profile(const Parameter<Q>& parameter, const Words&... /*words*/) {
        return parameter.value;
    }
    /// A factor of the profile, which goes unnamed where it is 1.
    template <class... Words>
    static double profile_factor(const Parameter<double>& parameter, const Words&... /*words*/) {
        return parameter.value;
    }
    /// A size or a count that follows from the kernel and the device.
    template <class Q, class... Words>
    static Q given(Q value, const Words&... /*words*/) {
        return value;
    }
    /// A derived factor, which goes unnamed where it is 1.
    template <class... Words>
    static double factor(double value, const Words&... /*words*/) {
        return value;
    }
    /// An intermediate result that gets a name of its own.
    template <class Q, class... Words>
    static Q named(Q value, const Words&... /*words*/) {
        return value;
    }
    /// A term of the kernel time, which is always listed under its name.
    template <class Q>
    static Q term(Q value, const char* /*name*/) {
        return value;
    }
    /// Share of `used` bytes that a cache of `capacity` has evicted before their next use (see evicted_share).
    static double evicted(Bytes used, Bytes capacity, DeviceKind kind) { return evicted_share(used, capacity, kind); }
};

template <class T, class Q>
using Number = typename T::template Number<Q>;

/// Plain value of a number, for comparisons and decisions.
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
