// Terms under perturbed numbers, and the resulting effects on sums.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/mapped.h"
#include "base/overloaded.h"
#include "berth/hardware/runtimes.h"
#include "cost/lowering.h"
#include "evaluation/sensitivities.h"

namespace berth {

namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

bool is_model_error(const ParameterView& number) { return number.used_by == UsedBy::kModelError; }

// Terms of a sum that have no row yet, including those that they refer to, in order.
std::vector<TermId> missing_terms(const WeightedSum& sum, const std::vector<std::size_t>& row) {
    std::vector<TermId> missing;
    const auto need = [&](TermId term) {
        if (row[term] == kNone) {
            missing.push_back(term);
        }
    };
    for (const TermCount& one : sum.sum) {
        need(one.term);
        if (const auto* split = std::get_if<SplitFusionTerm>(&(*sum.terms)[one.term])) {
            need(split->alone);
            need(split->joined);
            need(split->before);
        }
    }
    std::ranges::sort(missing);
    missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
    return missing;
}

// Visits each term of a sum with its place in the table and its time; a split-fusion term is expanded into its
// components.
template <class Add>
void each_term(const WeightedSum& sum, Add add) {
    const auto each = [&](TermId term, double count) {
        add(term, (*sum.terms)[term], sum.values->times[term] * count * sum.share);
    };
    for (const TermCount& one : sum.sum) {
        const auto* split = std::get_if<SplitFusionTerm>(&(*sum.terms)[one.term]);
        if (split == nullptr) {
            each(one.term, one.count);
        } else if (sum.values->times[one.term] > 0) {
            each(split->alone, one.count);
            each(split->joined, -one.count);
            each(split->before, one.count);
        }
    }
}

// The runtime's own code on a core of the host is no kernel that rows of the device show.
std::optional<EvidenceKind> measured_alike(const KernelTerm& term, const Device& device) {
    if (!device.evidence) {
        return std::nullopt;
    }
    const Kernel& kernel = term.kernel;
    return kernel.own_code
               ? EvidenceKind::kAssumed
               : evidence_for(kernel.kind, kernel.input, kernel.dims, term.execution.cores, *device.evidence);
}

bool was_measured(Origin origin) { return origin == Origin::kMeasured || origin == Origin::kCalibrated; }

// Factor on the model error of a kernel whose sizes are not near measured ones. It applies where the error of its class
// was calibrated on kernels measured by themselves, since that error holds for kernels near those. Errors that are
// assumed, or calibrated on whole networks, hold for any kernel. The factor is an assumption; `berth calibrate
// --leave-out network` reports the factor that left-out networks ask for.
double doubt(const KernelTerm& term, const Device& device, ErrorClass of) {
    constexpr double kFarther = 1.5;
    const auto by_itself = [](const MeasuredKind& one) { return !one.ranges.empty(); };
    const bool of_kernels = was_measured(error_of(device, of).origin) && device.evidence &&
                            std::ranges::any_of(*device.evidence, by_itself);
    return of_kernels && measured_alike(term, device) != EvidenceKind::kNear ? kFarther : 1;
}

// Whether a kernel's schedule is taken from a number that no row determined.
bool rests_on_assumed_schedule(const KernelTerm& term, const Device& device) {
    const bool attends = term.kernel.kind == OperatorKind::kAttention && device.attention;
    return attends && device.attention->keeps_scores_from &&
           !was_measured(device.attention->keeps_scores_from->origin) && may_keep_scores(device, term.execution.cores);
}

// Evidence for a term; hand-overs and runtime calls rest on their own numbers. A kernel measured only elsewhere, whose
// least certain number is an assumption, rests on that: its rows did not show what decides here.
std::optional<EvidenceKind> evidence_for(const PlacementTerm& term, const Profile& profile,
                                         bool least_certain_assumed) {
    const auto device = [&profile](DeviceId id) -> const Device& {
        return profile.devices[static_cast<std::size_t>(id)];
    };
    if (const auto* kernel = std::get_if<KernelTerm>(&term)) {
        const Device& on = device(kernel->device);
        const auto found = measured_alike(*kernel, on);
        const bool assumed =
            rests_on_assumed_schedule(*kernel, on) || (found == EvidenceKind::kElsewhere && least_certain_assumed);
        return found && assumed ? EvidenceKind::kAssumed : found;
    }
    const auto* call = std::get_if<CallTerm>(&term);
    const auto* crossing = std::get_if<CrossingTerm>(&term);
    if (call != nullptr) {
        return was_measured(device(call->device).runtime.dispatch_per_graph.origin) ? EvidenceKind::kNear
                                                                                    : EvidenceKind::kAssumed;
    }
    return crossing != nullptr && was_measured(device(crossing->to).error.handover.origin) ? EvidenceKind::kElsewhere
                                                                                           : EvidenceKind::kAssumed;
}

}  // namespace

