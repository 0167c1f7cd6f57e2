// The module's only entry.
#include "measure/kernel_module.h"

#include <fmt/format.h>

#include "kernels/onednn.h"

namespace berth {

namespace {

std::string onednn_version() {
    const dnnl_version_t* const version = dnnl_version();
    return fmt::format("oneDNN {}.{}.{}", version->major, version->minor, version->patch);
}

constexpr KernelModule kModule{&onednn_operator_calls, &onednn_encoder_calls, &onednn_version};

}  // namespace

}  // namespace berth

extern "C" const berth::KernelModule* berth_kernel_module() { return &berth::kModule; }
