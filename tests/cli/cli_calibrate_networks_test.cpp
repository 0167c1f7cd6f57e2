// Calibration from times of whole networks by the command: rows of several devices, and what counts as calibrated.
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

}  // namespace
}  // namespace berth
