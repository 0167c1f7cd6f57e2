// Folders written with --report: pages, the behaviour without gnuplot, and the state after a kill midway.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "cli/run_berth.h"

namespace berth {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using CliReport = BerthCommand;

const std::vector<std::vector<std::string>> kReporting{
    {"run", "rag-rk3588", "--report", "out"},
    {"compare", "rag-rk3588", "--hardware", "rk3588-rknn-2.3.2,rk3576-rknn-2.3.2", "--report", "out"},
    {"diff", "rag-rk3588", "--set", "stages.rerank.buckets=[128, 512]", "--report", "out"},
    {"sensitivity", "rag-rk3588", "--report", "out"},
    {"crossover", "rag-rk3588", "--vary", "stages.rerank.tokens=64:512:64", "--between", "npu,cpu", "--report", "out"},
};

TEST_F(CliReport, WithoutGnuplotTheAnswerIsStillGiven) {
    std::filesystem::create_directory(folder() / "empty");
    for (const auto& words : kReporting) {
        std::vector<std::string> without = words;
        without.resize(words.size() - 2);
        const Outcome plain = berth(without);
        const Outcome outcome =
            berth(words, "-u BERTH_DATA COLUMNS=240 PATH=" + shell_word((folder() / "empty").string()));
        EXPECT_EQ(outcome.status, 2) << words.front();
        EXPECT_THAT(outcome.err, HasSubstr("the pictures need gnuplot, which is not on the PATH")) << words.front();
        EXPECT_THAT(outcome.err, HasSubstr("gnuplot-nox")) << words.front();
        const bool page = std::filesystem::exists(folder() / "out" / "index.html");
        EXPECT_EQ(outcome.err.find("the page as PDF needs WeasyPrint") != std::string::npos, page) << outcome.err;
        std::filesystem::remove_all(folder() / "out");
        const std::string answer = plain.out.substr(0, plain.out.find("\nProvenance\n"));
        EXPECT_THAT(outcome.out, ::testing::StartsWith(answer)) << words.front();
    }
}

TEST_F(CliReport, AKillWhilePicturesAreDrawnLeavesNoneBehind) {
    write("bin/gnuplot", "#!/bin/sh\n: >drawing\nexec sleep 20\n");
    std::filesystem::permissions(folder() / "bin" / "gnuplot", std::filesystem::perms::owner_all);
    const std::string here = "cd " + shell_word(folder().string());
    const std::string line = "(" + here + " && PATH=$PWD/bin:$PATH exec " + shell_word(BERTH_EXE) +
                             " run rag-rk3588 --report out >/dev/null 2>&1) & berth=$!; " + here +
                             "; for i in $(seq 400); do [ -e drawing ] && break; sleep 0.05; done; kill -9 $berth";
    ASSERT_EQ(WEXITSTATUS(std::system(line.c_str())), 0);
    ASSERT_TRUE(std::filesystem::exists(folder() / "drawing"));
    for (const auto& entry : std::filesystem::directory_iterator(folder() / "out")) {
        EXPECT_THAT(entry.path().filename().string(), Not(::testing::StartsWith(".")));
        EXPECT_TRUE(entry.is_regular_file()) << entry.path();
    }
}

TEST_F(CliReport, PagesOfComparisonsNameWhatDiffers) {
    ASSERT_EQ(berth(kReporting[1]).status, 0);
    const std::string chips = content_of(folder() / "out" / "index.html");
    for (const char* text :
         {"<h2 id=\"what\">What makes the difference</h2>", "after: rk3576-rknn-2.3.2",
          "hardware.devices.cpu.clusters.little.macs_per_cycle.int8", "<svg", "embed on each chip"}) {
        EXPECT_THAT(chips, HasSubstr(text));
    }
    std::filesystem::remove_all(folder() / "out");
    ASSERT_EQ(berth(kReporting[2]).status, 0);
    const std::string diff = content_of(folder() / "out" / "index.html");
    for (const char* text :
         {"rerank moves from cpu to npu.", "stages.rerank.buckets", "[128, 512]", "budget of 200 ms"}) {
        EXPECT_THAT(diff, HasSubstr(text));
    }
    EXPECT_THAT(content_of(folder() / "out" / "waterfall.csv"), HasSubstr("inputs,before_ms,after_ms,moves\n"));
}

TEST_F(CliReport, ASecondReportReplacesTheFirst) {
    ASSERT_EQ(berth(kReporting[0]).status, 0);
    const auto first = files();
    ASSERT_EQ(berth(kReporting[0]).status, 0);
    EXPECT_EQ(files(), first);
}

// A spreadsheet must show the name of a stage as text and not evaluate it as a formula.
TEST_F(CliReport, NamesAreNoFormulas) {
    write("odd.yaml",
          "scenario: odd\nhardware: rk3588-rknn-2.3.2\n"
          "stages: [{name: \"=1+2\", model: all-MiniLM-L6-v2, dtype: fp16, tokens: 24, buckets: [32]}]\n");
    const Outcome outcome = berth({"run", "odd.yaml", "--report", "out", "--format", "csv"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("\n'=1+2,"));
    EXPECT_THAT(outcome.out, Not(HasSubstr("\n=1+2")));
    EXPECT_TRUE(std::filesystem::exists(folder() / "out" / "placement-1-2.svg"));
}

}  // namespace
}  // namespace berth
