// Physical quantities with compile-time dimensions: a bandwidth is not a frequency, and bytes are not operations.
// Every quantity is one double in SI (seconds, bytes, operations, joules); units appear only at the edges.
#pragma once

#include <compare>
#include <type_traits>

namespace berth {

/// Exponents of (time, byte, operation, energy) at run time; all zero for a plain number.
struct Dimension {
    int time = 0;
    int byte = 0;
    int operation = 0;
    int energy = 0;
    friend constexpr bool operator==(const Dimension&, const Dimension&) = default;
};

/// A value of dimension time^T * byte^B * operation^O * energy^E. Never built from a bare double implicitly.
template <int T, int B, int O, int E>
class Quantity {
    static_assert(T != 0 || B != 0 || O != 0 || E != 0, "a dimensionless quantity is a double");

  public:
    static constexpr Dimension kDimension{T, B, O, E};

    constexpr Quantity() = default;
    [[nodiscard]] static constexpr Quantity from_si(double value) { return Quantity(value); }
    [[nodiscard]] constexpr double si() const { return value_; }

    constexpr Quantity& operator+=(Quantity other) { return value_ += other.value_, *this; }
    constexpr Quantity& operator-=(Quantity other) { return value_ -= other.value_, *this; }
    constexpr Quantity& operator*=(double factor) { return value_ *= factor, *this; }
    constexpr Quantity& operator/=(double divisor) { return value_ /= divisor, *this; }

    friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity(a.value_ + b.value_); }
    friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity(a.value_ - b.value_); }
    friend constexpr Quantity operator-(Quantity a) { return Quantity(-a.value_); }
    friend constexpr Quantity operator*(Quantity a, double factor) { return Quantity(a.value_ * factor); }
    friend constexpr Quantity operator*(double factor, Quantity a) { return Quantity(factor * a.value_); }
    friend constexpr Quantity operator/(Quantity a, double divisor) { return Quantity(a.value_ / divisor); }
    friend constexpr Quantity<-T, -B, -O, -E> operator/(double a, Quantity b) {
        return Quantity<-T, -B, -O, -E>::from_si(a / b.value_);
    }
    friend constexpr std::partial_ordering operator<=>(Quantity a, Quantity b) = default;

  private:
    explicit constexpr Quantity(double value) : value_(value) {}
    double value_ = 0;
};

/// A quantity of the given exponents, or a plain double where they all cancel.
template <int T, int B, int O, int E>
[[nodiscard]] constexpr auto quantity_from_si(double si) {
    if constexpr (T == 0 && B == 0 && O == 0 && E == 0) {
        return si;
    } else {
        return Quantity<T, B, O, E>::from_si(si);
    }
}

template <int T1, int B1, int O1, int E1, int T2, int B2, int O2, int E2>
[[nodiscard]] constexpr auto operator*(Quantity<T1, B1, O1, E1> a, Quantity<T2, B2, O2, E2> b) {
    return quantity_from_si<T1 + T2, B1 + B2, O1 + O2, E1 + E2>(a.si() * b.si());
}

template <int T1, int B1, int O1, int E1, int T2, int B2, int O2, int E2>
[[nodiscard]] constexpr auto operator/(Quantity<T1, B1, O1, E1> a, Quantity<T2, B2, O2, E2> b) {
    return quantity_from_si<T1 - T2, B1 - B2, O1 - O2, E1 - E2>(a.si() / b.si());
}

using Time = Quantity<1, 0, 0, 0>;
using Bytes = Quantity<0, 1, 0, 0>;
using Operations = Quantity<0, 0, 1, 0>;  ///< MACs, or single vector operations; also a count of them per clock cycle
using Energy = Quantity<0, 0, 0, 1>;
using Frequency = Quantity<-1, 0, 0, 0>;
using Bandwidth = Quantity<-1, 1, 0, 0>;
using OperationRate = Quantity<-1, 0, 1, 0>;  ///< operations per cycle (Operations) x Frequency
using Power = Quantity<-1, 0, 0, 1>;
using EnergyPerByte = Quantity<0, -1, 0, 1>;
using EnergyPerOperation = Quantity<0, 0, -1, 1>;
using EnergyDelay = Quantity<1, 0, 0, 1>;
using Intensity = Quantity<0, -1, 1, 0>;  ///< operations per byte
using TimePerByte = Quantity<1, -1, 0, 0>;
using TimePerOperation = Quantity<1, 0, -1, 0>;

/// Unit that a rate or a capacity is counted per, where a profile states it ("7.8 GB/s per core").
enum class Sharing { kCore, kCluster, kChannel, kDevice };

/// Uniform access for templates over "a quantity or a plain number".
template <class Q>
struct QuantityTraits {
    static constexpr Dimension kDimension = Q::kDimension;
    static constexpr Q from_si(double value) { return Q::from_si(value); }
    static constexpr double si(Q quantity) { return quantity.si(); }
};
template <>
struct QuantityTraits<double> {
    static constexpr Dimension kDimension{};
    static constexpr double from_si(double value) { return value; }
    static constexpr double si(double value) { return value; }
};

