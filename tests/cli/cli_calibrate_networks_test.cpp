// Calibration from times of whole networks by the command: rows of several devices, and what counts as calibrated.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

#include "cli/run_berth.h"

namespace berth {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class CliCalibrateNetworks : public BerthCommand {
  protected:
    CliCalibrateNetworks() {
        write("c.yaml",
              "profile: c\nextends: npu-convolution\ndevices:\n  npu:\n    cores: 4\n"
              "    clock: {value: 1 GHz, kind: datasheet, source: a datasheet}\n    matrix:\n      macs_per_cycle:\n"
              "        int8: {value: 2048, kind: datasheet, source: a datasheet}\n");
        write("rows.csv",
              "model,device,dtype,tokens,ms\nresnet-50,cpu,int8,,40\nresnet-50,npu,fp16,,10\nresnet-50,npu,int8,,6\n"
              "bert-base-uncased,npu,fp16,128,30\n");
    }
    [[nodiscard]] Outcome calibrate(const std::vector<std::string>& more) const {
        std::vector<std::string> words{"calibrate", "--hardware", "c.yaml", "--measured", "rows.csv"};
        words.insert(words.end(), more.begin(), more.end());
        return berth(words);
    }
};

TEST_F(CliCalibrateNetworks, RowsThatNameTheirDevicesAreFittedTogether) {
    const Outcome made = calibrate({"--out", "mine.yaml"});
    EXPECT_EQ(made.status, 0) << made.err;
    EXPECT_THAT(made.out, StartsWith("1 row of cpu, 3 rows of npu; typical residual "));
    EXPECT_EQ(made.err, "");
    const std::string profile = content_of(folder() / "mine.yaml");
    EXPECT_NE(profile.find("evidence:"), profile.rfind("evidence:")) << profile;
    const auto devices = calibrate({"--format", "json"}).json().at("devices");
    ASSERT_EQ(devices.size(), 2U);
    EXPECT_EQ(devices[0].at("name"), "cpu");
    EXPECT_EQ(devices[1].at("rows"), 3);
}

TEST_F(CliCalibrateNetworks, ADeviceSelectsItsRows) {
    const Outcome made = calibrate({"--device", "npu", "--out", "mine.yaml"});
    EXPECT_EQ(made.status, 0) << made.err;
    EXPECT_THAT(made.out, StartsWith("3 rows of npu; typical residual "));
    EXPECT_THAT(made.err, HasSubstr("rows.csv: warning: only rows of npu are read (--device): 1 row of cpu left out"));
    const std::string profile = content_of(folder() / "mine.yaml");
    EXPECT_THAT(profile.substr(0, profile.find("\n  npu:\n")), Not(HasSubstr("evidence:")));
    const Outcome validated = berth({"validate", "--hardware", "c.yaml", "--measured", "rows.csv", "--device", "cpu"});
    EXPECT_THAT(validated.err, HasSubstr("only rows of cpu are read (--device): 3 rows of npu left out"));
    EXPECT_THAT(validated.out, Not(HasSubstr("bert-base-uncased")));
}

TEST_F(CliCalibrateNetworks, ADeviceWithoutRowsIsRefused) {
    write("rows.csv", "model,device,dtype,tokens,ms\nresnet-50,cpu,int8,,40\n");
    const Outcome made = calibrate({"--device", "npu"});
    EXPECT_EQ(made.status, 2);
    EXPECT_THAT(made.err, HasSubstr("only rows of npu are read (--device): 1 row of cpu left out"));
    write("rows.csv", "model,dtype,tokens,ms\nresnet-50,int8,,40\n");
    EXPECT_THAT(calibrate({}).err, HasSubstr("which device ran these rows is not in the file"));
}

TEST_F(CliCalibrateNetworks, AComparisonCountsOnlyDeterminedNumbersAsCalibrated) {
    const Outcome made = calibrate({"--out", "mine.yaml", "--format", "json"});
    ASSERT_EQ(made.status, 0) << made.err;
    const auto answer = made.json();
    std::size_t calibrated = 0;
    for (const auto& one : answer.at("parameters")) {
        calibrated += one.at("determined").get<bool>() ? 1 : 0;
    }
    for (const auto& device : answer.at("devices")) {
        calibrated += std::ranges::count_if(device.at("errors"),
                                            [](const auto& one) { return one.at("of_rows").template get<bool>(); });
    }
    const std::string profile = content_of(folder() / "mine.yaml");
    std::size_t written = 0;
    for (auto at = profile.find("kind: calibrated"); at != std::string::npos;
         at = profile.find("kind: calibrated", at + 1)) {
        written += 1;
    }
    EXPECT_EQ(written, calibrated);
    write("s.yaml", "scenario: s\nhardware: c.yaml\nstages:\n  - {name: a, model: resnet-18, dtype: int8}\n");
    const Outcome compared = berth({"compare", "s.yaml", "--hardware", "c.yaml,mine.yaml"});
    EXPECT_THAT(compared.out, HasSubstr(std::to_string(calibrated) + " of ")) << compared.err;
}

/// A chip of a datasheet, and the times that it predicts of three networks, all multiplied by one factor.
class CliCalibrateFactor : public BerthCommand {
  protected:
    CliCalibrateFactor() {
        const Outcome made = berth({"new-chip",    "tri",    "--archetype", "npu-systolic", "--cores",     "1",
                                    "--clock",     "1.2GHz", "--macs-int8", "4096",         "--sram",      "4MiB",
                                    "--bandwidth", "30GB/s", "--dram",      "51.2GB/s",     "--dram-size", "8GiB",
                                    "--cpu-cores", "4",      "--cpu-clock", "2.4GHz",       "--yes"});
        EXPECT_EQ(made.status, 0) << made.err;
        write_rows(1);
        const auto predicted = berth(
            {"validate", "--hardware", "tri.yaml", "--device", "npu", "--measured", "rows.csv", "--format", "json"});
        EXPECT_EQ(predicted.status, 0) << predicted.err;
        times_.clear();
        const auto answer = predicted.json();
        for (const auto& row : answer.at("sets")[0].at("rows")) {
            times_.push_back(row.at("predicted_us").get<double>() / 1000);
        }
    }
    void write_rows(double factor) const {
        write("rows.csv", fmt::format("model,dtype,tokens,ms\nmobilenet-v2,int8,,{}\nresnet-50,int8,,{}\n"
                                      "all-MiniLM-L6-v2,int8,128,{}\n",
                                      times_[0] * factor, times_[1] * factor, times_[2] * factor));
    }
    [[nodiscard]] Outcome calibrate(const std::vector<std::string>& more) const {
        std::vector<std::string> words{"calibrate",  "--hardware", "tri.yaml", "--device", "npu",
                                       "--measured", "rows.csv",   "--out",    "mine.yaml"};
        words.insert(words.end(), more.begin(), more.end());
        return berth(words);
    }
    [[nodiscard]] double coverage() const {
        const auto answer = berth(
            {"validate", "--hardware", "mine.yaml", "--device", "npu", "--measured", "rows.csv", "--format", "json"});
        EXPECT_EQ(answer.status, 0) << answer.err;
        return answer.json().at("sets")[0].at("classes").back().at("coverage").get<double>();
    }

