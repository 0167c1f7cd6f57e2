// The one place that talks to the programs that draw: gnuplot for pictures, WeasyPrint for pages on paper.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "berth/diagnostics.h"

namespace berth {

/// Sends `script` to a gnuplot and waits for it. False, with an error, if there is no gnuplot or it stops at something;
/// what it says besides is a warning.
bool run_gnuplot(std::string_view script, Diagnostics& diagnostics);

/// A page as WeasyPrint prints it, in PDF. The same page gives the same bytes. Absent, with a warning, if there is no
/// WeasyPrint or it stops: a browser prints the page too.
[[nodiscard]] std::optional<std::string> printed(std::string_view html, Diagnostics& diagnostics);

}  // namespace berth
