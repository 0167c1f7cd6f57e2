// The pictures are drawn with gnuplot, and their content is checked in the SVG.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "berth/cost/cost.h"
#include "berth/report/report.h"
#include "report/roofline.h"
#include "report_sample.h"
#include "scratch_folder.h"

namespace berth {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

/// A fast stub of WeasyPrint comes first on the PATH.
class ReportFolder : public testing::Test {
  protected:
    void SetUp() override {
        put_program(programs_ / "weasyprint", "cat >/dev/null\necho '%PDF-1.7' >\"$3\"");
        setenv("PATH", (programs_.path().string() + ":" + path_).c_str(), 1);
    }
    void TearDown() override { setenv("PATH", path_.c_str(), 1); }
    static void put_program(const fs::path& at, const std::string& lines) {
        std::ofstream(at) << "#!/bin/sh\n" << lines << "\n";
        fs::permissions(at, fs::perms::owner_all);
    }

    bool write(const fs::path& to) {
        return write_report(to, {sample_result(), sample_scenario(), sample_findings(), sample_curves()}, diagnostics_);
    }
    static std::vector<std::string> names_in(const fs::path& folder) {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(folder)) {
            names.push_back(entry.path().filename().string());
        }
        return names;
    }

    const std::string path_ = std::getenv("PATH");
    const ScratchFolder scratch_, programs_;
    const fs::path& folder_ = scratch_.path();
    Diagnostics diagnostics_;
};

using namespace literals;

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
    std::vector<std::string> expected{"report.txt", "report.json", "operators.csv",
                                      "report.md",  "index.html",  "report.pdf"};
    for (const std::string& picture : kPictures) {
        for (const char* type : {".png", ".svg", ".csv"}) {
            expected.push_back(picture + type);
        }
    }
    EXPECT_THAT(names_in(folder_ / "new" / "review"), testing::UnorderedElementsAreArray(expected));
}

TEST_F(ReportFolder, PicturesAreWholeAndWide) {
    ASSERT_TRUE(write(folder_)) << diagnostics_.text();
    for (const std::string& picture : kPictures) {
        const std::string png = content_of(folder_ / (picture + ".png"));
        EXPECT_TRUE(png.starts_with("\x89PNG\r\n")) << picture;
        EXPECT_EQ(png_width(png), 1600U) << picture;
        EXPECT_THAT(png, HasSubstr("IEND")) << picture;
        EXPECT_GT(png.size(), 10000U) << picture;
        const std::string svg = content_of(folder_ / (picture + ".svg"));
        EXPECT_THAT(svg, HasSubstr("</svg>")) << picture;
        EXPECT_THAT(svg, HasSubstr("DejaVu Sans")) << picture;
        EXPECT_GT(svg.size(), 5000U) << picture;
    }
}

TEST_F(ReportFolder, AxesHaveUnitsAndLegendsNames) {
    ASSERT_TRUE(write(folder_)) << diagnostics_.text();
    const std::string classes = content_of(folder_ / "time-by-class.svg");
    for (const char* text : {"time (ms)", "embed: cpu", "rank: split by operator x3", "7.27 ms, chosen", "attention",
                             "ffn", "hand-over and calls", "5-95 %"}) {
        EXPECT_THAT(classes, HasSubstr(std::string("<text>") + text + "<")) << text;
    }
    EXPECT_THAT(classes, Not(HasSubstr("gpu")));  // infeasible
    const std::string roofline = content_of(folder_ / "roofline-npu.svg");
    for (const char* text : {"operations per DRAM byte (MAC/byte)", "achieved rate (MAC/s)", "int8: 51.2 GMAC/s",
                             "DRAM: 8 GB/s", "open: operators without multiplications, by elements"}) {
        EXPECT_THAT(roofline, HasSubstr(std::string("<text>") + text + "<")) << text;
    }
    const std::string placement = content_of(folder_ / "placement-rank.svg");
    for (const char* text : {"time within the pass (ms)", "split by operator", "npu", "cpu"}) {
        EXPECT_THAT(placement, HasSubstr(std::string("<text>") + text + "<")) << text;
    }
    const std::string tokens = content_of(folder_ / "tokens-embed.svg");
    for (const char* text :
         {"actual tokens of the input", "latency of a pass (ms)", "input: 100 tokens", "from 129 tokens: cpu"}) {
        EXPECT_THAT(tokens, HasSubstr(std::string("<text>") + text + "<")) << text;
    }
}

TEST_F(ReportFolder, TimelineHasLanesStagesAndBandwidth) {
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
    ASSERT_TRUE(write_report(folder_, {result, sample_scenario(), sample_findings(), sample_curves()}, diagnostics_))
        << diagnostics_.text();
    const std::string timeline = content_of(folder_ / "timeline.svg");
    EXPECT_THAT(timeline, HasSubstr("<text>3 requests over time on " + result.hardware + "<"));
    for (const char* text : {"time (ms)", "npu", "cpu 0-1", "cpu 2-3", "dram", "embed", "rank", "1: embed", "2: rank",
                             "at most 40% of 10 GB/s"}) {
        EXPECT_THAT(timeline, HasSubstr(std::string("<text>") + text + "<")) << text;
    }
}

