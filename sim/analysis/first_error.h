// Why something could not be had.
#pragma once

#include "berth/diagnostics.h"

namespace berth {

/// The first error, as a value without anything in it where there is none.
[[nodiscard]] inline Diagnostic first_error(const Diagnostics& diagnostics) {
    for (const Diagnostic& each : diagnostics.all()) {
        if (each.severity == Severity::kError) {
            return each;
        }
    }
    return {};
}

}  // namespace berth
