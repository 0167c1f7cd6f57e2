// Queries the environment, then the terminal.
#include "cli/terminal_width.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace berth {

namespace {

constexpr std::size_t kLeast = 40;  // minimum width for tables

std::optional<std::size_t> environment_columns() {
    const char* text = std::getenv("COLUMNS");
    if (text == nullptr) {
        return std::nullopt;
    }
    const std::string_view digits(text);
    std::size_t columns = 0;
    const auto [last, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), columns);
    const bool whole = failure == std::errc() && last == digits.data() + digits.size();
    return whole && columns > 0 ? std::optional(columns) : std::nullopt;
}

std::optional<std::size_t> terminal_columns(int descriptor) {
    winsize size{};
    const bool known = ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? std::optional<std::size_t>(size.ws_col) : std::nullopt;
}

}  // namespace

TextWidth terminal_width(int descriptor) {
    TextWidth width;
    if (const auto given = environment_columns()) {
        width.columns = *given;
    } else if (const auto asked = terminal_columns(descriptor)) {
        width.columns = *asked;
    }
    width.columns = std::max(width.columns, kLeast);
    return width;
}

}  // namespace berth
