#include "report/worth_measuring.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "berth/base/brief_text.h"
#include "berth/base/quantity_text.h"

namespace berth {

namespace {

std::string required_sizes(const Kernel& kernel) {
    std::vector<std::string> sizes;
    const auto fields = size_fields(kernel.kind);
    const auto values = size_values(kernel.kind, kernel.dims);
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].required()) {
            sizes.push_back(fmt::format("{}={}", fields[i].name, values[i]));
        }
    }
    return fmt::format("{}", fmt::join(sizes, ", "));
}

}  // namespace

std::string_view goal_name(MeasurementGoal goal) { return goal == MeasurementGoal::kDecision ? "decision" : "latency"; }

TextTable worth_measuring_rows(std::span<const WorthMeasuring> ranked, const Profile& profile, std::size_t top) {
    TextTable table{right("removes"), left("of the"), left(Fit::kWrap, "operator", "kernel"), right("predicted")};
    for (const WorthMeasuring& one : ranked.first(std::min(top, ranked.size()))) {
        table.row({percent_text(one.removes, 2), std::string(goal_name(one.goal)),
                   fmt::format("{} of {} on {}", one.op, one.stage,
                               profile.devices[static_cast<std::size_t>(one.device)].name),
                   fmt::format("{} {} {}", choice_name(kDTypeNames, one.kernel.input), traits(one.kernel.kind).name,
                               required_sizes(one.kernel)),
                   brief(one.predicted)});
    }
    return table;
}

}  // namespace berth