double time_of(std::span<const WeightedSum> mix) {
    return sum_of<double>(mix, [](const WeightedSum& one) { return total_of(one.sum, one.values->times) * one.share; });
}

double Uncertainty::sigma() const {
    double sum = sum_of<double>(independent, [](const double one) { return one * one; });
    return std::sqrt(sum);
}

std::vector<ParameterView> uncertain_parameters(Profile& profile) {
    std::vector<ParameterView> numbers = parameters(profile);
    std::erase_if(numbers, [](const ParameterView& one) { return one.spread <= 0 || is_model_error(one); });
    return numbers;
}

namespace {

std::string error_path(const Device& device, std::string_view error) {
    return fmt::format("devices.{}.error.{}", device.name, error);
}

// Paths of the model errors of the profile, then of those that further runtimes define themselves.
std::vector<std::string> error_numbers(const Profile& hardware) {
    std::vector<std::string> paths;
    const auto add = [&paths](const Profile& profile) {
        for (const Device& device : profile.devices) {
            for (const auto& row : kErrorClassNames) {
                std::string path = path_among_all(profile, error_path(device, row.name));
                if (std::ranges::find(paths, path) == paths.end()) {
                    paths.push_back(std::move(path));
                }
            }
        }
    };
    add(hardware);
    std::ranges::for_each(hardware.runtimes, add);
    return paths;
}

}  // namespace

std::vector<std::string> uncertain_numbers(const Profile& profile) {
    Profile copy = profile;
    auto paths = mapped(uncertain_parameters(copy), &ParameterView::path);
    std::ranges::copy(error_numbers(profile), std::back_inserter(paths));
    return paths;
}

double sigma_of(const FixedStage& stage) {
    return stage.takes.low < stage.takes.high ? log_normal_sigma(stage.takes) : 0;
}

Sensitivities::Sensitivities(const Profile& hardware, std::optional<std::size_t> runtime)
    : hardware_(hardware),
      runtime_(runtime),
      profile_(under(hardware, runtime)),
      moved_(hardware),
      numbers_(uncertain_parameters(moved_)) {
    for (const ParameterView& number : numbers_) {
        reach_.push_back(reach_of(number, profile_));
    }
    const std::vector<std::string> all = error_numbers(hardware);
    error_count_ = all.size();
    for (const Device& device : profile_.devices) {
        for (const auto& row : kErrorClassNames) {
            const auto place = std::ranges::find(all, path_among_all(profile_, error_path(device, row.name)));
            errors_.push_back(static_cast<std::size_t>(place - all.begin()));
        }
    }
}

Sensitivities::Reach Sensitivities::reach_of(const ParameterView& number, const Profile& profile) {
    const auto path = path_within(profile, number.path);
    if (!path) {
        return {std::nullopt, false, true};
    }
    // The host clock also affects devices that leave work to the host.
    const auto follows = [&path](const Device& one) { return one.host_core && one.host_core->clock_path == *path; };
    if (std::ranges::any_of(profile.devices, follows)) {
        return {};
    }
    for (std::size_t d = 0; d < profile.devices.size(); ++d) {
        if (path->starts_with(fmt::format("devices.{}.", profile.devices[d].name))) {
            return {static_cast<DeviceId>(d)};
        }
    }
    return {std::nullopt, path->starts_with("links.")};
}

bool Sensitivities::reaches(const Reach& reach, const PlacementTerms& terms, TermId term) {
    if (reach.elsewhere) {
        return false;
    }
    const auto on = [&reach](DeviceId device) { return !reach.links_only && reach.device.value_or(device) == device; };
    return std::visit(Overloaded{[&](const KernelTerm& one) { return on(one.device); },
                                 [&](const SplitFusionTerm& one) { return reaches(reach, terms, one.alone); },
                                 [&](const CrossingTerm& /*one*/) { return !reach.device.has_value(); },
                                 [&](const CallTerm& one) { return on(one.device); }},
                      terms[term]);
}

void Sensitivities::work_out(Table& table, const TermValues& values, const std::vector<TermId>& terms,
                             std::size_t number, bool up) {
    const std::size_t column = up ? number : numbers_.size() + number;
    for (const TermId term : terms) {
        TermValue value{values.times[term], values.energies[term]};
        if (reaches(reach_[number], *table.terms, term)) {
            if (const auto* split = std::get_if<SplitFusionTerm>(&(*table.terms)[term])) {
                for (const TermId part : {split->alone, split->joined, split->before}) {
                    scratch_.times[part] = table.moved.times[table.row[part] + column];
                    scratch_.energies[part] = table.moved.energies[table.row[part] + column];
                }
            }
            value = table.terms->value(term, under(moved_, runtime_), scratch_);
        }
        table.moved.times[table.row[term] + column] = value.time;
        table.moved.energies[table.row[term] + column] = value.energy;
    }
}

