// Something that an answer's reader should know before believing it.
#pragma once

#include <string>

namespace berth {

/// Stands on standard error, and as {"path", "text"} in the `warnings` of JSON.
struct Warning {
    std::string path;  ///< of the input that it is about, as `--set` writes it: `hardware.machine`
    std::string text;  ///< whole sentences
    friend bool operator==(const Warning&, const Warning&) = default;
};

}  // namespace berth
