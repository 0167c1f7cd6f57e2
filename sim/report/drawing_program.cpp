// Starts the programs through gnuplot-iostream, and returns their exit status and messages.
#include "report/drawing_program.h"

#include <fmt/format.h>
#include <pthread.h>

#include <csignal>

#include "berth/base/quantity_text.h"
#include "report/unnamed_file.h"

// The header, of 2014, does not compile without these warnings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wextra"
#include <gnuplot-iostream.h>
#pragma GCC diagnostic pop

namespace berth {

namespace {

constexpr int kCommandNotFound = 127;

/// Blocks SIGPIPE in this thread, so that writing to a gnuplot that has exited becomes a failed write.
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

/// How a program ended; without a status it was not started, or its exit status was not recorded.
struct ProgramEnd {
    std::optional<double> status;
    std::string said;
    [[nodiscard]] bool missing() const { return status == kCommandNotFound; }
    [[nodiscard]] bool stopped() const { return status != 0; }
    [[nodiscard]] std::string reason() const { return said.empty() ? "it gave no reason" : said; }
};

/// Absent if the files for the program's messages and status cannot be created.
std::optional<ProgramEnd> run_program(const std::string& command, std::string_view input) {
    const UnnamedFile said, ended;
    if (!said.is_open() || !ended.is_open()) {
        return std::nullopt;
    }
    // The shell writes the exit status to a file, because gnuplot-iostream discards that of the pipe.
    const std::string line =
        fmt::format("{} 2>{}; echo $? >{}", command, said.path_for_child(), ended.path_for_child());
    {
        const std::unique_ptr<Gnuplot> pipe = std::make_unique<Gnuplot>(line);
        const PipeSignalBlock block;
        pipe->write(input.data(), static_cast<std::streamsize>(input.size()));
        pipe->flush();
    }
    return ProgramEnd{parse_number(trimmed(ended.content())), trimmed(said.content())};
}

}  // namespace

bool run_gnuplot(std::string_view script, Diagnostics& diagnostics) {
    // Labels are UTF-8 whatever the user's locale is; gnuplot would complain about a locale without a degree sign.
    const auto end = run_program("LC_ALL=C.UTF-8 gnuplot -d", script);
    if (!end) {
        diagnostics.error({}, "the pictures need room for temporary files", "a folder for them in TMPDIR or /tmp");
    } else if (end->missing()) {
        diagnostics.error({}, "the pictures need gnuplot, which is not on the PATH",
                          "an installed gnuplot, on Debian the package gnuplot-nox");
    } else if (end->stopped()) {
        diagnostics.error({}, "gnuplot stopped: " + end->reason());
    } else if (!end->said.empty()) {
        diagnostics.warning({}, "gnuplot: " + end->said);
    }
    return end && !end->stopped();
}

std::optional<std::string> printed(std::string_view html, Diagnostics& diagnostics) {
    const UnnamedFile pdf;
    // SOURCE_DATE_EPOCH fixes the date in embedded fonts, so that the bytes are reproducible.
    const auto end =
        pdf.is_open() ? run_program("SOURCE_DATE_EPOCH=0 LC_ALL=C.UTF-8 weasyprint -q - " + pdf.path_for_child(), html)
                      : std::nullopt;
    std::string content = pdf.is_open() ? pdf.content() : "";
    if (end && end->missing()) {
        diagnostics.warning({}, "the page as PDF needs WeasyPrint, which is not on the PATH",
                            "an installed WeasyPrint, on Debian the package weasyprint");
    } else if (!end || end->stopped() || content.empty()) {
        diagnostics.warning({}, "WeasyPrint printed no PDF: " +
                                    (end ? end->reason() : std::string("there is no room for temporary files")));
    } else {
        return content;
    }
    return std::nullopt;
}

}  // namespace berth
