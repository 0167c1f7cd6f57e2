// First error of a list of diagnostics.
#pragma once

#include <string>

#include "berth/base/diagnostics.h"

namespace berth {

/// The first error, or an empty diagnostic if there is none.
[[nodiscard]] inline Diagnostic first_error(const Diagnostics& diagnostics) {
    for (const Diagnostic& each : diagnostics.all()) {
        if (each.severity == Severity::kError) {
            return each;
        }
    }
    return {};
}

/// The first line of the diagnostics as they are printed.
[[nodiscard]] inline std::string first_line(const Diagnostics& diagnostics) {
    const std::string text = diagnostics.text();
    return text.substr(0, text.find('\n'));
}

}  // namespace berth
