// A number set to its current value changes nothing; every command with settings reports those without effect.
#include <algorithm>

#include "cli/run_berth.h"

namespace berth {
namespace {

using Json = nlohmann::json;

// The JSON answer without its command.
Json without_command(const std::string& text) {
    Json json = Json::parse(text);
    for (const char* key : {"command", "version", "title", "changes"}) {
        json.erase(key);
    }
    return json;
}

class CliSilentChanges : public BerthCommand {};

// Setting a number to its current value changes nothing, in whatever notation.
TEST_F(CliSilentChanges, ANumberThatIsSetToItsValueChangesNothing) {
    const auto compare = [this](const std::vector<std::string>& words, const std::vector<std::string>& settings) {
        const Json plain = without_command(berth(words).out);
        for (const std::string& same : settings) {
            auto set = words;
            set.insert(set.end(), {"--set", same});
            EXPECT_EQ(without_command(berth(set).out), plain) << same;
        }
    };
    compare({"run", "rag-rk3588", "--format", "json"},
            {"hardware.devices.cpu.matrix.efficiency=39%", "hardware.devices.cpu.matrix.efficiency=0.39",
             "hardware.devices.npu.dma.bandwidth=42.6% of memory.dram.bandwidth per core",
             "hardware.devices.npu.dma.setup=0.04 us", "hardware.devices.npu.cores=3", "budget=200 ms"});
    compare({"run", "rag-rk3588-bucket-128", "--set", "arrivals={rate: 4 Hz}", "--format", "json"},
            {"hardware.devices.cpu.matrix.efficiency=39%"});
}

TEST_F(CliSilentChanges, AChangeWithoutEffectIsSaid) {
    const std::string gather = "hardware.devices.npu.vector.gather.per_cycle";
    const Outcome json = berth({"run", "rag-rk3588", "--set", gather + "=9", "--format", "json"});
    const Json warnings = Json::parse(json.out)["warnings"];
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_EQ(warnings[0]["path"], gather);
    EXPECT_TRUE(Json::parse(berth({"run", "rag-rk3588", "--format", "json"}).out)["warnings"].empty());
    const auto says = [](std::string text) {
        std::ranges::replace(text, '\n', ' ');  // wherever lines break
        EXPECT_NE(text.find("no operator of class gather"), std::string::npos) << text;
    };
    says(berth({"run", "rag-rk3588", "--set", gather + "=9"}).out);
    says(berth({"sensitivity", "rag-rk3588", "--set", gather + "=9", "--samples", "0"}).out);
    says(berth({"sweep", "rag-rk3588", "--vary", gather + "=1,9"}).err);
    says(
        berth({"crossover", "rag-rk3588", "--vary", gather + "=1:9", "--between", "npu,cpu", "--stage", "rerank"}).out);
    says(berth({"optimise", "rag-rk3588", "--minimise", "latency", "--vary", gather + "=1,9"}).out);
    const Outcome crossover = berth({"crossover", "rag-rk3588", "--vary", "stages.rerank.tokens=100:300", "--between",
                                     "npu,cpu", "--format", "json"});
    EXPECT_TRUE(Json::parse(crossover.out)["warnings"].empty());
}

// What one command shows is not the whole answer.
TEST_F(CliSilentChanges, ACommandThatShowsAPartJudgesByIt) {
    const auto warnings = [this](std::vector<std::string> words) {
        words.insert(words.end(), {"--format", "json"});
        return Json::parse(berth(words).out)["warnings"].size();
    };
    const std::string npu = "hardware.devices.npu.clock=600 MHz";
    const std::string little = "hardware.devices.cpu.clusters.little.clock=1 GHz";
    const std::vector<std::string> explain{"explain", "rag-rk3588", "--stage", "rerank", "--op", "layer.0.ffn.up"};
    const std::vector<std::string> ops{"ops", "rag-rk3588", "--stage", "rerank"};
    const std::vector<std::string> buckets{"buckets", "rag-rk3588", "--stage", "rerank", "--lengths", "60,122,500"};
    const auto with = [](std::vector<std::string> words, const std::vector<std::string>& more) {
        words.insert(words.end(), more.begin(), more.end());
        return words;
    };
    EXPECT_EQ(warnings(with(explain, {"--set", npu})), 1U);
    EXPECT_EQ(warnings(with(explain, {"--set", little})), 0U);
    EXPECT_EQ(warnings(with(explain, {"--device", "npu", "--set", npu})), 0U);
    EXPECT_EQ(warnings(with(ops, {"--set", npu})), 1U);
    EXPECT_EQ(warnings(with(ops, {"--device", "npu", "--set", npu})), 0U);
    EXPECT_EQ(warnings(with(buckets, {"--set", little})), 1U);
    EXPECT_EQ(warnings(with(buckets, {"--set", npu})), 0U);
    EXPECT_EQ(warnings({"crossover", "rag-rk3588", "--stage", "rerank", "--vary",
                        "hardware.memory.dram.sustained=27 GB/s:30 GB/s", "--between", "npu,cpu"}),
              1U);
    const std::vector<std::string> compare{"compare", "rag-rk3588", "--hardware",
                                           "rk3588-rknn-2.3.2,rk3576-rknn-2.3.2"};
    EXPECT_EQ(warnings(with(compare, {"--set", "hardware.devices.npu.cores=6", "--set", "description=x"})), 2U);
    EXPECT_EQ(warnings(with(compare, {"--set", npu})), 0U);
}

// A crossover compares passes of one stage on two devices. What moves beside them is not called without effect.
TEST_F(CliSilentChanges, ACrossoverSaysWhatItsRangeMovesBesideTheTwoDevices) {
    const auto warned = [this](const std::string& stage, const std::string& range) {
        const Outcome outcome = berth(
            {"crossover", "rag-rk3588", "--stage", stage, "--vary", range, "--between", "npu,cpu", "--format", "json"});
        const Json warnings = Json::parse(outcome.out)["warnings"];
        return warnings.size() == 1 ? warnings[0]["text"].get<std::string>() : "";
    };
    const auto beside = [](const std::string& stage) {
        return "no effect on a pass of " + stage + " on npu and cpu, which is compared here";
    };
    for (const auto& [stage, range] :
         {std::pair{"rerank", "stages.retrieve.takes=16 ms:200 ms"}, std::pair{"embed", "stages.rerank.tokens=16:512"},
          std::pair{"embed", "models.ms-marco-MiniLM-L-12-v2.sizes.layers=1:12"},
          std::pair{"rerank", "hardware.devices.npu.matrix.macs_per_cycle.fp16=256:1024"}}) {
        const std::string text = warned(stage, range);
        EXPECT_TRUE(text.starts_with(beside(stage) + ", but on the total, ")) << range << ": " << text;
    }
    EXPECT_EQ(warned("rerank", "budget=100ms:800ms"),
              beside("rerank") + ", but on the probability of the budget (see berth diff)");
}

// A grid of three by two has six points, however it is walked through.
TEST_F(CliSilentChanges, PointsOfAGridAreCountedOnce) {
    std::string out =
        berth({"optimise", "rag-rk3588-bucket-128", "--minimise", "latency", "--vary",
               "hardware.memory.dram.capacity=4 GiB,6 GiB,8 GiB", "--vary", "hardware.devices.npu.clock=0.9GHz,1GHz"})
            .out;
    std::ranges::replace(out, '\n', ' ');  // wherever lines break
    EXPECT_NE(out.find("(looked at 6 points)"), std::string::npos) << out;
}

TEST_F(CliSilentChanges, ACostThatNothingAsksForIsSaid) {
    const std::vector<std::string> question{"optimise",   "rag-rk3588-bucket-128",
                                            "--minimise", "latency",
                                            "--vary",     "hardware.devices.npu.clock=0.9GHz,1GHz",
                                            "--cost",     "clock / 1 GHz"};
    EXPECT_NE(berth(question).err.find("--cost: warning: no effect"), std::string::npos);
    std::vector<std::string> limited = question;
    limited.insert(limited.end(), {"--limit", "cost=1"});
    EXPECT_EQ(berth(limited).err.find("warning"), std::string::npos);
}

// Each number of the reference case at four times and a quarter of its value has an effect or a warning.
TEST_F(CliSilentChanges, NoNumberIsSilent) {
    const Outcome outcome = berth({"sensitivity", "rag-rk3588", "--every-number", "--format", "json"});
    const Json json = Json::parse(outcome.out);
    EXPECT_EQ(json["silent"], 0);
    EXPECT_GT(json["moves"], 120);
    EXPECT_GT(json["said"], 50);
    for (const Json& number : json["numbers"]) {
        EXPECT_EQ(number["set"].size() + number["left_out"].size(), 2U) << number["path"];
        for (const Json& set : number["set"]) {
            EXPECT_TRUE(set["moves"].get<bool>() || set["said"].get<std::string>().size() > 20) << number["path"];
        }
    }
}

// A prediction accepts settings of the profile, states its inputs, and reports settings that it does not use.
TEST_F(CliSilentChanges, APredictionTakesSettings) {
    const std::vector<std::string> words{
        "predict", "--hardware", "rk3588-rknn-2.3.2", "--device", "npu",      "--model", "all-MiniLM-L6-v2",
        "--dtype", "fp16",       "--tokens",          "64",       "--format", "json"};
    const auto with = [&](const std::vector<std::string>& settings) {
        auto asked = words;
        for (const std::string& each : settings) {
            asked.insert(asked.end(), {"--set", each});
        }
        return berth(asked);
    };
    const auto latency = [](const Json& json) { return json["latency_ms"].get<double>(); };
    const Json plain = Json::parse(with({}).out);
    const Json slow = Json::parse(with({"devices.npu.clock=500 MHz"}).out);
    EXPECT_GT(latency(slow), 1.1 * latency(plain));
    EXPECT_TRUE(slow["warnings"].empty());
    EXPECT_EQ(slow["changes"][0]["path"], "hardware.devices.npu.clock");
    EXPECT_EQ(slow["changes"][0]["before"], "1 GHz");

    const Outcome silent = with({"hardware.memory.dram.sustained=33 GB/s", "hardware.devices.npu.clock=500 MHz"});
    const Json json = Json::parse(silent.out);
    ASSERT_EQ(json["warnings"].size(), 1U);
    EXPECT_EQ(json["warnings"][0]["path"], "hardware.memory.dram.sustained");
    EXPECT_NE(silent.err.find("no effect"), std::string::npos) << silent.err;
    EXPECT_EQ(latency(json), latency(slow));
    EXPECT_TRUE(Json::parse(with({"hardware.devices.npu.clock=1000 MHz"}).out)["changes"].empty());

    const Outcome other = with({"stages.embed.tokens=3", "hardware.devices.npu.clokc=1 GHz"});
    EXPECT_EQ(other.status, 2);
    EXPECT_NE(other.err.find("a prediction has no such key"), std::string::npos) << other.err;

    const std::vector<std::string> op{"predict", "--hardware", "rk3588-rknn-2.3.2",  "--device", "npu",  "--op",
                                      "matmul",  "--shape",    "m=128,k=384,n=1536", "--dtype",  "fp16", "--format",
                                      "json",    "--set"};
    const auto of_operator = [&](const std::string& setting) {
        auto asked = op;
        asked.push_back(setting);
        return Json::parse(berth(asked).out)["warnings"].size();
    };
    EXPECT_EQ(of_operator("hardware.devices.npu.vector.gather.per_cycle=9"), 1U);
    EXPECT_EQ(of_operator("hardware.devices.npu.clock=500 MHz"), 0U);
}

// Rows are compared with the changed profile, and every form of the answer states the changes.
TEST_F(CliSilentChanges, MeasurementsAreComparedWithAChangedProfile) {
    write("rows.csv", "op,dtype,m,k,n,measured_us\nmatmul,fp16,1024,768,3072,7000\n");
    const auto with = [this](const std::vector<std::string>& words) {
        std::vector<std::string> asked{"validate", "--hardware", "rk3588-rknn-2.3.2", "--device",
                                       "npu",      "--measured", "rows.csv"};
        asked.insert(asked.end(), words.begin(), words.end());
        return berth(asked);
    };
    const auto row = [](const Json& json) { return json["sets"][0]["rows"][0]["predicted_us"].get<double>(); };
    const std::string clock = "hardware.devices.npu.clock=500 MHz";
    const Json plain = Json::parse(with({"--format", "json"}).out);
    const Json slow = Json::parse(with({"--set", clock, "--format", "json"}).out);
    EXPECT_GT(row(slow), 1.3 * row(plain));
    EXPECT_EQ(slow["changes"][0]["path"], "hardware.devices.npu.clock");
    EXPECT_EQ(slow["changes"][0]["before"], "1 GHz");
    EXPECT_TRUE(slow["warnings"].empty());
    for (const char* form : {"text", "markdown"}) {
        const std::string text = with({"--set", clock, "--format", form}).out;
        EXPECT_NE(text.find(clock + " (was 1 GHz)"), std::string::npos) << text;
    }
    const Outcome silent = with({"--set", "hardware.devices.npu.vector.gather.per_cycle=9", "--format", "json"});
    EXPECT_EQ(Json::parse(silent.out)["warnings"][0]["text"], "no effect on the rows here");
    EXPECT_EQ(row(Json::parse(silent.out)), row(plain));
    const Outcome other = with({"--set", "stages.rerank.tokens=3"});
    EXPECT_EQ(other.status, 2);
    EXPECT_NE(other.err.find("a comparison with measurements has no such key"), std::string::npos) << other.err;
}

}  // namespace
}  // namespace berth
