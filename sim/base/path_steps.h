// Splits the path of a value into its steps.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace berth {

/// The parts of a path: `devices.npu.dma.limit` is {devices, npu, dma, limit}.
using PathSteps = std::vector<std::string>;

[[nodiscard]] inline PathSteps steps_of(std::string_view path) {
    PathSteps steps;
    for (std::size_t start = 0; start <= path.size();) {
        const std::size_t end = std::min(path.find('.', start), path.size());
        steps.emplace_back(path.substr(start, end - start));
        start = end + 1;
    }
    return steps;
}

}  // namespace berth
