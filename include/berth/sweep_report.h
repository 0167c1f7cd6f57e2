// Points of a sweep as rows of a table.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "berth/dropped_points.h"
#include "berth/sweep.h"

namespace berth {

/// The varied paths, `total_ms`, `energy_mj`, `meets_budget`, for every stage `STAGE.chosen`, `STAGE.latency_ms` (all
/// repeats) and `STAGE.DEVICE_ms` (one pass of the whole model there), and `why_not`. Ends with a newline.
[[nodiscard]] std::string sweep_csv_header(const Sweep& sweep);
/// Rows with these columns, of a sweep that outlives them. Cells are empty where there is nothing to tell. Several
/// threads may write at once.
class SweepRows {
  public:
    explicit SweepRows(const Sweep& sweep);
    /// Adds one row, with its newline.
    void add(std::size_t at, const SweepPoint& point, std::string& text) const;

  private:
    const Sweep& sweep_;
    std::vector<bool> plain_;  ///< per axis: its values are fields as they are
};
/// Why points gave no answer, a sentence per reason: "2 of 66 points: REASON (such as PATH=VALUE)". The most frequent
/// ones; the rest is counted in the last.
[[nodiscard]] std::vector<std::string> dropped_texts(const Sweep& sweep, const std::vector<DroppedPoints>& dropped);

/// `points[]`: one object each with the same names; `dropped[]`: those that do not run, by `reason`, with their `count`
/// and an `example` by its paths.
[[nodiscard]] std::string sweep_json(const Sweep& sweep, const std::vector<SweepPoint>& points);

}  // namespace berth
