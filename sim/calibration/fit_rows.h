// Measured operators and models as weighted kernels, which a fit costs again under changed numbers.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/calibration/validation.h"

namespace berth {

/// A kernel, its device, and its number of calls.
struct CountedKernel {
    Kernel kernel;
    double times = 1;
    DeviceId device = 0;
    Execution execution;
    friend bool operator==(const CountedKernel&, const CountedKernel&) = default;
};

/// A tensor that a model hands over between devices.
struct HandedOver {
    DeviceId from = 0, to = 0;
    Bytes size;
    friend bool operator==(const HandedOver&, const HandedOver&) = default;
};

struct FitRow {
    const MeasuredRow* row = nullptr;  ///< of several repetitions the first
    std::vector<Time> times;           ///< measured, of each repetition
    Time measured;                     ///< their median
    double noise = 0;                  ///< standard error of the logarithm of the median, from the repetitions' scatter
    std::optional<OperatorKind> kind;  ///< absent: a whole model
    std::vector<CountedKernel> kernels;
    std::vector<HandedOver> handovers;  ///< hand-overs of a model, unless its time excludes them
    std::vector<DeviceId> calls;        ///< devices whose cost per runtime call is added
    std::string network;    ///< network of a layer; all tables of a set that probes one network count as one
    std::size_t block = 0;  ///< equal for all rows of one shape, whatever their dtype and cores
};

/// Rows of all sets for operators, and for models that run on one device. `left_out` counts the rest: probes, and
/// operators timed with operands from memory, whose code and pages are not cached either. Empty, with errors, if a
/// model cannot be instantiated.
[[nodiscard]] std::vector<FitRow> fit_rows(std::span<const MeasuredSet> sets, const Profile& profile,
                                           std::size_t& left_out, Diagnostics& diagnostics);

/// The rows with each work of a network once: rows that no number of a profile can tell apart are repetitions, which
/// say how much a time scatters and not how far the model is off, so that together they are one row.
[[nodiscard]] std::vector<FitRow> without_repetitions(std::span<const FitRow> rows);

/// Row of one model as it would be timed; absent, with errors, if it cannot be instantiated.
[[nodiscard]] std::optional<FitRow> fit_row(const MeasuredRow& row, const Profile& profile, Diagnostics& diagnostics);

/// Adds an operator to the measured kinds and their size ranges.
void add_evidence(std::vector<MeasuredKind>& measured, const TimedKernel& timed);
/// Adds the operators of all rows on a device, and sorts the result.
void add_evidence(std::vector<MeasuredKind>& measured, std::span<const FitRow> rows, DeviceId device);

/// Negative log-likelihood, up to a constant, of a residual of `z` standard deviations under Student's t with four
/// degrees of freedom, whose heavy tails tolerate outliers that the model does not describe.
[[nodiscard]] double unlikelihood(double z);

/// Predicted time of a row.
[[nodiscard]] Time time_of(const FitRow& row, const Profile& profile);

/// For each row, the first one of the same work: rows that no number of a profile can tell apart.
[[nodiscard]] std::vector<std::size_t> first_of_same_work(std::span<const FitRow> rows);

/// Predicted times of rows; repeated measurements of the same work are costed once.
class RowTimes {
  public:
    /// The rows must outlive this object.
    explicit RowTimes(std::span<const FitRow> rows) : rows_(rows), first_(first_of_same_work(rows)) {}
    /// Logarithms of the predicted times in seconds, by row.
    [[nodiscard]] std::vector<double> logs(const Profile& profile) const;

  private:
    std::span<const FitRow> rows_;
    std::vector<std::size_t> first_;  ///< [row] first row of the same work
};

}  // namespace berth
