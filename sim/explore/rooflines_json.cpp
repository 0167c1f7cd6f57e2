// Rooflines of the devices with their operators, as JSON.
#include <utility>

#include "explore/answer_json.h"
#include "report/roofline.h"

namespace berth {

namespace {

constexpr double kGiga = 1e9;

Json point_json(const RooflinePoint& point, const Roofline& roofline) {
    return {{"stage", roofline.stages[point.stage]},
            {"name", point.name},
            {"category", choice_name(kCategoryNames, point.category)},
            {"bound", choice_name(kBoundNames, point.bound)},
            {"macs_per_byte", json_number(point.intensity)},
            {"gmacs_per_s", json_number(point.rate / kGiga)},
            {"count", point.count},
            {"time_ms", json_milliseconds(point.time)}};
}

Json roofline_json(const Roofline& roofline) {
    const auto roof = [](const Roof& one) {
        return Json{{"dtypes", one.dtypes}, {"gmacs_per_s", json_number(one.rate / kGiga)}};
    };
    Json points = Json::array();
    for (const RooflinePoint& point : roofline.points) {
        if (point.has_macs && point.intensity > 0) {
            points.push_back(point_json(point, roofline));
        }
    }
    return {{"device", roofline.device},
            {"runtime", roofline.runtime},
            {"cores", roofline.cores},
            {"gb_per_s", json_number(roofline.bandwidth / kGiga)},
            {"roofs", json_array(roofline.roofs, roof)},
            {"points", std::move(points)}};
}

}  // namespace

Json rooflines_json(const ScenarioResult& result, const Profile& profile) {
    Json all = Json::array();
    for (const Roofline& one : rooflines(result, profile)) {
        Json roofline = roofline_json(one);
        if (!roofline["points"].empty()) {
            all.push_back(std::move(roofline));
        }
    }
    return all;
}

}  // namespace berth
