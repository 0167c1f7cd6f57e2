#include "measure/kernel_module.h"

#include "base/loaded_module.h"

namespace berth {

const KernelModule* loaded_kernels(std::string& why) {
    using Entry = const KernelModule* (*)();
    static const KernelModule* module = nullptr;
    if (module == nullptr) {
        const auto entry = function_of_module<Entry>("berth_kernels.so", "berth_kernel_module", why);
        module = entry == nullptr ? nullptr : entry();
    }
    return module;
}

}  // namespace berth
