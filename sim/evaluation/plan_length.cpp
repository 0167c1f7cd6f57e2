// Instantiates one input length of a stage for the tokens that each device computes, padded or actual.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "berth/hardware/runtimes.h"
#include "evaluation/constraints.h"
#include "evaluation/kept_graphs.h"
#include "evaluation/work.h"

namespace berth {

namespace {

std::optional<std::int64_t> paid_tokens(const ModelStage& stage, const Device& device, std::int64_t tokens) {
    if (device.runtime.shapes == ShapeRule::kDynamic || stage.buckets.empty()) {
        return tokens;
    }
    const auto bucket = std::lower_bound(stage.buckets.begin(), stage.buckets.end(), tokens);
    return bucket == stage.buckets.end() ? std::nullopt : std::optional(*bucket);
}

// Attended context. A cache of compiled-in length is attended to as a whole, however full it is.
std::int64_t context_of(const ModelStage& stage, const Device& device, const TokenShare& length) {
    return stage.generation ? std::max(length.context, device.runtime.cache_length - length.tokens) : length.context;
}

// A compiled cache holds no positions beyond its length: attention over more of them runs elsewhere.
void refuse_beyond_cache(DevicePlan& plan, const Graph& graph, const ModelStage& stage, const Device& device) {
    const std::int64_t length = device.runtime.cache_length;
    const std::int64_t needed = stage.generation ? stage.generation->positions() : 0;
    if (length == 0 || needed <= length) {
        return;
    }
    const std::string reason = fmt::format(
        "its cache on {} is compiled for {} positions, and prompt and answer take {} (--set "
        "hardware.devices.{}.runtime.generation.cache_length={} compiles a longer one)",
        device.name, length, needed, device.name, needed);
    for (std::size_t i = 0; i < plan.operators.size(); ++i) {
        const auto* attention = std::get_if<AttentionDims>(&graph.operators[i].dims);
        if (attention != nullptr && attention->causal) {
            plan.operators[i].supported = false;
            plan.operators[i].fallback.reset();
            plan.operators[i].reason = reason;
        }
    }
}

// Precision on a device; exceptions per operator apply on every device.
Precision precision_on(const ModelStage& stage, DeviceId device) {
    Precision precision = stage.precision;
    const auto own = stage.dtypes.find(device);
    precision.dtype = own == stage.dtypes.end() ? precision.dtype : own->second;
    return precision;
}

// Devices of a shared memory whose link, or whose links to the host, change no layout.
std::vector<std::vector<bool>> same_layouts(const Profile& profile) {
    const std::size_t devices = profile.devices.size();
    const auto alike = [&profile](DeviceId a, DeviceId b) {
        const Link* link = link_between(profile, a, b);
        return link != nullptr && !link->transfer && !link->layout_change;
    };
    std::vector<std::vector<bool>> same(devices, std::vector<bool>(devices));
    for (std::size_t i = 0; i < devices; ++i) {
        for (std::size_t j = 0; j < devices; ++j) {
            const auto a = static_cast<DeviceId>(i);
            const auto b = static_cast<DeviceId>(j);
            const bool linked = a == profile.host || b == profile.host || link_between(profile, a, b) != nullptr;
            same[i][j] = a == b || (linked ? alike(a, b) : alike(a, profile.host) && alike(profile.host, b));
        }
    }
    return same;
}

}  // namespace

const Profile& profile_of(const Scenario& scenario, const ModelStage& stage) {
    return under(scenario.profile, stage.runtime);
}

Execution execution_on(const ModelStage& stage, const Profile& profile, DeviceId device) {
    const Profile& own = under(profile, stage.runtime);
    Execution execution;
    const auto cores = stage.cores.find(device);
    execution.cores = cores == stage.cores.end() ? own.devices[static_cast<std::size_t>(device)].runtime.default_cores
                                                 : cores->second;
    const auto clock = stage.clocks.find(device);
    if (clock != stage.clocks.end()) {
        execution.clock = clock->second;
    }
    return execution;
}

std::optional<LengthPlan> plan_length(const std::string& stage_name, const ModelStage& stage, const TokenShare& length,
                                      const Profile& profile, Diagnostics& diagnostics) {
    LengthPlan plan;
    plan.length = length;
    plan.same_layout = same_layouts(profile);
    std::vector<std::int64_t> contexts;
    std::vector<Precision> asked;
    for (std::size_t d = 0; d < profile.devices.size(); ++d) {
        const Device& device = profile.devices[d];
        contexts.push_back(context_of(stage, device, length));
        asked.push_back(precision_on(stage, static_cast<DeviceId>(d)));
        const auto paid = paid_tokens(stage, device, length.tokens);
        if (!paid) {
            diagnostics.error(stage.model.where,
                              fmt::format("stage '{}': no bucket holds {} tokens", stage_name, length.tokens),
                              fmt::format("a bucket of at least {}", length.tokens));
            return std::nullopt;
        }
        plan.paid.push_back(*paid);
        std::size_t same = 0;
        while (plan.paid[same] != *paid || contexts[same] != contexts[d] || asked[same].dtype != asked[d].dtype) {
            ++same;
        }
        if (same < d) {
            plan.graphs.push_back(plan.graphs[same]);
        } else {
            // In a step of several tokens (verification of a draft), each token is scored.
            const std::int64_t scored = length.step ? length.tokens : 1;
            const Workload workload{stage.batch, *paid, contexts[d], scored};
            auto graph = stage.kept ? stage.kept->instantiated(stage.model, workload, diagnostics)
                                    : instantiate(stage.model, workload, diagnostics);
            if (!graph) {  // said of the model's sizes; this says who asks for them
                diagnostics.error(stage.model.where,
                                  fmt::format("stage '{}' needs an input of {} tokens", stage_name, *paid));
            }
            if (!graph || !apply_precision(*graph, asked[d], diagnostics)) {
                return std::nullopt;
            }
            plan.graphs.push_back(std::move(*graph));
        }
        plan.plans.push_back(plan_device(plan.graphs.back(), profile, static_cast<DeviceId>(d),
                                         execution_on(stage, profile, static_cast<DeviceId>(d))));
        refuse_beyond_cache(plan.plans.back(), plan.graphs.back(), stage, device);
    }
    SummedProblem made = summed_problem(plan.graphs[static_cast<std::size_t>(profile.host)], plan.plans, profile);
    plan.problem = std::move(made.problem);
    plan.sums = std::move(made.sums);
    return constrain(plan, stage, profile, diagnostics) ? std::optional(std::move(plan)) : std::nullopt;
}

}  // namespace berth
