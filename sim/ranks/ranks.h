// Processes started together by mpirun: the first one writes results and distributes points of a sweep, the others
// compute them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "berth/analysis/sweep.h"

namespace berth {

/// The ranks of one job, as seen from one of them. The part that uses the MPI library is a module that is loaded on
/// demand.
class Ranks {
  public:
    Ranks() = default;
    Ranks(const Ranks&) = delete;
    Ranks& operator=(const Ranks&) = delete;
    /// Waits for the other ranks.
    virtual ~Ranks() = default;
    /// Also ends the other ranks, if this one cannot continue.
    [[noreturn]] virtual void abort(int status) = 0;

    [[nodiscard]] virtual int rank() const = 0;
    [[nodiscard]] virtual int size() const = 0;

    /// Called once per rank: states whether it is ready, with how many threads, and on which work. Returns the first
    /// rank that is not ready or has other work than rank 0, if any.
    [[nodiscard]] virtual std::optional<int> first_not_ready(bool ready, int threads, std::uint64_t what) = 0;

    /// For rank 0, when all are ready: the threads of the other ranks.
    [[nodiscard]] virtual SweepHelpers helpers() = 0;

    /// For other ranks: the next chunk for one of their threads, and its result.
    [[nodiscard]] virtual std::optional<SweepChunk> next(int thread) = 0;
    virtual void done(int thread, const SweepChunk& chunk, const std::string& text) = 0;
};

/// Entry point of the loaded module, which joins the job once.
inline constexpr const char* kJoinRanksSymbol = "berth_join_ranks";
using JoinRanks = Ranks* (*)();

}  // namespace berth
