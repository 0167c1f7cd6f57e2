// Operators under the roofs of their device (Williams, Waterman, Patterson, CACM 2009).
#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "berth/cost.h"
#include "explore/answer_json.h"
#include "report/names.h"

namespace berth {

namespace {

constexpr double kGiga = 1e9;

/// Operators of one name in all blocks.
struct RoofPoint {
    std::string stage, name;
    Category category{};
    Bound bound{};
    double macs_per_byte = 0, macs_per_second = 0;
    int count = 1;
    Time time;
};

std::optional<RoofPoint> point_of(const std::string& stage, const OperatorResult& op) {
    if (!op.cost || op.cost->total <= Time{} || op.cost->macs <= Operations{}) {
        return std::nullopt;
    }
    const double macs = in_operations(op.cost->macs);
    const double bytes = in_bytes(op.cost->traffic.read + op.cost->traffic.write);
    if (bytes <= 0) {
        return std::nullopt;
    }
    return RoofPoint{stage,    name_in_block(op.name), op.category,
                     op.bound, macs / bytes,           macs / in_seconds(op.cost->total),
                     1,        op.cost->total};
}

bool alike(const RoofPoint& a, const RoofPoint& b) {
    const auto close = [](double x, double y) { return std::abs(x - y) <= 1e-6 * std::abs(y); };
    return a.stage == b.stage && a.name == b.name && close(a.macs_per_byte, b.macs_per_byte) &&
           close(a.macs_per_second, b.macs_per_second);
}

void add_point(std::vector<RoofPoint>& points, RoofPoint point) {
    const auto same = std::ranges::find_if(points, [&point](const RoofPoint& other) { return alike(other, point); });
    if (same == points.end()) {
        points.push_back(std::move(point));
    } else {
        same->count += 1;
        same->time += point.time;
    }
}

Json point_json(const RoofPoint& point) {
    return {{"stage", point.stage},
            {"name", point.name},
            {"category", choice_name(kCategoryNames, point.category)},
            {"bound", choice_name(kBoundNames, point.bound)},
            {"macs_per_byte", json_number(point.macs_per_byte)},
            {"gmacs_per_s", json_number(point.macs_per_second / kGiga)},
            {"count", point.count},
            {"time_ms", json_milliseconds(point.time)}};
}

class DeviceRoofline {
  public:
    DeviceRoofline(const ScenarioResult& result, const Device& device) : devices_(result.devices), device_(device) {
        for (const StageResult& stage : result.stages) {
            for (const Candidate& candidate : stage.candidates) {
                if (candidate.feasible && candidate.placement == device.name) {
                    add_candidate(stage.name, candidate);
                }
            }
        }
    }
    [[nodiscard]] bool empty() const { return points_.empty(); }

    [[nodiscard]] Json json() const {
        Json object = Json::object();
        object["device"] = device_.name;
        object["cores"] = cores_;
        object["gb_per_s"] =
            json_number(in_bytes_per_second(core_rates(device_, {cores_, {}}, DType::kFp32).dram) / kGiga);
        object["roofs"] = Json::array();
        for (const DType dtype : dtypes_) {
            const double rate = in_operations_per_second(core_rates(device_, {cores_, {}}, dtype).macs);
            object["roofs"].push_back(
                {{"dtype", choice_name(kDTypeNames, dtype)}, {"gmacs_per_s", json_number(rate / kGiga)}});
        }
        object["points"] = Json::array();
        for (const RoofPoint& point : points_) {
            object["points"].push_back(point_json(point));
        }
        return object;
    }

  private:
    void add_candidate(const std::string& stage, const Candidate& candidate) {
        cores_ = std::max(cores_, candidate.cores);
        for (const OperatorResult& op : candidate.operators) {
            auto point = op.kernel ? point_of(stage, op) : std::nullopt;
            if (point && device_name(devices_, op.device) == device_.name) {
                dtypes_.insert(op.kernel->input);
                add_point(points_, std::move(*point));
            }
        }
    }

    const std::vector<std::string>& devices_;
    const Device& device_;
    int cores_ = 1;
    std::set<DType> dtypes_;
    std::vector<RoofPoint> points_;
};

}  // namespace

Json rooflines_json(const ScenarioResult& result, const Profile& profile) {
    Json all = Json::array();
    for (const Device& device : profile.devices) {
        const DeviceRoofline roofline(result, device);
        if (!roofline.empty()) {
            all.push_back(roofline.json());
        }
    }
    return all;
}

}  // namespace berth
