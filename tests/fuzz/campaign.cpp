// A worker in a child process, monitored by its parent through shared memory.
#include "fuzz/campaign.h"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <exception>
#include <fstream>
#include <iterator>
#include <new>
#include <regex>
#include <stdexcept>

#include "cli/command_line.h"

namespace berth::fuzz {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFaults = 400;
constexpr std::size_t kWarmUp = 100;  // trials until all permanent allocations have been made
constexpr rlim_t kMostMemory = rlim_t{4} << 30U;
constexpr int kChecksPerSecond = 50;

struct SharedFault {
    std::size_t number;
    std::size_t kind;
    std::array<char, 200> what;
};

/// Status that the worker writes and the parent reads, in shared memory.
struct Board {
    std::size_t next;  ///< current trial
    double started_s;  ///< processor time of the worker at the start of the trial
    std::size_t commands;
    double slowest_s;
    std::int64_t grown, grown_over;  ///< growth in bytes, and the number of trials over which it was observed
    std::array<Counts, kKinds.size()> by_kind;
    std::size_t faults;
    std::array<SharedFault, kMostFaults> fault;
    std::array<char, 400> running{};  ///< the worker's current command
};

double time_on(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Redirects standard output or error to an unnamed file, and returns its content.
class Captured {
  public:
    Captured(FILE* stream, int descriptor) : stream_(stream), file_(::memfd_create("captured", 0)) {
        if (file_ < 0 || ::dup2(file_, descriptor) < 0) {
            throw std::runtime_error("cannot capture what the command prints");
        }
    }
    std::string take() {
        std::fflush(stream_);
        const off_t size = ::lseek(file_, 0, SEEK_END);
        std::string text(static_cast<std::size_t>(std::max<off_t>(size, 0)), '\0');
        static_cast<void>(::pread(file_, text.data(), text.size(), 0) + 0);
        static_cast<void>(::ftruncate(file_, 0) + 0);
        ::lseek(file_, 0, SEEK_SET);
        return text;
    }

  private:
    FILE* stream_;
    int file_;
};

void note(Board& board, const Trial& trial, std::size_t number, const std::string& what) {
    if (board.faults < kMostFaults) {
        SharedFault& fault = board.fault[board.faults];
        fault.number = number;
        fault.kind = trial.kind;
        std::snprintf(fault.what.data(), fault.what.size(), "%s", what.c_str());
        ++board.faults;
    }
}

std::string words_of(const Command& command) { return fmt::format("{}", fmt::join(command, " ")); }

/// Writes a trial's files into a folder and runs its commands in sequence.
class Worker {
  public:
    Worker(Board& board, const fs::path& folder)
        : board_(board), folder_(folder), out_(stdout, STDOUT_FILENO), err_(stderr, STDERR_FILENO) {
        fs::create_directories(folder_ / "work");
        fs::current_path(folder_ / "work");
    }

    void run(const Trial& trial, std::size_t number) {
        for (const auto& entry : fs::directory_iterator(".")) {
            fs::remove_all(entry.path());
        }
        bool speaks_of_nan = false;  // whether the input contains it, e.g. in a name that an answer may repeat
        for (const auto& [name, text] : trial.files) {
            const fs::path path(name);
            if (path.has_parent_path()) {
                fs::create_directories(path.parent_path());
            }
            std::ofstream(path, std::ios::binary) << text;
            speaks_of_nan = speaks_of_nan || holds_no_number(text);
        }
        const std::size_t faults_before = board_.faults;
        bool accepted = false;
        for (std::size_t i = 0; i < trial.always.size(); ++i) {
            const int status = run(trial, number, trial.always[i], speaks_of_nan);
            accepted = i == 0 ? status == 0 : accepted;
        }
        for (const Command& command : accepted ? trial.once_accepted : std::vector<Command>()) {
            run(trial, number, command, speaks_of_nan);
        }
        Counts& counts = board_.by_kind[trial.kind];
        ++counts.files;
        ++(accepted ? counts.answered : counts.refused);
        if (board_.faults != faults_before) {
            keep(number);
        }
    }

  private:
    int run(const Trial& trial, std::size_t number, const Command& command, bool speaks_of_nan) {
        ++board_.commands;
        std::snprintf(board_.running.data(), board_.running.size(), "%s", words_of(command).c_str());
        int status = static_cast<int>(ExitStatus::kInternalFailure);
        std::string why;
        try {
            status = static_cast<int>(run_command_line(command));
        } catch (const std::exception& failure) {
            why = failure.what();
        }
        const std::string out = out_.take();
        const std::string err = err_.take();
        const bool known =
            status == static_cast<int>(ExitStatus::kFine) || status == static_cast<int>(ExitStatus::kBadInput);
        if (!known) {
            note(board_, trial, number, fmt::format("{}: status {}, {}", words_of(command), status, why));
        } else if (status != 0 && err.empty()) {
            note(board_, trial, number, words_of(command) + ": refused without a word");
        } else if (!speaks_of_nan && !holds_no_number(words_of(command)) &&
                   holds_no_number(out + (status == 0 ? err : ""))) {
            note(board_, trial, number, words_of(command) + ": nan or inf");
        }
        return status;
    }

    void keep(std::size_t number) const {
        const fs::path to = folder_ / "faults" / std::to_string(number);
        fs::create_directories(to);
        fs::copy(".", to, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    }

    Board& board_;
    fs::path folder_;
    Captured out_, err_;
};

[[noreturn]] void work(const Seeds& seeds, std::uint64_t seed, std::size_t end, Board& board, const fs::path& folder) {
    const rlimit memory{kMostMemory, kMostMemory};
    ::setrlimit(RLIMIT_AS, &memory);
    Worker worker(board, folder);
    std::size_t heap = 0;
    for (std::size_t done = 0; board.next < end; ++board.next, ++done) {
        if (done == kWarmUp) {
            heap = ::mallinfo2().uordblks;
        }
        board.started_s = time_on(CLOCK_PROCESS_CPUTIME_ID);
        worker.run(seeds.trial(seed, board.next), board.next);
        board.slowest_s = std::max(board.slowest_s, time_on(CLOCK_PROCESS_CPUTIME_ID) - board.started_s);
        if (done > kWarmUp) {
            board.grown = static_cast<std::int64_t>(::mallinfo2().uordblks) - static_cast<std::int64_t>(heap);
            board.grown_over = static_cast<std::int64_t>(done - kWarmUp);
        }
    }
    ::_exit(0);
}

/// Reports the progress of a long campaign every half a minute, and each fault when it is found.
class Progress {
  public:
    Progress(std::size_t first, std::size_t count) : first_(first), count_(count) {}

    void tell(const Board& board) {
        const double now = time_on(CLOCK_MONOTONIC);
        if (now - told_ < kEvery) {
            return;
        }
        told_ = now;
        fmt::print(stderr, "{} of {} files, {} faults\n", board.next - first_, count_, board.faults);
        for (; told_faults_ < board.faults; ++told_faults_) {
            const SharedFault& fault = board.fault[told_faults_];
            fmt::print(stderr, "{} {}: {}\n", fault.number, kKinds[fault.kind], fault.what.data());
        }
    }

  private:
    static constexpr double kEvery = 30;  // seconds
    std::size_t first_, count_, told_faults_ = 0;
    double told_ = time_on(CLOCK_MONOTONIC);
};

// How the worker ended; empty if it completed normally.
std::string ending_of(pid_t child, const Board& board, double limit_s, Progress& progress) {
    clockid_t clock{};
    const bool has_clock = ::clock_getcpuclockid(child, &clock) == 0;
    int status = 0;
    while (::waitpid(child, &status, WNOHANG) == 0) {
        if (has_clock && time_on(clock) - board.started_s > limit_s) {
            ::kill(child, SIGKILL);
            ::waitpid(child, &status, 0);
            return fmt::format("{}: more than {} s", board.running.data(), limit_s);
        }
        progress.tell(board);
        ::usleep(1'000'000 / kChecksPerSecond);
    }
    if (WIFSIGNALED(status)) {
        return fmt::format("{}: signal {}", board.running.data(), WTERMSIG(status));
    }
    return WEXITSTATUS(status) == 0 ? "" : fmt::format("exit status {}", WEXITSTATUS(status));
}

}  // namespace

bool holds_no_number(const std::string& text) {
    static const std::regex word("(^|[^A-Za-z0-9_.'/-])[-+.]?(nan|inf|infinity)([^A-Za-z0-9_'/-]|$)",
                                 std::regex::icase);
    return (text.find("nan") != std::string::npos || text.find("inf") != std::string::npos ||
            text.find("NaN") != std::string::npos || text.find("INF") != std::string::npos ||
            text.find("Inf") != std::string::npos) &&
           std::regex_search(text, word);
}

CampaignResult run_campaign(std::uint64_t seed, std::size_t first, std::size_t count, double limit_s,
                            const fs::path& folder) {
    const fs::path data = folder / "data";
    const Seeds seeds(BERTH_SOURCE_DIR, data);
    ::setenv("BERTH_DATA", data.c_str(), 1);
    void* memory = ::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        throw std::bad_alloc();
    }
    Board& board = *new (memory) Board{};
    board.next = first;
    Progress progress(first, count);
    while (board.next < first + count) {
        std::fflush(nullptr);
        const pid_t child = ::fork();
        if (child == 0) {
            work(seeds, seed, first + count, board, folder);
        }
        const std::string ending = ending_of(child, board, limit_s, progress);
        if (!ending.empty()) {
            const Trial trial = seeds.trial(seed, board.next);
            note(board, trial, board.next, ending);
            const fs::path to = folder / "faults" / std::to_string(board.next);
            fs::create_directories(to);
            fs::copy(folder / "work", to, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
            ++board.by_kind[trial.kind].files;
            ++board.next;
        }
    }
    CampaignResult result;
    result.by_kind = board.by_kind;
    result.commands = board.commands;
    result.slowest_s = board.slowest_s;
    result.growth_per_trial = board.grown_over > 0 ? board.grown / board.grown_over : 0;
    for (std::size_t i = 0; i < board.faults; ++i) {
        const SharedFault& fault = board.fault[i];
        result.faults.push_back({fault.number, std::string(kKinds[fault.kind]), fault.what.data()});
    }
    ::munmap(memory, sizeof(Board));
    ::unsetenv("BERTH_DATA");
    return result;
}

std::string text_of(const CampaignResult& result) {
    std::string text = fmt::format("{:<14}{:>9}{:>10}{:>9}\n", "kind", "files", "answered", "refused");
    Counts all;
    for (std::size_t kind = 0; kind < kKinds.size(); ++kind) {
        const Counts& one = result.by_kind[kind];
        text += fmt::format("{:<14}{:>9}{:>10}{:>9}\n", kKinds[kind], one.files, one.answered, one.refused);
        all.files += one.files;
        all.answered += one.answered;
        all.refused += one.refused;
    }
    text += fmt::format(
        "{:<14}{:>9}{:>10}{:>9}\n{} commands; the slowest file took {:.1f} s; heap grew by {} bytes per file; "
        "{} faults\n",
        "all", all.files, all.answered, all.refused, result.commands, result.slowest_s, result.growth_per_trial,
        result.faults.size());
    for (const Fault& fault : result.faults) {
        text += fmt::format("{} {}: {}\n", fault.number, fault.kind, fault.what);
    }
    return text;
}

}  // namespace berth::fuzz