Sensitivities::Table& Sensitivities::worked_out(const WeightedSum& sum) {
    auto table = std::ranges::find(tables_, sum.terms, &Table::terms);
    if (table == tables_.end()) {
        tables_.push_back({sum.terms, std::vector<std::size_t>(sum.terms->size(), kNone), {}, {}});
        table = tables_.end() - 1;
    }
    const std::vector<TermId> missing = missing_terms(sum, table->row);
    if (missing.empty()) {
        return *table;
    }
    for (const TermId term : missing) {
        table->row[term] = table->moved.times.size();
        table->moved.times.resize(table->moved.times.size() + 2 * numbers_.size());
        table->moved.energies.resize(table->moved.times.size());
    }
    scratch_.times.resize(std::max(scratch_.times.size(), sum.terms->size()));
    scratch_.energies.resize(scratch_.times.size());
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
        const ParameterView& number = numbers_[i];
        const double factor = 1 + number.spread;
        number.set(number.value * factor);
        work_out(*table, *sum.values, missing, i, true);
        number.set(number.value / factor);
        work_out(*table, *sum.values, missing, i, false);
        number.set(number.value);
    }
    table->least_certain_assumed.resize(sum.terms->size());
    for (const TermId term : missing) {
        table->least_certain_assumed[term] = least_certain_is_assumed(&table->moved.times[table->row[term]]);
    }
    return *table;
}

// Whether the number that moves a term's time most is neither measured nor stated by a datasheet. `times` are those of
// each number moved up, then of each moved down.
bool Sensitivities::least_certain_is_assumed(const double* times) const {
    double most = 1;
    bool assumed = false;
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
        const double moved = times[i] / times[numbers_.size() + i];
        if (const double factor = std::max(moved, 1 / moved); factor > most) {
            most = factor;
            const Origin origin = numbers_[i].origin;
            assumed = !was_measured(origin) && origin != Origin::kDatasheet;
        }
    }
    return assumed;
}

std::optional<Evidence> Sensitivities::evidence_of(std::span<const WeightedSum> mix) {
    Evidence evidence;
    bool stated = true;
    for (const WeightedSum& sum : mix) {
        const Table& table = worked_out(sum);
        each_term(sum, [&](TermId id, const PlacementTerm& term, double time) {
            const auto rests_on = evidence_for(term, profile_, table.least_certain_assumed[id]);
            stated = stated && rests_on;
            evidence.add(rests_on.value_or(EvidenceKind::kAssumed), time);
        });
    }
    const double all = evidence.near + evidence.elsewhere + evidence.assumed;
    if (!stated || all <= 0) {
        return std::nullopt;
    }
    return Evidence{evidence.near / all, evidence.elsewhere / all, evidence.assumed / all};
}

// Adds the time of a sum per device and kernel class, weighted by doubt() for kernels of uncertain error.
void Sensitivities::add_errors(const WeightedSum& sum, std::vector<double>& times) const {
    each_term(sum, [&](TermId /*id*/, const PlacementTerm& term, double time) {
        if (const auto* kernel = std::get_if<KernelTerm>(&term)) {
            const Device& device = profile_.devices[static_cast<std::size_t>(kernel->device)];
            const ErrorClass of = error_class(kernel->kernel, device);
            times[error_place(kernel->device, of)] += time * doubt(*kernel, device, of);
        } else if (const auto* crossing = std::get_if<CrossingTerm>(&term)) {
            times[error_place(crossing->to, ErrorClass::kHandover)] += time;
        }
    });
}

namespace {

bool has_correlations_of(const Profile& runtime, const Profile& hardware) {
    const auto is_shared = [&runtime](const std::string& path) { return path_among_all(runtime, path) == path; };
    return runtime.correlations.paths == hardware.correlations.paths &&
           runtime.correlations.factor == hardware.correlations.factor &&
           std::ranges::all_of(runtime.correlations.paths, is_shared);
}

// Position of a profile's independent causes: each set of correlations has its own block after the blocks of others.
struct CauseBlock {
    std::size_t first = 0, all = 0;
};
CauseBlock block_of(const Profile& profile, const Profile& hardware) {
    CauseBlock block{0, hardware.correlations.paths.size()};
    for (const Profile& runtime : hardware.runtimes) {
        const bool same = has_correlations_of(runtime, hardware);
        block.first = &runtime == &profile && !same ? block.all : block.first;
        block.all += same ? 0 : runtime.correlations.paths.size();
    }
    return block;
}

}  // namespace

