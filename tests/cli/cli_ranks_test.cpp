// berth sweep as one job of several processes.
#include <filesystem>

#include "cli/database.h"
#include "cli/run_berth.h"

#ifdef BERTH_MPIRUN

namespace berth {
namespace {

class CliRanks : public BerthCommand {
  protected:
    /// Arguments of `env` before the command: mpirun with `count` ranks, which may exceed the number of cores.
    static std::string ranks(int count) {
        return "-u BERTH_DATA OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 "
               "OMPI_MCA_btl_vader_single_copy_mechanism=none OMPI_MCA_rmaps_base_oversubscribe=1 " +
               shell_word(BERTH_MPIRUN) + " -n " + std::to_string(count);
    }
    /// A sweep of 3 x 41 x `crossings` points.
    static std::vector<std::string> sweep_to(const std::string& file, int crossings,
                                             const std::vector<std::string>& more = {}) {
        std::vector<std::string> words{
            "sweep",
            "rag-rk3588",
            "--vary",
            "stages.rerank.tokens=100,600,200",  // the second one cannot run: a row that says why
            "--vary",
            "hardware.devices.npu.dma.bandwidth=5 GB/s:25 GB/s:500 MB/s",
            "--vary",
            "hardware.links.0.per_crossing=1us:" + std::to_string(crossings) + "us:1us",
            "--out",
            file};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }
};

TEST_F(CliRanks, TheFileIsThatOfOneProcess) {
    EXPECT_EQ(berth(sweep_to("one.csv", 100)).status, 0);
    const std::string one = content_of(folder() / "one.csv");
    EXPECT_EQ(std::count(one.begin(), one.end(), '\n'), 3 * 41 * 100 + 1);
    for (const int count : {2, 4}) {
        const Outcome several =
            berth(sweep_to("several.csv", 100, {"--threads", count == 2 ? "2" : "1"}), ranks(count));
        EXPECT_EQ(several.status, 0) << several.err;
        EXPECT_TRUE(content_of(folder() / "several.csv") == one) << count;
    }
    auto printed = sweep_to("", 100);
    printed.resize(printed.size() - 2);
    EXPECT_TRUE(berth(printed, ranks(3)).out == one);
}

TEST_F(CliRanks, TheDatabaseIsThatOfOneProcess) {
    EXPECT_EQ(berth(sweep_to("one.sqlite", 20)).status, 0);
    const Outcome several = berth(sweep_to("several.sqlite", 20), ranks(3));
    EXPECT_EQ(several.status, 0) << several.err;
    const auto one = Database(folder() / "one.sqlite").rows("SELECT * FROM sweep ORDER BY rowid");
    EXPECT_EQ(one.size(), 3U * 41 * 20);
    EXPECT_EQ(Database(folder() / "several.sqlite").rows("SELECT * FROM sweep ORDER BY rowid"), one);
}

// If a rank dies, the launcher ends the others, whole rows are kept, and the job can be resumed.
TEST_F(CliRanks, ARankThatDiesLosesNothingThatWasWritten) {
    std::string command = shell_word(BERTH_EXE);
    for (const std::string& word : sweep_to("part.csv", 2000)) {
        command += " " + shell_word(word);
    }
    write("rank.sh", "echo $$ >pid.$OMPI_COMM_WORLD_RANK\nexec " + command + "\n");
    write("job.sh", "env " + ranks(4) + " sh rank.sh >out 2>err &\n" +
                        "while [ ! -s part.csv ] || [ $(wc -c <part.csv) -lt 1000000 ]; do sleep 0.01; done\n"
                        "kill -9 $(cat pid.2)\nwait $!\n");
    EXPECT_NE(std::system(("cd " + shell_word(folder().string()) + " && sh job.sh").c_str()), 0);
    EXPECT_EQ(berth(sweep_to("whole.csv", 2000)).status, 0);
    const std::string whole = content_of(folder() / "whole.csv");
    const std::string part = content_of(folder() / "part.csv");
    EXPECT_GE(part.size(), 1000000U);
    EXPECT_LT(part.size(), whole.size());
    EXPECT_TRUE(whole.starts_with(part.substr(0, part.rfind('\n') + 1)));
    const Outcome resumed = berth(sweep_to("part.csv", 2000, {"--resume"}), ranks(4));
    EXPECT_EQ(resumed.status, 0) << resumed.err;
    EXPECT_TRUE(content_of(folder() / "part.csv") == whole);
}

TEST_F(CliRanks, OneOfThemTellsWhatIsWrong) {
    const auto times_in = [](const std::string& text, const std::string& part) {
        int times = 0;
        for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
            ++times;
        }
        return times;
    };
    const Outcome wrong =
        berth({"sweep", "rag-rk3588", "--vary", "stages.rerank.tokns=1,2", "--out", "s.csv"}, ranks(3));
    EXPECT_EQ(wrong.status, 2) << wrong.err;
    EXPECT_EQ(times_in(wrong.err, "unknown key 'tokns'"), 1) << wrong.err;
    EXPECT_FALSE(std::filesystem::exists(folder() / "s.csv"));
    const Outcome json =
        berth({"sweep", "rag-rk3588", "--vary", "stages.rerank.tokens=1,2", "--format", "json"}, ranks(2));
    EXPECT_EQ(times_in(json.err, "--format: error: several processes write rows of CSV (expected --format csv)"), 1)
        << json.err;
    if (std::filesystem::exists("/dev/full")) {
        const Outcome full = berth(sweep_to("/dev/full", 1), ranks(3));
        EXPECT_NE(full.status, 0);
        EXPECT_EQ(times_in(full.err, "/dev/full: error: cannot write on: "), 1) << full.err;
    }
    write("rank.sh",
          "exec " + shell_word(BERTH_EXE) +
              " sweep rag-rk3588 --vary stages.rerank.tokens=1,$((OMPI_COMM_WORLD_RANK + 2)) --out own.csv\n");
    EXPECT_NE(
        std::system(("cd " + shell_word(folder().string()) + " && env " + ranks(3) + " sh rank.sh 2>err").c_str()), 0);
    EXPECT_EQ(times_in(content_of(folder() / "err"), "mpirun: error: rank 1 was started for another sweep than rank 0"),
              1);
    EXPECT_FALSE(std::filesystem::exists(folder() / "own.csv"));
    const Outcome one =
        berth({"sweep", "rag-rk3588", "--vary", "stages.rerank.tokens=1,2", "--format", "json"}, ranks(1));
    EXPECT_EQ(one.json().at("points").size(), 2U) << one.err;
}

}  // namespace
}  // namespace berth

#endif
