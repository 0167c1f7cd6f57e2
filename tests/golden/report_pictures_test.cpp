// The pictures are drawn with gnuplot, and what they hold is looked up in the SVG.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "berth/report.h"
#include "report_sample.h"

namespace berth {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class ReportFolder : public testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "berth-report-XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }
    void TearDown() override { fs::remove_all(folder_); }

    bool write(const fs::path& to) {
        return write_report(to, sample_result(), sample_scenario(), sample_findings(), sample_curves(), {},
                            diagnostics_);
    }
    static std::string content(const fs::path& path) {
        std::ifstream file(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }
    static std::vector<std::string> names_in(const fs::path& folder) {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(folder)) {
            names.push_back(entry.path().filename().string());
        }
        return names;
    }

    fs::path folder_;
    Diagnostics diagnostics_;
};

const std::vector<std::string> kPictures{"time-by-class", "placement-embed", "placement-rank",
                                         "roofline-cpu",  "roofline-npu",    "tokens-embed"};

/// Width of a PNG, from its header: big-endian in the bytes 16 to 19.
unsigned png_width(const std::string& png) {
    unsigned width = 0;
    for (std::size_t i = 16; i < 20 && i < png.size(); ++i) {
        width = width * 256 + static_cast<unsigned char>(png[i]);
    }
    return width;
}

TEST_F(ReportFolder, HoldsEveryDocumentAndPictureAndNothingElse) {
    ASSERT_TRUE(write(folder_ / "new" / "review")) << diagnostics_.text();
    EXPECT_TRUE(diagnostics_.empty()) << diagnostics_.text();
    std::vector<std::string> expected{"report.txt", "report.json", "operators.csv", "report.md", "index.html"};
    for (const std::string& picture : kPictures) {
        expected.push_back(picture + ".png");
        expected.push_back(picture + ".svg");
    }
    EXPECT_THAT(names_in(folder_ / "new" / "review"), testing::UnorderedElementsAreArray(expected));
}

TEST_F(ReportFolder, PicturesAreWholeAndWide) {
    ASSERT_TRUE(write(folder_)) << diagnostics_.text();
    for (const std::string& picture : kPictures) {
        const std::string png = content(folder_ / (picture + ".png"));
        EXPECT_TRUE(png.starts_with("\x89PNG\r\n")) << picture;
        EXPECT_EQ(png_width(png), 1600U) << picture;
        EXPECT_THAT(png, HasSubstr("IEND")) << picture;
        EXPECT_GT(png.size(), 10000U) << picture;
        const std::string svg = content(folder_ / (picture + ".svg"));
        EXPECT_THAT(svg, HasSubstr("</svg>")) << picture;
        EXPECT_THAT(svg, HasSubstr("DejaVu Sans")) << picture;
        EXPECT_GT(svg.size(), 5000U) << picture;
    }
}

TEST_F(ReportFolder, AxesHaveUnitsAndLegendsNames) {
    ASSERT_TRUE(write(folder_)) << diagnostics_.text();
    const std::string classes = content(folder_ / "time-by-class.svg");
    for (const char* text : {"time (ms)", "embed: cpu", "rank: split by operator x3", "7.27 ms, chosen", "attention",
                             "ffn", "hand-over and calls", "5-95 %"}) {
        EXPECT_THAT(classes, HasSubstr(std::string("<text>") + text + "<")) << text;
    }
    EXPECT_THAT(classes, Not(HasSubstr("gpu")));  // infeasible
    const std::string roofline = content(folder_ / "roofline-npu.svg");
    for (const char* text : {"operations per DRAM byte (MAC/byte)", "achieved rate (MAC/s)", "int8: 51.2 GMAC/s",
                             "DRAM: 8 GB/s", "open: element operations, no MACs"}) {
        EXPECT_THAT(roofline, HasSubstr(std::string("<text>") + text + "<")) << text;
    }
    const std::string placement = content(folder_ / "placement-rank.svg");
    for (const char* text : {"time within the pass (ms)", "split by operator", "npu", "cpu"}) {
        EXPECT_THAT(placement, HasSubstr(std::string("<text>") + text + "<")) << text;
    }
    const std::string tokens = content(folder_ / "tokens-embed.svg");
    for (const char* text :
         {"actual tokens of the input", "latency (ms)", "input: 100 tokens", "from 129 tokens: cpu"}) {
        EXPECT_THAT(tokens, HasSubstr(std::string("<text>") + text + "<")) << text;
    }
}