// Replaces the effects of correlated numbers (Profile::correlations) by those of independent causes.
std::vector<double> Sensitivities::decorrelated(std::vector<double> effect) const {
    const Correlations& correlations = profile_.correlations;
    const CauseBlock block = block_of(profile_, hardware_);
    std::vector<double> together;
    for (const std::string& path : correlations.paths) {
        const auto place =
            std::ranges::find(numbers_, path_among_all(profile_, path), &ParameterView::path) - numbers_.begin();
        // otherwise it was set to an exact value
        const bool uncertain = static_cast<std::size_t>(place) < numbers_.size();
        together.push_back(uncertain ? std::exchange(effect[static_cast<std::size_t>(place)], 0) : 0);
    }
    const std::size_t before = effect.size() + block.first;
    const std::size_t all = effect.size() + block.all;
    const std::vector<double> parts = correlations.independent(together);
    effect.resize(before, 0.0);
    effect.insert(effect.end(), parts.begin(), parts.end());
    effect.resize(all, 0.0);
    return effect;
}

std::vector<std::pair<std::string, std::string>> Sensitivities::not_told_apart(const Uncertainty& time,
                                                                               double least) const {
    const Correlations& correlations = profile_.correlations;
    const auto counts = [&](const std::string& path) {
        const auto place = std::ranges::find(numbers_, path, &ParameterView::path) - numbers_.begin();
        return static_cast<std::size_t>(place) < numbers_.size() && time.effect[static_cast<std::size_t>(place)] != 0;
    };
    std::vector<std::pair<std::string, std::string>> pairs;
    for (std::size_t b = 0; b < correlations.paths.size(); ++b) {
        for (std::size_t a = 0; a < b; ++a) {
            const std::string first = path_among_all(profile_, correlations.paths[a]);
            const std::string second = path_among_all(profile_, correlations.paths[b]);
            if (std::abs(correlations.between(a, b)) >= least && counts(first) && counts(second)) {
                pairs.emplace_back(first, second);
            }
        }
    }
    return pairs;
}

Uncertainty Sensitivities::assembled(std::span<const WeightedSum> mix, std::vector<double> TermValues::*what,
                                     const std::vector<double>& errors, double total) {
    const std::size_t count = numbers_.size();
    std::vector<double> moved(2 * count);
    for (const WeightedSum& sum : mix) {
        const Table& table = worked_out(sum);
        for (const TermCount& one : sum.sum) {
            const double times = one.count * sum.share;
            const double* row = (table.moved.*what).data() + table.row[one.term];
            for (std::size_t i = 0; i < moved.size(); ++i) {
                moved[i] += times * row[i];
            }
        }
    }
    Uncertainty uncertainty;
    for (std::size_t i = 0; i < count; ++i) {
        uncertainty.effect.push_back(0.5 * std::log(moved[i] / moved[count + i]));
    }
    uncertainty.effect.resize(count + error_count_, 0.0);
    for (std::size_t d = 0; d < profile_.devices.size(); ++d) {
        for (const auto& row : kErrorClassNames) {
            const std::size_t place = error_place(static_cast<DeviceId>(d), row.value);
            uncertainty.effect[count + errors_[place]] =
                errors[place] / total * std::log1p(error_of(profile_.devices[d], row.value).value);
        }
    }
    uncertainty.evidence = evidence_of(mix);
    uncertainty.independent = decorrelated(uncertainty.effect);
    return uncertainty;
}

Uncertainty Sensitivities::of(std::span<const WeightedSum> mix) {
    std::vector<double> errors(profile_.devices.size() * kErrorClassNames.size());
    for (const WeightedSum& sum : mix) {
        add_errors(sum, errors);
    }
    return assembled(mix, &TermValues::times, errors, time_of(mix));
}

Uncertainty Sensitivities::of_energy(std::span<const WeightedSum> mix) {
    const double total =
        sum_of<double>(mix, [](const WeightedSum& one) { return total_of(one.sum, one.values->energies) * one.share; });
    if (!(total > 0)) {  // not a number where a device has no energy numbers
        return {};
    }
    std::vector<double> errors(profile_.devices.size() * kErrorClassNames.size());
    for (const WeightedSum& sum : mix) {
        add_errors(sum, errors);
    }
    for (std::size_t d = 0; d < profile_.devices.size(); ++d) {
        const auto& energy = profile_.devices[d].energy;
        for (const auto& row : kErrorClassNames) {
            // a hand-over takes no energy of its own
            const bool counts = energy && row.value != ErrorClass::kHandover;
            errors[error_place(static_cast<DeviceId>(d), row.value)] *=
                counts ? in_joules(energy->static_power.value * seconds(1)) : 0;
        }
    }
    return assembled(mix, &TermValues::energies, errors, total);
}

}  // namespace berth
