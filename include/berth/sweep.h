// What-ifs by the grid: a scenario evaluated again and again with some of its numbers varied.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/scenario.h"

namespace berth {

/// One varied path with its values, written as `--set` takes them.
struct SweepAxis {
    std::string path;
    std::vector<std::string> values;
    std::vector<std::uint32_t>
        order{};  ///< of a sample: which value each point takes; empty: the axis is one of a grid
};

/// `PATH=FROM:TO:STEP`, `PATH=FROM:TO:xFACTOR` or `PATH=A,B,...`. TO is reached if a step falls on it. Numbers may have
/// units, which FROM's, or that of the first of a list, stands for in the values; others are converted to it. Errors:
/// no `=`, an empty range, a step that leads away from TO, units that do not go together, more than `most` values.
[[nodiscard]] std::optional<SweepAxis> parse_axis(std::string_view text, std::size_t most, Diagnostics& diagnostics);

/// The scenario as it is asked for, without what is varied.
using SweepBase = ScenarioSource;

/// One stage at one point.
struct SweepStage {
    std::string chosen;                          ///< empty for a fixed stage
    Time latency;                                ///< all repeats
    std::vector<std::optional<Time>> on_device;  ///< one pass of the whole model, per device; absent if it does not run
};

struct SweepPoint {
    std::string why_not;  ///< empty, or why the scenario cannot run there
    std::optional<Time> total;
    std::optional<Energy> energy;
    std::optional<bool> meets_budget;
    std::vector<SweepStage> stages;
};

/// Points next to each other, whose rows are written as one text.
struct SweepChunk {
    std::size_t number = 0;
    std::size_t first = 0, last = 0;  ///< points, `last` not included
};

/// What is left of a sweep, for others than the threads of this process.
class SweepWork {
  public:
    SweepWork() = default;
    SweepWork(const SweepWork&) = delete;
    SweepWork& operator=(const SweepWork&) = delete;
    virtual ~SweepWork() = default;
    /// Absent: nothing now, or nothing any more: see over().
    [[nodiscard]] virtual std::optional<SweepChunk> next() = 0;
    [[nodiscard]] virtual bool over() const = 0;
    virtual void done(const SweepChunk& chunk, std::string text) = 0;
};

/// Others that write chunks down: so many at a time, on a thread that hands them out until the work is over.
struct SweepHelpers {
    std::size_t count = 0;
    std::function<void(SweepWork&)> hand_out{};
};

/// A sweep that can start: the scenario loads at both ends of every axis, or at first and last values of a sample.
class Sweep {
  public:
    /// Either all axes are of a grid, or all of one sample. Errors: whatever keeps the scenario from loading at an end
    /// of an axis, more than `most_points` points.
    [[nodiscard]] static std::optional<Sweep> prepare(SweepBase base, std::vector<SweepAxis> axes,
                                                      std::size_t most_points, Diagnostics& diagnostics);

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] const SweepBase& base() const { return base_; }
    [[nodiscard]] const std::vector<SweepAxis>& axes() const { return axes_; }
    [[nodiscard]] const std::vector<std::string>& stages() const { return stages_; }
    [[nodiscard]] const std::vector<std::string>& devices() const { return devices_; }
    /// Values of the axes at a point; of a grid the last axis runs fastest.
    [[nodiscard]] std::vector<std::string> values(std::size_t point) const;
    /// Their positions in the values of each axis.
    void find_places(std::size_t point, std::vector<std::size_t>& places) const;

    /// Evaluates points `first` to `last` (not included) on `threads` threads and hands them over in order. Stops early
    /// if `take` returns false. The same for any number of threads.
    void run(std::size_t first, std::size_t last, int threads,
             const std::function<bool(std::size_t, const SweepPoint&)>& take) const;

    using WriteRow = std::function<void(std::size_t, const SweepPoint&, std::string&)>;
    /// The same, but the threads also write their points down, one after the other: `take` gets the text of many, and
    /// the first point behind them. Helpers work beside them.
    void write(std::size_t first, std::size_t last, int threads, const WriteRow& row,
               const std::function<bool(std::size_t, const std::string&)>& take,
               const SweepHelpers& helpers = {}) const;

    /// As a helper of a write() elsewhere: each thread asks for chunks until there are none, and gives their text away.
    /// What a thread throws ends the process: whoever waits for its chunk has to notice.
    void help(int threads, const WriteRow& row, const std::function<std::optional<SweepChunk>(int)>& next,
              const std::function<void(int, const SweepChunk&, const std::string&)>& done) const;

  private:
    friend class SweepWorker;
    Sweep(SweepBase base, std::vector<SweepAxis> axes) : base_(std::move(base)), axes_(std::move(axes)) {}

    SweepBase base_;
    std::shared_ptr<const Scenario> plain_;  ///< without what is varied
    std::vector<SweepAxis> axes_;
    std::vector<std::optional<std::vector<double>>> numbers_;  ///< of axes that are numbers of the profile: SI values
    std::vector<std::string> stages_, devices_;
    std::size_t size_ = 1;
};

}  // namespace berth
