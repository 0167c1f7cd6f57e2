// The command `berth explore`: it prints its address, ends cleanly, and refuses invalid input.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "cli/run_berth.h"

namespace berth {
namespace {

using testing::HasSubstr;

/// Runs the command in a child process until it is told to end.
class ServingBerth {
  public:
    explicit ServingBerth(std::vector<std::string> words) {
        int out[2];
        EXPECT_EQ(::pipe(out), 0);
        process_ = ::fork();
        if (process_ == 0) {
            ::dup2(out[1], STDOUT_FILENO);
            std::vector<char*> arguments{const_cast<char*>("berth")};
            for (std::string& word : words) {
                arguments.push_back(word.data());
            }
            arguments.push_back(nullptr);
            ::execv(BERTH_EXE, arguments.data());
            ::_exit(127);
        }
        ::close(out[1]);
        char c = 0;
        while (::read(out[0], &c, 1) == 1 && c != '\n') {
            line_ += c;
        }
        ::close(out[0]);
    }

    [[nodiscard]] const std::string& line() const { return line_; }
    [[nodiscard]] int port() const {
        const std::size_t at = line_.find("127.0.0.1:");
        return at == std::string::npos ? 0 : std::atoi(line_.c_str() + at + 10);
    }
    [[nodiscard]] httplib::Client client() const { return httplib::Client("127.0.0.1", port()); }
    void tell(int signal) const { ::kill(process_, signal); }
    /// Exit status; -1 if a signal ended the process.
    [[nodiscard]] int ended() const {
        int status = 0;
        ::waitpid(process_, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    /// Resident memory in KiB.
    [[nodiscard]] long resident() const {
        const std::string text = content_of("/proc/" + std::to_string(process_) + "/status");
        const std::size_t at = text.find("VmRSS:");
        return at == std::string::npos ? 0 : std::atol(text.c_str() + at + 6);
    }

  private:
    pid_t process_ = 0;
    std::string line_;
};

class ExploreCommand : public BerthCommand {};

TEST_F(ExploreCommand, SaysWhereItIsAndEndsOnSignals) {
    for (const int signal : {SIGINT, SIGTERM}) {
        const ServingBerth berth({"explore", "rag-rk3588", "--port", "0", "--set", "stages.rerank.tokens=200"});
        EXPECT_THAT(berth.line(), HasSubstr("RAG query on RK3588 is at http://127.0.0.1:"));
        const auto page = berth.client().Get("/api/scenario");
        ASSERT_TRUE(page);
        EXPECT_EQ(nlohmann::json::parse(page->body)["command"], "berth run rag-rk3588 --set stages.rerank.tokens=200");
        berth.tell(signal);
        EXPECT_EQ(berth.ended(), 0);
    }
}

TEST_F(ExploreCommand, EndsAtOnceWhileOthersAsk) {
    const ServingBerth berth({"explore", "rag-rk3588", "--port", "0"});
    std::vector<std::thread> others;
    for (int i = 0; i < 4; ++i) {
        others.emplace_back([&berth] {
            for (auto client = berth.client(); client.Post("/api/answer", "{}", "application/json");) {
            }
        });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    berth.tell(SIGINT);
    EXPECT_EQ(berth.ended(), 0);
    for (std::thread& other : others) {
        other.join();
    }
}

TEST_F(ExploreCommand, HoldsNoMoreMemoryAfterManyRequests) {
    const ServingBerth berth({"explore", "rag-rk3588", "--port", "0"});
    const auto ask = [&berth](int requests) {
        for (int i = 0; i < requests; ++i) {
            const std::string tokens = std::to_string(10 + i % 100);
            const auto answer = berth.client().Post(
                "/api/answer", R"({"settings": {"stages.rerank.tokens": ")" + tokens + "\"}}", "application/json");
            ASSERT_TRUE(answer);
            ASSERT_EQ(answer->status, 200);
        }
    };
    // Each thread of the server has a heap of its own, which has its full size once that thread has met all lengths.
    constexpr int kFirst = 800, kMore = 400;
    constexpr long kGrowth = 8 * 1024;  // KiB that the allocator may keep
    ask(kFirst);
    const long before = berth.resident();
    ask(kMore);
    EXPECT_LE(berth.resident(), before + kGrowth);
    berth.tell(SIGTERM);
    EXPECT_EQ(berth.ended(), 0);
}

TEST_F(ExploreCommand, RefusesAPortInUse) {
    const ServingBerth first({"explore", "rag-rk3588", "--port", "0"});
    const Outcome second = berth({"explore", "rag-rk3588", "--port", std::to_string(first.port())});
    EXPECT_EQ(second.status, 2);
    EXPECT_EQ(second.out, "");
    EXPECT_EQ(second.err, "--port: error: port " + std::to_string(first.port()) +
                              " is in use (expected another one, or --port 0 for any that is free)\n");
    first.tell(SIGINT);
    EXPECT_EQ(first.ended(), 0);
}

TEST_F(ExploreCommand, RefusesWhatItCannotExplore) {
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"explore"},
                                               {"explore", "no-such-scenario"},
                                               {"explore", "rag-rk3588", "--port", "70000"},
                                               {"explore", "rag-rk3588", "--port", "eighty"},
                                               {"explore", "rag-rk3588", "--set", "stages.rerank.tokens=513"}}) {
        const Outcome refused = berth(words);
        EXPECT_EQ(refused.status, 2) << testing::PrintToString(words);
        EXPECT_EQ(refused.out, "");
        EXPECT_NE(refused.err, "");
    }
}

}  // namespace
}  // namespace berth
