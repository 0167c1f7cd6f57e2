// Text-generating models: each row gives the time to the first token, the mean time per further token, or both.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "calibration/measured_rows.h"
#include "calibration/read_models.h"

namespace berth {

namespace {

/// One of the two times of a row.
struct TimedPhase {
    Phase phase{};
    std::string_view op_class;
    std::string name;
    Time measured;
};

void add_row(const TimedPhase& timed, const MeasuredTable& table, const CsvRow& row, ModelStage stage, DeviceId device,
             MeasuredSet& set) {
    MeasuredRow measured;
    measured.name = fmt::format("{} {}, {}", stage.model.name, table.text(row, "dtype"), timed.name);
    measured.op_class = timed.op_class;
    measured.dtype = stage.precision.dtype.weights;
    measured.device = device;
    measured.measured = timed.measured;
    stage.generation->phase = timed.phase;
    stage.generation->new_tokens = timed.phase == Phase::kPrefill ? 0 : stage.generation->new_tokens;
    measured.work = std::move(stage);
    set.rows.push_back(std::move(measured));
}

bool wanted(const RowSource& source, std::string_view model) {
    return source.models.empty() || std::find(source.models.begin(), source.models.end(), model) != source.models.end();
}

}  // namespace

void read_generation_rows(const MeasuredTable& table, const RowSource& source, const Library& library,
                          MeasuredSet& set) {
    ReadModels models(library);
    for (const CsvRow& row : table.rows()) {
        const std::string name(table.text(row, "model"));
        if (!wanted(source, name)) {
            continue;
        }
        const auto dtype = choice_named(kSchemeNames, table.text(row, "dtype"));
        if (!dtype) {
            set.left_out.push_back(fmt::format("{}: {} cannot be predicted", name, table.text(row, "dtype")));
            continue;
        }
        const Model* model = models.of(table, row);
        if (model == nullptr) {
            continue;
        }
        ModelStage stage;
        stage.model = *model;
        stage.model.where = table.where(row, "dtype");  // a device that does not run it does not in this dtype
        stage.precision.dtype = *dtype;
        stage.cores[source.device] = source.cores;
        stage.generation =
            Generation{Phase::kDecode, table.count(row, "prompt_tokens"), table.count(row, "new_tokens")};
        stage.tokens = {{stage.generation->prompt, 1}};
        const std::int64_t prompt = stage.generation->prompt;
        const auto first = table.number(row, "ttft_ms");
        const auto rate = table.number(row, "decode_tokens_per_s");
        if (!first && !rate) {
            table.error(row, "ttft_ms", "no time is given", "a number greater than 0 here or in decode_tokens_per_s");
        }
        if (first) {
            add_row({Phase::kPrefill, "prefill", fmt::format("first token after {}", prompt), milliseconds(*first)},
                    table, row, stage, source.device, set);
        }
        if (rate) {
            add_row({Phase::kDecode, "decode", fmt::format("a token behind {}", prompt), seconds(1 / *rate)}, table,
                    row, std::move(stage), source.device, set);
        }
    }
}

}  // namespace berth
