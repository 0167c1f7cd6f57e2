// Parameter sweeps: a scenario evaluated repeatedly, over a grid or a sample of some of its numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/scenario/scenario.h"

namespace berth {

/// An axis of a sweep: a varied path and its values, written as `--set` takes them.
struct SweepAxis {
    std::string path;
    std::vector<std::string> values;
    /// In a sample: index of each point's value; empty: the axis belongs to a grid.
    std::vector<std::uint32_t> order{};
};

/// Parses `PATH=FROM:TO:STEP`, `PATH=FROM:TO:xFACTOR` or `PATH=A,B,...`. TO is included if a step reaches it. Numbers
/// may have units; all values are converted to the unit of FROM or of the first list item. Errors: no `=`, an empty
/// range, a step that leads away from TO, incompatible units, more than `most` values.
[[nodiscard]] std::optional<SweepAxis> parse_axis(std::string_view text, std::size_t most, Diagnostics& diagnostics);

/// The scenario with its overrides, before the axes vary it.
using SweepBase = ScenarioSource;

/// Pace of a stage that generates text, under its chosen placement.
struct TextPace {
    std::optional<Time> first_token;  ///< after reading the prompt; absent in a decode phase
    std::optional<Time> token;        ///< mean time per further token; absent in a prefill phase
};

/// One stage at one point.
struct SweepStage {
    std::string chosen;                          ///< chosen placement; empty for a fixed stage
    Time latency;                                ///< time of all repeats
    TextPace pace;                               ///< of one pass; without times if it generates no text
    std::vector<std::optional<Time>> on_device;  ///< [device] one pass of the whole model; absent if it cannot run
};

struct SweepPoint {
    std::string why_not;  ///< why the scenario cannot run there; empty if it can
    std::optional<Time> total;
    std::optional<Energy> energy;
    std::optional<bool> meets_budget;
    std::vector<SweepStage> stages;
};

/// A chunk of consecutive points, whose rows are written as one text.
struct SweepChunk {
    std::size_t number = 0;
    std::size_t first = 0, last = 0;  ///< points, `last` exclusive
};

/// Interface to the remaining chunks of a sweep, for workers outside this process.
class SweepWork {
  public:
    SweepWork() = default;
    SweepWork(const SweepWork&) = delete;
    SweepWork& operator=(const SweepWork&) = delete;
    virtual ~SweepWork() = default;
    /// Next chunk; absent: none now, or none any more (see over()).
    [[nodiscard]] virtual std::optional<SweepChunk> next() = 0;
    [[nodiscard]] virtual bool over() const = 0;
    virtual void done(const SweepChunk& chunk, std::string text) = 0;
};

/// External workers that evaluate and write chunks: `count` at a time, fed by a thread that hands chunks out until the
/// work is over.
struct SweepHelpers {
    std::size_t count = 0;
    std::function<void(SweepWork&)> hand_out{};
};

/// A prepared sweep: the scenario is known to load at both ends of every axis, or at the first and last values of a
/// sample. Of a number of the profile it is known at which values the profile refuses it.
class Sweep {
  public:
    /// The axes are either all of a grid or all of one sample. Errors: any that keeps the scenario from loading at an
    /// end of an axis, or at all values of a number; more than `most_points` points.
    [[nodiscard]] static std::optional<Sweep> prepare(SweepBase base, std::vector<SweepAxis> axes,
                                                      std::size_t most_points, Diagnostics& diagnostics);

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] const SweepBase& base() const { return base_; }
    [[nodiscard]] const std::vector<SweepAxis>& axes() const { return axes_; }
    [[nodiscard]] const std::vector<std::string>& stages() const { return stages_; }
    [[nodiscard]] const std::vector<std::string>& devices() const { return devices_; }
    /// Whether a stage generates text before the axes vary it.
    [[nodiscard]] bool generates(std::size_t stage) const { return generates_[stage]; }
    /// Values of the axes at a point; in a grid the last axis varies fastest.
    [[nodiscard]] std::vector<std::string> values(std::size_t point) const;
    /// Their indices into the values of each axis.
    void find_places(std::size_t point, std::vector<std::size_t>& places) const;

    /// Evaluates points `first` to `last` (exclusive) on `threads` threads and passes them on in order. Stops early if
    /// `take` returns false. Deterministic for any number of threads.
    void run(std::size_t first, std::size_t last, int threads,
             const std::function<bool(std::size_t, const SweepPoint&)>& take) const;

    using WriteRow = std::function<void(std::size_t, const SweepPoint&, std::string&)>;
    /// As run(), but the threads also format their points as text, in order: `take` gets the text of many points, and
    /// the index of the first point after them. Helpers work in parallel.
    void write(std::size_t first, std::size_t last, int threads, const WriteRow& row,
               const std::function<bool(std::size_t, const std::string&)>& take,
               const SweepHelpers& helpers = {}) const;

    /// Runs as a helper of a write() elsewhere: each thread asks for chunks until there are none, and returns their
    /// text. An exception in a thread ends the process, so that the waiting side notices.
    void help(int threads, const WriteRow& row, const std::function<std::optional<SweepChunk>(int)>& next,
              const std::function<void(int, const SweepChunk&, const std::string&)>& done) const;

  private:
    friend class SweepWorker;
    [[nodiscard]] bool loads_with(const SweepAxis& axis, const std::string& value, Diagnostics& diagnostics) const;
    [[nodiscard]] std::vector<std::string> refused_values(const SweepAxis& axis, const std::vector<double>& numbers,
                                                          Diagnostics& diagnostics) const;
    Sweep(SweepBase base, std::vector<SweepAxis> axes) : base_(std::move(base)), axes_(std::move(axes)) {}

    SweepBase base_;
    std::shared_ptr<const Scenario> plain_;  ///< the scenario before axes are applied
    std::vector<SweepAxis> axes_;
    std::vector<std::optional<std::vector<double>>> numbers_;  ///< SI values of axes that are numbers of the profile
    /// [axis][value] why the profile refuses the value, or empty; [axis] is empty where it takes all.
    std::vector<std::vector<std::string>> refused_;
    std::vector<std::string> stages_, devices_;
    std::vector<bool> generates_;  ///< [stage]
    std::size_t size_ = 1;
};

}  // namespace berth
