// Fits to machines far from the prior: the written profile can always be read back.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <sstream>

#include "cli/run_berth.h"

namespace berth {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class CliCalibrate : public BerthCommand {
  protected:
    CliCalibrate() {
        write("memory.csv", memory_rows(25, 90));
        write("rows.csv", operator_rows());
        write("prior.yaml", "profile: believed-of-this-chip\nextends: onednn-cpu\n");
    }
    /// Memory probes of a machine with caches of the prior's size and the given DRAM bandwidths of one and two cores.
    static std::string memory_rows(double one_core, double two_cores) {
        std::string text = "access,bytes,cores,pass,measured_us\n";
        for (double kib = 16; kib <= 256 * 1024; kib *= 4) {
            for (const int cores : {1, 2}) {
                const double dram = cores == 1 ? one_core : two_cores;
                const double rate = kib <= 512 ? 100.0 * cores : (kib <= 8192 ? 60.0 * cores : dram);
                text += fmt::format("read,{:.0f},{},1,{:.6g}\n", kib * 1024, cores, kib * 1024 / rate / 1e3);
            }
        }
        return text + "fork_join,,2,1,1.2\n";
    }
    static std::string operator_rows() {
        std::string text = "op,dtype,m,k,n,rows,cols,cores,cache,measured_us\n";
        for (const int m : {16, 64, 256}) {
            for (const int n : {256, 1024}) {
                for (const int cores : {1, 2}) {
                    text += fmt::format("matmul,fp32,{},384,{},,,{},hot,{:.6g}\n", m, n, cores,
                                        2.0 + static_cast<double>(m) * 384 * n / 50e3 / cores);
                }
            }
        }
        for (const int rows : {64, 4096, 65536}) {
            text += fmt::format("add,fp32,,,,{},384,2,hot,{:.6g}\n", rows, 1.5 + rows * 384.0 * 12 / 90e3);
        }
        return text;
    }
    /// Text without its line breaks, which depend on the width of the terminal.
    static std::string on_one_line(const std::string& text) {
        std::istringstream words(text);
        std::string line;
        for (std::string word; words >> word;) {
            line += (line.empty() ? "" : " ") + word;
        }
        return line;
    }
    Outcome calibrate(const std::string& out, const std::vector<std::string>& more = {}) const {
        std::vector<std::string> words{"calibrate",  "--hardware", "prior.yaml", "--measured", "memory.csv",
                                       "--measured", "rows.csv",   "--out",      out};
        words.insert(words.end(), more.begin(), more.end());
        return berth(words);
    }
    [[nodiscard]] std::string checked(const std::string& file) const {
        const Outcome outcome = berth({"check", file});
        return outcome.status == 0 ? "" : outcome.out + outcome.err;
    }
};

TEST_F(CliCalibrate, WhatWasBelievedOfTheBusGivesWayToWhatWasMeasured) {
    const Outcome made = calibrate("mine.yaml", {"--format", "json"});
    EXPECT_EQ(made.status, 0) << made.err;
    EXPECT_EQ(checked("mine.yaml"), "");
    const std::string profile = content_of(folder() / "mine.yaml");
    EXPECT_THAT(profile, HasSubstr("no less than devices.cpu.dma.limit; 80 GB/s before"));
    EXPECT_THAT(profile, HasSubstr("sustained: {value: 100% of memory.dram.bandwidth,"));  // a share, as it was
    const auto json = made.json();
    EXPECT_TRUE(json.at("unseen").at("median").is_number());
    std::set<std::string> followed;
    for (const auto& one : json.at("following")) {
        EXPECT_GT(one.at("after").get<double>(), one.at("before").get<double>());
        followed.insert(one.at("path").get<std::string>());
    }
    EXPECT_EQ(followed, (std::set<std::string>{"memory.dram.bandwidth", "memory.dram.sustained"}));
    EXPECT_TRUE(json.at("held").empty());
    EXPECT_THAT(on_one_line(calibrate("text.yaml").out),
                HasSubstr("memory.dram.bandwidth follows from devices.cpu.dma.limit: "));
}

TEST_F(CliCalibrate, SlowerMemoryThanBelievedIsNoTrouble) {
    write("memory.csv", memory_rows(0.9, 1.1));
    EXPECT_EQ(calibrate("mine.yaml").status, 0);
    EXPECT_EQ(checked("mine.yaml"), "");
}

TEST_F(CliCalibrate, WhatIsSetHoldsTheFitAndIsNamed) {
    const Outcome made = calibrate("mine.yaml", {"--set", "memory.dram.bandwidth=62 GB/s", "--format", "json"});
    EXPECT_EQ(made.status, 0) << made.err;
    EXPECT_EQ(checked("mine.yaml"), "");
    const auto held = made.json().at("held");
    ASSERT_EQ(held.size(), 1U);
    EXPECT_EQ(held[0].at("path"), "devices.cpu.dma.limit");
    EXPECT_EQ(held[0].at("by"), "memory.dram.bandwidth");
    EXPECT_DOUBLE_EQ(held[0].at("at").get<double>(), 62e9);
    const std::string text = on_one_line(calibrate("text.yaml", {"--set", "memory.dram.bandwidth=62 GB/s"}).out);
    EXPECT_THAT(text, HasSubstr("devices.cpu.dma.limit is limited to 62 GB/s by memory.dram.bandwidth"));
    EXPECT_THAT(text, HasSubstr("memory.dram.bandwidth:1:1), which is not fitted."));
}

TEST_F(CliCalibrate, ADatasheetThatRowsContradictIsNamedByItsLine) {
    write("prior.yaml",
          "profile: sheet\nextends: onednn-cpu\nmemory:\n  dram:\n"
          "    bandwidth: {value: 70 GB/s, kind: datasheet, source: a manual}\n");
    const Outcome made = calibrate("mine.yaml");
    EXPECT_EQ(made.status, 0) << made.err;
    EXPECT_EQ(checked("mine.yaml"), "");
    EXPECT_THAT(on_one_line(made.out), HasSubstr("limited to 70 GB/s by memory.dram.bandwidth (prior.yaml:5:"));
}

TEST_F(CliCalibrate, AClockThatMayBeSetIsListed) {
    write("prior.yaml",
          "profile: clocks\nextends: onednn-cpu\ndevices:\n  cpu:\n    clock: {value: 3 GHz, spread: 20%}\n"
          "    clocks: [1.5 GHz, 3 GHz]\n");
    const Outcome made = calibrate("mine.yaml");
    EXPECT_EQ(made.status, 0) << made.err;
    EXPECT_EQ(checked("mine.yaml"), "");
    EXPECT_THAT(content_of(folder() / "mine.yaml"), HasSubstr("clocks: [1.5 GHz, "));
}

TEST_F(CliCalibrate, ThePriorIsFoundFromWhereverTheProfileIsWritten) {
    std::filesystem::create_directories(folder() / "made" / "here");
    for (const std::string out : {"made/here/mine.yaml", "mine.yaml", "made/prior.yaml"}) {
        const Outcome made = calibrate(out);
        EXPECT_EQ(made.status, 0) << made.err;
        EXPECT_EQ(checked(out), "") << out;
    }
    EXPECT_THAT(content_of(folder() / "made" / "here" / "mine.yaml"), HasSubstr("extends: \"../../prior.yaml\""));
    const Outcome over = calibrate("prior.yaml");
    EXPECT_EQ(over.status, 2);
    EXPECT_THAT(over.err, HasSubstr("prior.yaml would be written over the profile that it extends"));
    EXPECT_EQ(content_of(folder() / "prior.yaml"), "profile: believed-of-this-chip\nextends: onednn-cpu\n");
}

TEST_F(CliCalibrate, NamesMayBeAnyText) {
    std::filesystem::rename(folder() / "rows.csv", folder() / "rows \"of\" mine: #1.csv");
    const Outcome made = berth({"calibrate", "--hardware", "prior.yaml", "--measured", "rows \"of\" mine: #1.csv",
                                "--out", "mine.yaml", "--name", "yes: \"no\" # 1"});
    EXPECT_EQ(made.status, 0) << made.err;
    EXPECT_EQ(checked("mine.yaml"), "");
}

TEST_F(CliCalibrate, AccuracyIsReportedEvenIfNothingCanBeWritten) {
    const Outcome made = calibrate("no/such/folder/mine.yaml");
    EXPECT_EQ(made.status, 2);
    EXPECT_THAT(on_one_line(made.out), HasSubstr("Each shape predicted by a fit without it"));
    EXPECT_THAT(made.err, HasSubstr("no/such/folder/mine.yaml"));
}

// Of a table of words only the rows that are looked up are read, so a model of many words is not "faster than
// possible".
TEST_F(CliCalibrate, TheRooflineOfAModelCountsRowsThatAreReadOnly) {
    write("words.csv", "model,device,dtype,tokens,ms\nmultilingual-e5-small,npu,int8,64,4.5\n");
    const Outcome outcome =
        berth({"validate", "--hardware", "snapdragon-8-gen-3-qnn", "--measured", "words.csv", "--format", "json"});
    const Json row = Json::parse(outcome.out)["sets"][0]["rows"][0];
    EXPECT_LT(row["roofline_us"].get<double>(), row["predicted_us"].get<double>());
    EXPECT_GT(row["roofline_us"].get<double>(), 0);
}

// Layers that the host ran within the NPU's graph are part of the NPU's table.
TEST_F(CliCalibrate, ATableOfLayersKeepsThoseOfTheHost) {
    const std::string table =
        std::string(BERTH_SOURCE_DIR) + "/hardware/measured/rk3588-rknn-2.3.2/rk3588_rknn_layers.csv";
    const Outcome outcome = berth(
        {"validate", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu", "--measured", table, "--format", "json"});
    const Json rows = Json::parse(outcome.out)["sets"][0]["rows"];
    EXPECT_TRUE(std::ranges::any_of(rows, [](const Json& row) { return row["device"] == "cpu"; }));
    EXPECT_EQ(outcome.err.find("left out"), std::string::npos) << outcome.err;
}

TEST_F(CliCalibrate, RowsSayWhoseTheyAre) {
    const std::string head = "# machine:\n#   processor: A Processor\n#   family: 6\n#   model: 1\n#   stepping: 2\n";
    write("rows.csv", head + operator_rows());
    EXPECT_EQ(calibrate("mine.yaml").status, 0);
    EXPECT_THAT(content_of(folder() / "mine.yaml"),
                HasSubstr("machine:\n  processor: \"A Processor\"\n  vendor:\n  family: 6\n"));
    EXPECT_EQ(checked("mine.yaml"), "");
    write("memory.csv", "# machine:\n#   processor: Another One\n" + memory_rows(10, 15));
    const Outcome two = calibrate("two.yaml");
    EXPECT_EQ(two.status, 0);
    EXPECT_THAT(two.err,
                HasSubstr("rows.csv: warning: its rows are of another machine than those of the files before"));
    EXPECT_THAT(content_of(folder() / "two.yaml"), Not(HasSubstr("machine:")));
}

}  // namespace
}  // namespace berth
