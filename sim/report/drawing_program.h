// The only interface to external drawing programs: gnuplot for pictures, WeasyPrint for printed pages.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "berth/base/diagnostics.h"

namespace berth {

/// Runs `script` in gnuplot and waits for it to exit. False, with an error, if gnuplot is missing or stops at a
/// command; other messages of gnuplot become a warning.
bool run_gnuplot(std::string_view script, Diagnostics& diagnostics);

/// The page as a PDF by WeasyPrint; the same page gives the same bytes. Absent if WeasyPrint is missing or fails. That
/// is only a warning, because a browser can print the page too.
[[nodiscard]] std::optional<std::string> printed(std::string_view html, Diagnostics& diagnostics);

}  // namespace berth
