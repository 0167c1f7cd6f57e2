// Cost terms of placements, evaluated once per profile, and sums that count them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "berth/base/choice.h"
#include "berth/cost/cost.h"
#include "berth/cost/plan.h"
#include "berth/hardware/profile.h"

namespace berth {

/// Class of a device's model error that applies to the time of a kernel, or of a hand-over to it.
enum class ErrorClass : std::uint8_t { kMatmul, kAttention, kVector, kHandover, kLibrary };
inline constexpr std::array<Choice<ErrorClass>, 5> kErrorClassNames{{
    {"matmul", ErrorClass::kMatmul},
    {"attention", ErrorClass::kAttention},
    {"vector", ErrorClass::kVector},
    {"handover", ErrorClass::kHandover},
    {"library", ErrorClass::kLibrary},
}};
[[nodiscard]] ErrorClass error_class(OperatorKind kind);
/// The same for a kernel: calls of the matmul library are a class of their own where the device states their error.
[[nodiscard]] ErrorClass error_class(const Kernel& kernel, const Device& device);
[[nodiscard]] const Parameter<double>& error_of(const Device& device, ErrorClass error);
/// Index of a device's error class in a list over all devices.
[[nodiscard]] constexpr std::size_t error_place(DeviceId device, ErrorClass error) {
    return static_cast<std::size_t>(device) * kErrorClassNames.size() + static_cast<std::size_t>(error);
}

/// Time of handing `size` bytes from one device to another, through the host where they have no link of their own.
[[nodiscard]] Time crossing_cost(const Profile& profile, DeviceId from, DeviceId to, Bytes size);
/// Bytes that this hand-over moves through the host's DRAM, besides kernels: a tensor copied to or from a device's own
/// memory, once per such link. Where memory is shared, only caches are flushed.
[[nodiscard]] Bytes through_host(const Profile& profile, DeviceId from, DeviceId to, Bytes size);

/// Position in a table of terms.
using TermId = std::uint32_t;

struct KernelTerm {
    DeviceId device = 0;
    Execution execution;
    Kernel kernel;
};
/// Extra cost of a fused operator whose predecessor runs elsewhere; never negative. `alone` is its kernel by itself,
/// `joined` the kernel of the group with it, `before` the kernel of the group without it.
struct SplitFusionTerm {
    TermId alone = 0, joined = 0, before = 0;
};
template <class Value>
[[nodiscard]] Value cost_of_split_fusion(Value alone, Value joined, Value before) {
    return std::max(Value{}, alone - (joined - before));
}
/// A tensor handed from one device to another. `layout_only`: it stays in place, and only its layout changes.
struct CrossingTerm {
    DeviceId from = 0, to = 0;
    Bytes size;
    bool layout_only = false;
};
/// A call into the runtime of a device.
struct CallTerm {
    DeviceId device = 0;
};
using PlacementTerm = std::variant<KernelTerm, SplitFusionTerm, CrossingTerm, CallTerm>;

/// A term and its multiplicity.
struct TermCount {
    TermId term = 0;
    double count = 1;
    friend bool operator==(const TermCount&, const TermCount&) = default;
};
using CostSum = std::vector<TermCount>;

/// Seconds and joules; the energy is NaN where the profile gives none.
struct TermValue {
    double time = 0, energy = 0;
};
/// Values of all terms of a table under one profile.
struct TermValues {
    std::vector<double> times, energies;
};

/// A table of distinct terms, ordered so that a term follows those that it refers to.
class PlacementTerms {
  public:
    [[nodiscard]] std::size_t size() const { return terms_.size(); }
    [[nodiscard]] const PlacementTerm& operator[](TermId term) const { return terms_[term]; }

    /// Appends a term without searching for an equal one.
    TermId append(PlacementTerm term);
    /// Finds or appends the kernel of a plan; the functions below do the same for other terms.
    TermId kernel(const DevicePlan& plan, KernelId id);
    TermId split_fusion(const SplitFusionTerm& term);
    TermId crossing(const CrossingTerm& term);
    TermId call(DeviceId device);
    /// Copies a term of another table, with those that it refers to.
    TermId carry(const PlacementTerms& from, TermId term);

    /// Value of one term, given the values of those before it. `error_factors` multiply times, by error_place(); empty:
    /// no factors.
    [[nodiscard]] TermValue value(TermId term, const Profile& profile, const TermValues& before,
                                  std::span<const double> error_factors = {}) const;
    void work_out(const Profile& profile, TermValues& values, std::span<const double> error_factors = {}) const;

  private:
    template <class Term, class Same>
    TermId find_or_append(Term term, Same same);

    std::vector<PlacementTerm> terms_;
};

/// Time (s) or energy (J) of a sum, by the values given.
[[nodiscard]] double total_of(std::span<const TermCount> sum, std::span<const double> values);

}  // namespace berth
