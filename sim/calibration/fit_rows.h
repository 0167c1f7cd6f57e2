// Measured operators and models as a fit uses them: kernels that are counted again under other numbers.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/validation.h"

namespace berth {

/// A kernel, where it runs, and how often.
struct CountedKernel {
    Kernel kernel;
    double times = 1;
    DeviceId device = 0;
    Execution execution;
    friend bool operator==(const CountedKernel&, const CountedKernel&) = default;
};

/// A tensor that a model hands from one device to another.
struct HandedOver {
    DeviceId from = 0, to = 0;
    Bytes size;
    friend bool operator==(const HandedOver&, const HandedOver&) = default;
};

struct FitRow {
    const MeasuredRow* row = nullptr;
    std::optional<OperatorKind> kind;  ///< absent: a whole model
    std::vector<CountedKernel> kernels;
    std::vector<HandedOver> handovers;  ///< of a model, unless it was timed without them
    std::vector<DeviceId> calls;        ///< devices whose runtime's cost of a call comes on top
    std::string network;                ///< of a layer; networks whose tables are probes of one count as one
    std::size_t block = 0;              ///< the same for all rows of one shape, whatever their dtype and cores
};

/// The operators of all sets, and models that run on one device. `left_out` counts the others: probes, and operators
/// whose operands came from memory, which find neither their code nor their pages in a cache either. Empty, with
/// errors, if a model cannot be laid out.
[[nodiscard]] std::vector<FitRow> fit_rows(std::span<const MeasuredSet> sets, const Profile& profile,
                                           std::size_t& left_out, Diagnostics& diagnostics);

/// The same for one model as it would be timed; absent, with errors, if it cannot be laid out.
[[nodiscard]] std::optional<FitRow> fit_row(const MeasuredRow& row, const Profile& profile, Diagnostics& diagnostics);

/// Notes an operator among those that were measured.
void add_evidence(std::vector<MeasuredKind>& measured, OperatorKind kind, DType dtype, const Dims& dims);
/// Notes the operators of a device that rows are of, and puts all in order.
void add_evidence(std::vector<MeasuredKind>& measured, std::span<const FitRow> rows, DeviceId device);

/// Minus the logarithm of the likelihood of a row that is off by `z` standard deviations, but for a constant. Student's
/// t with four degrees of freedom: its tails leave room for rows that the model does not describe.
[[nodiscard]] double unlikelihood(double z);

/// The model's time for a row.
[[nodiscard]] Time time_of(const FitRow& row, const Profile& profile);

/// Times of rows, of which those that are the same work timed again are counted once.
class RowTimes {
  public:
    /// The rows live longer.
    explicit RowTimes(std::span<const FitRow> rows);
    /// Logarithms of seconds, by row.
    [[nodiscard]] std::vector<double> logs(const Profile& profile) const;

  private:
    std::span<const FitRow> rows_;
    std::vector<std::size_t> first_;  ///< [row]: of those of the same work
};

}  // namespace berth
