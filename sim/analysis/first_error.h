// First error of a list of diagnostics.
#pragma once

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

}  // namespace berth
