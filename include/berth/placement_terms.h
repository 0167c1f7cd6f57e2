// What placements are made of: terms that are worked out once per profile, and sums that count them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "berth/choice.h"
#include "berth/cost.h"
#include "berth/plan.h"
#include "berth/profile.h"

namespace berth {

/// Which of a device's own model errors a kernel's time, or that of a hand-over to it, belongs to.
enum class ErrorClass : std::uint8_t { kMatmul, kAttention, kVector, kHandover, kLibrary };
inline constexpr std::array<Choice<ErrorClass>, 5> kErrorClassNames{{
    {"matmul", ErrorClass::kMatmul},
    {"attention", ErrorClass::kAttention},
    {"vector", ErrorClass::kVector},
    {"handover", ErrorClass::kHandover},
    {"library", ErrorClass::kLibrary},
}};
[[nodiscard]] ErrorClass error_class(OperatorKind kind);
/// The same; calls of a matmul library count by themselves where the device states an error of theirs.
[[nodiscard]] ErrorClass error_class(const Kernel& kernel, const Device& device);
[[nodiscard]] const Parameter<double>& error_of(const Device& device, ErrorClass error);
/// Place of a device's class in a list of all.
[[nodiscard]] constexpr std::size_t error_place(DeviceId device, ErrorClass error) {
    return static_cast<std::size_t>(device) * kErrorClassNames.size() + static_cast<std::size_t>(error);
}

/// Handing `size` bytes from one device to another, through the host where they have no link of their own.
[[nodiscard]] Time crossing_cost(const Profile& profile, DeviceId from, DeviceId to, Bytes size);
/// What that moves through the host's DRAM beside kernels: a tensor that goes to memory of a device's own, or comes
/// from there, once per such link. Where memory is shared, it is the caches that are flushed.
[[nodiscard]] Bytes through_host(const Profile& profile, DeviceId from, DeviceId to, Bytes size);

/// Position in a table of terms.
using TermId = std::uint32_t;

struct KernelTerm {
    DeviceId device = 0;
    Execution execution;
    Kernel kernel;
};
/// What a fused operator costs more where the one before it runs elsewhere: never less than nothing. `alone` is its
/// kernel by itself, `joined` that of the group with it, `before` that of the group without it.
struct SplitFusionTerm {
    TermId alone = 0, joined = 0, before = 0;
};
template <class Value>
[[nodiscard]] Value cost_of_split_fusion(Value alone, Value joined, Value before) {
    return std::max(Value{}, alone - (joined - before));
}
/// A tensor from one device to another. `layout_only`: it stays where it is, and its layout changes.
struct CrossingTerm {
    DeviceId from = 0, to = 0;
    Bytes size;
    bool layout_only = false;
};
/// Entering the runtime of a device.
struct CallTerm {
    DeviceId device = 0;
};
using PlacementTerm = std::variant<KernelTerm, SplitFusionTerm, CrossingTerm, CallTerm>;

/// So many of one term.
struct TermCount {
    TermId term = 0;
    double count = 1;
    friend bool operator==(const TermCount&, const TermCount&) = default;
};
using CostSum = std::vector<TermCount>;

/// In seconds and joules; no number where the profile gives no energy.
struct TermValue {
    double time = 0, energy = 0;
};
/// All terms of a table under one profile.
struct TermValues {
    std::vector<double> times, energies;
};

/// A table of different terms, in which those that others refer to stand before them.
class PlacementTerms {
  public:
    [[nodiscard]] std::size_t size() const { return terms_.size(); }
    [[nodiscard]] const PlacementTerm& operator[](TermId term) const { return terms_[term]; }

    /// A term that is not looked for among those that are there.
    TermId append(PlacementTerm term);
    /// The kernel of a plan, which may be there already; likewise below.
    TermId kernel(const DevicePlan& plan, KernelId id);
    TermId split_fusion(const SplitFusionTerm& term);
    TermId crossing(const CrossingTerm& term);
    TermId call(DeviceId device);
    /// A term of another table, with those that it refers to.
    TermId carry(const PlacementTerms& from, TermId term);

    /// One term, where those before it are worked out. `error_factors` multiply times, by error_place(); empty:
    /// nothing.
    [[nodiscard]] TermValue value(TermId term, const Profile& profile, const TermValues& before,
                                  std::span<const double> error_factors = {}) const;
    void work_out(const Profile& profile, TermValues& values, std::span<const double> error_factors = {}) const;

  private:
    template <class Term, class Same>
    TermId find_or_append(Term term, Same same);

    std::vector<PlacementTerm> terms_;
};

/// Of a sum: its time (s), or its energy (J).
[[nodiscard]] double total_of(std::span<const TermCount> sum, std::span<const double> values);

}  // namespace berth
