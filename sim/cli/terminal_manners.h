// Output on standard error: colour and progress.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace berth {

/// Quiet mode, a process-wide setting like standard error itself.
void be_quiet(bool quiet);
[[nodiscard]] bool is_quiet();

/// Whether the descriptor is a terminal with colours: NO_COLOR is unset (https://no-color.org), and TERM is not dumb.
[[nodiscard]] bool shows_colour(int descriptor);

/// A message with its first `error:` or `warning:` coloured.
[[nodiscard]] std::string with_coloured_severity(std::string text);

/// A progress bar on one line of standard error: only on a terminal, from the second second on, and not in quiet mode.
/// The destructor clears the line.
class ProgressBar {
  public:
    /// `first` of `all` steps were already done.
    ProgressBar(std::string what, std::size_t all, std::size_t first = 0)
        : what_(std::move(what)), all_(all), first_(first) {}
    ~ProgressBar();
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;
    /// Shows `done` of all steps, and `detail` after the bar.
    void reached(std::size_t done, std::string_view detail = {});

  private:
    std::string what_;
    std::size_t all_, first_;
    bool drawn_ = false;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now(), shown_ = start_;
};

/// The line of a progress bar: `points [#####     ] 1234 of 2468, 12 s left`, no wider than `columns`. `left` is the
/// remaining time in seconds, if known.
[[nodiscard]] std::string bar_line(std::string_view what, std::size_t done, std::size_t all, std::optional<double> left,
                                   std::string_view detail, std::size_t columns);

}  // namespace berth
