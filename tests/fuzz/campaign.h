// Runs mutated files through the command in a child process, and detects faults.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "fuzz/trials.h"

namespace berth::fuzz {

struct Fault {
    std::size_t number = 0;  ///< of the trial
    std::string kind, what;
};

struct Counts {
    std::size_t files = 0, answered = 0, refused = 0;  ///< `answered`: the first command's status was 0
};

struct CampaignResult {
    std::array<Counts, kKinds.size()> by_kind{};
    std::vector<Fault> faults;  ///< status 3, exceptions, signals, hangs, "nan" or "inf" in an answer
    std::size_t commands = 0;
    double slowest_s = 0;               ///< processor time of one trial
    std::int64_t growth_per_trial = 0;  ///< bytes that a worker's heap grew by, from its hundredth trial on
};

/// Runs trials `first` to `first + count` - 1 of a seed in a child process, which is restarted after a signal or a
/// trial of more than `limit_s` seconds of processor time. Mutated files that cause faults are kept in `folder`/faults.
[[nodiscard]] CampaignResult run_campaign(std::uint64_t seed, std::size_t first, std::size_t count, double limit_s,
                                          const std::filesystem::path& folder);

/// A table of the outcomes by kind of file, and the faults.
[[nodiscard]] std::string text_of(const CampaignResult& result);

/// Whether a text contains a non-finite number: "nan", "-inf" and the like as separate words.
[[nodiscard]] bool holds_no_number(const std::string& text);

}  // namespace berth::fuzz
