// Every text fits the terminal: 80 columns without a terminal, or COLUMNS if that is set.
#include <algorithm>
#include <regex>
#include <sstream>

#include "cli/run_berth.h"

namespace berth {
namespace {

std::size_t columns_of(const std::string& line) {
    return static_cast<std::size_t>(
        std::ranges::count_if(line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// Whether a line is a single path or option that may be longer than the width.
bool cannot_be_broken(std::string line) {
    line = std::regex_replace(line, std::regex(R"(^ *(try: )?(--[a-z]+ )?| \\$)"), "");
    bool quoted = false;
    return std::ranges::none_of(line, [&quoted](char c) {
        quoted = quoted != (c == '\'');
        return c == ' ' && !quoted;
    });
}

struct CliWidth : BerthCommand {
    void expect_fits(const std::vector<std::string>& words, std::size_t columns, const std::string& environment) const {
        const Outcome outcome = berth(words, environment);
        EXPECT_EQ(outcome.status, 0) << ::testing::PrintToString(words) << outcome.err;
        EXPECT_NE(outcome.out, "") << ::testing::PrintToString(words);
        std::istringstream lines(outcome.out);
        for (std::string line; std::getline(lines, line);) {
            EXPECT_TRUE(columns_of(line) <= columns || cannot_be_broken(line))
                << ::testing::PrintToString(words) << " at " << columns << ": " << columns_of(line) << " columns\n"
                << line;
        }
    }
    void expect_fits_all_widths(const std::vector<std::string>& words) const {
        expect_fits(words, 80, "-u BERTH_DATA -u COLUMNS");
        expect_fits(words, 60, "-u BERTH_DATA COLUMNS=60");
        expect_fits(words, 120, "-u BERTH_DATA COLUMNS=120");
    }
};

// Names of the files NAME.yaml in a folder, or of subfolders NAME that contain `file`.
std::vector<std::string> shipped_names(const std::string& folder, const std::string& file = "") {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(BERTH_SOURCE_DIR) / folder)) {
        if (file.empty() ? entry.path().extension() == ".yaml" : std::filesystem::exists(entry.path() / file)) {
            names.push_back(file.empty() ? entry.path().stem() : entry.path().filename());
        }
    }
    std::ranges::sort(names);
    return names;
}

std::string test_name(const ::testing::TestParamInfo<std::string>& info) {
    std::string name = info.param;
    std::ranges::replace_if(
        name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
    return name;
}

struct CliWidthOfScenario : CliWidth, ::testing::WithParamInterface<std::string> {};

TEST_P(CliWidthOfScenario, HoldsEveryAnswer) {
    const std::string& scenario = GetParam();
    expect_fits_all_widths({"run", scenario});
    expect_fits_all_widths({"ops", scenario});
    expect_fits_all_widths({"ops", scenario, "--memory"});
    expect_fits_all_widths({"sensitivity", scenario, "--samples", "0"});
    expect_fits_all_widths({"measure", "--plan", scenario});
}

INSTANTIATE_TEST_SUITE_P(Shipped, CliWidthOfScenario, ::testing::ValuesIn(shipped_names("scenarios")), test_name);

struct CliWidthOfProfile : CliWidth, ::testing::WithParamInterface<std::string> {};

TEST_P(CliWidthOfProfile, HoldsItsValidation) { expect_fits_all_widths({"validate", "--hardware", GetParam()}); }

INSTANTIATE_TEST_SUITE_P(Shipped, CliWidthOfProfile,
                         ::testing::ValuesIn(shipped_names("hardware/measured", "validation.yaml")), test_name);

TEST_F(CliWidth, HoldsExplanations) {
    for (const std::string op : {"layer.0.attention.scores", "layer.0.ffn.up", "embeddings.word"}) {
        for (const std::string device : {"npu", "cpu"}) {
            expect_fits_all_widths({"explain", "rag-rk3588", "--stage", "rerank", "--op", op, "--device", device});
        }
    }
    const std::vector<std::string> device{"predict", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu"};
    auto model = device;
    model.insert(model.end(), {"--model", "all-MiniLM-L6-v2", "--dtype", "int8", "--tokens", "24", "--bucket", "256"});
    expect_fits_all_widths(model);
    auto op = device;
    op.insert(op.end(), {"--op", "matmul", "--shape", "m=128,k=384,n=1536", "--dtype", "fp16"});
    expect_fits_all_widths(op);
}

TEST_F(CliWidth, HoldsWhatIfs) {
    const std::string tokens = "stages.rerank.tokens=16:512";
    expect_fits_all_widths({"crossover", "rag-rk3588", "--vary", tokens, "--between", "npu,cpu"});
    expect_fits_all_widths({"crossover", "rag-rk3588", "--vary", "models.ms-marco-MiniLM-L-12-v2.sizes.layers=1:24:8",
                            "--vary", tokens + ":16", "--between", "npu,cpu"});
    expect_fits_all_widths({"diff", "rag-rk3588", "--set", "stages.rerank.buckets=[128, 512]"});
    expect_fits_all_widths({"diff", "rag-rk3588", "rag-rk3588-three-cores", "--set", "stages.rerank.tokens=200"});
    expect_fits_all_widths({"buckets", "rag-rk3588", "--stage", "rerank", "--lengths", "16:512:16", "--max", "12"});
    expect_fits_all_widths({"optimise", "rag-rk3588-bucket-128", "--minimise", "cost,latency", "--vary",
                            "hardware.devices.npu.memories.sram.capacity=256KiB:8MiB:x2", "--vary",
                            "hardware.devices.npu.dma.bandwidth=4 GB/s:24 GB/s:10 GB/s", "--cost",
                            "sram.capacity / 1 MiB + bandwidth / 1 GB/s"});
    expect_fits_all_widths({"sensitivity", "rag-rk3588", "--samples", "8"});
    expect_fits_all_widths({"place", std::string(BERTH_SOURCE_DIR) + "/scenarios/placement-graphs/bert3-latency.json",
                            "--objective", "latency"});
}

TEST_F(CliWidth, HoldsLists) { expect_fits_all_widths({"list"}); }

TEST_F(CliWidth, HoldsTheHelpOfEveryCommand) {
    expect_fits_all_widths({"--help"});
    for (const std::string command :
         {"run", "ops", "explain", "predict", "sweep", "crossover", "sensitivity", "diff", "optimise", "buckets",
          "place", "measure", "calibrate", "profile-host", "validate", "import", "check", "list", "schema"}) {
        expect_fits_all_widths({command, "--help"});
    }
}

TEST_F(CliWidth, IsEightyColumnsUnlessAWholeNumberIsGiven) {
    const Outcome plain = berth({"list"}, "-u COLUMNS");
    for (const std::string odd : {"COLUMNS=", "COLUMNS=wide", "COLUMNS=0", "COLUMNS=-3", "COLUMNS=80x"}) {
        EXPECT_EQ(berth({"list"}, odd).out, plain.out) << odd;
    }
    EXPECT_NE(berth({"list"}, "COLUMNS=60").out, plain.out);
    EXPECT_EQ(berth({"list"}, "COLUMNS=1").out, berth({"list"}, "COLUMNS=40").out);
}

TEST_F(CliWidth, DoesNotTouchJson) {
    EXPECT_EQ(berth({"run", "rag-rk3588", "--format", "json"}, "COLUMNS=60").out,
              berth({"run", "rag-rk3588", "--format", "json"}, "COLUMNS=200").out);
}

}  // namespace
}  // namespace berth
