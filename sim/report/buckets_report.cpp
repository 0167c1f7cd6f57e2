// One row per number of buckets, with its benefit and its memory.
#include "berth/report/buckets_report.h"

#include <fmt/format.h>

#include "report/json_values.h"
#include "report/text_layout.h"

namespace berth {

namespace {

std::string list_text(const std::vector<std::int64_t>& buckets) { return fmt::format("{}", fmt::join(buckets, ", ")); }

// Memory if each shape has its own copy of the weights, as with some compilers; others share one copy.
Bytes with_copies(const BucketRow& row) {
    return row.weights * static_cast<double>(row.buckets.size()) + row.activations;
}

Json row_json(const BucketRow& row, Time one) {
    return Json{{"buckets", row.buckets},
                {"mean_ms", json_milliseconds(row.mean)},
                {"gain", json_number(1 - row.mean / one)},
                {"padding", json_number(row.padding)},
                {"shared_bytes", json_number(in_bytes(row.weights + row.activations))},
                {"separate_bytes", json_number(in_bytes(with_copies(row)))}};
}

}  // namespace

std::string buckets_text(const BucketAdvice& advice, TextWidth width) {
    const std::string subject =
        fmt::format("{} on {}: {} distinct input lengths from {} to {} tokens, {} on average", advice.stage,
                    advice.device, advice.lengths.size(), advice.lengths.front().tokens, advice.lengths.back().tokens,
                    number_text(mean_tokens(advice.lengths), 3));
    std::string text = wrapped(title_of(subject, advice.changes), 0, width);
    TextTable table{right("at most"), left(Fit::kWrap, "buckets"),
                    right("mean", "gain", "padding", "shared weights", "separate weights")};
    const Time one = advice.rows.front().mean;
    const auto add = [&](const std::string& name, const BucketRow& row) {
        table.row({name, list_text(row.buckets), brief(row.mean), percent_text(1 - row.mean / one, 3),
                   percent_text(row.padding, 3), brief(row.weights + row.activations), brief(with_copies(row))});
    };
    for (std::size_t i = 0; i < advice.rows.size(); ++i) {
        add(fmt::format("{}", i + 1), advice.rows[i]);
    }
    if (advice.now) {
        add("now", *advice.now);
    }
    text += "\n" + table.text(2, width) + "\n";
    return text +
           wrapped(fmt::format("Without padding the mean would be {}. Gain: over the best single bucket. "
                               "Padding: share of the computed tokens that is padding. The last columns are "
                               "weights and activations of all compiled shapes: some compilers share the weights "
                               "between shapes, others give each shape its own copy.",
                               brief(advice.unpadded)),
                   0, width);
}

std::string buckets_json(const BucketAdvice& advice) {
    Json json;
    json["stage"] = advice.stage;
    json["device"] = advice.device;
    json["lengths"] = {{"different", advice.lengths.size()},
                       {"shortest", advice.lengths.front().tokens},
                       {"longest", advice.lengths.back().tokens},
                       {"mean", json_number(mean_tokens(advice.lengths))}};
    json["unpadded_ms"] = json_milliseconds(advice.unpadded);
    const Time one = advice.rows.front().mean;
    json["sets"] = Json::array();
    for (std::size_t i = 0; i < advice.rows.size(); ++i) {
        Json row;
        row["at_most"] = i + 1;
        row.update(row_json(advice.rows[i], one));
        json["sets"].push_back(std::move(row));
    }
    json["now"] = advice.now ? row_json(*advice.now, one) : Json(nullptr);
    return json_document(json);
}

}  // namespace berth
