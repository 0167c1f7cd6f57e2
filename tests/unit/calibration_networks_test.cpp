// Calibration from times of whole networks, as a deployer has them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "berth/calibration/calibration.h"
#include "berth/report/calibration_report.h"
#include "berth/scenario/scenario.h"
#include "calibration/fit_rows.h"
#include "scratch_folder.h"

namespace berth {
namespace {

namespace fs = std::filesystem;

class CalibrationNetworks : public testing::Test {
  protected:
    CalibrationNetworks() { library_.roots = {fs::path(BERTH_SOURCE_DIR)}; }

    static fs::path prior_path() {
        return fs::path(BERTH_SOURCE_DIR) / "hardware" / "measured" / "snapdragon-8-gen-3-qnn" / "prior.yaml";
    }
    Profile chip() {
        return load_hardware(library_, prior_path().string(), {}, SourceLocation("test"), diagnostics_).value();
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

// Neither network has attention, and two say little about how far a third one is off.
TEST_F(CalibrationNetworks, TwoNetworksNarrowLittleAndOnlyWhatTheyHave) {
    Profile profile = chip();
    const auto prior = profile.devices[static_cast<std::size_t>(*device_named(profile, "npu"))].error;
    const auto found = fit(profile, "resnet-18,fp16,,0.916\nresnet-101,fp16,,3.3\n");
    ASSERT_TRUE(found.has_value()) << diagnostics_.text();
    for (const FittedError& one : found->devices.at(0).errors) {
        EXPECT_NE(one.of, ErrorClass::kAttention);
        if (one.of == ErrorClass::kMatmul) {
            EXPECT_GE(one.after, 0.75 * prior.matmul.value);
        }
    }
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

TEST_F(CalibrationNetworks, RepetitionsOfAWorkWeighAsOneRow) {
    const std::string rows =
        "resnet-18,fp16,,0.916\nvit-b-16,fp16,,6.2\nresnet-18,int8,,0.5\nmobilenet-v3-small,fp16,,0.5\n"
        "distilbert-base-uncased-masked-lm,fp16,128,3\n";
    Profile profile = chip();
    const auto once = fit(profile, rows);
    ASSERT_TRUE(once.has_value()) << diagnostics_.text();
    std::string twenty_times;
    for (int i = 0; i < 20; ++i) {
        twenty_times += rows;
    }
    for (const std::string& repeated : {rows + rows, rows + "resnet-18,fp16,,0.916\n", twenty_times}) {
        Profile again = chip();
        const auto found = fit(again, repeated);
        ASSERT_TRUE(found.has_value()) << diagnostics_.text();
        constexpr double kRounding = 1e-9;
        EXPECT_NEAR(found->sigma, once->sigma, kRounding);
        EXPECT_NEAR(*found->unseen.mean_error, *once->unseen.mean_error, kRounding);
        ASSERT_EQ(found->parameters.size(), once->parameters.size());
        for (std::size_t i = 0; i < once->parameters.size(); ++i) {
            EXPECT_NEAR(found->parameters[i].after / once->parameters[i].after, 1, kRounding)
                << once->parameters[i].path;
            EXPECT_NEAR(found->parameters[i].spread_after, once->parameters[i].spread_after, kRounding);
            EXPECT_EQ(found->parameters[i].determined, once->parameters[i].determined);
        }
        ASSERT_EQ(found->devices.size(), 1U);
        EXPECT_EQ(found->devices[0].works, 5U);
        for (std::size_t i = 0; i < once->devices[0].errors.size(); ++i) {
            EXPECT_NEAR(found->devices[0].errors[i].after, once->devices[0].errors[i].after, kRounding);
        }
    }
    Profile again = chip();
    EXPECT_THAT(calibration_text(*fit(again, twenty_times)),
                ::testing::StartsWith("100 rows of npu (5 without repetitions); typical residual "));
}

TEST_F(CalibrationNetworks, RepetitionsThatScatterAreLessCertain) {
    const auto sigma_of = [this](const std::string& more) {
        Profile profile = chip();
        const auto found = fit(profile, "resnet-18,fp16,,1\nvit-b-16,fp16,,6.2\n" + more);
        EXPECT_TRUE(found.has_value()) << diagnostics_.text();
        return found->rows.front().sigma;
    };
    EXPECT_GT(sigma_of("resnet-18,fp16,,0.5\nresnet-18,fp16,,2\n"), 1.2 * sigma_of(""));
}

TEST_F(CalibrationNetworks, TheMedianOfRepetitionsStandsForThem) {
    const Profile profile = chip();
    const auto set =
        table("resnet-18,fp16,,0.8\nvit-b-16,fp16,,6.2\nresnet-18,fp16,,1\nresnet-18,int8,,0.5\nresnet-18,fp16,,1.25\n",
              profile);
    ASSERT_TRUE(set.has_value()) << diagnostics_.text();
    std::size_t left_out = 0;
    std::vector<FitRow> rows = fit_rows(std::vector{*set}, profile, left_out, diagnostics_);
    const std::vector<FitRow> works = without_repetitions(rows);
    ASSERT_EQ(works.size(), 3U);
    EXPECT_EQ(works[0].times.size(), 3U);
    EXPECT_NEAR(in_milliseconds(works[0].measured), 1, 1e-12);
    EXPECT_NEAR(works[0].noise, 1.4826 * std::log(1.25) / std::sqrt(3.0), 1e-9);
    EXPECT_EQ(works[1].measured, rows[1].measured);
    EXPECT_EQ(works[1].noise, 0);
    // The layers of another network are no repetitions: a fit may leave that network out.
    rows[4].network = "another";
    EXPECT_EQ(without_repetitions(rows).size(), 4U);
}

TEST_F(CalibrationNetworks, EachDeviceIsCreditedWithItsOwnRows) {
    const fs::path path =
        folder_.write("two.csv",
                      "model,device,dtype,tokens,ms\nresnet-18,cpu,int8,,40\nresnet-18,npu,fp16,,0.9\n"
                      "vit-b-16,npu,fp16,,6.2\nresnet-18,npu,int8,,0.5\n");
    Profile profile = chip();
    const auto set = load_measured_file(library_, path, std::nullopt, profile, diagnostics_);
    ASSERT_TRUE(set.has_value()) << diagnostics_.text();
    const auto found = calibrate(profile, std::vector{*set}, {}, diagnostics_);
    ASSERT_TRUE(found.has_value()) << diagnostics_.text();
    ASSERT_EQ(found->devices.size(), 2U);
    EXPECT_EQ(rows_by_device(*found), "1 row of cpu, 3 rows of npu");
    const auto has = [](const FittedDevice& device, DType dtype) {
        return std::ranges::any_of(device.evidence, [dtype](const MeasuredKind& one) { return one.dtype == dtype; });
    };
    EXPECT_FALSE(has(found->devices[0], DType::kFp16)) << "no row of the CPU is in fp16";
    EXPECT_TRUE(has(found->devices[1], DType::kFp16));
    const std::string text = calibrated_profile(*found, {"mine", "npu-vector", "", "rows", {}});
    for (const std::string device : {"cpu", "npu"}) {
        const auto at = text.find("  " + device + ":\n");
        ASSERT_NE(at, std::string::npos) << text;
        const std::string own = text.substr(at, text.find("\n  npu:\n", at + 1) - at);
        EXPECT_THAT(own, ::testing::HasSubstr("    error:\n")) << device;
        EXPECT_THAT(own, ::testing::HasSubstr("    evidence:\n")) << device;
    }
    // A picture network has no attention: its error is scaled with the others, but no row says anything of it.
    const auto of = [](const FittedDevice& device, ErrorClass error) {
        return *std::ranges::find(device.errors, error, &FittedError::of);
    };
    EXPECT_FALSE(of(found->devices[0], ErrorClass::kAttention).of_rows);
    EXPECT_TRUE(of(found->devices[0], ErrorClass::kMatmul).of_rows);
    EXPECT_TRUE(of(found->devices[1], ErrorClass::kVector).of_rows);
}

TEST_F(CalibrationNetworks, OnlyDeterminedNumbersAreWrittenAsCalibrated) {
    Profile profile = chip();
    Profile prior = profile;
    const auto found = fit(profile, "resnet-18,fp16,,0.916\nvit-b-16,fp16,,6.2\n");
    ASSERT_TRUE(found.has_value()) << diagnostics_.text();
    const fs::path path = folder_.write(
        "mine.yaml", calibrated_profile(*found, {"mine", prior_path().string(), "", "berth calibrate on rows", {}}));
    auto written = load_hardware(library_, path.string(), {}, SourceLocation("test"), diagnostics_);
    ASSERT_TRUE(written.has_value()) << diagnostics_.text();
    const std::vector<ParameterView> before = parameters(prior);
    // Without the share of another number, which readers put first.
    const auto words_of = [](const ParameterView& view) {
        return view.base.empty() ? view.source : view.source.substr(view.source.find("; ") + 2);
    };
    std::size_t open = 0;
    for (const ParameterView& view : parameters(*written)) {
        const auto one = std::ranges::find(found->parameters, view.path, &FittedParameter::path);
        if (one == found->parameters.end() || view.path.starts_with("links.")) {
            continue;
        }
        const ParameterView& stated = *std::ranges::find(before, view.path, &ParameterView::path);
        EXPECT_EQ(view.origin, one->determined ? Origin::kCalibrated : stated.origin) << view.path;
        EXPECT_EQ(one->determined, one->remains() < 0.5) << view.path;
        if (!one->determined) {
            open += 1;
            EXPECT_THAT(view.source, ::testing::HasSubstr(words_of(stated))) << view.path;
            EXPECT_THAT(view.source,
                        ::testing::EndsWith("before berth calibrate on rows, whose rows hardly determine it"));
        }
    }
    EXPECT_GT(open, found->parameters.size() / 2);
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

TEST_F(CalibrationNetworks, ARowThatTheDeviceDoesNotRunIsToldWithItsPlace) {
    Profile profile = chip();
    const auto set = table("resnet-18,fp16,,0.9\nresnet-18,int4,,0.9\n", profile);
    ASSERT_TRUE(set.has_value()) << diagnostics_.text();
    EXPECT_FALSE(calibrate(profile, std::vector{*set}, {}, diagnostics_).has_value());
    EXPECT_FALSE(validate(profile, std::vector{*set}, diagnostics_).has_value());
    ASSERT_EQ(diagnostics_.error_count(), 2U) << diagnostics_.text();
    for (const Diagnostic& one : diagnostics_.all()) {
        EXPECT_THAT(one.where.file_name(), ::testing::EndsWith("networks_of_mine.csv")) << one.message;
        EXPECT_EQ(one.where.line, 3);
        EXPECT_EQ(one.where.column, 11);
        EXPECT_THAT(one.message, ::testing::HasSubstr("not int4"));
    }
}

TEST_F(CalibrationNetworks, LengthsThatAModelHasNotAreTold) {
    const Profile profile = chip();
    EXPECT_FALSE(table("all-MiniLM-L6-v2,int8,1000,12\n", profile).has_value());
    EXPECT_THAT(diagnostics_.text(), ::testing::HasSubstr("networks_of_mine.csv:2:23: error: all-MiniLM-L6-v2 "
                                                          "has no inputs of 1000 tokens (expected at most 512)"));
    diagnostics_ = {};
    const auto set = table("resnet-18,fp16,128,0.916\nresnet-18,fp16,,0.9\n", profile);
    ASSERT_TRUE(set.has_value()) << diagnostics_.text();
    EXPECT_THAT(diagnostics_.text(),
                ::testing::HasSubstr("networks_of_mine.csv:2:16: warning: no effect: resnet-18 has "
                                     "inputs of one size"));
    std::size_t left_out = 0;
    EXPECT_EQ(without_repetitions(fit_rows(std::vector{*set}, profile, left_out, diagnostics_)).size(), 1U);
}

}  // namespace
}  // namespace berth
