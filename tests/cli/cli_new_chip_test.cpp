// berth new-chip: ten datasheet numbers give a usable profile that states the origin of each number.
#include <filesystem>

#include "cli/run_berth.h"

namespace berth {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class CliNewChip : public BerthCommand {
  protected:
    static std::vector<std::string> asked(const std::string& name) {
        return {"new-chip",    name,   "--archetype", "npu-convolution", "--cores",     "2",       "--clock", "800 MHz",
                "--macs-int8", "2048", "--sram",      "1 MiB",           "--bandwidth", "20 GB/s", "--dram",  "34 GB/s",
                "--cpu-cores", "4",    "--cpu-clock", "2 GHz",           "--yes"};
    }
    Json prediction(const std::string& profile) {
        const Outcome outcome = berth({"predict", "--hardware", profile, "--device", "npu", "--model",
                                       "bert-base-uncased", "--dtype", "int8", "--tokens", "128", "--format", "json"});
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        return Json::parse(outcome.out);
    }
};

TEST_F(CliNewChip, MakesAShortProfileThatSaysWhereNumbersAreFrom) {
    const Outcome made = berth(asked("my-chip"));
    ASSERT_EQ(made.status, 0) << made.err;
    EXPECT_THAT(made.out, HasSubstr("Numbers that decide"));
    EXPECT_THAT(made.out, HasSubstr("Measure first"));
    const std::string text = content_of(folder() / "my-chip.yaml");
    EXPECT_LE(std::ranges::count(text, '\n'), 25);
    EXPECT_EQ(berth({"check", "my-chip.yaml"}).status, 0);

    const Json json = prediction("my-chip.yaml");
    const Json& numbers = json["profiles"][0]["numbers"];
    EXPECT_EQ(numbers["calibrated"], 0) << "nothing of another chip passes as calibrated here";
    EXPECT_GE(numbers["datasheet"].get<int>(), 6);
    EXPECT_GT(numbers["inherited"].get<int>(), 20);
}

// The latency is never below the roofline: 11.2 GMAC at 2 x 2048 MACs in 800 MHz, or 85 MB of weights at 20 GB/s.
TEST_F(CliNewChip, IsNotFasterThanItsDatasheetAllows) {
    ASSERT_EQ(berth(asked("my-chip")).status, 0);
    const double latency = prediction("my-chip.yaml")["latency_ms"];
    const double macs = 128.0 * (12 * (4 * 768 * 768 + 2 * 768 * 3072) + 12 * 2 * 128 * 768);
    EXPECT_GT(latency, 1e3 * macs / (2 * 2048 * 800e6));
    EXPECT_LT(latency, 2 * 8.6) << "operator by operator, the roofline takes 8.6 ms";
}

// The same ten numbers over another profile.
std::string over(const std::string& name, const std::string& extended) {
    return "profile: " + name + "\nchip: my-chip\nextends: " + extended + R"(
memory: {dram: {bandwidth: 34 GB/s}}
devices:
  npu:
    cores: 2
    clock: 800 MHz
    matrix: {macs_per_cycle: {int8: 2048}}
    dma: {bandwidth: 20 GB/s per core, limit: 20 GB/s}
    memories: {sram: {capacity: 1 MiB}}
  cpu:
    clusters:
      - {name: big, cores: 4, clock: 2 GHz, vector_scale: 1, macs_per_cycle: {int8: 18, fp32: 8, fp16: 16}, bandwidth: 15 GB/s}
    runtime: {default_cores: 4}
)";
}

// The same ten numbers over another chip of the kind, whose remaining numbers are inherited, give the same answer as
// over the archetype within the uncertainty of both. The runtime of that chip reads weights again for each row tile and
// normalises in fp16 in several passes, so the archetype is faster.
TEST_F(CliNewChip, AgreesWithTheSameNumbersOverAChipOfTheKind) {
    ASSERT_EQ(berth(asked("my-chip")).status, 0);
    write("over-a-chip.yaml", over("over-a-chip", "rk3588-rknn-2.3.2"));
    const Json archetype = prediction("my-chip.yaml");
    const Json chip = prediction("over-a-chip.yaml");
    const double ratio = chip["latency_ms"].get<double>() / archetype["latency_ms"].get<double>();
    EXPECT_GT(ratio, 1);
    EXPECT_LT(ratio, 1.75);
    EXPECT_LT(archetype["low_ms"], chip["high_ms"]);
    EXPECT_LT(chip["low_ms"], archetype["high_ms"]);
    for (const Json& one : {archetype, chip}) {
        EXPECT_EQ(one["evidence"]["assumed"], 1) << "nothing of it was measured";
    }
}

