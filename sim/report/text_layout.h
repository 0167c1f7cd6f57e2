// Laying out text for a terminal: wrapped sentences, names and tables that fit its width.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "berth/brief_text.h"
#include "berth/text_width.h"
#include "report/text_table.h"

namespace berth {

/// What belongs to a heading stands in by this much.
inline constexpr std::size_t kIndent = 2;

/// Lines of sentences are no longer than this, however wide the terminal.
inline constexpr std::size_t kMostReadable = 100;

/// Columns that a text takes, one per code point.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// Breaks `text` at spaces into lines that fit; every line starts with `indent` spaces and those after the first with
/// `hanging` more. Ends with a newline. A number stays
/// with its unit; a word that is longer than a line stands alone on one, or breaks behind the dots of a path if
/// `breaks` says so.
enum class Breaks : std::uint8_t { kAtSpaces, kInPaths };
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent, TextWidth width, std::size_t hanging = 0,
                                  Breaks breaks = Breaks::kAtSpaces);

/// One line of a command, broken in front of words with the backslash that a shell wants; an option stays with its
/// value.
[[nodiscard]] std::string wrapped_command(std::string_view line, TextWidth width);

/// Shortens to `columns` code points; "..." stands for what was cut from the middle.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t columns);

/// Decimals with which the largest of a column of numbers shows three significant digits, at most three.
[[nodiscard]] int decimals_for(double largest);

}  // namespace berth
