// The three modes of `berth predict`: a model, one operator, or many operators from a CSV file.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "berth/base/warning.h"
#include "cli/command.h"

namespace berth {

/// The options as given; which combinations are valid depends on the mode.
struct PredictOptions {
    std::string hardware, device;
    std::vector<std::string> settings;
    std::string model, op, csv;  ///< exactly one of them is given
    std::string dtype;
    std::optional<std::int64_t> tokens, bucket, batch;
    std::string shape, layout;
    std::optional<int> cores;
    std::string clock;
    std::string phase;
    std::optional<std::int64_t> prompt, new_tokens;
    std::optional<Format> format;
};

/// Common inputs of all three modes.
struct Target {
    Profile profile;
    DeviceId id = 0;
    std::vector<Warning> warnings{};
    std::vector<std::string> set{};  ///< paths of settings that change a value
    /// The profile with only the marked settings; absent if it is invalid without another setting.
    std::function<std::optional<Profile>(const std::vector<bool>& made)> with{};
    [[nodiscard]] const Device& device() const { return profile.devices[static_cast<std::size_t>(id)]; }
};

/// Each returns the answer in the requested format; absent, with errors, if the input is invalid. Settings that do not
/// affect the answer become warnings.
[[nodiscard]] std::optional<std::string> predict_model(const PredictOptions& options, const Target& target,
                                                       const Invocation& invocation, Diagnostics& diagnostics);
[[nodiscard]] std::optional<std::string> predict_operator(const PredictOptions& options, const Target& target,
                                                          const Invocation& invocation, Diagnostics& diagnostics);
[[nodiscard]] std::optional<std::string> predict_rows(const PredictOptions& options, const Target& target,
                                                      const Invocation& invocation, Diagnostics& diagnostics);

// Values of options that two of the modes share.
[[nodiscard]] std::optional<Scheme> dtype_option(const PredictOptions& options, Diagnostics& diagnostics);
/// Number of cores; the runtime's default if not given.
[[nodiscard]] int cores_option(const PredictOptions& options, const Device& device, Diagnostics& diagnostics);
/// Clock; absent if not given, or with an error.
[[nodiscard]] std::optional<Frequency> clock_option(const PredictOptions& options, const Device& device,
                                                    Diagnostics& diagnostics);

/// "With PATH=VALUE (was BEFORE):", the first line of a text answer; empty without changes.
[[nodiscard]] std::string changes_line(const Invocation& invocation);

}  // namespace berth
