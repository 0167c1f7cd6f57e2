// The one place that talks to gnuplot.
#pragma once

#include <string_view>

#include "berth/diagnostics.h"

namespace berth {

/// Sends `script` to a gnuplot and waits for it. False, with an error, if there is no gnuplot or it stops at something;
/// what it says besides is a warning.
bool run_gnuplot(std::string_view script, Diagnostics& diagnostics);

}  // namespace berth
