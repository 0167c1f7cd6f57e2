// Measured choices: the same work on two devices, dtypes, core counts or runtimes, with the measured and the predicted
// faster one.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/calibration/validation.h"

namespace berth {

/// The setting in which two alternatives differ; the first that applies.
enum class ChoiceOf : std::uint8_t { kRuntime, kDevice, kDType, kCores };
inline constexpr std::array<Choice<ChoiceOf>, 4> kChoiceOfNames{{{"runtime", ChoiceOf::kRuntime},
                                                                 {"device", ChoiceOf::kDevice},
                                                                 {"dtype", ChoiceOf::kDType},
                                                                 {"cores", ChoiceOf::kCores}}};

/// One way to run a piece of work; the median of rows that repeat it.
struct Alternative {
    std::string profile, set, device;
    DType dtype{};
    int cores = 1;
    Time measured, predicted;
    double sigma = 0;             ///< standard deviation of log prediction
    double measured_sigma = 0;    ///< standard deviation of log measured time; 0: unknown
    std::vector<double> effects;  ///< standard deviations of log prediction by number of the profile, in one order
};

/// Two alternatives for the same work; `faster` is the one measured faster.
struct MeasuredChoice {
    std::string work;  ///< a model, or an operator with its sizes: `attention 12x1024x1024x64`
    ChoiceOf of{};
    bool whole_model = false;
    Alternative faster, slower;
    double probability = 0.5;  ///< predicted probability that `faster` is the faster one
    /// Predicted probability that a measurement with this noise finds `faster` the faster one; its calibration can be
    /// checked against rows.
    double measured_probability = 0.5;
    double noise = 0;  ///< standard deviation of the log measured ratio
    /// Whether the measured difference is significant: two equally fast alternatives would be measured this far apart
    /// in at most one of ten cases.
    [[nodiscard]] bool told_apart() const;
    [[nodiscard]] double measured_ratio() const { return slower.measured / faster.measured; }     ///< 1 or more
    [[nodiscard]] double predicted_ratio() const { return slower.predicted / faster.predicted; }  ///< above 1: right
    [[nodiscard]] bool right() const { return predicted_ratio() > 1; }
};

/// Every pair of rows of the same work. Rows of one profile are compared within one set (the same board) and at one
/// clock; rows of different profiles without this restriction.
[[nodiscard]] std::vector<MeasuredChoice> choices_of(std::span<const Validation> validations);

/// Bin of a reliability diagram: choices whose predicted probability for the alternative predicted faster, with the
/// noise of their measurement included, lies in a range; how many there are, and how many are predicted right.
struct ReliabilityBin {
    double least = 0.5, most = 1;
    std::size_t choices = 0, right = 0;
    double stated = 0;  ///< mean predicted probability
};
/// Bins from 0.5 to 1, narrower where the predictions are surer.
[[nodiscard]] std::vector<ReliabilityBin> reliability_of(std::span<const MeasuredChoice> choices);

/// Choices, and those predicted right, whose alternatives differ by at least a factor and, with `told_apart`, by more
/// than noise.
struct ChoiceCount {
    std::size_t choices = 0, right = 0;
};
[[nodiscard]] ChoiceCount count_choices(std::span<const MeasuredChoice> choices, double least_ratio,
                                        std::optional<ChoiceOf> of = std::nullopt, bool told_apart = false);

}  // namespace berth
