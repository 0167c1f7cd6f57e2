// Reports of the synthetic result, word for word.
#include <gtest/gtest.h>

#include <sstream>

#include "berth/report/report.h"
#include "golden_file.h"
#include "report/text_layout.h"
#include "report_sample.h"

namespace berth {
namespace {

const Execution kOneCore{1, {}};

void expect_within_report_columns(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(display_width(line), TextWidth().columns) << line;
        EXPECT_FALSE(line.ends_with(' ')) << "'" << line << "'";
    }
}

ModelPrediction sample_prediction() {
    ModelPrediction prediction;
    prediction.model = "tiny-encoder";
    prediction.device = "npu";
    prediction.candidate = sample_result().stages[0].candidates[1];
    prediction.candidate.actual_tokens = 100;
    prediction.candidate.generation =
        GenerationResult{Estimate<Time>{milliseconds(25), milliseconds(18), milliseconds(34.7)},
                         seconds(1 / 12.345),
                         1,
                         mebibytes(1.5),
                         {},
                         {},
                         {},
                         {},
                         {}};
    return prediction;
}

TEST(ReportGolden, Text) {
    const std::string text = text_report(sample_result(), sample_scenario(), sample_findings());
    expect_golden("report.txt", text);
    expect_within_report_columns(text);
}

TEST(ReportGolden, Json) {
    expect_golden("report.json", json_report(sample_result(), sample_scenario(), sample_findings()));
}

TEST(ReportGolden, Csv) { expect_golden("operators.csv", csv_report(sample_result())); }

TEST(ReportGolden, Markdown) {
    const std::vector<Picture> pictures{{"time-by-class", "Where the time goes."}};
    expect_golden("report.md", markdown_report(sample_result(), sample_scenario(), sample_findings(), pictures));
}

TEST(ReportGolden, Operators) {
    const ScenarioResult result = sample_result();
    const std::string text = operators_text("rank", result.stages[2].candidates[0], result.devices);
    expect_golden("operators.txt", text);
    expect_within_report_columns(text);
}

TEST(ReportGolden, Explanation) {
    const OperatorResult op = sample_result().stages[2].candidates[1].operators[0];
    const std::string text = explain_text(op, sample_scenario().profile, kOneCore);
    expect_golden("explain.txt", text);
    expect_within_report_columns(text);
    expect_golden("explain.json", explain_json(op, sample_scenario().profile, kOneCore));
}

TEST(ReportGolden, ModelPrediction) {
    const ScenarioResult result = sample_result();
    expect_golden("prediction.txt", prediction_text(sample_prediction(), result.devices));
    expect_golden("prediction.json", prediction_json(sample_prediction(), result.devices));
}

TEST(ReportGolden, KernelPrediction) {
    const OperatorResult op = sample_result().stages[0].candidates[1].operators[3];
    const KernelPrediction prediction{log_normal_estimate(op.latency, 0.2), *op.cost, {}, *op.kernel};
    const Scenario scenario = sample_scenario();
    const Device& npu = scenario.profile.devices[1];
    expect_golden("kernel.txt", kernel_text(*op.kernel, prediction, npu, kOneCore));
    expect_golden("kernel.json", kernel_json(*op.kernel, prediction, npu, kOneCore));
}

}  // namespace
}  // namespace berth
