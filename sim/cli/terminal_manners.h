// How the program talks on standard error: in colour or plain, with progress or without.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace berth {

/// Standard error belongs to the whole process, and so does whether it was asked to be quiet.
void be_quiet(bool quiet);
[[nodiscard]] bool is_quiet();

/// A terminal that may show colours: no NO_COLOR in the environment (https://no-color.org), and not TERM=dumb.
[[nodiscard]] bool shows_colour(int descriptor);

/// The first `error:` or `warning:` of a message in its colour.
[[nodiscard]] std::string with_coloured_severity(std::string text);

/// A bar that grows on one line of standard error: on a terminal, from the second second on, and not where it is to be
/// quiet. The line is cleared when the bar goes.
class ProgressBar {
  public:
    /// `first`: what was done before, of `all`.
    ProgressBar(std::string what, std::size_t all, std::size_t first = 0)
        : what_(std::move(what)), all_(all), first_(first) {}
    ~ProgressBar();
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;
    /// `done` of all; `detail` stands behind the bar.
    void reached(std::size_t done, std::string_view detail = {});

  private:
    std::string what_;
    std::size_t all_, first_;
    bool drawn_ = false;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now(), shown_ = start_;
};

/// The line that such a bar draws: `points [#####     ] 1234 of 2468, 12 s left`, no wider than `columns`. `left`:
/// seconds that it will still take, where that is known.
[[nodiscard]] std::string bar_line(std::string_view what, std::size_t done, std::size_t all, std::optional<double> left,
                                   std::string_view detail, std::size_t columns);

}  // namespace berth
