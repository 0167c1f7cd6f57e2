// Provenance: every answer states its program, its command, the changes and the profile.
#include <gmock/gmock.h>

#include <sys/wait.h>

#include "cli/run_berth.h"

namespace berth {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using Words = std::vector<std::string>;

class CliProvenance : public BerthCommand {
  protected:
    Outcome as_json(Words words) {
        words.insert(words.end(), {"--format", "json"});
        return berth(words);
    }
};

TEST_F(CliProvenance, EveryAnswerNamesProgramAndCommand) {
    write("rows.csv", "op,dtype,m,k,n\nmatmul,int8,128,384,1536\n");
    const std::string data = BERTH_SOURCE_DIR;
    const std::vector<Words> commands{
        {"run", "rag-rk3588"},
        {"ops", "rag-rk3588"},
        {"ops", "rag-rk3588", "--stage", "rerank", "--memory"},
        {"explain", "rag-rk3588", "--stage", "rerank", "--op", "layer.0.ffn.up"},
        {"predict", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu", "--model", "all-MiniLM-L6-v2"},
        {"predict", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu", "--csv", "rows.csv"},
        {"predict", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu", "--op", "matmul", "--shape", "m=8,k=8,n=8",
         "--dtype", "int8"},
        {"sweep", "rag-rk3588", "--vary", "stages.rerank.tokens=64,128"},
        {"crossover", "rag-rk3588", "--vary", "stages.rerank.tokens=128:256:64", "--between", "npu,cpu"},
        {"sensitivity", "rag-rk3588", "--samples", "0"},
        {"diff", "rag-rk3588", "rag-rk3588-bucket-128"},
        {"optimise", "rag-rk3588", "--vary", "stages.rerank.tokens=64,128", "--minimise", "latency"},
        {"buckets", "rag-rk3588", "--stage", "rerank", "--lengths", "24,122"},
        {"place", data + "/scenarios/placement-graphs/bert3-throughput.json", "--objective", "throughput"},
        {"validate", "--hardware", "rk3588-ncnn"},
        {"check", data + "/scenarios/rag-rk3588.yaml"},
        {"list", "scenarios"},
    };
    for (const Words& words : commands) {
        SCOPED_TRACE(words[0]);
        const Outcome outcome = as_json(words);
        ASSERT_EQ(outcome.status, 0) << outcome.err;
        const Json json = outcome.json();
        ASSERT_TRUE(json.is_object());
        EXPECT_EQ("berth " + json.at("version").get<std::string>() + "\n", berth({"--version"}).out);
        std::string command = "berth";
        for (const std::string& word : words) {
            command += " " + word;
        }
        EXPECT_EQ(json.at("command"), command + " --format json");
        EXPECT_EQ(outcome.out, as_json(words).out);
    }
}

// The recorded command runs unmodified.
TEST_F(CliProvenance, TheCommandCanBePasted) {
    const Outcome outcome = as_json({"run", "rag-rk3588", "--set", "stages.rerank.buckets=[128, 512]", "--set",
                                     "description=it's \"quoted\" $HOME\\"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    std::string command = outcome.json().at("command");
    ASSERT_TRUE(command.starts_with("berth "));
    command.replace(0, 5, shell_word(BERTH_EXE));
    const auto again = folder() / "again.json";
    ASSERT_EQ(std::system((command + " > " + shell_word(again.string())).c_str()), 0);
    EXPECT_EQ(content_of(again), outcome.out);
}

TEST_F(CliProvenance, AWhatIfSaysWhatWasChanged) {
    const Words words{
        "run",      "rag-rk3588", "--set", "hardware.devices.npu.cores=6", "--set", "stages.rerank.buckets=[128, 512]",
        "--report", "r"};
    const Outcome text = berth(words);
    ASSERT_EQ(text.status, 0) << text.err;
    const std::string title =
        "RAG query on RK3588, with hardware.devices.npu.cores=6 (was 3), stages.rerank.buckets=[128, 512] (was [512])";
    const Json json = Json::parse(content_of(folder() / "r/report.json"));
    EXPECT_EQ(json.at("title"), title);
    EXPECT_EQ(json.at("scenario"), "RAG query on RK3588");
    ASSERT_EQ(json.at("changes").size(), 2U);
    EXPECT_EQ(json.at("changes")[0], Json({{"path", "hardware.devices.npu.cores"}, {"value", 6}, {"before", 3}}));
    EXPECT_EQ(json.at("changes")[1].at("before"), Json::array({512}));
    const Json profile = json.at("profiles")[0];
    EXPECT_EQ(profile.at("name"), "rk3588-rknn-2.3.2");
    EXPECT_EQ(profile.at("file"), "hardware/rk3588-rknn-2.3.2.yaml");
    EXPECT_GT(profile.at("numbers").at("calibrated").get<int>(), 0);
    for (const char* file : {"r/report.txt", "r/report.md"}) {
        const std::string report = content_of(folder() / file);
        EXPECT_THAT(report, HasSubstr("(was 3)")) << file;
        EXPECT_THAT(report, HasSubstr("Changed: stages.rerank.buckets=[128, 512] (was [512])")) << file;
        EXPECT_THAT(report, HasSubstr("Made by berth ")) << file;
        EXPECT_THAT(report, HasSubstr("berth run rag-rk3588 --set hardware.devices.npu.cores=6")) << file;
        EXPECT_THAT(report, HasSubstr("Profile rk3588-rknn-2.3.2, hardware/rk3588-rknn-2.3.2.yaml")) << file;
    }
    EXPECT_THAT(content_of(folder() / "r/time-by-class.svg"), HasSubstr("hardware.devices.npu.cores=6 (was 3)"));
    EXPECT_EQ(content_of(folder() / "r/operators.csv").substr(0, 6), "stage,");
}

TEST_F(CliProvenance, WhatIfsSayAtTheirEndWhatTheyRestOn) {
    const std::string set = "stages.rerank.tokens=130";
    for (const Words& words : std::vector<Words>{
             {"crossover", "rag-rk3588", "--vary", "stages.embed.tokens=64:128:64", "--between", "npu,cpu"},
             {"sensitivity", "rag-rk3588", "--samples", "0"},
             {"diff", "rag-rk3588"},
             {"optimise", "rag-rk3588", "--vary", "stages.embed.tokens=64,128", "--minimise", "latency"},
             {"buckets", "rag-rk3588", "--stage", "rerank", "--lengths", "24,122"}}) {
        Words with = words;
        with.insert(with.end(), {"--set", set});
        const std::string out = berth(with).out;
        const std::string end = out.substr(std::min(out.size(), out.find("\nProvenance\n")));
        EXPECT_THAT(end, HasSubstr("berth " + words[0] + " rag-rk3588 ")) << words[0];
        EXPECT_THAT(end, HasSubstr("Changed: " + set + " (was 122)")) << words[0];
        EXPECT_THAT(end, HasSubstr("Profile rk3588-rknn-2.3.2")) << words[0];
    }
}

TEST_F(CliProvenance, AValueSetToItselfIsNoChange) {
    const Json json = as_json({"run", "rag-rk3588", "--set", "hardware.devices.npu.clock=1000 MHz", "--set",
                               "stages.rerank.tokens=122"})
                          .json();
    EXPECT_EQ(json.at("title"), "RAG query on RK3588");
    EXPECT_EQ(json.at("changes"), Json::array());
    const Json known = as_json({"run", "rag-rk3588", "--set", "hardware.devices.npu.clock=1 GHz +- 1%"}).json();
    EXPECT_EQ(known.at("changes").size(), 1U) << "its spread is another";
}

TEST_F(CliProvenance, EveryAnswerWarnsOfASettingWithoutEffect) {
    for (const Words& words : std::vector<Words>{
             {"run", "rag-rk3588"},
             {"ops", "rag-rk3588"},
             {"explain", "rag-rk3588", "--stage", "rerank", "--op", "layer.0.ffn.up"},
             {"sweep", "rag-rk3588", "--vary", "stages.rerank.tokens=64,128"},
             {"crossover", "rag-rk3588", "--vary", "stages.rerank.tokens=128:256:64", "--between", "npu,cpu"},
             {"sensitivity", "rag-rk3588", "--samples", "0"},
             {"optimise", "rag-rk3588", "--vary", "stages.rerank.tokens=64,128", "--minimise", "latency"},
             {"buckets", "rag-rk3588", "--stage", "rerank", "--lengths", "24,122"}}) {
        Words with = words;
        with.insert(with.end(), {"--set", "hardware.memory.dram.sustained=33 GB/s"});
        const Json warnings = as_json(with).json().at("warnings");
        ASSERT_EQ(warnings.size(), 1U) << words[0];
        EXPECT_EQ(warnings[0].at("path"), "hardware.memory.dram.sustained") << words[0];
    }
}

TEST_F(CliProvenance, WhatWasNotSetSaysSo) {
    const Json json = as_json({"run", "rag-rk3588", "--set", "arrivals={rate: 1 Hz, requests: 400}", "--set",
                               "devices.npu.dma.overlap=0.9"})
                          .json();
    EXPECT_TRUE(json.at("changes")[0].at("before").is_null());
    EXPECT_EQ(json.at("changes")[1].at("path"), "hardware.devices.npu.dma.overlap");  // the short form is understood
}

TEST_F(CliProvenance, AProfileOfOnesOwnNamesWhatItExtends) {
    write("board.yaml", "profile: board\nextends: rk3588-rknn-2.3.2\n");
    const Json json = as_json({"run", "rag-rk3588", "--set", "hardware=board.yaml"}).json();
    const Json profile = json.at("profiles")[0];
    EXPECT_EQ(profile.at("name"), "board");
    EXPECT_EQ(profile.at("file"), "board.yaml");
    EXPECT_EQ(profile.at("extends")[0], "rk3588-rknn-2.3.2");
}

TEST_F(CliProvenance, DiffSeesArrivalsBudgetsAndCores) {
    for (const char* setting :
         {"hardware.devices.npu.cores=6", "budget=600 ms", "arrivals={rate: 1 Hz, requests: 400}"}) {
        SCOPED_TRACE(setting);
        const Words words{"diff", "rag-rk3588", "--set", setting};
        const Outcome text = berth(words);
        ASSERT_EQ(text.status, 0) << text.err;
        EXPECT_THAT(text.out, testing::Not(HasSubstr("No input differs")));
        EXPECT_EQ(as_json(words).json().at("steps").size(), 1U);
    }
    EXPECT_THAT(berth({"diff", "rag-rk3588", "--set", "hardware.devices.npu.cores=6"}).out,
                HasSubstr("change nothing in the answer:\n    hardware.devices.npu.cores: 3 -> 6"));
    const Json silent = as_json({"diff", "rag-rk3588", "--set", "hardware.devices.npu.cores=6"}).json();
    ASSERT_EQ(silent.at("warnings").size(), 1U);
    EXPECT_EQ(silent.at("warnings")[0].at("path"), "hardware.devices.npu.cores");
    EXPECT_THAT(berth({"diff", "rag-rk3588"}).out, HasSubstr("No input differs."));
}

TEST_F(CliProvenance, TheCheaperCapacityIsTheSmaller) {
    const Words words{"optimise",   "rag-rk3588-bucket-128",
                      "--minimise", "cost",
                      "--vary",     "hardware.devices.npu.memories.sram.capacity=4MiB,384KiB",
                      "--cost",     "sram.capacity"};
    const Json json = as_json(words).json();
    EXPECT_EQ(json.at("cost_unit"), "B");
    EXPECT_EQ(json.at("best").at("cost"), 384 * 1024);
    EXPECT_EQ(json.at("best").at("hardware.devices.npu.memories.sram.capacity"), "0.375MiB");
    EXPECT_THAT(berth(words).out, HasSubstr("384 KiB"));
    auto limited = words;
    limited.insert(limited.end(), {"--limit", "cost=1 MiB"});
    EXPECT_EQ(as_json(limited).json().at("allowed"), 1);
    limited.back() = "cost=3";
    const Outcome refused = berth(limited);
    EXPECT_EQ(refused.status, 2);
    EXPECT_THAT(refused.err, HasSubstr("'3' has no unit"));
}

TEST_F(CliProvenance, PointsThatGiveNothingSayWhy) {
    const Words energy{"optimise", "rag-rk3588", "--minimise", "energy", "--vary", "stages.rerank.tokens=64,128"};
    EXPECT_THAT(berth(energy).out, HasSubstr("2 of 2 points: the energy is not known: retrieve takes a fixed time"));
    const Json json = as_json(energy).json();
    EXPECT_EQ(json.at("dropped")[0].at("count"), 2);
    EXPECT_EQ(json.at("dropped")[0].at("example").at("stages.rerank.tokens"), 64);
    const Outcome sweep = berth({"sweep", "rag-rk3588", "--vary", "stages.rerank.tokens=64,600,700,128"});
    EXPECT_EQ(sweep.status, 0);
    EXPECT_THAT(
        sweep.err,
        HasSubstr("--vary: warning: 2 of 4 points: stages.2.buckets: the largest bucket, 512, is smaller than the 600 "
                  "tokens of the input"));
    EXPECT_THAT(sweep.err, HasSubstr("(such as stages.rerank.tokens=600)"));
}

TEST_F(CliProvenance, PathsAreThoseThatAreTyped) {
    const Outcome text = berth({"sensitivity", "rag-rk3588", "--samples", "0"});
    EXPECT_THAT(text.out, testing::Not(testing::ContainsRegex("[ (]devices\\.")));
    const Json sensitivity = as_json({"sensitivity", "rag-rk3588", "--samples", "8"}).json();
    for (const Json& number : sensitivity.at("numbers")) {
        EXPECT_THAT(number.at("path").get<std::string>(), testing::Not(testing::StartsWith("devices.")));
    }
    EXPECT_THAT(berth({"run", "rag-rk3588"}).out, testing::Not(testing::ContainsRegex("[ (]devices\\.")));
}

}  // namespace
}  // namespace berth
