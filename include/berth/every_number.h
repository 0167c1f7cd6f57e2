// Every number that a scenario and its profile are written with, each set to a multiple and to a fraction of what it
// is, one at a time: what that does, or why it does nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "berth/sweep.h"

namespace berth {

/// A number as it is written: `hardware.devices.npu.dma.limit`, `28 GB/s`.
struct WrittenNumber {
    std::string path;
    std::string value;
};

/// All of them: of the profile with what it extends, then of the scenario. Not those that only describe. Absent, with
/// errors, where the scenario does not load.
[[nodiscard]] std::optional<std::vector<WrittenNumber>> written_numbers(const SweepBase& base,
                                                                        Diagnostics& diagnostics);

/// `factor` times the number, with its unit; whole numbers stay whole and at least 1.
[[nodiscard]] std::string times_factor(const std::string& value, double factor);

struct SetNumber {
    std::string value;          ///< it was set to
    std::optional<Time> total;  ///< of the scenario then; absent: it is refused
    bool moves = false;         ///< something of the answer
    std::string said;           ///< why it is refused, or what is said of a change without effect
    /// A change that neither moves anything nor is told of; nothing but a fault of the program.
    [[nodiscard]] bool silent() const { return !moves && said.empty(); }
};

struct NumberTried {
    WrittenNumber number;
    std::vector<SetNumber> set;  ///< one per factor; a value that would be the same as before is left out
};

struct EveryNumber {
    std::string scenario;
    std::vector<double> factors;
    Time total;  ///< as it is
    std::vector<NumberTried> numbers;
};

/// Absent, with errors, where the scenario itself cannot run.
[[nodiscard]] std::optional<EveryNumber> try_every_number(const SweepBase& base, const std::vector<double>& factors,
                                                          Diagnostics& diagnostics);

}  // namespace berth
