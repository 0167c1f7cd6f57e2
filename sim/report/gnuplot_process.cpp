// Starts gnuplot through gnuplot-iostream, and brings back its exit status and what it said.
#include "report/gnuplot_process.h"

#include <fmt/format.h>
#include <pthread.h>

#include <csignal>
#include <string>

#include "berth/quantity_text.h"
#include "report/unnamed_file.h"

// The 2014 header is not written for our warnings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wextra"
#include <gnuplot-iostream.h>
#pragma GCC diagnostic pop

namespace berth {

namespace {

constexpr int kCommandNotFound = 127;

/// Writing to a gnuplot that has gone raises SIGPIPE in this thread; here it becomes a failed write.
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

std::string trimmed(std::string text) {
    text.erase(text.find_last_not_of(" \n") + 1);
    return text;
}

}  // namespace

bool run_gnuplot(std::string_view script, Diagnostics& diagnostics) {
    const UnnamedFile said, ended;
    if (!said.is_open() || !ended.is_open()) {
        diagnostics.error({}, "the pictures need room for temporary files", "a folder for them in TMPDIR or /tmp");
        return false;
    }
    // The shell notes the status in a file: the pipe's own is lost in gnuplot-iostream. Labels are UTF-8 whatever the
    // user's locale, of which gnuplot would complain where it has no degree sign.
    const std::string command =
        fmt::format("LC_ALL=C.UTF-8 gnuplot -d 2>{}; echo $? >{}", said.path_for_child(), ended.path_for_child());
    {
        const std::unique_ptr<Gnuplot> plot = std::make_unique<Gnuplot>(command);
        const PipeSignalBlock block;
        plot->write(script.data(), static_cast<std::streamsize>(script.size()));
        plot->flush();
    }
    const std::string log = trimmed(said.content());
    const auto status = parse_number(trimmed(ended.content()));
    if (status == kCommandNotFound) {
        diagnostics.error({}, "the pictures need gnuplot, which is not on the PATH",
                          "an installed gnuplot, on Debian the package gnuplot-nox");
        return false;
    }
    if (!status || *status != 0) {
        diagnostics.error({}, "gnuplot stopped: " + (log.empty() ? "it gave no reason" : log));
        return false;
    }
    if (!log.empty()) {
        diagnostics.warning({}, "gnuplot: " + log);
    }
    return true;
}

}  // namespace berth
