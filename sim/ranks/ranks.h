// Processes that mpirun started together: the first one writes and hands points of a sweep out, the others work on
// them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "berth/sweep.h"

namespace berth {

/// The ranks of one job, seen from one of them. What talks to the MPI library is loaded when it is needed: see
/// join_ranks() in cli/join_ranks.h.
class Ranks {
  public:
    Ranks() = default;
    Ranks(const Ranks&) = delete;
    Ranks& operator=(const Ranks&) = delete;
    /// Waits for the others.
    virtual ~Ranks() = default;
    /// Ends the others too, where one cannot go on.
    [[noreturn]] virtual void abort(int status) = 0;

    [[nodiscard]] virtual int rank() const = 0;
    [[nodiscard]] virtual int size() const = 0;

    /// Every rank says once whether it is ready to work on so many threads, and on what: the first that is not, or that
    /// is for something else than rank 0, if any.
    [[nodiscard]] virtual std::optional<int> first_not_ready(bool ready, int threads, std::uint64_t what) = 0;

    /// Rank 0, when all are ready: the threads of the others.
    [[nodiscard]] virtual SweepHelpers helpers() = 0;

    /// Another rank: the next chunk for one of its threads, and what it made of it.
    [[nodiscard]] virtual std::optional<SweepChunk> next(int thread) = 0;
    virtual void done(int thread, const SweepChunk& chunk, const std::string& text) = 0;
};

/// What the loaded module offers: joins the job, once.
inline constexpr const char* kJoinRanksSymbol = "berth_join_ranks";
using JoinRanks = Ranks* (*)();

}  // namespace berth
