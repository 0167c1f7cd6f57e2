// Comparison of a text with a golden file.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "berth/base/atomic_file.h"

namespace berth {

/// Expects the text to equal tests/golden/data/NAME. With BERTH_UPDATE_GOLDEN=1 in the environment the file is written
/// instead, and the test fails, so that an update is not mistaken for a comparison.
inline void expect_golden(std::string_view name, const std::string& text) {
    const std::filesystem::path path = std::filesystem::path(BERTH_SOURCE_DIR) / "tests/golden/data" / name;
    Diagnostics diagnostics;
    const char* update = std::getenv("BERTH_UPDATE_GOLDEN");
    if (update != nullptr && std::string_view(update) == "1") {
        write_file(path, text, diagnostics);
        FAIL() << "wrote " << path << "; look at the difference, then run without BERTH_UPDATE_GOLDEN";
    }
    const auto expected = read_file(path, diagnostics);
    ASSERT_TRUE(expected) << diagnostics.text();
    EXPECT_EQ(text, *expected) << "if this is meant, run again with BERTH_UPDATE_GOLDEN=1 and look at the difference";
}

}  // namespace berth
