// berth sweep and berth crossover.
#include <filesystem>

#include "berth/base/csv.h"
#include "berth/base/quantity_text.h"
#include "cli/database.h"
#include "cli/run_berth.h"

namespace berth {
namespace {

class CliSweep : public BerthCommand {
  protected:
    std::vector<std::string> sweep_to(const std::string& file, const std::vector<std::string>& more = {}) {
        std::vector<std::string> arguments{"sweep",  "rag-rk3588",
                                           "--vary", "stages.rerank.tokens=32:128:32",
                                           "--vary", "stages.rerank.dtype=int8,fp16"};
        if (!file.empty()) {
            arguments.insert(arguments.end(), {"--out", file});
        }
        arguments.insert(arguments.end(), more.begin(), more.end());
        return arguments;
    }
};

TEST_F(CliSweep, RowsComeInOrderWhateverTheThreads) {
    const Outcome one = berth(sweep_to("", {"--threads", "1"}));
    EXPECT_EQ(one.status, 0) << one.err;
    EXPECT_EQ(std::count(one.out.begin(), one.out.end(), '\n'), 9);
    EXPECT_TRUE(one.out.starts_with("stages.rerank.tokens,stages.rerank.dtype,total_ms,energy_mj,meets_budget,"))
        << one.out;
    EXPECT_EQ(one.out, berth(sweep_to("", {"--threads", "3"})).out);
    const auto json = berth(sweep_to("", {"--format", "json"})).json().at("points");
    ASSERT_EQ(json.size(), 8U);
    EXPECT_EQ(json[3].at("stages.rerank.tokens"), 64);
    EXPECT_EQ(json[3].at("stages.rerank.dtype"), "fp16");
}

// A bus that carries less than the NPU is stated to draw: such points have no answer, the others have theirs.
TEST_F(CliSweep, ANumberOutOfBoundsDropsItsPointsOnly) {
    write("chip.yaml",
          "profile: chip\nextends: npu-vector\nmemory: {dram: {bandwidth: 60 GB/s}}\n"
          "devices: {npu: {dma: {bandwidth: 40 GB/s per core, limit: 40 GB/s}}}\n");
    const auto over = [this](const std::string& bandwidths) {
        return berth({"sweep", "rag-rk3588", "--set", "hardware=chip.yaml", "--vary",
                      "hardware.memory.dram.bandwidth=" + bandwidths, "--format", "json"});
    };
    const Outcome some = over("30GB/s,50GB/s,20GB/s,100GB/s,39GB/s");
    ASSERT_EQ(some.status, 0) << some.err;
    const auto points = some.json().at("points");
    ASSERT_EQ(points.size(), 5U);
    for (const std::size_t dropped : {0U, 2U, 4U}) {
        EXPECT_TRUE(points[dropped].at("total_ms").is_null());
        EXPECT_THAT(points[dropped].dump(), testing::HasSubstr("40 GB/s is more than the bus carries"));
    }
    EXPECT_TRUE(points[1].at("total_ms").is_number());
    EXPECT_TRUE(points[3].at("total_ms").is_number());
    const Outcome none = over("20GB/s,30GB/s");
    EXPECT_EQ(none.status, 2);
    EXPECT_THAT(none.err, testing::HasSubstr("40 GB/s is more than the bus carries"));
}

TEST_F(CliSweep, AFileGoesOnWhereItBrokeOff) {
    EXPECT_EQ(berth(sweep_to("whole.csv")).status, 0);
    const std::string whole = content_of(folder() / "whole.csv");
    write("part.csv", whole.substr(0, whole.size() * 2 / 3));  // in the middle of a row
    const Outcome resumed = berth(sweep_to("part.csv", {"--resume"}));
    EXPECT_EQ(resumed.status, 0) << resumed.err;
    EXPECT_EQ(content_of(folder() / "part.csv"), whole);
    EXPECT_EQ(berth(sweep_to("part.csv", {"--resume"})).status, 0);  // nothing is left to do
    EXPECT_EQ(content_of(folder() / "part.csv"), whole);
    EXPECT_EQ(berth(sweep_to("new.csv", {"--resume"})).status, 0);
    EXPECT_EQ(content_of(folder() / "new.csv"), whole);
    write("other.csv", "a,b\n1,2\n");
    const Outcome other = berth(sweep_to("other.csv", {"--resume"}));
    EXPECT_NE(other.status, 0);
    EXPECT_NE(other.err.find("other.csv:1:1: error: it was not written by this command with these options"),
              std::string::npos)
        << other.err;
    EXPECT_EQ(content_of(folder() / "other.csv"), "a,b\n1,2\n");
}

constexpr const char* kAllRows =
    "SELECT \"stages.rerank.tokens\", \"stages.rerank.dtype\", printf('%!g', total_ms), \"rerank.chosen\", why_not "
    "FROM sweep ORDER BY rowid";

TEST_F(CliSweep, ADatabaseHasTheRowsOfTheFile) {
    EXPECT_EQ(berth(sweep_to("s.csv")).status, 0);
    const Outcome made = berth(sweep_to("s.sqlite"));
    EXPECT_EQ(made.status, 0) << made.err;
    Diagnostics diagnostics;
    const auto table = parse_csv(content_of(folder() / "s.csv"), "s.csv", diagnostics);
    ASSERT_TRUE(table) << diagnostics.text();
    Database database(folder() / "s.sqlite");
    const auto names = database.rows("SELECT name FROM pragma_table_info('sweep')");
    ASSERT_EQ(names.size(), table->header.cells.size());
    for (std::size_t c = 0; c < names.size(); ++c) {
        EXPECT_EQ(names[c], table->header.cells[c].text);
        const auto cells = database.rows(("SELECT \"" + names[c] + "\" FROM sweep ORDER BY rowid").c_str());
        ASSERT_EQ(cells.size(), table->rows.size());
        for (std::size_t r = 0; r < cells.size(); ++r) {
            const std::string& text = table->rows[r].cells[c].text;
            const auto number = parse_number(text);
            const std::string stored = text == "true" ? "1" : text == "false" ? "0" : text;
            EXPECT_TRUE(number ? number == parse_number(cells[r]) : cells[r] == stored)
                << names[c] << ": " << cells[r] << " and " << text;
        }
    }
    EXPECT_EQ(database.rows("SELECT DISTINCT typeof(\"stages.rerank.tokens\"), typeof(\"stages.rerank.dtype\"), "
                            "typeof(total_ms), typeof(meets_budget), typeof(why_not) FROM sweep"),
              std::vector<std::string>{"integer,text,real,integer,null"});
}

TEST_F(CliSweep, ADatabaseGoesOnWhereItBrokeOff) {
    EXPECT_EQ(berth(sweep_to("whole.db")).status, 0);
    EXPECT_EQ(berth(sweep_to("part.db")).status, 0);
    Database part(folder() / "part.db");
    part.rows("DELETE FROM sweep WHERE rowid > 3; CREATE TABLE mine (x); INSERT INTO mine VALUES (7)");
    const Outcome resumed = berth(sweep_to("part.db", {"--resume"}));
    EXPECT_EQ(resumed.status, 0) << resumed.err;
    EXPECT_EQ(part.rows(kAllRows), Database(folder() / "whole.db").rows(kAllRows));
    EXPECT_EQ(part.rows(kAllRows).size(), 8U);
    EXPECT_EQ(berth(sweep_to("part.db")).status, 0);  // from the beginning: the rows are replaced, other tables are not
    EXPECT_EQ(part.rows(kAllRows).size(), 8U);
    EXPECT_EQ(part.rows("SELECT x FROM mine"), std::vector<std::string>{"7"});
    const Outcome other =
        berth({"sweep", "rag-rk3588", "--vary", "stages.rerank.tokens=32,64", "--out", "part.db", "--resume"});
    EXPECT_EQ(other.status, 2);
    EXPECT_EQ(
        other.err,
        "part.db: error: it was not written by this command with these options (expected a table 'sweep' with the "
        "same columns)\n");
    write("text.db", "this is no database, but a text that somebody gave the name of one, and long enough to be read");
    EXPECT_EQ(berth(sweep_to("text.db")).status, 2);
    EXPECT_TRUE(content_of(folder() / "text.db").starts_with("this is no database"));
}

// With a limit on file size, as on a full disk, the written rows are kept and the sweep can be resumed.
TEST_F(CliSweep, WhatWasWrittenBeforeTheDiskWasFullStays) {
    const std::vector<std::string> big{"sweep", "rag-rk3588", "--vary",
                                       "hardware.devices.npu.dma.bandwidth=5 GB/s:25 GB/s:10 MB/s", "--out"};
    const auto to = [&big](const std::string& file, const std::vector<std::string>& more = {}) {
        auto words = big;
        words.push_back(file);
        words.insert(words.end(), more.begin(), more.end());
        return words;
    };
    const std::string limited = "sh -c 'trap \"\" XFSZ; ulimit -f 200; exec \"$@\"' sh";  // blocks of 512 bytes
    const auto rows_of = [this](const std::string& file) {
        return file.ends_with(".csv") ? std::vector<std::string>{content_of(folder() / file)}
                                      : Database(folder() / file).rows("SELECT * FROM sweep ORDER BY rowid");
    };
    for (const std::string type : {".csv", ".sqlite"}) {
        const Outcome full = berth(to("part" + type), limited);
        EXPECT_EQ(full.status, 2) << full.err;
        EXPECT_NE(full.err.find("what stands there is whole (expected room on the disk, then the same command with "
                                "--resume)"),
                  std::string::npos)
            << full.err;
        const auto part = rows_of("part" + type);
        EXPECT_FALSE(part.empty() || part.front().empty());
        EXPECT_EQ(berth(to("whole" + type)).status, 0);
        EXPECT_NE(part, rows_of("whole" + type));
        EXPECT_EQ(berth(to("part" + type, {"--resume"})).status, 0);
        EXPECT_EQ(rows_of("part" + type), rows_of("whole" + type));
    }
}

TEST_F(CliSweep, AFullDiskIsTold) {
    if (!std::filesystem::exists("/dev/full")) {
        GTEST_SKIP() << "the system has no /dev/full";
    }
    const Outcome full = berth(sweep_to("/dev/full"));
    EXPECT_EQ(full.status, 2);
    EXPECT_NE(full.err.find("/dev/full: error: cannot write on: "), std::string::npos) << full.err;
}

TEST_F(CliSweep, MistakesAreToldBeforeAnythingIsWritten) {
    const Outcome wrong = berth({"sweep", "rag-rk3588", "--vary", "stages.rerank.tokns=1,2", "--out", "s.csv"});
    EXPECT_EQ(wrong.status, 2);
    EXPECT_NE(wrong.err.find("tokens"), std::string::npos) << wrong.err;
    EXPECT_FALSE(std::filesystem::exists(folder() / "s.csv"));
    const Outcome twice = berth(
        {"sweep", "rag-rk3588", "--vary", "stages.rerank.tokens=1,2", "--vary", "stages.rerank.tokens=3", "--resume"});
    EXPECT_EQ(twice.status, 2);
    EXPECT_EQ(twice.err,
              "--resume: error: it needs the file to continue (expected --out FILE)\n"
              "--vary: error: stages.rerank.tokens is varied twice\n");
}

TEST_F(CliSweep, ACrossoverIsASentenceAndATable) {
    const std::vector<std::string> arguments{"crossover", "rag-rk3588", "--vary", "stages.rerank.tokens=16:512",
                                             "--between", "npu,cpu"};
    const Outcome text = berth(arguments);
    EXPECT_EQ(text.status, 0) << text.err;
    EXPECT_NE(text.out.find("cpu is faster up to 280, npu from 281 on."), std::string::npos) << text.out;
    auto as_json = arguments;
    as_json.insert(as_json.end(), {"--format", "json"});
    const auto json = berth(as_json).json();
    EXPECT_EQ(json.at("stage"), "rerank");
    ASSERT_EQ(json.at("crossings").size(), 1U);
    EXPECT_EQ(json.at("crossings")[0].at("faster_below"), "cpu");
    EXPECT_EQ(json.at("points").size(), 33U);
    const Outcome wrong = berth(
        {"crossover", "rag-rk3588", "--vary", "hardware.devices.npu.dma.bandwidth=1GB/s:9GB/s", "--between", "npu"});
    EXPECT_EQ(wrong.status, 2);
    EXPECT_NE(wrong.err.find("--between: error: 'npu' are not two devices (expected such as npu,cpu)"),
              std::string::npos)
        << wrong.err;
}

TEST_F(CliSweep, ADifferenceFailsWhereItIsAskedTo) {
    const std::vector<std::string> slower{"diff", "rag-rk3588", "--set", "stages.rerank.repeat=6"};
    EXPECT_EQ(berth(slower).status, 0);
    auto with = [&slower](std::vector<std::string> more) {
        more.insert(more.begin(), slower.begin(), slower.end());
        return more;
    };
    EXPECT_EQ(berth(with({"--fail-on", "decision"})).status, 0);
    EXPECT_EQ(berth(with({"--fail-on", "latency=20%"})).status, 0);
    const Outcome failed = berth(with({"--fail-on", "decision", "--fail-on", "latency=5%"}));
    EXPECT_EQ(failed.status, 4);
    EXPECT_EQ(failed.err, "berth: the total is 16.9% slower, more than 5%\n");
    EXPECT_FALSE(failed.out.empty());
    const Outcome moved =
        berth({"diff", "rag-rk3588", "rag-rk3588-bucket-128", "--fail-on", "decision", "--report", "d"});
    EXPECT_EQ(moved.status, 4);
    EXPECT_EQ(moved.err, "berth: rerank moves from cpu to npu\n");
    for (const char* file : {"diff.txt", "diff.json", "waterfall.png", "waterfall.svg"}) {
        EXPECT_FALSE(content_of(folder() / "d" / file).empty()) << file;
    }
    const Outcome wrong = berth(with({"--fail-on", "latency=fast"}));
    EXPECT_EQ(wrong.status, 2);
    EXPECT_EQ(wrong.err,
              "--fail-on: error: 'latency=fast' is nothing to fail on (expected decision, or latency= and a share such "
              "as 5%)\n");
}

TEST_F(CliSweep, PicturesAreMadeInWhateverLocale) {
    const std::vector<std::string> words{"diff", "rag-rk3588", "rag-rk3588-bucket-128", "--report"};
    const auto into = [&words](const std::string& directory) {
        auto with = words;
        with.push_back(directory);
        return with;
    };
    const Outcome plain = berth(into("plain"), "LC_ALL=POSIX");
    EXPECT_EQ(plain.status, 0);
    EXPECT_EQ(plain.err, "");
    EXPECT_EQ(berth(into("utf8"), "LC_ALL=C.UTF-8").err, "");
    EXPECT_EQ(content_of(folder() / "plain" / "waterfall.svg"), content_of(folder() / "utf8" / "waterfall.svg"));
}

TEST_F(CliSweep, TwoRangesMakeAMap) {
    const std::vector<std::string> arguments{"crossover", "rag-rk3588",
                                             "--vary",    "models.ms-marco-MiniLM-L-12-v2.sizes.layers=6:8",
                                             "--vary",    "stages.rerank.tokens=16:512",
                                             "--between", "npu,cpu",
                                             "--report",  "map",
                                             "--format",  "csv"};
    const Outcome rows = berth(arguments);
    EXPECT_EQ(rows.status, 0) << rows.err;
    EXPECT_EQ(std::count(rows.out.begin(), rows.out.end(), '\n'), 3 * 33 + 1);
    for (const char* file :
         {"crossover.txt", "crossover.json", "crossover.csv", "crossover-map.png", "crossover-map.svg"}) {
        EXPECT_FALSE(content_of(folder() / "map" / file).empty()) << file;
    }
    const std::string picture = content_of(folder() / "map" / "crossover-map.svg");
    EXPECT_NE(picture.find(">7<"), std::string::npos);
    EXPECT_EQ(picture.find(">6.5<"), std::string::npos) << "layers are whole";
}

TEST_F(CliSweep, CountsHaveWholeTics) {
    const Outcome curves =
        berth({"crossover", "rag-rk3588", "--vary", "models.ms-marco-MiniLM-L-12-v2.sizes.layers=6:8", "--between",
               "npu,cpu", "--stage", "rerank", "--report", "curves"});
    EXPECT_EQ(curves.status, 0) << curves.err;
    const std::string picture = content_of(folder() / "curves" / "crossover.svg");
    EXPECT_NE(picture.find(">7<"), std::string::npos);
    EXPECT_EQ(picture.find(">6.5<"), std::string::npos);
}

TEST_F(CliSweep, OneRangeMakesCurvesWithOthersBeside) {
    const std::vector<std::string> arguments{
        "crossover", "matmul-rk3588", "--vary",   "stages.product.tokens=128:2048:128",
        "--between", "npu,cpu",       "--format", "csv"};
    auto with = [&arguments](std::vector<std::string> more) {
        more.insert(more.begin(), arguments.begin(), arguments.end());
        return more;
    };
    write("fit.csv", "stages.product.tokens,fit_ms\n2048,330.5\n128,56.8\n");
    const Outcome rows = berth(with({"--report", "m", "--beside", "fit.csv"}));
    EXPECT_EQ(rows.status, 0) << rows.err;
    EXPECT_TRUE(
        rows.out.starts_with("stages.product.tokens,npu_ms,npu_low_ms,npu_high_ms,cpu_ms,cpu_low_ms,cpu_high_ms,"
                             "probability,why_not\n128,"))
        << rows.out;
    EXPECT_EQ(std::count(rows.out.begin(), rows.out.end(), '\n'), 17);
    EXPECT_EQ(content_of(folder() / "m" / "crossover.csv"), rows.out);
    for (const char* file : {"crossover.txt", "crossover.json", "crossover.png"}) {
        EXPECT_FALSE(content_of(folder() / "m" / file).empty()) << file;
    }
    EXPECT_NE(content_of(folder() / "m" / "crossover.svg").find(">fit<"), std::string::npos);
    write("wrong.csv", "tokens,fit\n128,-1\n");
    const Outcome wrong = berth(with({"--report", "w", "--beside", "wrong.csv"}));
    EXPECT_EQ(wrong.status, 2);
    EXPECT_EQ(wrong.err,
              "wrong.csv:1:1: error: the first column is 'tokens' (expected stages.product.tokens)\n"
              "wrong.csv:1:8: error: 'fit' names no times in milliseconds (expected NAME_ms)\n"
              "wrong.csv:2:5: error: '-1' is no time\n");
    EXPECT_FALSE(std::filesystem::exists(folder() / "w"));
    expect_refused(with({"--beside", "fit.csv"}),
                   "--beside: error: further curves need a picture of one range (expected --report DIR and "
                   "one --vary)\n");
}

TEST_F(CliSweep, SamplesAndTornados) {
    const std::vector<std::string> sample{
        "sweep",    "rag-rk3588", "--vary", "stages.rerank.tokens=16:512", "--vary", "stages.rerank.dtype=int8,fp16",
        "--sample", "lhs:20"};
    const Outcome rows = berth(sample);
    EXPECT_EQ(rows.status, 0) << rows.err;
    EXPECT_EQ(std::count(rows.out.begin(), rows.out.end(), '\n'), 21);
    EXPECT_EQ(rows.out, berth(sample).out);
    const Outcome tornado = berth({"sensitivity", "rag-rk3588", "--samples", "20", "--report", "s"});
    EXPECT_EQ(tornado.status, 0) << tornado.err;
    EXPECT_NE(tornado.out.find("With all numbers varied at once (20 samples)"), std::string::npos) << tornado.out;
    for (const char* file : {"sensitivity.txt", "sensitivity.json", "tornado.png", "tornado.svg"}) {
        EXPECT_FALSE(content_of(folder() / "s" / file).empty()) << file;
    }
}

TEST_F(CliSweep, BucketsComeFromAListOrAFile) {
    write("lengths.csv", "id,tokens\n1,24\n2,122\n3,122\n4,400\n");
    auto json = berth({"buckets", "rag-rk3588", "--stage", "rerank", "--lengths", "lengths.csv", "--max", "2",
                       "--format", "json"})
                    .json();
    ASSERT_EQ(json.at("sets").size(), 2U);
    EXPECT_EQ(json.at("lengths").at("mean"), 167);
    const Outcome list = berth({"buckets", "rag-rk3588", "--stage", "rerank", "--lengths", "24,122,122,400", "--max",
                                "2", "--format", "json"});
    json["command"] = list.json().at("command");
    EXPECT_EQ(list.json(), json);
    const Outcome wrong =
        berth({"buckets", "rag-rk3588", "--stage", "rerank", "--lengths", "lengths.csv", "--column", "tokns"});
    EXPECT_EQ(wrong.status, 2);
    EXPECT_EQ(wrong.err,
              "--column: error: lengths.csv has no column 'tokns' (expected id or tokens, did you mean tokens?)\n");
}

}  // namespace
}  // namespace berth
