// One job of several processes: whether mpirun started this one, and the others then.
#pragma once

#include <memory>

#include "berth/diagnostics.h"
#include "ranks/ranks.h"

namespace berth {

/// Null if this process works alone. Errors: a launcher started several, but what talks to the others is not installed.
[[nodiscard]] std::unique_ptr<Ranks> join_ranks(Diagnostics& diagnostics);

}  // namespace berth
