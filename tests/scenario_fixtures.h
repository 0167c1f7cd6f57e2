// A folder with a board, two models and scenarios defined in the test.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "berth/scenario.h"
#include "hardware_fixtures.h"

namespace berth {

/// The shipped profiles, models and scenarios.
inline const Library kShipped{{BERTH_SOURCE_DIR}};

class ScenarioFolder : public testing::Test {
  protected:
    struct Loaded {
        std::optional<Scenario> scenario;
        std::string complaints;  ///< file names without their folder
    };

    void SetUp() override {
        // The process id separates concurrent test runs of several builds.
        folder_ = std::filesystem::path(testing::TempDir()) / ("berth_scenario_" + std::to_string(getpid()));
        std::filesystem::remove_all(folder_);
        write("hardware/board.yaml", board_text());
        write("models/architectures/mlp.yaml", R"(architecture: mlp
sizes: {layers: number of blocks, hidden: width}
inputs: {features: {shape: [batch, tokens, hidden]}}
sections:
  - section: stem
    result: norm
    operators:
      - {name: norm, op: layer_norm, inputs: [features], rows: batch * tokens, cols: hidden, shape: [batch, tokens, hidden]}
  - section: block.{i}
    repeat: layers
    result: dense
    operators:
      - {name: dense, op: matmul, inputs: [input], m: batch * tokens, k: hidden, n: hidden, shape: [batch, tokens, hidden]}
)");
        write("models/tiny.yaml", "model: tiny\narchitecture: mlp\nsizes: {layers: 2, hidden: 64}\n");
        write("models/tiny-1.5.yaml", "model: tiny-1.5\narchitecture: mlp\nsizes: {layers: 3, hidden: 64}\n");
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    void write(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories((folder_ / name).parent_path());
        std::ofstream(folder_ / name) << text;
    }

    [[nodiscard]] Library library() const { return {{folder_}}; }

    /// Diagnostics as users see them, without the folder.
    [[nodiscard]] std::string shortened(const Diagnostics& diagnostics) const {
        std::string text = diagnostics.text();
        const std::string prefix = folder_.string() + "/";
        for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at)) {
            text.erase(at, prefix.size());
        }
        return text;
    }

    [[nodiscard]] Loaded load(const std::string& name, const std::vector<Override>& overrides = {}) const {
        Diagnostics diagnostics;
        auto scenario = load_scenario(library(), name, overrides, diagnostics);
        EXPECT_EQ(scenario.has_value(), !diagnostics.has_errors()) << diagnostics.text();
        return {std::move(scenario), shortened(diagnostics)};
    }

    [[nodiscard]] Loaded load_text(const std::string& text, const std::vector<Override>& overrides = {}) const {
        write("scenarios/s.yaml", text);
        return load("s", overrides);
    }

    /// Loads a scenario of one stage, whose `keys` follow `name: work` and a comma.
    [[nodiscard]] Loaded load_stage(const std::string& keys, const std::vector<Override>& overrides = {}) const {
        return load_text("scenario: one\nhardware: board\nstages:\n  - {name: work, " + keys + "}\n", overrides);
    }

    std::filesystem::path folder_;
};

}  // namespace berth
