// Profiles measured on one machine, used on the same and on another machine.
#include <gmock/gmock.h>

#include "cli/run_berth.h"

namespace berth {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class CliMachine : public BerthCommand {
  protected:
    CliMachine() {
        write("mine.yaml",
              "profile: mine\nextends: onednn-cpu\nmachine:\n  processor: A Processor\n  family: 6\n  model: 1\n  "
              "stepping: 2\n"
              "  cores: 2\n");
        write("same.yaml", "machine: {processor: A Processor, family: 6, model: 1, stepping: 2, cores: 2}\n");
        write("other.yaml", "machine: {processor: A Processor, family: 6, model: 7, stepping: 2, cores: 16}\n");
        write("asked.yaml",
              "scenario: asked\nhardware: mine.yaml\nstages:\n  - {name: a, model: all-MiniLM-L6-v2, dtype: fp32, "
              "tokens: "
              "16}\n");
        write("asked.csv", "op,dtype,m,k,n\nmatmul,fp32,64,64,64\n");
        write("rows.csv", "op,dtype,m,k,n,cores,measured_us\nmatmul,fp32,64,64,64,1,20\n");
    }
    static std::string on(const std::string& machine) { return "-u BERTH_DATA BERTH_MACHINE=" + machine; }
    /// Command lines of all commands that use a profile.
    static std::vector<std::vector<std::string>> questions() {
        const std::vector<std::string> on_cpu{"--hardware", "mine.yaml", "--device", "cpu"};
        const auto with = [&on_cpu](std::string command, const std::vector<std::string>& more) {
            std::vector<std::string> words{std::move(command)};
            words.insert(words.end(), on_cpu.begin(), on_cpu.end());
            words.insert(words.end(), more.begin(), more.end());
            return words;
        };
        return {{"run", "asked.yaml"},
                with("predict", {"--model", "all-MiniLM-L6-v2", "--tokens", "16"}),
                with("predict", {"--op", "matmul", "--shape", "m=8,k=8,n=8", "--dtype", "fp32"}),
                with("predict", {"--csv", "asked.csv"}),
                with("validate", {"--measured", "rows.csv"})};
    }
    static std::vector<std::string> as_json(std::vector<std::string> words) {
        words.insert(words.end(), {"--format", "json"});
        return words;
    }
};

constexpr const char* kSaid =
    "mine: warning: its measurements are of another machine than this one: model 1 there, 7 here; cores 2 there, 16 "
    "here. "
    "`berth profile-host --quick --out DIR` profiles this one.\n";

TEST_F(CliMachine, AnotherMachineIsSaidOnceAndInJson) {
    for (const auto& words : questions()) {
        const Outcome text = berth(words, on("other.yaml"));
        EXPECT_EQ(text.status, 0) << text.err;
        EXPECT_EQ(text.err, kSaid) << words.front();
        EXPECT_THAT(text.out, Not(HasSubstr("warning")));
        const Outcome json = berth(as_json(words), on("other.yaml"));
        EXPECT_EQ(json.err, kSaid) << words.front();
        const auto warnings = json.json().at("warnings");
        ASSERT_EQ(warnings.size(), 1U) << words.front();
        EXPECT_EQ(warnings[0].at("path"), "hardware.machine");
        EXPECT_THAT(warnings[0].at("text").get<std::string>(),
                    HasSubstr("mine: its measurements are of another machine"));
    }
}

TEST_F(CliMachine, TheSameMachineAndNoComparisonSayNothing) {
    for (const auto& words : questions()) {
        for (const std::string machine : {"same.yaml", "none"}) {
            const Outcome json = berth(as_json(words), on(machine));
            EXPECT_EQ(json.status, 0);
            EXPECT_EQ(json.err, "") << words.front();
            EXPECT_TRUE(json.json().at("warnings").empty()) << words.front();
        }
    }
}

TEST_F(CliMachine, OtherQuestionsOfAScenarioWarnToo) {
    for (const auto& words :
         std::vector<std::vector<std::string>>{{"ops", "asked.yaml"},
                                               {"sensitivity", "asked.yaml"},
                                               {"sweep", "asked.yaml", "--vary", "stages.a.tokens=16,32"},
                                               {"diff", "asked.yaml", "--set", "stages.a.tokens=32"}}) {
        const Outcome asked = berth(words, on("other.yaml"));
        EXPECT_EQ(asked.status, 0) << asked.err;
        EXPECT_EQ(asked.err, kSaid) << words.front();
    }
}

TEST_F(CliMachine, ThisMachineIsTheOneThatCounts) {
    const Outcome once = berth({"run", "asked.yaml"}, "-u BERTH_DATA -u BERTH_MACHINE");
    const Outcome again = berth({"run", "asked.yaml"}, "-u BERTH_DATA BERTH_MACHINE=");
    EXPECT_EQ(once.status, 0);
    EXPECT_THAT(once.err, HasSubstr("processor A Processor there, ")) << "no processor has that name";
    EXPECT_EQ(once.err, again.err);
    const Outcome none = berth({"run", "rag-rk3588"}, "-u BERTH_DATA -u BERTH_MACHINE");
    EXPECT_EQ(none.err, "") << "a chip's profile is no machine's";
}

TEST_F(CliMachine, TheShippedHostProfilesSayWhatIsNotKnownOfThem) {
    write("here.yaml",
          "machine: {processor: AMD EPYC, vendor: AuthenticAMD, family: 25, model: 17, stepping: 1, cores: 2, virtual: "
          "true}\n");
    for (const std::string profile : {"x86-avx512-vnni", "x86-onnxruntime"}) {
        const Outcome asked = berth(
            {"predict", "--hardware", profile, "--device", "cpu", "--model", "all-MiniLM-L6-v2", "--tokens", "16"},
            on("here.yaml"));
        EXPECT_EQ(asked.status, 0);
        EXPECT_THAT(asked.err,
                    HasSubstr(profile + ": warning: its measurements may be of another machine than this one: "
                                        "family, model, stepping of the processor not recorded"));
    }
}

TEST_F(CliMachine, AFileThatDescribesNoMachineIsRefused) {
    write("empty.yaml", "other: 1\n");
    EXPECT_THAT(berth({"run", "asked.yaml"}, on("empty.yaml")).err,
                HasSubstr("empty.yaml:1:1: error: missing key 'machine'"));
    EXPECT_EQ(berth({"run", "asked.yaml"}, on("empty.yaml")).status, 2);
    EXPECT_EQ(berth({"run", "asked.yaml"}, on("absent.yaml")).status, 2);
}

}  // namespace
}  // namespace berth
