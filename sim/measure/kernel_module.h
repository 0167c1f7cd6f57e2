// The kernels of oneDNN, in a module that is loaded on demand, because no command but those that measure needs the
// library.
#pragma once

#include <optional>
#include <string>

#include "berth/graph/graph.h"
#include "measure/timing.h"

namespace berth {

struct KernelModule {
    /// The calls of one operator alone on memory of its own: one call, or one per part. Absent, with the reason in
    /// `why`, if oneDNN has no such kernel.
    std::optional<Calls> (*operator_calls)(const KernelJob& job, std::string& why);
    /// An encoder as a sequence of kernels. Absent, with the reason in `why`, if one of its operators has no kernel.
    std::optional<Calls> (*encoder_calls)(const Graph& graph, DType dtype, std::string& why);
    /// `oneDNN 2.6.3`.
    std::string (*version)();
};

/// The module, loaded by the first call; null, with the reason in `why`, if it is not installed or cannot be loaded.
[[nodiscard]] const KernelModule* loaded_kernels(std::string& why);

}  // namespace berth

/// Entry point of the loaded module.
extern "C" const berth::KernelModule* berth_kernel_module();
