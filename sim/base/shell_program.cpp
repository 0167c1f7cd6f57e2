#include "base/shell_program.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdio>
#include <ctime>

#include "base/trimmed.h"
#include "base/unnamed_file.h"

namespace berth {

namespace {

constexpr int kCommandNotFound = 127;

/// Blocks SIGPIPE in this thread, so that writing to a program that has exited becomes a failed write.
class PipeSignalBlock {
  public:
    PipeSignalBlock() {
        sigemptyset(&pipe_);
        sigaddset(&pipe_, SIGPIPE);
        sigset_t pending;
        sigpending(&pending);
        was_pending_ = sigismember(&pending, SIGPIPE) == 1;
        pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    ~PipeSignalBlock() {
        const timespec at_once{0, 0};
        while (!was_pending_ && sigtimedwait(&pipe_, nullptr, &at_once) == SIGPIPE) {
        }
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    PipeSignalBlock(const PipeSignalBlock&) = delete;
    PipeSignalBlock& operator=(const PipeSignalBlock&) = delete;

  private:
    sigset_t pipe_{};
    sigset_t before_{};
    bool was_pending_ = false;
};

}  // namespace

bool ProgramEnd::missing() const { return status == kCommandNotFound; }

std::optional<ProgramEnd> run_program(const std::string& command, std::string_view input) {
    const UnnamedFile out, err;
    const bool open = out.is_open() && err.is_open();
    std::FILE* pipe =
        open ? ::popen(fmt::format("{} >{} 2>{}", command, out.path_for_child(), err.path_for_child()).c_str(), "w")
             : nullptr;
    if (pipe == nullptr) {
        return std::nullopt;
    }
    const PipeSignalBlock block;                                          // not before the program has started
    static_cast<void>(std::fwrite(input.data(), 1, input.size(), pipe));  // it may end without reading all
    const int ended = ::pclose(pipe);
    return ProgramEnd{WIFEXITED(ended) ? std::optional(WEXITSTATUS(ended)) : std::nullopt, out.content(),
                      std::string(trimmed(err.content()))};
}

}  // namespace berth