// With a compiler of the chip's own none of what RKNN chose is left: no norms in fp16, passes of them or conversions.
// The part is found from a folder of the user's.
TEST_F(CliNewChip, TakesTheSiliconOfAChipWithoutItsCompiler) {
    write("over-a-chip.yaml", over("over-a-chip", "rk3588-rknn-2.3.2"));
    write("own-compiler.yaml", over("own-compiler", "[parts/npu-own-compiler.yaml, rk3588-rknn-2.3.2]"));
    const Json with = prediction("over-a-chip.yaml"), without = prediction("own-compiler.yaml");
    EXPECT_GT(with["by_category"]["conversion"], 0);
    EXPECT_FALSE(without["by_category"].contains("conversion"));
    EXPECT_LT(without["by_category"]["norm"], with["by_category"]["norm"].get<double>() / 2);
    EXPECT_LT(without["latency_ms"], with["latency_ms"]);
    const auto inherited = [this](const char* file) {
        return berth({"predict", "--hardware", file, "--device", "npu", "--model", "bert-base-uncased", "--dtype",
                      "int8", "--tokens", "128"})
            .out;
    };
    EXPECT_THAT(inherited("over-a-chip.yaml"), HasSubstr("Inherited with rknn 2.3.2"));
    EXPECT_THAT(inherited("own-compiler.yaml"), Not(HasSubstr("rknn 2.3.2")));
}

