// Timeline of one request: stages in sequence, each pass on the devices that run its operators.
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "explore/answer_json.h"
#include "report/names.h"

namespace berth {

namespace {

constexpr double kNoGap = 1e-6;  // largest gap in ms between operators that count as contiguous

struct LaneBar {
    double from = 0, to = 0;
    std::string label;
};

/// Bars by the name of the occupied device.
class TimelineLanes {
  public:
    explicit TimelineLanes(const std::vector<std::string>& devices) : devices_(devices) {}

    void add_fixed(const StageResult& stage, const FixedStage& work) {
        const std::string lane = work.on ? device_name(devices_, *work.on) : "elsewhere";
        add(lane, {in_milliseconds(stage.start), in_milliseconds(stage.start + stage.latency.median), stage.name});
    }

    // The passes of a request run in sequence, those of the first placement first.
    void add_passes(const StageResult& stage) {
        double start = in_milliseconds(stage.start);
        for (const PassShare& share : stage.passes) {
            const Candidate& candidate = stage.candidates[share.candidate];
            for (std::int64_t pass = 0; pass < share.passes; ++pass) {
                add_pass(stage.name, candidate, start);
                start += in_milliseconds(candidate.latency.median);
            }
        }
    }

    [[nodiscard]] Json json() const {
        Json lanes = Json::array();
        for (const auto& [name, bars] : lanes_) {
            Json lane{{"name", name}, {"bars", Json::array()}};
            for (const LaneBar& bar : bars) {
                lane["bars"].push_back(
                    {{"from", json_number(bar.from)}, {"to", json_number(bar.to)}, {"label", bar.label}});
            }
            lanes.push_back(std::move(lane));
        }
        return lanes;
    }

  private:
    // A stage that generates text on one device is one bar, because its operators are those of a single step.
    void add_pass(const std::string& stage, const Candidate& candidate, double start) {
        const double end = start + in_milliseconds(candidate.latency.median);
        if (candidate.generation && candidate.device) {
            add(device_name(devices_, *candidate.device), {start, end, stage});
            return;
        }
        for (const OperatorResult& op : candidate.operators) {
            const double from = start + in_milliseconds(op.start);
            add(device_name(devices_, op.device), {from, std::min(end, from + in_milliseconds(op.latency)), stage});
        }
    }

    void add(const std::string& lane, LaneBar bar) {
        auto& bars = lanes_[lane];
        if (!bars.empty() && bars.back().label == bar.label && bar.from - bars.back().to < kNoGap) {
            bars.back().to = std::max(bars.back().to, bar.to);
        } else if (bar.to > bar.from) {
            bars.push_back(std::move(bar));
        }
    }

    const std::vector<std::string>& devices_;
    std::map<std::string, std::vector<LaneBar>> lanes_;
};

}  // namespace

Json timeline_json(const Scenario& scenario, const ScenarioResult& result) {
    TimelineLanes lanes(result.devices);
    for (const StageResult& stage : result.stages) {
        const Stage* asked = stage_named(scenario, stage.name);
        const auto* fixed = asked != nullptr ? std::get_if<FixedStage>(&asked->work) : nullptr;
        if (fixed != nullptr) {
            lanes.add_fixed(stage, *fixed);
        } else {
            lanes.add_passes(stage);
        }
    }
    return Json{{"end_ms", json_milliseconds(result.total.latency.median)}, {"lanes", lanes.json()}};
}

}  // namespace berth
