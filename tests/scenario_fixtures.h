// A folder with a board, two models and scenarios defined in the test.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "berth/evaluation/evaluation.h"
#include "berth/scenario/scenario.h"
#include "hardware_fixtures.h"
#include "scratch_folder.h"

namespace berth {

/// The shipped profiles, models and scenarios.
inline const Library kShipped{{BERTH_SOURCE_DIR}};

/// A scenario and its answer.
struct Answered {
    std::optional<Scenario> scenario;
    std::optional<ScenarioResult> result;
};

/// A shipped scenario under these settings.
inline Answered answered(const std::string& name, const std::vector<Override>& settings) {
    Diagnostics diagnostics;
    Answered all;
    all.scenario = load_scenario(kShipped, name, settings, diagnostics);
    all.result = all.scenario ? evaluate(*all.scenario, diagnostics) : std::nullopt;
    EXPECT_TRUE(all.result) << diagnostics.text();
    return all;
}

class ScenarioFolder : public testing::Test {
  protected:
    struct Loaded {
        std::optional<Scenario> scenario;
        std::string complaints;  ///< file names without their folder
    };

    void SetUp() override {
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

    void write(const std::string& name, const std::string& text) const { folder_.write(name, text); }

    [[nodiscard]] Library library() const { return {{folder_.path()}}; }

    /// Diagnostics as users see them, without the folder.
    [[nodiscard]] std::string shortened(const Diagnostics& diagnostics) const {
        return folder_.relative(diagnostics.text());
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

    ScratchFolder folder_;
};

}  // namespace berth
