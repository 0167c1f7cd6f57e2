// Runs work in a child process, and reads its lines.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>

#include "berth/measure/measure.h"

namespace berth {

namespace {

constexpr int kFailed = 3;

bool write_all(int to, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = write(to, text.data(), text.size());
        if (written < 0 && errno != EINTR) {
            return false;
        }
        text.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
    return true;
}

// Runs the work in the child, and exits without the exit handlers of the parent that it is a copy of.
[[noreturn]] void work_for(int to, const std::function<void(const TakeLine&)>& work) {
    try {
        work([to](const std::string& line) { return write_all(to, line); });
    } catch (const std::exception& failure) {
        fmt::print(stderr, "berth: internal failure: {}\n", failure.what());
        _exit(kFailed);
    }
    _exit(0);
}

// Passes on complete lines; false when a line is rejected.
bool read_lines(int from, const TakeLine& take) {
    std::string rest;
    std::array<char, 4096> block{};
    while (true) {
        const ssize_t got = read(from, block.data(), block.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return true;
        }
        rest.append(block.data(), static_cast<std::size_t>(got));
        for (std::size_t end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
            const std::string line = rest.substr(0, end + 1);
            rest.erase(0, end + 1);
            if (!take(line)) {
                return false;
            }
        }
    }
}

int wait_for(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

}  // namespace

bool in_own_process(const std::function<void(const TakeLine&)>& work, const TakeLine& take, Diagnostics& diagnostics) {
    const SourceLocation where("measure");
    std::array<int, 2> ends{};
    const bool piped = pipe2(ends.data(), O_CLOEXEC) == 0;
    const pid_t child = piped ? fork() : -1;
    if (child < 0) {
        diagnostics.error(where, fmt::format("cannot start a process: {}", std::strerror(errno)));
        return false;
    }
    if (child == 0) {
        close(ends[0]);
        work_for(ends[1], work);
    }
    close(ends[1]);
    const bool taken = read_lines(ends[0], take);
    close(ends[0]);
    if (!taken) {
        kill(child, SIGTERM);
    }
    const int status = wait_for(child);
    if (taken && status != 0) {
        diagnostics.error(where, WIFSIGNALED(status)
                                     ? fmt::format("the kernels' process was ended by signal {}", WTERMSIG(status))
                                     : fmt::format("the kernels' process ended with status {}", WEXITSTATUS(status)));
    }
    return taken && status == 0;
}

}  // namespace berth
