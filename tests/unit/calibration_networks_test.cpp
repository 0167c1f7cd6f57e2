// Calibration from times of whole networks, as a deployer has them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "berth/calibration.h"
#include "berth/calibration_report.h"
#include "berth/scenario.h"
#include "calibration/fit_rows.h"
#include "scratch_folder.h"

namespace berth {
namespace {

namespace fs = std::filesystem;

class CalibrationNetworks : public testing::Test {
  protected:
    CalibrationNetworks() { library_.roots = {fs::path(BERTH_SOURCE_DIR)}; }

    Profile chip() {
        const fs::path prior =
            fs::path(BERTH_SOURCE_DIR) / "hardware" / "measured" / "snapdragon-8-gen-3-qnn" / "prior.yaml";
        return load_hardware(library_, prior.string(), {}, SourceLocation("test"), diagnostics_).value();
    }
    // A table with only the columns that a deployer needs.
    std::optional<MeasuredSet> table(const std::string& rows, const Profile& profile) {
        const fs::path path = folder_.write("networks_of_mine.csv", "model,dtype,tokens,ms\n" + rows);
        return load_measured_file(library_, path, device_named(profile, "npu"), profile, diagnostics_);
    }
    std::optional<Calibration> fit(Profile& profile, const std::string& rows) {
        const auto set = table(rows, profile);
        return set ? calibrate(profile, std::vector{*set}, {}, diagnostics_) : std::nullopt;
    }

    ScratchFolder folder_;
    Library library_;
    Diagnostics diagnostics_;
};

TEST_F(CalibrationNetworks, TwoTimesGiveAProfileThatSaysWhatTheyLeaveOpen) {
    Profile profile = chip();
    const auto found = fit(profile, "resnet-18,fp16,,0.916\nvit-b-16,fp16,,6.2\n");
    ASSERT_TRUE(found.has_value()) << diagnostics_.text();
    for (const FittedRow& row : found->rows) {
        EXPECT_NEAR(row.predicted / row.measured, 1, 0.25) << row.name;
    }
    const auto open = std::ranges::count_if(found->parameters, [](const auto& one) { return !one.determined; });
    EXPECT_GT(open, std::ssize(found->parameters) / 2) << "two times do not determine most of the numbers";
    for (const FittedParameter& one : found->parameters) {
        EXPECT_LE(one.spread_after, one.spread_before * 1.001) << one.path;
    }
    const std::string text = calibration_text(*found, TextWidth{200});
    const auto row = text.find("resnet-18 fp16 on npu");
    ASSERT_NE(row, std::string::npos);
    EXPECT_EQ(text.find("resnet-18 fp16 on npu", row + 1), std::string::npos)
        << "a row that is far off and of much leverage stands there once";
}

TEST_F(CalibrationNetworks, RowsOfTheSameWorkTakeTheTimeThatIsCountedOnce) {
    const Profile profile = chip();
    // Two equal rows, another dtype, another length, and the first row again.
    const auto set = table(
        "resnet-18,fp16,,0.916\nresnet-18,fp16,,0.95\nresnet-18,int8,,0.5\nvit-b-16,fp16,,6.2\n"
        "distilbert-base-uncased-masked-lm,fp16,128,3\ndistilbert-base-uncased-masked-lm,fp16,384,11.8\n"
        "resnet-18,fp16,,0.9\n",
        profile);
    ASSERT_TRUE(set.has_value()) << diagnostics_.text();
    std::size_t left_out = 0;
    const std::vector<FitRow> rows = fit_rows(std::vector{*set}, profile, left_out, diagnostics_);
    ASSERT_EQ(rows.size(), 7U);
    const std::vector<double> logs = RowTimes(rows).logs(profile);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ(logs[i], std::log(in_seconds(time_of(rows[i], profile)))) << i;
    }
    EXPECT_NE(logs[0], logs[2]);
    EXPECT_NE(logs[4], logs[5]);
}

TEST_F(CalibrationNetworks, HandOversAreFittedAndWrittenWithTheirLink) {
    Profile profile = chip();
    // The second one is explained only by its hand-over: 47 MB of scores.
    const auto found = fit(profile,
                           "mobilenet-v3-small,fp16,,0.5\ndistilbert-base-uncased-masked-lm,fp16,384,11.8\n"
                           "resnet-18,fp16,,0.9\n");
    ASSERT_TRUE(found.has_value()) << diagnostics_.text();
    ASSERT_EQ(found->links.size(), 1U);
    const std::string text = calibrated_profile(*found, {"mine", "npu-vector", "", "rows", {}});
    EXPECT_THAT(text, ::testing::HasSubstr("links:\n  - between: [cpu, npu]\n    per_crossing: {value: "));
    EXPECT_THAT(text, ::testing::HasSubstr("    layout_change: {value: "));
}

TEST_F(CalibrationNetworks, NetworksToTimeNextAreInTheOrderOfWhatTheyClose) {
    Profile profile = chip();
    const auto timed = table("mobilenet-v3-small,fp16,,0.5\nresnet-18,fp16,,0.9\n", profile);
    const auto open = table("vit-b-16,fp16,,1\nmobilenet-v3-large,fp16,,1\n", profile);
    ASSERT_TRUE(timed && open) << diagnostics_.text();
    CalibrationOptions options;
    options.candidates = open->rows;
    const auto found = calibrate(profile, std::vector{*timed}, options, diagnostics_);
    ASSERT_TRUE(found.has_value()) << diagnostics_.text();
    ASSERT_EQ(found->next.size(), 2U);
    EXPECT_GE(found->next.front().removes, found->next.back().removes);
    EXPECT_GT(found->next.back().removes, 0);
    EXPECT_THAT(calibration_text(*found), ::testing::HasSubstr("Time next"));
}

TEST_F(CalibrationNetworks, WrongRowsAreToldWithTheirPlace) {
    const Profile profile = chip();
    EXPECT_FALSE(table("resnet-18,fp16,,0.9\nalbert-base-v2,fp16,,17\nresnet-18,fp17,,1\n", profile).has_value());
    EXPECT_THAT(diagnostics_.text(), ::testing::HasSubstr(":3:"));
    EXPECT_THAT(diagnostics_.text(), ::testing::HasSubstr("neither tokens nor a bucket are given"));
    EXPECT_THAT(diagnostics_.text(), ::testing::HasSubstr("unknown dtype 'fp17'"));
}

}  // namespace
}  // namespace berth