    std::vector<double> times_{1, 1, 1};
};

TEST_F(CliCalibrateFactor, RowsThatAllSayTheSameMoveTheNumbersHoweverFar) {
    double before = 1;
    for (const double factor : {1.5, 2.0, 2.2, 2.4, 3.0}) {
        write_rows(factor);
        const Outcome made = calibrate({"--format", "json"});
        ASSERT_EQ(made.status, 0) << made.err;
        EXPECT_EQ(made.err, "");
        const auto answer = made.json();
        EXPECT_LT(answer.at("fitted").at("mape").get<double>(), 0.05) << factor;
        EXPECT_LT(answer.at("sigma").get<double>(), 0.1) << factor;
        for (const auto& row : answer.at("residuals")) {
            EXPECT_GT(row.at("weight").get<double>(), 0.5) << factor << ": " << row.at("name");
        }
        const auto& numbers = answer.at("parameters");
        const auto efficiency = std::ranges::find_if(
            numbers, [](const auto& one) { return one.at("path") == "hardware.devices.npu.matrix.efficiency"; });
        ASSERT_NE(efficiency, numbers.end());
        EXPECT_LT(efficiency->at("after").template get<double>(), before) << factor;
        before = efficiency->at("after").template get<double>();
        EXPECT_EQ(coverage(), 1) << factor;
    }
    EXPECT_THAT(calibrate({"--name", "mine"}).out,
                HasSubstr("The rows move hardware.devices.npu.matrix.efficiency by 4."));
}

TEST_F(CliCalibrateFactor, RowsOutsideOfTheWrittenIntervalsAreTold) {
    write_rows(0.3);  // faster than the array can be
    const Outcome made = calibrate({});
    EXPECT_EQ(made.status, 0) << made.err;
    EXPECT_LT(coverage(), 0.9);
    EXPECT_THAT(made.err,
                HasSubstr("mine.yaml: warning: 3 of the 3 fitted rows lie outside the 5-95 % interval that it "
                          "predicts; farthest is "));
    EXPECT_THAT(made.out, HasSubstr("the numbers do not"));
}

}  // namespace
}  // namespace berth
