// Operators under the roofs of their device.
#include "explore/answer_json.h"
#include "report/roofline.h"

namespace berth {

namespace {

constexpr double kGiga = 1e9;

Json roofline_json(const Roofline& roofline) {
    Json object = Json::object();
    object["device"] = roofline.device;
    object["runtime"] = roofline.runtime;
    object["cores"] = roofline.cores;
    object["gb_per_s"] = json_number(roofline.bandwidth / kGiga);
    object["roofs"] = Json::array();
    for (const Roof& roof : roofline.roofs) {
        object["roofs"].push_back({{"dtypes", roof.dtypes}, {"gmacs_per_s", json_number(roof.rate / kGiga)}});
    }
    object["points"] = Json::array();
    for (const RooflinePoint& point : roofline.points) {
        if (point.has_macs && point.intensity > 0) {
            object["points"].push_back({{"stage", roofline.stages[point.stage]},
                                        {"name", point.name},
                                        {"category", choice_name(kCategoryNames, point.category)},
                                        {"bound", choice_name(kBoundNames, point.bound)},
                                        {"macs_per_byte", json_number(point.intensity)},
                                        {"gmacs_per_s", json_number(point.rate / kGiga)},
                                        {"count", point.count},
                                        {"time_ms", json_milliseconds(point.time)}});
        }
    }
    return object;
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
