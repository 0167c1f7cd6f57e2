// Common inputs of the benchmarks.
#pragma once

#include <optional>
#include <stdexcept>
#include <utility>

#include "berth/base/diagnostics.h"

namespace berth {

/// The loaded value; throws std::runtime_error with the diagnostics if it is absent.
template <class T>
T loaded(std::optional<T> value, const Diagnostics& diagnostics) {
    if (!value) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*value);
}

}  // namespace berth