TEST_F(ReportFolder, SamePicturesTwice) {
    ASSERT_TRUE(write(folder_ / "a") && write(folder_ / "b")) << diagnostics_.text();
    for (const std::string& name : names_in(folder_ / "a")) {
        EXPECT_EQ(content_of(folder_ / "a" / name), content_of(folder_ / "b" / name)) << name;
    }
}

TEST_F(ReportFolder, MarkdownShowsPicturesThatAreThere) {
    ASSERT_TRUE(write(folder_)) << diagnostics_.text();
    const std::string markdown = content_of(folder_ / "report.md");
    for (const std::string& picture : kPictures) {
        EXPECT_THAT(markdown, HasSubstr("](" + picture + ".png)"));
    }
}

// Uses the real program, as does the test of the command that writes a report twice.
TEST_F(ReportFolder, ThePageIsPrintedOnPaper) {
    setenv("PATH", path_.c_str(), 1);
    ASSERT_TRUE(write(folder_)) << diagnostics_.text();
    if (!fs::exists(folder_ / "report.pdf")) {
        GTEST_SKIP() << diagnostics_.text();
    }
    EXPECT_TRUE(diagnostics_.empty()) << diagnostics_.text();
    const std::string pdf = content_of(folder_ / "report.pdf");
    EXPECT_TRUE(pdf.starts_with("%PDF-"));
    EXPECT_GT(pdf.size(), 30000U);
    EXPECT_THAT(pdf, Not(HasSubstr("/Subtype /Image")));  // pictures are vectors
}

TEST_F(ReportFolder, AWeasyPrintThatFailsIsAWarning) {
    put_program(programs_ / "weasyprint", "echo 'no fonts' >&2\nexit 3");
    EXPECT_TRUE(write(folder_));
    EXPECT_EQ(diagnostics_.text(), "warning: WeasyPrint printed no PDF: no fonts\n");
    EXPECT_FALSE(fs::exists(folder_ / "report.pdf"));
    EXPECT_TRUE(fs::exists(folder_ / "index.html"));
}

TEST_F(ReportFolder, WithoutGnuplotAndWeasyPrintTheDocumentsAreWhole) {
    setenv("PATH", folder_.c_str(), 1);
    EXPECT_FALSE(write(folder_ / "out"));
    EXPECT_EQ(
        diagnostics_.text(),
        "error: the pictures need gnuplot, which is not on the PATH (expected an installed gnuplot, on Debian the "
        "package gnuplot-nox)\n"
        "warning: the page as PDF needs WeasyPrint, which is not on the PATH (expected an installed WeasyPrint, on "
        "Debian "
        "the package weasyprint)\n");
    EXPECT_THAT(names_in(folder_ / "out"),
                testing::UnorderedElementsAre("report.txt", "report.json", "operators.csv", "report.md", "index.html"));
    EXPECT_EQ(content_of(folder_ / "out" / "report.txt"),
              text_report(sample_result(), sample_scenario(), sample_findings()));
    EXPECT_THAT(content_of(folder_ / "out" / "report.md"), Not(HasSubstr(".png")));
}

TEST_F(ReportFolder, AGnuplotThatFailsIsReportedWithWhatItSaid) {
    put_program(programs_ / "gnuplot", "echo 'no such terminal' >&2\nexit 1");
    EXPECT_FALSE(write(folder_ / "out"));
    EXPECT_EQ(diagnostics_.text(), "error: gnuplot stopped: no such terminal\n");
    EXPECT_EQ(names_in(folder_ / "out").size(), 6U);
}

TEST_F(ReportFolder, AFileInTheWayIsAnError) {
    std::ofstream(folder_ / "taken") << "x";
    EXPECT_FALSE(write(folder_ / "taken"));
    EXPECT_THAT(diagnostics_.text(), HasSubstr("taken: error: cannot make this folder"));
}

// Cores that work together share a lane; a dispatch of microseconds has a visible width; the budget is a line.
TEST_F(ReportFolder, TimelineJoinsEqualLanesAndShowsTheBudget) {
    SimulatedTask launch, rank;
    launch.name = "rank dispatch";
    launch.work = 1_us;
    rank.name = "rank layer.0";
    rank.pool = 1;
    rank.servers = 1;
    rank.work = 30_ms;
    rank.after = {0};
    SimulatedTask fourth = rank;
    ScenarioResult result = sample_result();
    result.total.budget = 40_ms;
    result.timeline = TrafficResult{{{{"cpu dispatch", 1}, {"cpu", 4}},
                                     {{"dram", 10_GBps}},
                                     {launch, rank, rank, rank, fourth},
                                     {{"rank", 0, 4, {}}}},
                                    {}};
    result.timeline->simulation = simulate(result.timeline->system, ArrivalTrace{{0_ms}}, {1, 0, 1, 1});
    ASSERT_TRUE(write_report(folder_, {result, sample_scenario()}, diagnostics_)) << diagnostics_.text();
    const std::string timeline = content_of(folder_ / "timeline.svg");
    EXPECT_THAT(timeline, HasSubstr("<text>cpu 0-3<"));
    EXPECT_THAT(timeline, HasSubstr("<text>budget of 40 ms<"));
    EXPECT_EQ(content_of(folder_ / "timeline.csv"),
              "resource,request,stage,from_ms,to_ms\ncpu dispatch,1,rank,0,0.001\n"
              "cpu 0-3,1,rank,0.001,30.001\n");
    const std::string page = content_of(folder_ / "index.html");
    EXPECT_THAT(page, HasSubstr("data-op=\"rank\"><title>rank, request 1: 30 ms from 1 us on</title>"));
}

