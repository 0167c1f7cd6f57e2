// Warnings for the reader of an answer.
#pragma once

#include <string>

namespace berth {

/// Written to standard error, and as {"path", "text"} to the `warnings` of JSON.
struct Warning {
    std::string path;  ///< path of the input concerned, as `--set` writes it: `hardware.machine`
    std::string text;  ///< whole sentences
    friend bool operator==(const Warning&, const Warning&) = default;
};

}  // namespace berth
