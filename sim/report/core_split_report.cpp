// Trade-off between cores per request and concurrent requests, and inputs per pass, as text and as JSON.
#include <fmt/format.h>

#include "berth/analysis/core_splits.h"
#include "berth/base/brief_text.h"
#include "report/names.h"
#include "report/sections.h"
#include "report/text_layout.h"
#include "report/traffic_json.h"

namespace berth {

namespace {

std::string time_text(const std::optional<Time>& time) { return time ? brief(*time) : "-"; }

}  // namespace

std::string core_splits_text(const ScenarioResult& result, TextWidth width) {
    std::string text;
    for (const auto splits : splits_by_stage(result.core_splits)) {
        TextTable table{left("  cores per request"),
                        right("side by side", "alone", "mean", "p95", "sustainable per s")};
        const CoreSplit* best = best_split(splits, result.objective);
        for (const CoreSplit& split : splits) {
            table.row({fmt::format("{}{}", &split == best ? "* " : "  ", split.cores),
                       fmt::format("{}", split.side_by_side), time_text(split.alone), time_text(split.mean),
                       time_text(split.p95), per_second_text(split.sustainable)});
        }
        text += fmt::format("{}{} on {}; {} per request in the scenario\n", text.empty() ? "" : "\n",
                            splits.front().stage, device_name(result.devices, splits.front().device), [&splits] {
                                for (const CoreSplit& split : splits) {
                                    if (split.current) {
                                        return split.cores;
                                    }
                                }
                                return 0;
                            }());
        text += table.text(2, width);
    }
    return text.empty() ? "" : text + wrapped("Times are of whole requests. *: serves best.", 0, width);
}

std::string batch_sizes_text(const ScenarioResult& result, TextWidth width) {
    std::string text;
    std::optional<std::string> stage;
    TextTable table;
    const auto finish = [&] { text += stage ? (text.empty() ? "" : "\n") + *stage + "\n" + table.text(2, width) : ""; };
    for (const BatchSize& one : result.batch_sizes) {
        if (stage != one.stage) {
            finish();
            stage = one.stage;
            table = TextTable{left("  inputs"), right("pass", "per input", "request", "sustainable per s")};
        }
        table.row({fmt::format("{}{}", one.current ? "* " : "  ", one.batch), time_text(one.pass),
                   time_text(one.pass / static_cast<double>(one.batch)), time_text(one.request),
                   per_second_text(one.sustainable)});
    }
    finish();
    return text.empty() ? ""
                        : text + wrapped(
                                     "*: as the scenario has it. Batches are assumed full; time spent waiting for "
                                     "other requests to fill them is not counted.",
                                     0, width);
}

Json json_batch_sizes(const ScenarioResult& result) {
    return json_array(result.batch_sizes, [](const BatchSize& one) {
        return Json{{"stage", json_text(one.stage)},
                    {"batch", one.batch},
                    {"current", one.current},
                    {"pass_ms", json_milliseconds(one.pass)},
                    {"request_ms", json_milliseconds(one.request)},
                    {"sustainable_per_s", json_number(in_hertz(one.sustainable))}};
    });
}

Json json_core_splits(const ScenarioResult& result) {
    Json array = Json::array();
    for (const auto splits : splits_by_stage(result.core_splits)) {
        const CoreSplit* best = best_split(splits, result.objective);
        for (const CoreSplit& split : splits) {
            array.push_back({{"stage", json_text(split.stage)},
                             {"device", device_name(result.devices, split.device)},
                             {"cores", split.cores},
                             {"side_by_side", split.side_by_side},
                             {"current", split.current},
                             {"best", &split == best},
                             {"alone_ms", json_milliseconds(split.alone)},
                             {"mean_ms", json_milliseconds(split.mean)},
                             {"p95_ms", json_milliseconds(split.p95)},
                             {"sustainable_per_s", json_number(in_hertz(split.sustainable))}});
        }
    }
    return array;
}

}  // namespace berth