// Names are embedded in five formats: HTML, SVG, gnuplot, file names and CSV.
TEST_F(ReportFolder, OddNamesAreHarmless) {
    const std::string odd = "it's; a/b\"<script>alert(1)</script>%d `id` $(id) {x}^2 ../../up";
    ScenarioResult result = sample_result();
    Scenario scenario = sample_scenario();
    const std::string before = result.stages[0].name;
    result.stages[0].name = odd;
    for (Stage& stage : scenario.stages) {
        stage.name = stage.name == before ? odd : stage.name;
    }
    EXPECT_TRUE(write_report(folder_, {result, scenario}, diagnostics_)) << diagnostics_.text();
    EXPECT_EQ(diagnostics_.text(), "");
    for (const std::string& name : names_in(folder_)) {
        EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-."),
                  std::string::npos)
            << name;
    }
    const std::string placement = content_of(folder_ / "placement-it-s-a-b-script-alert-1-script-d-id-id-x-2-up.svg");
    EXPECT_THAT(placement, HasSubstr("it's; a/b\"&lt;script>"));
    EXPECT_THAT(placement, Not(HasSubstr("<script")));
    const std::string page = content_of(folder_ / "index.html");
    EXPECT_EQ(page.find("<script>"), page.rfind("<script>"));  // the page's own
    EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;%d `id` $(id) {x}^2"));
    EXPECT_THAT(content_of(folder_ / "time-by-class.svg"), HasSubstr("%d `id` $(id) {x}^2"));
}

TEST_F(ReportFolder, StagesWhoseFileNamesWouldBeOneHaveTwo) {
    ScenarioResult result = sample_result();
    std::ranges::find(result.stages, "embed", &StageResult::name)->name = "a b";
    std::ranges::find(result.stages, "rank", &StageResult::name)->name = "a/b";
    EXPECT_TRUE(write_report(folder_, {result, sample_scenario()}, diagnostics_)) << diagnostics_.text();
    EXPECT_TRUE(fs::exists(folder_ / "placement-a-b.svg"));
    EXPECT_TRUE(fs::exists(folder_ / "placement-a-b-2.svg"));
}

// The page is self-contained: it refers only to the table of contents and to parts of its pictures.
TEST_F(ReportFolder, ThePageLoadsNothing) {
    ASSERT_TRUE(write(folder_)) << diagnostics_.text();
    const std::string page = content_of(folder_ / "index.html");
    for (const char* reference : {"src=", "href=\"http", "href='http", "url(http", "@import", "fetch("}) {
        EXPECT_THAT(page, Not(HasSubstr(reference)));
    }
    EXPECT_LT(page.size(), 1'500'000U);
    for (const char* id : {"variants", "why", "changes", "assumptions", "accuracy", "operators", "glossary"}) {
        EXPECT_THAT(page, HasSubstr(std::string("<h2 id=\"") + id + "\">"));
        EXPECT_THAT(page, HasSubstr(std::string("<a href=\"#") + id + "\">"));
    }
}

// A stage under another runtime is drawn under the roofs of the device in that runtime.
TEST(Rooflines, AreThoseOfTheRuntimeThatAStageNames) {
    Diagnostics diagnostics;
    const auto scenario = load_scenario({{BERTH_SOURCE_DIR}}, "voice-rk3588-two-runtimes", {}, diagnostics);
    ASSERT_TRUE(scenario) << diagnostics.text();
    const auto result = evaluate(*scenario, diagnostics);
    ASSERT_TRUE(result) << diagnostics.text();
    std::map<std::string, std::vector<std::string>> on_npu;
    for (const Roofline& one : rooflines(*result, scenario->profile)) {
        const Profile& own =
            one.runtime == scenario->profile.name ? scenario->profile : scenario->profile.runtimes.front();
        const auto device = std::ranges::find(own.devices, one.device, &Device::name);
        EXPECT_EQ(one.runtime, own.name);
        EXPECT_DOUBLE_EQ(one.bandwidth, in_bytes_per_second(core_rates(*device, {one.cores, {}}, DType::kFp32).dram));
        if (one.device == "npu") {
            on_npu[one.runtime] = one.stages;
        }
    }
    EXPECT_THAT(on_npu["rk3588-rknn-2.3.2"], testing::ElementsAre("listen"));
    EXPECT_THAT(on_npu["rk3588-rkllm-1.3.0"], testing::ElementsAre("answer"));
}

}  // namespace
}  // namespace berth
