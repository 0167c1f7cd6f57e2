// The program without its modules: what needs one says so, and all else works.
#include <gmock/gmock.h>

#include "cli/run_berth.h"

namespace berth {
namespace {

using testing::HasSubstr;

class CommandAlone : public BerthCommand {
  protected:
    /// Runs a copy of the program from the working folder.
    [[nodiscard]] Outcome alone(const std::vector<std::string>& words) const {
        write("alone.sh", "cp \"$1\" ./alone && shift && exec ./alone \"$@\"\n");
        return berth(words, "-u BERTH_DATA COLUMNS=240 sh alone.sh");
    }
};

TEST_F(CommandAlone, AnswersWhatNeedsNoModule) {
    const Outcome outcome = alone({"run", "rag-rk3588", "--format", "json"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.out, berth({"run", "rag-rk3588", "--format", "json"}).out);
}

TEST_F(CommandAlone, SaysWhichModuleIsMissing) {
    const Outcome explored = alone({"explore", "rag-rk3588", "--port", "0"});
    EXPECT_EQ(explored.status, 2);
    EXPECT_THAT(explored.err, HasSubstr("there is no HTTP server: berth_http.so is not installed with this program"));
    const Outcome measured = alone({"measure", "--quick"});
    EXPECT_EQ(measured.status, 2);
    EXPECT_EQ(measured.out, "");
    EXPECT_THAT(measured.err, HasSubstr("there are no kernels: berth_kernels.so is not installed with this program"));
}

TEST_F(CommandAlone, SaysWhyAModuleCannotBeLoaded) {
    write("berth_http.so", "not a library");
    const Outcome outcome = alone({"explore", "rag-rk3588", "--port", "0"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_THAT(outcome.err, HasSubstr("there is no HTTP server: "));
    EXPECT_THAT(outcome.err, HasSubstr("/berth_http.so: file too short"));
}

}  // namespace
}  // namespace berth
