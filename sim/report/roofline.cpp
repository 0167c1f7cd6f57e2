#include "report/roofline.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "berth/cost/cost.h"
#include "report/names.h"

namespace berth {

namespace {

bool same_place(const RooflinePoint& a, const RooflinePoint& b) {
    const auto close = [](double x, double y) { return std::abs(x - y) <= 1e-6 * std::abs(y); };
    return a.stage == b.stage && a.name == b.name && close(a.intensity, b.intensity) && close(a.rate, b.rate);
}

void add_operator(Roofline& roofline, const OperatorResult& op, std::size_t stage) {
    if (!op.cost || op.cost->total <= Time{}) {
        return;
    }
    const KernelCost& cost = *op.cost;
    const bool has_macs = cost.macs > Operations{};
    const double work = in_operations(has_macs ? cost.macs : cost.elements);
    if (work <= 0) {
        return;
    }
    const double moved = in_bytes(cost.traffic.read + cost.traffic.write);
    const RooflinePoint point{moved > 0 ? work / moved : 0,
                              work / in_seconds(cost.total),
                              op.category,
                              op.bound,
                              has_macs,
                              stage,
                              name_in_block(op.name),
                              1,
                              cost.total};
    const auto same = std::ranges::find_if(roofline.points,
                                           [&point](const RooflinePoint& other) { return same_place(other, point); });
    if (same == roofline.points.end()) {
        roofline.points.push_back(point);
    } else {
        same->count += 1;
        same->time += point.time;
    }
}

/// Compute roofs for the dtypes of operators with MACs; equal rates share a roof.
std::vector<Roof> roofs_of(const Device& device, int cores, const std::set<DType>& dtypes) {
    std::vector<Roof> roofs;
    for (const DType dtype : dtypes) {
        const double rate = in_operations_per_second(core_rates(device, {cores, {}}, dtype).macs);
        if (!std::isfinite(rate) || rate <= 0) {
            continue;
        }
        const std::string name(choice_name(kDTypeNames, dtype));
        const auto same =
            std::ranges::find_if(roofs, [rate](const Roof& roof) { return std::abs(roof.rate / rate - 1) < 1e-9; });
        if (same == roofs.end()) {
            roofs.push_back({name, rate});
        } else {
            same->dtypes += ", " + name;
        }
    }
    std::ranges::sort(roofs, std::greater{}, &Roof::rate);
    return roofs;
}

/// Roofline of the stages that run under `runtime`, or of all stages if `only` says that there is no other runtime.
Roofline roofline_of(const ScenarioResult& result, const Profile& runtime, bool only, DeviceId device) {
    const Device& chip = runtime.devices[static_cast<std::size_t>(device)];
    Roofline roofline{chip.name, runtime.name, {}, {}, 0, 1, {}};
    std::set<DType> dtypes;
    for (const StageResult& stage : result.stages) {
        const Candidate* alone = stage.whole_on(device);
        if ((!only && stage.runtime != runtime.name) || alone == nullptr || !alone->feasible) {
            continue;
        }
        roofline.cores = std::max(roofline.cores, alone->cores);
        for (const OperatorResult& op : alone->operators) {
            if (op.device == device) {
                add_operator(roofline, op, roofline.stages.size());
                if (op.kernel && op.cost && op.cost->macs > Operations{}) {
                    dtypes.insert(op.kernel->input);
                }
            }
        }
        roofline.stages.push_back(stage.name);
    }
    roofline.roofs = roofs_of(chip, roofline.cores, dtypes);
    roofline.bandwidth = in_bytes_per_second(core_rates(chip, {roofline.cores, {}}, DType::kFp32).dram);
    return roofline;
}

}  // namespace

std::vector<Roofline> rooflines(const ScenarioResult& result, const Profile& profile) {
    std::vector<const Profile*> runtimes{&profile};
    for (const Profile& one : profile.runtimes) {
        runtimes.push_back(&one);
    }
    std::vector<Roofline> all;
    for (std::size_t device = 0; device < profile.devices.size(); ++device) {
        for (const Profile* runtime : runtimes) {
            Roofline one = roofline_of(result, *runtime, runtimes.size() == 1, static_cast<DeviceId>(device));
            if (!one.points.empty()) {
                all.push_back(std::move(one));
            }
        }
    }
    return all;
}

}  // namespace berth
