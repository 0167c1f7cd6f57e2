// Predictions of the shipped profile with its measurements, computed once per test program.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "berth/base/atomic_file.h"
#include "berth/calibration/validation.h"

namespace berth {

inline Library shipped_library() { return {{BERTH_SOURCE_DIR}}; }

inline Profile shipped_profile(const std::vector<Override>& overrides = {}) {
    Diagnostics diagnostics;
    auto profile =
        load_hardware(shipped_library(), "rk3588-rknn-2.3.2", overrides, SourceLocation("test"), diagnostics);
    if (!profile) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*profile);
}

/// Predictions of a profile compared with its shipped measurements.
inline Validation validation_of(std::string_view hardware) {
    Diagnostics diagnostics;
    const auto profile = load_hardware(shipped_library(), hardware, {}, SourceLocation("test"), diagnostics);
    const auto sets = profile ? load_measured_sets(shipped_library(), hardware, *profile, diagnostics) : std::nullopt;
    auto validation = sets ? validate(*profile, *sets, diagnostics) : std::nullopt;
    if (!validation) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*validation);
}

inline const Validation& shipped_validation() {
    static const Validation validation = validation_of("rk3588-rknn-2.3.2");
    return validation;
}

/// The set with this form, of fitted or of unseen rows.
inline const ValidatedSet& set_of(RowForm form, RowUse use) {
    const auto& sets = shipped_validation().sets;
    const auto found = std::find_if(sets.begin(), sets.end(),
                                    [&](const ValidatedSet& set) { return set.form == form && set.use == use; });
    if (found == sets.end()) {
        throw std::runtime_error("the manifest has no such set");
    }
    return *found;
}

/// All rows of a set together.
inline const ClassSummary& all_rows(const ValidatedSet& set) { return set.classes.back(); }

/// The row with this name, and with this dtype if given, since names of library calls do not state it.
inline const ValidatedRow& row_named(const ValidatedSet& set, std::string_view name,
                                     std::optional<DType> dtype = std::nullopt) {
    const auto found = std::find_if(set.rows.begin(), set.rows.end(), [&](const ValidatedRow& row) {
        return row.name == name && row.dtype == dtype.value_or(row.dtype);
    });
    if (found == set.rows.end()) {
        throw std::runtime_error("no row " + std::string(name));
    }
    return *found;
}

inline double relative_error(const ValidatedRow& row) { return row.predicted.median / row.measured - 1; }

/// Accuracy targets of the project, in one file that docs/accuracy.md also uses.
inline nlohmann::json targets() {
    Diagnostics diagnostics;
    const auto text = read_file(std::string(BERTH_SOURCE_DIR) + "/tests/validation/targets.json", diagnostics);
    return nlohmann::json::parse(text.value_or(""));
}

}  // namespace berth
