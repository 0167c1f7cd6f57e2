// Text layout for a terminal: wrapped sentences and shortened names.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "berth/base/brief_text.h"
#include "berth/base/text_width.h"
#include "report/text_table.h"

namespace berth {

/// Indent of the text below a heading.
inline constexpr std::size_t kIndent = 2;

/// Longest line of running text, however wide the terminal is.
inline constexpr std::size_t kMostReadable = 100;

/// Display width of a text in columns, one per code point.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// Wraps `text` at spaces to `width`; every line is indented by `indent` spaces, all but the first by `hanging` more.
/// Ends with a newline. A number stays with its unit. A word longer than a line gets a line to itself, or with
/// kInPaths is broken behind the dots of a path.
enum class Breaks : std::uint8_t { kAtSpaces, kInPaths };
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent, TextWidth width, std::size_t hanging = 0,
                                  Breaks breaks = Breaks::kAtSpaces);

/// A shell command wrapped with backslash continuations; an option stays with its value.
[[nodiscard]] std::string wrapped_command(std::string_view line, TextWidth width);

/// Shortens to `columns` code points by replacing the middle with "...".
[[nodiscard]] std::string shortened(std::string_view text, std::size_t columns);

/// Number of decimals, at most three, with which the largest number of a column shows three significant digits.
[[nodiscard]] int decimals_for(double largest);

}  // namespace berth