TEST_F(ReportFolder, TimelineHasLanesStagesAndBandwidth) {
    using namespace literals;
    SimulatedTask embed, rank;
    embed.name = "embed layer.0";
    embed.work = 20_ms;
    rank.name = "rank layer.0";
    rank.pool = 1;
    rank.servers = 2;
    rank.work = 30_ms;
    rank.bandwidth = 0;
    rank.moved = 60_MB;
    rank.fastest = 2_GBps;
    rank.after = {0};
    ScenarioResult result = sample_result();
    result.timeline = TrafficResult{
        {{{"npu", 1}, {"cpu", 4}}, {{"dram", 10_GBps}}, {embed, rank}, {{"embed", 0, 0, {}}, {"rank", 1, 1, {}}}}, {}};
    result.timeline->simulation = simulate(result.timeline->system, ArrivalTrace{{0_ms, 5_ms, 10_ms}}, {3, 0, 1, 3});
    ASSERT_TRUE(write_report(folder_, result, sample_scenario(), sample_findings(), sample_curves(), {}, diagnostics_))
        << diagnostics_.text();
    const std::string timeline = content(folder_ / "timeline.svg");
    for (const char* text : {"3 requests over time", "time (ms)", "npu", "cpu 0-1", "cpu 2-3", "dram", "embed", "rank",
                             "1: embed layer.0", "2: rank layer.0", "at most 40% of 10 GB/s"}) {
        EXPECT_THAT(timeline, HasSubstr(std::string("<text>") + text + "<")) << text;
    }
}

TEST_F(ReportFolder, SamePicturesTwice) {
    ASSERT_TRUE(write(folder_ / "a") && write(folder_ / "b")) << diagnostics_.text();
    for (const std::string& name : names_in(folder_ / "a")) {
        EXPECT_EQ(content(folder_ / "a" / name), content(folder_ / "b" / name)) << name;
    }
}

TEST_F(ReportFolder, MarkdownShowsPicturesThatAreThere) {
    ASSERT_TRUE(write(folder_)) << diagnostics_.text();
    const std::string markdown = content(folder_ / "report.md");
    for (const std::string& picture : kPictures) {
        EXPECT_THAT(markdown, HasSubstr("](" + picture + ".png)"));
    }
}

TEST_F(ReportFolder, WithoutGnuplotTheDocumentsAreWhole) {
    const std::string path = std::getenv("PATH");
    setenv("PATH", folder_.c_str(), 1);
    const bool whole = write(folder_ / "out");
    setenv("PATH", path.c_str(), 1);
    EXPECT_FALSE(whole);
    EXPECT_EQ(
        diagnostics_.text(),
        "error: the pictures need gnuplot, which is not on the PATH (expected an installed gnuplot, on Debian the "
        "package gnuplot-nox)\n");
    EXPECT_THAT(names_in(folder_ / "out"),
                testing::UnorderedElementsAre("report.txt", "report.json", "operators.csv", "report.md", "index.html"));
    EXPECT_EQ(content(folder_ / "out" / "report.txt"),
              text_report(sample_result(), sample_scenario(), sample_findings()));
    EXPECT_THAT(content(folder_ / "out" / "report.md"), Not(HasSubstr(".png")));
}

TEST_F(ReportFolder, AGnuplotThatFailsIsReportedWithWhatItSaid) {
    std::ofstream(folder_ / "gnuplot") << "#!/bin/sh\necho 'no such terminal' >&2\nexit 1\n";
    fs::permissions(folder_ / "gnuplot", fs::perms::owner_all);
    const std::string path = std::getenv("PATH");
    setenv("PATH", (folder_.string() + ":" + path).c_str(), 1);
    const bool whole = write(folder_ / "out");
    setenv("PATH", path.c_str(), 1);
    EXPECT_FALSE(whole);
    EXPECT_EQ(diagnostics_.text(), "error: gnuplot stopped: no such terminal\n");
    EXPECT_EQ(names_in(folder_ / "out").size(), 5U);
}

TEST_F(ReportFolder, AFileInTheWayIsAnError) {
    std::ofstream(folder_ / "taken") << "x";
    EXPECT_FALSE(write(folder_ / "taken"));
    EXPECT_THAT(diagnostics_.text(), HasSubstr("taken: error: cannot make this folder"));
}

TEST_F(ReportFolder, QuotesInNamesAreHarmless) {
    ScenarioResult result = sample_result();
    result.stages[0].name = "it's; a/b 'stage'";
    EXPECT_TRUE(write_report(folder_, result, sample_scenario(), {}, {}, {}, diagnostics_)) << diagnostics_.text();
    EXPECT_TRUE(fs::exists(folder_ / "placement-it's;-a-b-'stage'.svg"));
}

}  // namespace
}  // namespace berth
