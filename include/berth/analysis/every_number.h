// One-at-a-time variation of every number written in a scenario and its profile, set to a multiple and to a fraction of
// its value: the effect of each, or the reason why there is none.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "berth/analysis/sweep.h"

namespace berth {

/// A number as written: `hardware.devices.npu.dma.limit`, `28 GB/s`.
struct WrittenNumber {
    std::string path;
    std::string value;
    bool whole = false;  ///< a count: its key takes no fractions
};

/// All written numbers: of the profile with what it extends, then of the scenario; numbers that only describe are left
/// out. Absent, with errors, where the scenario does not load.
[[nodiscard]] std::optional<std::vector<WrittenNumber>> written_numbers(const SweepBase& base,
                                                                        Diagnostics& diagnostics);

/// `factor` times the number, with its unit; `whole` ones stay whole and at least 1.
[[nodiscard]] std::string times_factor(const std::string& value, double factor, bool whole);

struct SetNumber {
    std::string value;          ///< value it was set to
    std::optional<Time> total;  ///< the scenario's total with it; absent: the value is rejected
    bool moves = false;         ///< whether some part of the answer changes
    /// why the value is rejected, the warning about a change without effect, or what moves although the total does not
    std::string said;
    /// A change without effect and without a warning: always a fault of the program.
    [[nodiscard]] bool silent() const { return !moves && said.empty(); }
};

/// A factor at which the number stays what it is.
struct UnsetFactor {
    double factor = 0;
    std::string why;
};

struct NumberTried {
    WrittenNumber number;
    std::vector<SetNumber> set;  ///< one per factor, but those left out
    std::vector<UnsetFactor> left_out{};
};

struct EveryNumber {
    std::string scenario;
    std::vector<double> factors;
    Time total;  ///< unchanged scenario
    std::vector<NumberTried> numbers;
};

/// Absent, with errors, where the scenario itself cannot run.
[[nodiscard]] std::optional<EveryNumber> try_every_number(const SweepBase& base, const std::vector<double>& factors,
                                                          Diagnostics& diagnostics);

}  // namespace berth
