// Names of nodes as names of operators, and the block that a name tells.
#include "importers/onnx_names.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace berth {

int block_in(std::string_view name) {
    std::size_t start = 0;
    while (start < name.size()) {
        const std::size_t end = std::min(name.find_first_of("./", start), name.size());
        int number = -1;
        const auto [last, failure] = std::from_chars(name.data() + start, name.data() + end, number);
        if (failure == std::errc() && last == name.data() + end && number >= 0 && number < 1000) {
            return number;
        }
        start = end + 1;
    }
    return -1;
}

std::string readable(std::string_view name) {
    std::string text;
    for (const char c : name) {
        const bool separates = c == '/' || c == ':' || c == '.';
        if (!separates) {
            text += static_cast<unsigned char>(c) <= 0x20 ? '_' : c;
        } else if (!text.empty() && text.back() != '.') {
            text += '.';
        }
    }
    while (text.ends_with('.')) {
        text.pop_back();
    }
    return text;
}

}  // namespace berth