// Named constructors: the only way from a number to a quantity.
[[nodiscard]] constexpr Time seconds(double x) { return Time::from_si(x); }
[[nodiscard]] constexpr Time milliseconds(double x) { return Time::from_si(x / 1e3); }
[[nodiscard]] constexpr Time microseconds(double x) { return Time::from_si(x / 1e6); }
[[nodiscard]] constexpr Time nanoseconds(double x) { return Time::from_si(x / 1e9); }
[[nodiscard]] constexpr Bytes bytes(double x) { return Bytes::from_si(x); }
[[nodiscard]] constexpr Bytes kibibytes(double x) { return Bytes::from_si(x * 1024.0); }
[[nodiscard]] constexpr Bytes mebibytes(double x) { return Bytes::from_si(x * 1024.0 * 1024.0); }
[[nodiscard]] constexpr Bytes gibibytes(double x) { return Bytes::from_si(x * 1024.0 * 1024.0 * 1024.0); }
[[nodiscard]] constexpr Bytes megabytes(double x) { return Bytes::from_si(x * 1e6); }
[[nodiscard]] constexpr Operations operations(double x) { return Operations::from_si(x); }
[[nodiscard]] constexpr Frequency hertz(double x) { return Frequency::from_si(x); }
[[nodiscard]] constexpr Frequency megahertz(double x) { return Frequency::from_si(x * 1e6); }
[[nodiscard]] constexpr Frequency gigahertz(double x) { return Frequency::from_si(x * 1e9); }
[[nodiscard]] constexpr Bandwidth bytes_per_second(double x) { return Bandwidth::from_si(x); }
[[nodiscard]] constexpr Bandwidth gigabytes_per_second(double x) { return Bandwidth::from_si(x * 1e9); }
[[nodiscard]] constexpr OperationRate operations_per_second(double x) { return OperationRate::from_si(x); }
[[nodiscard]] constexpr Energy joules(double x) { return Energy::from_si(x); }
[[nodiscard]] constexpr Energy millijoules(double x) { return Energy::from_si(x / 1e3); }
[[nodiscard]] constexpr Energy picojoules(double x) { return Energy::from_si(x / 1e12); }

// Accessors: the only way back to a number, at the edges (files, tables, plots).
[[nodiscard]] constexpr double in_seconds(Time t) { return t.si(); }
[[nodiscard]] constexpr double in_milliseconds(Time t) { return t.si() * 1e3; }
[[nodiscard]] constexpr double in_microseconds(Time t) { return t.si() * 1e6; }
[[nodiscard]] constexpr double in_nanoseconds(Time t) { return t.si() * 1e9; }
[[nodiscard]] constexpr double in_bytes(Bytes b) { return b.si(); }
[[nodiscard]] constexpr double in_kibibytes(Bytes b) { return b.si() / 1024.0; }
[[nodiscard]] constexpr double in_mebibytes(Bytes b) { return b.si() / (1024.0 * 1024.0); }
[[nodiscard]] constexpr double in_megabytes(Bytes b) { return b.si() / 1e6; }
[[nodiscard]] constexpr double in_operations(Operations o) { return o.si(); }
[[nodiscard]] constexpr double in_hertz(Frequency f) { return f.si(); }
[[nodiscard]] constexpr double in_megahertz(Frequency f) { return f.si() / 1e6; }
[[nodiscard]] constexpr double in_gigahertz(Frequency f) { return f.si() / 1e9; }
[[nodiscard]] constexpr double in_bytes_per_second(Bandwidth b) { return b.si(); }
[[nodiscard]] constexpr double in_gigabytes_per_second(Bandwidth b) { return b.si() / 1e9; }
[[nodiscard]] constexpr double in_operations_per_second(OperationRate r) { return r.si(); }
[[nodiscard]] constexpr double in_joules(Energy e) { return e.si(); }
[[nodiscard]] constexpr double in_millijoules(Energy e) { return e.si() * 1e3; }
[[nodiscard]] constexpr double in_picojoules(Energy e) { return e.si() * 1e12; }
[[nodiscard]] constexpr double in_operations_per_byte(Intensity i) { return i.si(); }

/// Literals such as `3_ms`, `384_KiB`, `7.8_GBps`, `1_GHz`; meant for tests and examples.
namespace literals {
#define BERTH_LITERAL(suffix, type, scaled)                                        \
    [[nodiscard]] constexpr type operator""_##suffix(long double literal) {        \
        const auto x = static_cast<double>(literal);                               \
        return type::from_si(scaled);                                              \
    }                                                                              \
    [[nodiscard]] constexpr type operator""_##suffix(unsigned long long literal) { \
        const auto x = static_cast<double>(literal);                               \
        return type::from_si(scaled);                                              \
    }
BERTH_LITERAL(s, Time, x)
BERTH_LITERAL(ms, Time, x / 1e3)
BERTH_LITERAL(us, Time, x / 1e6)
BERTH_LITERAL(ns, Time, x / 1e9)
BERTH_LITERAL(B, Bytes, x)
BERTH_LITERAL(kB, Bytes, x * 1e3)
BERTH_LITERAL(MB, Bytes, x * 1e6)
BERTH_LITERAL(GB, Bytes, x * 1e9)
BERTH_LITERAL(KiB, Bytes, x * 1024.0)
BERTH_LITERAL(MiB, Bytes, x * 1024.0 * 1024.0)
BERTH_LITERAL(GiB, Bytes, x * 1024.0 * 1024.0 * 1024.0)
BERTH_LITERAL(op, Operations, x)
BERTH_LITERAL(Mop, Operations, x * 1e6)
BERTH_LITERAL(Gop, Operations, x * 1e9)
BERTH_LITERAL(Hz, Frequency, x)
BERTH_LITERAL(MHz, Frequency, x * 1e6)
BERTH_LITERAL(GHz, Frequency, x * 1e9)
BERTH_LITERAL(MBps, Bandwidth, x * 1e6)
BERTH_LITERAL(GBps, Bandwidth, x * 1e9)
BERTH_LITERAL(opps, OperationRate, x)
BERTH_LITERAL(Gopps, OperationRate, x * 1e9)
BERTH_LITERAL(J, Energy, x)
BERTH_LITERAL(mJ, Energy, x / 1e3)
BERTH_LITERAL(pJ, Energy, x / 1e12)
BERTH_LITERAL(W, Power, x)
#undef BERTH_LITERAL
}  // namespace literals

}  // namespace berth
