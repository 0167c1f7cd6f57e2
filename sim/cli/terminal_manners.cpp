// Queries the environment and the terminal, and draws progress bars.
#include "cli/terminal_manners.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "cli/terminal_width.h"
#include "report/text_layout.h"

namespace berth {

namespace {

constexpr std::string_view kRed = "\033[1;31m";
constexpr std::string_view kMagenta = "\033[1;35m";
constexpr std::string_view kPlain = "\033[0m";
constexpr std::string_view kClearLine = "\r\033[K";
constexpr std::size_t kMostBar = 30;
constexpr std::size_t kLeastBar = 8;
constexpr auto kBarPatience = std::chrono::seconds(1);
constexpr auto kBarPace = std::chrono::milliseconds(200);

// Process-wide flag.
bool& quiet_of_process() {
    static bool quiet = false;
    return quiet;
}

bool environment_says(const char* variable) {
    const char* text = std::getenv(variable);
    return text != nullptr && *text != '\0';
}

}  // namespace

void be_quiet(bool quiet) { quiet_of_process() = quiet; }
bool is_quiet() { return quiet_of_process(); }

bool shows_colour(int descriptor) {
    const char* terminal = std::getenv("TERM");
    return ::isatty(descriptor) == 1 && !environment_says("NO_COLOR") &&
           (terminal == nullptr || std::string_view(terminal) != "dumb");
}

std::string with_coloured_severity(std::string text) {
    const std::size_t error = text.find("error:");
    const std::size_t warning = text.find("warning:");
    const std::size_t at = std::min(error, warning);
    if (at == std::string::npos) {
        return text;
    }
    const std::size_t length = text.find(':', at) + 1 - at;
    text.insert(at + length, kPlain);
    return text.insert(at, at == error ? kRed : kMagenta);
}

std::string bar_line(std::string_view what, std::size_t done, std::size_t all, std::optional<double> left,
                     std::string_view detail, std::size_t columns) {
    const double share = all > 0 ? static_cast<double>(done) / static_cast<double>(all) : 1.0;
    std::string behind = fmt::format(" {} of {}", done, all);
    if (left) {
        behind += fmt::format(", {:.0f} s left", std::ceil(*left));
    }
    behind += detail.empty() ? "" : fmt::format(", {}", detail);
    const std::size_t taken = display_width(what) + 3 + display_width(behind);
    const std::size_t bar = taken + kLeastBar < columns ? std::min(kMostBar, columns - taken) : 0;
    const auto filled = static_cast<std::size_t>(std::lround(share * static_cast<double>(bar)));
    const std::string drawn =
        bar > 0 ? fmt::format(" [{}{}]", std::string(filled, '#'), std::string(bar - filled, ' ')) : std::string();
    return shortened(fmt::format("{}{}{}", what, drawn, behind), columns);
}

ProgressBar::~ProgressBar() {
    if (drawn_) {
        fmt::print(stderr, "{}", kClearLine);
    }
}

void ProgressBar::reached(std::size_t done, std::string_view detail) {
    const auto now = std::chrono::steady_clock::now();
    if (is_quiet() || ::isatty(STDERR_FILENO) != 1 || now - start_ < kBarPatience || now - shown_ < kBarPace) {
        return;
    }
    shown_ = now;
    drawn_ = true;
    const std::chrono::duration<double> spent = now - start_;
    const auto left = done > first_ ? std::optional(spent.count() / static_cast<double>(done - first_) *
                                                    static_cast<double>(all_ - std::min(done, all_)))
                                    : std::nullopt;
    const std::size_t columns = terminal_width(STDERR_FILENO).columns - 1;
    fmt::print(stderr, "{}{}", kClearLine, bar_line(what_, done, all_, left, detail, columns));
    std::fflush(stderr);
}

}  // namespace berth
