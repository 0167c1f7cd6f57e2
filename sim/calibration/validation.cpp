// Predicts measured kernels and models, and compares with a back-of-the-envelope estimate of each.
#include "berth/calibration/validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "berth/base/quantity_text.h"
#include "berth/cost/placement_terms.h"

namespace berth {

namespace {

// Key of the work, independent of where it runs: the model and its input, or the operator with its sizes and epilogue.
std::string work_of(const TimedKernel& timed) {
    const Kernel& kernel = timed.kernel;
    std::vector<std::string> sizes;
    for (const auto& [field, value] : stated_sizes(kernel.kind, kernel.dims)) {
        sizes.push_back(fmt::format("{}={}", field->name, value));
    }
    std::string text = fmt::format("{} {}{}", traits(kernel.kind).name, fmt::join(sizes, ","),
                                   kernel.library_call ? ", library call" : "");
    for (std::size_t i = 0; i < kernel.epilogue_length; ++i) {
        text += fmt::format(" + {}", traits(kernel.epilogue[i].kind).name);
    }
    return text;
}
std::string work_of(const ModelStage& stage) {
    const std::string tokens =
        depends_on_tokens(*stage.model.architecture) ? fmt::format(", {} tokens", stage.tokens.front().tokens) : "";
    return fmt::format("{}{}{}", stage.model.name, tokens,
                       stage.batch > 1 ? fmt::format(", {} inputs", stage.batch) : "");
}

// Peak rate of the first `cores` cores; 0 if one of them does not multiply at this dtype.
OperationRate peak_rate(const Device& device, const Execution& execution, DType dtype) {
    OperationRate rate;
    int left = execution.cores;
    for (std::size_t i = 0; i < device.clusters.size() && left > 0; ++i) {
        const CoreCluster& cluster = device.clusters[i];
        const auto& per_cycle = cluster.macs_per_cycle[static_cast<std::size_t>(dtype)];
        if (!per_cycle) {
            return OperationRate{};
        }
        const int taken = std::min(left, cluster.cores);
        const Frequency clock = i == 0 && execution.clock ? *execution.clock : cluster.clock.value;
        rate += per_cycle->value * clock * static_cast<double>(taken);
        left -= taken;
    }
    return rate;
}

// Effects of the profile's numbers only. Model errors, which follow them, are specific to this alternative and are
// zeroed.
std::vector<double> effects_of_numbers(const Uncertainty& uncertainty, const Profile& profile) {
    const std::size_t errors = profile.devices.size() * kErrorClassNames.size();
    std::vector<double> effects = uncertainty.independent;
    const auto first = effects.begin() + static_cast<std::ptrdiff_t>(uncertainty.effect.size() - errors);
    std::fill_n(first, errors, 0.0);
    return effects;
}

void predict_timed(const TimedKernel& timed, const Profile& profile, ValidatedRow& row) {
    const Device& device = profile.devices[static_cast<std::size_t>(row.device)];
    const auto prediction = predict_kernel(profile, row.device, timed.kernel, timed.execution);
    row.predicted = prediction.latency;
    row.work = work_of(timed);
    row.cores = timed.execution.cores;
    row.clock = timed.execution.clock ? to_text(*timed.execution.clock) : "";
    row.effects = effects_of_numbers(prediction.uncertainty, profile);
    row.roofline = naive_roofline(macs(timed.kernel.dims), prediction.cost.compulsory, timed.kernel.input, device,
                                  timed.execution, profile.dram);
}

void predict_probe(const MemoryProbe& probe, const Profile& profile, ValidatedRow& row) {
    const Device& device = profile.devices[static_cast<std::size_t>(row.device)];
    row.predicted = log_normal_estimate(probe_time(probe, device), std::log1p(device.error.vector.value));
    row.roofline = probe.size / (profile.dram.bandwidth.value * relative_clock(state_of(profile.dram)));
}

// Prediction with inputs and results already in place: without hand-over, but with the runtime call.
Estimate<Time> within_the_call(const Candidate& candidate, const Device& device) {
    const Time outside = std::max(Time{}, candidate.handover - device.runtime.dispatch_per_graph.value);
    const double share = 1 - outside / candidate.latency.median;
    Estimate<Time> latency = candidate.latency;
    latency.median = latency.median * share;
    latency.low = latency.low * share;
    latency.high = latency.high * share;
    return latency;
}

// Weights that an operator cannot do without: of a table, the rows that are looked up.
Bytes weights_read(const OperatorResult& op) {
    return op.cost ? std::min(op.weights, op.cost->compulsory) : op.weights;
}

// Predicts a model; the naive estimate is its MACs, or reading its weights once.
bool predict_stage(const ModelStage& stage, bool without_handover, const Profile& profile, ValidatedRow& row,
                   Diagnostics& diagnostics) {
    const Device& device = profile.devices[static_cast<std::size_t>(row.device)];
    const auto candidate = evaluate_on(profile, stage, row.device, diagnostics);
    if (!candidate) {
        return false;
    }
    Operations all_macs;
    Bytes weights;
    for (const OperatorResult& op : candidate->operators) {
        if (op.device == row.device) {
            all_macs += op.macs;
            weights += weights_read(op);
        }
    }
    row.tokens = stage.tokens.front().tokens;
    row.work = work_of(stage);
    row.clock = stage.clocks.contains(row.device) ? to_text(stage.clocks.at(row.device)) : "";
    row.effects = effects_of_numbers(candidate->uncertainty, profile);
    row.cores = execution_on(stage, profile, row.device).cores;
    row.predicted = without_handover ? within_the_call(*candidate, device) : candidate->latency;
    row.roofline =
        naive_roofline(all_macs, weights, row.dtype, device, execution_on(stage, profile, row.device), profile.dram);
    return true;
}

std::optional<ValidatedRow> predict_row(const MeasuredRow& measured, const Profile& profile, Diagnostics& diagnostics) {
    ValidatedRow row{measured.name,
                     measured.op_class,
                     measured.dtype,
                     measured.device,
                     measured.measured,
                     {},
                     {},
                     measured.vendor_estimate,
                     measured.noise};
    if (const auto* timed = std::get_if<TimedKernel>(&measured.work)) {
        predict_timed(*timed, profile, row);
    } else if (const auto* probe = std::get_if<MemoryProbe>(&measured.work)) {
        predict_probe(*probe, profile, row);
    } else if (!predict_stage(std::get<ModelStage>(measured.work), measured.without_handover, profile, row,
                              diagnostics)) {
        return std::nullopt;
    }
    return row;
}

// Mean absolute deviation of a normal distribution in standard deviations.
constexpr double kMeanOfNormal = 0.8;

// Relative noise of a repetition: the set's figure for calls, or that of the row's passes.
double noise_of(const MeasuredSet& set, const ValidatedRow& row) {
    if (set.call_noise > Time{} || set.noise > 0) {
        return std::hypot(set.call_noise / row.measured, set.noise);
    }
    return row.noise.value_or(0) / kMeanOfNormal;
}

// Profile of the board that a set was measured on, with the memory clock fitted to other rows, which leaves a small
// spread.
Profile as_measured(const Profile& profile, const std::optional<Frequency>& memory_clock) {
    constexpr double kOpen = 0.05;
    Profile board = profile;
    if (memory_clock && board.dram.clock) {
        board.dram.clock->value = *memory_clock;
        board.dram.clock->spread = kOpen;
        share_dram(board);
    }
    return board;
}

}  // namespace

Time naive_roofline(Operations macs, Bytes compulsory, DType dtype, const Device& device, const Execution& execution,
                    const Dram& dram) {
    const OperationRate peak = peak_rate(device, execution, dtype);
    const Time memory = compulsory / (dram.bandwidth.value * relative_clock(state_of(dram)));
    return peak > OperationRate{} ? std::max(macs / peak, memory) : memory;
}

std::optional<Validation> validate(const Profile& profile, std::span<const MeasuredSet> sets,
                                   Diagnostics& diagnostics) {
    const std::size_t errors_before = diagnostics.error_count();
    Validation validation;
    validation.profile = profile.name;
    for (const Device& device : profile.devices) {
        validation.devices.push_back(device.name);
    }
    for (const MeasuredSet& set : sets) {
        ValidatedSet& validated = validation.sets.emplace_back();
        validated.name = set.name;
        validated.file = set.file;
        validated.form = set.form;
        validated.use = set.use;
        validated.note = set.note;
        validated.left_out = set.left_out;
        const Profile board = as_measured(profile, set.memory_clock);
        for (const MeasuredRow& row : set.rows) {
            if (auto predicted = predict_row(row, board, diagnostics)) {
                predicted->measured_sigma = noise_of(set, *predicted);
                validated.rows.push_back(std::move(*predicted));
            }
        }
        validated.classes = summarise_classes(validated.rows);
        validated.decisions = decisions(validated.rows);
        validated.settings = setting_checks(validated.rows);
    }
    for (std::size_t device = 0; device < profile.devices.size(); ++device) {
        validation.evidence.push_back(evidence_of(sets, profile, static_cast<DeviceId>(device), diagnostics));
    }
    return diagnostics.error_count() == errors_before ? std::optional(std::move(validation)) : std::nullopt;
}

}  // namespace berth
