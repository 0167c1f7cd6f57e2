// Points of a sweep as rows of a table.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "berth/analysis/dropped_points.h"
#include "berth/analysis/sweep.h"

namespace berth {

/// The varied paths, `total_ms`, `energy_mj`, `meets_budget`, for every stage `STAGE.chosen`, `STAGE.latency_ms` (all
/// repeats) and `STAGE.DEVICE_ms` (one pass of the whole model there), and `why_not`. Ends with a newline.
[[nodiscard]] std::string sweep_csv_header(const Sweep& sweep);
/// Writer of rows with these columns; the sweep must outlive it. Cells without a value are empty. Thread-safe.
class SweepRows {
  public:
    explicit SweepRows(const Sweep& sweep);
    /// Adds one row, with its newline.
    void add(std::size_t at, const SweepPoint& point, std::string& text) const;

  private:
    const Sweep& sweep_;
    std::vector<bool> plain_;  ///< per axis: its values need no quoting
};
/// Reasons why points gave no answer, one sentence each: "2 of 66 points: REASON (such as PATH=VALUE)". The most
/// frequent reasons; the last sentence counts the rest.
[[nodiscard]] std::vector<std::string> dropped_texts(const Sweep& sweep, const std::vector<DroppedPoints>& dropped);

/// `points[]`: one object per point with the same names; `dropped[]`: points that do not run, by `reason`, with their
/// `count` and an `example` by its paths.
[[nodiscard]] std::string sweep_json(const Sweep& sweep, const std::vector<SweepPoint>& points);

}  // namespace berth
