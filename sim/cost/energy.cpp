// Energy of a kernel: MACs, vector elements and DRAM bytes at their unit energies, static power over its time.
#include "cost/terms.h"

namespace berth {

std::optional<Energy> kernel_energy(const KernelCost& cost, DType dtype, const Device& device) {
    if (!device.energy) {
        return std::nullopt;
    }
    const EnergyModel& model = *device.energy;
    const auto& per_mac = model.per_mac[static_cast<std::size_t>(dtype)];
    if (!per_mac && cost.macs > Operations{}) {
        return std::nullopt;
    }
    Energy energy = model.per_vector_element.value * cost.elements +
                    model.per_dram_byte.value * (cost.traffic.read + cost.traffic.write) +
                    model.static_power.value * cost.total;
    if (per_mac) {
        energy += per_mac->value * cost.padded_macs;
    }
    return energy;
}

}  // namespace berth
