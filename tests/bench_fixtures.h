// What benchmarks start from.
#pragma once

#include <optional>
#include <stdexcept>
#include <utility>

#include "berth/diagnostics.h"

namespace berth {

/// What was loaded; a std::runtime_error with what was said where it is absent.
template <class T>
T loaded(std::optional<T> value, const Diagnostics& diagnostics) {
    if (!value) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*value);
}

}  // namespace berth