TEST_F(CliNewChip, NamesThePartThatIsNotThere) {
    write("own-compiler.yaml", over("own-compiler", "[parts/npu-no-compiler.yaml, rk3588-rknn-2.3.2]"));
    const Outcome outcome = berth({"check", "own-compiler.yaml"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_THAT(outcome.err, HasSubstr("own-compiler.yaml:3:11: error: no profile 'parts/npu-no-compiler.yaml'"));
}

TEST_F(CliNewChip, SaysWhatIsWrongAndWritesNothing) {
    const auto refused = [this](const std::vector<std::string>& words, const std::string& says) {
        const Outcome outcome = berth(words);
        EXPECT_EQ(outcome.status, 2) << outcome.out;
        EXPECT_THAT(outcome.err, HasSubstr(says));
        EXPECT_FALSE(std::filesystem::exists(folder() / "x.yaml"));
    };
    refused({"new-chip", "x", "--archetype", "npu-convolutoin", "--yes"}, "did you mean npu-convolution");
    refused({"new-chip", "x", "--archetype", "npu-convolution", "--clock", "800 MB", "--yes"}, "--clock");
    refused({"new-chip", "x", "--archetype", "npu-convolution", "--cores", "1.5", "--yes"}, "--cores");
    refused({"new-chip", "x", "--archetype", "npu-convolution", "--model", "brt-base", "--yes"}, "brt-base");
    const Outcome both = berth({"new-chip", "x", "--archetype", "gpu", "--clock", "fast", "--sram", "much", "--yes"});
    EXPECT_THAT(both.err, HasSubstr("--clock"));
    EXPECT_THAT(both.err, HasSubstr("--sram"));
}

TEST_F(CliNewChip, SaysWhichNumbersDoNotGoTogether) {
    const auto refused = [this](std::vector<std::string> words, const std::string& says) {
        words.insert(words.begin(), {"new-chip", "x", "--archetype"});
        words.emplace_back("--yes");
        const Outcome outcome = berth(words);
        EXPECT_EQ(outcome.status, 2) << outcome.out;
        EXPECT_THAT(outcome.err, HasSubstr(says));
        EXPECT_FALSE(std::filesystem::exists(folder() / "x.yaml"));
    };
    refused({"npu-vector", "--clock", "1.2"}, "(expected a frequency such as 800 MHz)");
    refused({"npu-vector", "--cores", "0"}, "(expected a whole number such as 2)");
    refused({"gpu", "--cores", "8"}, "--cores: error: all cores of a gpu count as one here (expected no --cores, and");
    refused({"npu-systolic", "--macs-fp16", "8"}, "--macs-fp16: error: chips of this kind do not multiply fp16");
    refused(
        {"npu-vector", "--bandwidth", "90 GB/s", "--dram", "51.2 GB/s"},
        "--bandwidth: error: 90 GB/s is more than the DRAM's bus carries (expected at most the 51.2 GB/s of --dram)");
    refused({"accelerator-host-link", "--bandwidth", "200 GB/s", "--dram", "50 GB/s"},
            "--bandwidth: error: 200 GB/s is more than the host's DRAM bus carries: chips of this kind draw what their "
            "link to the host carries (expected at most the 50 GB/s of --dram)");
    refused({"x86-cpu", "--cores", "2", "--cpu-cores", "2"},
            "the device is the CPU, whose number --cpu-cores states too");
}

// Cores count in the answer, as the file says.
TEST_F(CliNewChip, CoresMakeTheFirstAnswerFaster) {
    for (const char* kind : {"npu-vector", "npu-convolution", "npu-systolic", "accelerator-host-link"}) {
        const auto latency = [this, kind](const std::string& cores) {
            const std::string name = std::string(kind) + cores;
            const Outcome made = berth({"new-chip", name, "--archetype", kind, "--cores", cores, "--clock", "100 MHz",
                                        "--dram", "100 GB/s", "--bandwidth", "100 GB/s", "--yes"});
            EXPECT_EQ(made.status, 0) << made.err;
            const Outcome outcome = berth({"predict", "--hardware", name + ".yaml", "--device", "npu", "--model",
                                           "resnet-50", "--dtype", "int8", "--format", "json"});
            return Json::parse(outcome.out)["latency_ms"].get<double>();
        };
        EXPECT_GT(latency("1") / latency("4"), 1.3) << kind;
    }
}

// Clipping and sums stay in int8, so that no layer pays for conversions.
TEST_F(CliNewChip, AnInt8NetworkIsFasterThanItsFp32OneOnACpu) {
    for (const char* kind : {"arm-big-little", "x86-cpu"}) {
        write("chip.yaml", std::string("profile: chip\nextends: ") + kind + "\n");
        const auto latency = [this](const std::string& dtype) {
            const Outcome outcome = berth({"predict", "--hardware", "chip.yaml", "--device", "cpu", "--model",
                                           "mobilenet-v2", "--dtype", dtype, "--format", "json"});
            EXPECT_EQ(outcome.status, 0) << outcome.err;
            return Json::parse(outcome.out)["latency_ms"].get<double>();
        };
        EXPECT_LT(latency("int8"), latency("fp32")) << kind;
    }
}

TEST_F(CliNewChip, TheFirstAnswerSaysOfWhat) {
    EXPECT_THAT(berth({"new-chip", "a", "--archetype", "gpu", "--model", "bert-base-uncased", "--yes"}).out,
                HasSubstr("Its first answer, bert-base-uncased, 128 tokens, int8:"));
    write("short.yaml",
          "model: short\narchitecture: bert-encoder\n"
          "sizes: {layers: 2, hidden: 64, heads: 4, ffn: 128, vocab: 100, max_positions: 64}\n");
    EXPECT_THAT(berth({"new-chip", "b", "--archetype", "gpu", "--model", "short.yaml", "--yes"}).out,
                HasSubstr("Its first answer, short, 64 tokens, int8:"));
}

TEST_F(CliNewChip, DoesNotOverwrite) {
    write("my-chip.yaml", "kept");
    EXPECT_EQ(berth(asked("my-chip")).status, 2);
    EXPECT_EQ(content_of(folder() / "my-chip.yaml"), "kept");
}

TEST_F(CliNewChip, EveryArchetypeMakesOne) {
    for (const char* kind : {"npu-convolution", "npu-vector", "npu-systolic", "accelerator-host-link", "gpu",
                             "arm-big-little", "x86-cpu"}) {
        const std::string name = std::string("a-") + kind;
        const Outcome made = berth({"new-chip", name, "--archetype", kind, "--yes"});
        EXPECT_EQ(made.status, 0) << kind << "\n" << made.err;
    }
}

// A what-if about the cores takes one setting, up or down.
TEST_F(CliNewChip, CoresAreOneSetting) {
    ASSERT_EQ(berth(asked("my-chip")).status, 0);
    for (const char* cores : {"1", "3"}) {
        const Outcome outcome =
            berth({"predict", "--hardware", "my-chip.yaml", "--device", "npu", "--model", "resnet-50", "--dtype",
                   "int8", "--set", "hardware.devices.npu.cores=" + std::string(cores)});
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        EXPECT_THAT(outcome.err, Not(HasSubstr("no effect")));
    }
}

TEST_F(CliNewChip, NamesThatAreTakenAreRefused) {
    for (const std::string name : {"gpu", "raspberry-pi-5"}) {
        const Outcome made = berth({"new-chip", "mine", "--archetype", "gpu", "--out", name + ".yaml", "--yes"});
        EXPECT_EQ(made.status, 2);
        EXPECT_THAT(made.err, HasSubstr("--out: error: " + name + ".yaml has the name of a profile that ships"));
        EXPECT_FALSE(std::filesystem::exists(folder() / (name + ".yaml")));
    }
    write("gpu.yaml", "profile: gpu\nextends: raspberry-pi-5\n");
    const Outcome made = berth({"new-chip", "mine", "--archetype", "gpu", "--yes"});
    EXPECT_EQ(made.status, 2);
    EXPECT_THAT(made.err, HasSubstr("gpu.yaml beside it would be extended instead of the archetype gpu"));
}

}  // namespace
}  // namespace berth
