// Dimensions are checked by the compiler; arithmetic combines exponents.
#include "berth/base/units.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <type_traits>

namespace berth {
namespace {

using namespace literals;

template <class A, class B>
concept Addable = requires(A a, B b) {
    a + b;
};
template <class A, class B>
concept Comparable = requires(A a, B b) {
    a < b;
};
template <class A, class B>
concept EqualityComparable = requires(A a, B b) {
    a == b;
};

static_assert(Addable<Time, Time>);
static_assert(!Addable<Time, Bytes>);
static_assert(!Addable<Bytes, Operations>, "bytes and operations are both counts, and still different");
static_assert(!Addable<Time, double>);
static_assert(!Addable<Bandwidth, Frequency>);
static_assert(Comparable<Time, Time> && EqualityComparable<Time, Time>);
static_assert(!Comparable<Time, Bytes> && !EqualityComparable<Time, Bytes>);
static_assert(!Comparable<Time, double> && !EqualityComparable<Time, double>);
static_assert(!std::is_convertible_v<double, Time> && !std::is_constructible_v<Time, double>);
static_assert(!std::is_convertible_v<Time, double> && !std::is_constructible_v<Time, Bytes>);
static_assert(sizeof(Time) == sizeof(double) && sizeof(Intensity) == sizeof(double));
static_assert(std::is_trivially_copyable_v<Time> && std::is_trivially_copyable_v<EnergyPerByte>);

static_assert(std::is_same_v<decltype(Bytes{} / Time{}), Bandwidth>);
static_assert(std::is_same_v<decltype(Bytes{} / Bandwidth{}), Time>);
static_assert(std::is_same_v<decltype(Operations{} * Frequency{}), OperationRate>);
static_assert(std::is_same_v<decltype(Operations{} / OperationRate{}), Time>);
static_assert(std::is_same_v<decltype(Operations{} / Bytes{}), Intensity>);
static_assert(std::is_same_v<decltype(OperationRate{} / Bandwidth{}), Intensity>);
static_assert(std::is_same_v<decltype(Power{} * Time{}), Energy>);
static_assert(std::is_same_v<decltype(Energy{} * Time{}), EnergyDelay>);
static_assert(std::is_same_v<decltype(EnergyPerByte{} * Bytes{}), Energy>);
static_assert(std::is_same_v<decltype(EnergyPerOperation{} * Operations{}), Energy>);
static_assert(std::is_same_v<decltype(TimePerOperation{} * Operations{}), Time>);
static_assert(std::is_same_v<decltype(Time{} / Time{}), double>);
static_assert(std::is_same_v<decltype(Time{} * Frequency{}), double>);
static_assert(std::is_same_v<decltype(1.0 / Time{}), Frequency>);
static_assert(std::is_same_v<decltype(1.0 / Bandwidth{}), TimePerByte>);

TEST(BaseUnits, ArithmeticIsUsableInConstantExpressions) {
    constexpr Time time = 384_KiB / 7.8_GBps;
    static_assert(time > 50_us && time < 51_us);
    EXPECT_DOUBLE_EQ(in_microseconds(time), 384.0 * 1024.0 / 7.8e9 * 1e6);
}

TEST(BaseUnits, ACountPerCycleTimesAFrequencyIsARate) {
    EXPECT_DOUBLE_EQ(in_operations_per_second(1024_op * 1_GHz), 1.024e12);
    EXPECT_DOUBLE_EQ(in_seconds(1024_op / (1024_op * 1_GHz)), 1e-9);
}

TEST(BaseUnits, LiteralsAgreeWithNamedConstructors) {
    EXPECT_EQ(3_ms, milliseconds(3));
    EXPECT_EQ(2.5_us, microseconds(2.5));
    EXPECT_EQ(7_ns, nanoseconds(7));
    EXPECT_EQ(384_KiB, kibibytes(384));
    EXPECT_EQ(4_MiB, mebibytes(4));
    EXPECT_EQ(16_GiB, gibibytes(16));
    EXPECT_EQ(5_MB, megabytes(5));
    EXPECT_EQ(800_MHz, megahertz(800));
    EXPECT_EQ(1_GHz, gigahertz(1));
    EXPECT_EQ(7.8_GBps, gigabytes_per_second(7.8));
    EXPECT_EQ(2_pJ, picojoules(2));
    EXPECT_EQ(3_mJ, millijoules(3));
    EXPECT_NE(4_MB, 4_MiB);
}

TEST(BaseUnits, AccessorsUndoConstructors) {
    EXPECT_DOUBLE_EQ(in_milliseconds(milliseconds(184)), 184);
    EXPECT_DOUBLE_EQ(in_nanoseconds(nanoseconds(4)), 4);
    EXPECT_DOUBLE_EQ(in_kibibytes(384_KiB), 384);
    EXPECT_DOUBLE_EQ(in_mebibytes(4_MiB), 4);
    EXPECT_DOUBLE_EQ(in_megabytes(4_MiB), 4.194304);
    EXPECT_DOUBLE_EQ(in_megahertz(1_GHz), 1000);
    EXPECT_DOUBLE_EQ(in_gigahertz(600_MHz), 0.6);
    EXPECT_DOUBLE_EQ(in_gigabytes_per_second(33.8_GBps), 33.8);
    EXPECT_DOUBLE_EQ(in_picojoules(0.5_pJ), 0.5);
    EXPECT_DOUBLE_EQ(in_millijoules(2_W * 3_ms), 6);
    EXPECT_DOUBLE_EQ(in_operations_per_byte(12_op / 3_B), 4);
}

TEST(BaseUnits, CompoundAssignmentAndOrder) {
    Time time = 2_ms;
    time += 3_ms;
    time -= 1_ms;
    time *= 3;
    time /= 2;
    EXPECT_DOUBLE_EQ(in_milliseconds(time), 6);
    EXPECT_EQ(std::max(1_ms, 2_ms), 2_ms);
    EXPECT_EQ(std::min(1_ms, 2_ms), 1_ms);
    EXPECT_EQ(-(1_ms) + 1_ms, Time{});
    EXPECT_LT(-(1_ms), Time{});
}

}  // namespace
}  // namespace berth
