// Measured choices: the same work on two devices, dtypes, numbers of cores or runtimes, which was faster, and which is
// predicted to be.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/validation.h"

namespace berth {

/// What two ways to run the same work differ in; the first that applies.
enum class ChoiceOf : std::uint8_t { kRuntime, kDevice, kDType, kCores };
inline constexpr std::array<Choice<ChoiceOf>, 4> kChoiceOfNames{{{"runtime", ChoiceOf::kRuntime},
                                                                 {"device", ChoiceOf::kDevice},
                                                                 {"dtype", ChoiceOf::kDType},
                                                                 {"cores", ChoiceOf::kCores}}};

/// One way to run a piece of work; of rows that repeat it, the median.
struct Alternative {
    std::string profile, set, device;
    DType dtype{};
    int cores = 1;
    Time measured, predicted;
    double sigma = 0;             ///< standard deviation of the logarithm of the prediction
    double measured_sigma = 0;    ///< that of the measured time; 0: not known
    std::vector<double> effects;  ///< of that by number of the profile, in one order
};

/// Two ways to run the same work, `faster` by measurement.
struct MeasuredChoice {
    std::string work;  ///< a model, or an operator with its sizes: `attention 12x1024x1024x64`
    ChoiceOf of{};
    bool whole_model = false;
    Alternative faster, slower;
    double probability = 0.5;  ///< that `faster` is the faster one, as predicted
    /// The same of a measurement as noisy as this one was: what rows can show to be calibrated.
    double measured_probability = 0.5;
    double noise = 0;  ///< standard deviation of the logarithm of the measured ratio
    /// Whether two equally fast ones would be measured this far apart in one of ten cases at most.
    [[nodiscard]] bool told_apart() const;
    [[nodiscard]] double measured_ratio() const { return slower.measured / faster.measured; }     ///< 1 or more
    [[nodiscard]] double predicted_ratio() const { return slower.predicted / faster.predicted; }  ///< above 1: right
    [[nodiscard]] bool right() const { return predicted_ratio() > 1; }
};

/// Every pair of rows of the same work. Rows of one profile are compared within one set, whose board is the same, at
/// one clock; rows of different profiles as they are.
[[nodiscard]] std::vector<MeasuredChoice> choices_of(std::span<const Validation> validations);

/// Choices whose probability, as a measurement of their noise would have it, lies in a range, of the alternative that
/// is predicted faster: how many, and how often it is.
struct ReliabilityBin {
    double least = 0.5, most = 1;
    std::size_t choices = 0, right = 0;
    double stated = 0;  ///< mean of the probabilities
};
/// Five bins from 0.5 to 1.
[[nodiscard]] std::vector<ReliabilityBin> reliability_of(std::span<const MeasuredChoice> choices);

/// How often choices are predicted right whose alternatives differ by at least this factor, and with `told_apart` by
/// more than noise.
struct ChoiceCount {
    std::size_t choices = 0, right = 0;
};
[[nodiscard]] ChoiceCount count_choices(std::span<const MeasuredChoice> choices, double least_ratio,
                                        std::optional<ChoiceOf> of = std::nullopt, bool told_apart = false);

}  // namespace berth
