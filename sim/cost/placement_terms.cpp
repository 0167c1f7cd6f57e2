// Table of placement terms without duplicates, and their evaluation under a profile.
#include "berth/cost/placement_terms.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/index.h"
#include "base/overloaded.h"

namespace berth {

namespace {

double seconds_of_crossing(const CrossingTerm& term, const Profile& profile) {
    if (!term.layout_only) {
        return in_seconds(crossing_cost(profile, term.from, term.to, term.size));
    }
    const Link* link = link_between(profile, term.from, term.to);
    return link == nullptr ? 0.0 : in_seconds(handover_cost(*link, term.size).layout_change);
}

double factor_of(std::span<const double> factors, DeviceId device, ErrorClass error) {
    return factors.empty() ? 1.0 : factors[error_place(device, error)];
}

}  // namespace

ErrorClass error_class(OperatorKind kind) {
    switch (traits(kind).form) {
        case DimsForm::kMatmul:
        case DimsForm::kConv:
            return ErrorClass::kMatmul;
        case DimsForm::kAttention:
            return ErrorClass::kAttention;
        case DimsForm::kRows:
        case DimsForm::kGather:
        case DimsForm::kScan:
            break;
    }
    return ErrorClass::kVector;
}

ErrorClass error_class(const Kernel& kernel, const Device& device) {
    return kernel.library_call && device.error.library ? ErrorClass::kLibrary : error_class(kernel.kind);
}

const Parameter<double>& error_of(const Device& device, ErrorClass error) {
    switch (error) {
        case ErrorClass::kMatmul:
            return device.error.matmul;
        case ErrorClass::kAttention:
            return device.error.attention;
        case ErrorClass::kVector:
            return device.error.vector;
        case ErrorClass::kLibrary:
            return device.error.library ? *device.error.library : device.error.matmul;
        case ErrorClass::kHandover:
            break;
    }
    return device.error.handover;
}

TermId PlacementTerms::append(PlacementTerm term) {
    terms_.push_back(term);
    return static_cast<TermId>(terms_.size() - 1);
}

template <class Term, class Same>
TermId PlacementTerms::find_or_append(Term term, Same same) {
    for (std::size_t i = 0; i < terms_.size(); ++i) {
        const auto* known = std::get_if<Term>(&terms_[i]);
        if (known != nullptr && same(*known)) {
            return static_cast<TermId>(i);
        }
    }
    return append(std::move(term));
}

TermId PlacementTerms::kernel(const DevicePlan& plan, KernelId id) {
    const Kernel& kernel = plan.kernels[at(id)];
    return find_or_append(KernelTerm{plan.device, plan.execution, kernel}, [&](const KernelTerm& known) {
        return known.device == plan.device && known.kernel == kernel;
    });
}

TermId PlacementTerms::split_fusion(const SplitFusionTerm& term) {
    return find_or_append(term, [&term](const SplitFusionTerm& known) {
        return known.alone == term.alone && known.joined == term.joined && known.before == term.before;
    });
}

TermId PlacementTerms::crossing(const CrossingTerm& term) {
    return find_or_append(term, [&term](const CrossingTerm& known) {
        return known.from == term.from && known.to == term.to && known.size == term.size &&
               known.layout_only == term.layout_only;
    });
}

TermId PlacementTerms::call(DeviceId device) {
    return find_or_append(CallTerm{device}, [device](const CallTerm& known) { return known.device == device; });
}

TermId PlacementTerms::carry(const PlacementTerms& from, TermId term) {
    return std::visit(Overloaded{[this](const KernelTerm& one) {
                                     return find_or_append(one, [&one](const KernelTerm& known) {
                                         return known.device == one.device && known.kernel == one.kernel;
                                     });
                                 },
                                 [&](const SplitFusionTerm& one) {
                                     const TermId alone = carry(from, one.alone);
                                     const TermId joined = carry(from, one.joined);
                                     return split_fusion({alone, joined, carry(from, one.before)});
                                 },
                                 [this](const CrossingTerm& one) { return crossing(one); },
                                 [this](const CallTerm& one) { return call(one.device); }},
                      from[term]);
}

TermValue PlacementTerms::value(TermId term, const Profile& profile, const TermValues& before,
                                std::span<const double> error_factors) const {
    const auto kernel = [&](const KernelTerm& one) {
        const KernelCost cost = kernel_cost(one.kernel, profile.devices[at(one.device)], one.execution);
        const double factor = factor_of(error_factors, one.device, error_class(one.kernel.kind));
        return TermValue{in_seconds(cost.total) * factor,
                         cost.energy ? in_joules(*cost.energy) : std::numeric_limits<double>::quiet_NaN()};
    };
    const auto split = [&before](const SplitFusionTerm& one) {
        const auto& [times, energies] = before;
        return TermValue{cost_of_split_fusion(times[one.alone], times[one.joined], times[one.before]),
                         energies[one.alone] - (energies[one.joined] - energies[one.before])};
    };
    const auto crossing = [&](const CrossingTerm& one) {
        const double factor = factor_of(error_factors, one.to, ErrorClass::kHandover);
        return TermValue{seconds_of_crossing(one, profile) * factor, 0};
    };
    const auto call = [&profile](const CallTerm& one) {
        return TermValue{in_seconds(profile.devices[at(one.device)].runtime.dispatch_per_graph.value), 0};
    };
    return std::visit(Overloaded{kernel, split, crossing, call}, terms_[term]);
}

void PlacementTerms::work_out(const Profile& profile, TermValues& values, std::span<const double> error_factors) const {
    values.times.resize(terms_.size());
    values.energies.resize(terms_.size());
    for (std::size_t i = 0; i < terms_.size(); ++i) {
        const TermValue one = value(static_cast<TermId>(i), profile, values, error_factors);
        values.times[i] = one.time;
        values.energies[i] = one.energy;
    }
}

double total_of(std::span<const TermCount> sum, std::span<const double> values) {
    double total = 0;
    for (const TermCount& one : sum) {
        total += one.count * values[one.term];
    }
    return total;
}

}  // namespace berth
