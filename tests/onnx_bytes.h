// ONNX models encoded as bytes, message by message.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

namespace berth {

// Hand-written messages of the wire format, for models that no exporter produces.
inline std::string varint(std::uint64_t value) {
    std::string bytes;
    for (; value > 0x7fU; value >>= 7U) {
        bytes += static_cast<char>((value & 0x7fU) | 0x80U);
    }
    return bytes + static_cast<char>(value);
}

inline std::string number_field(unsigned field, std::int64_t value) {
    return varint(std::uint64_t{field} << 3U) + varint(static_cast<std::uint64_t>(value));
}

inline std::string bytes_field(unsigned field, const std::string& bytes) {
    return varint(std::uint64_t{field} << 3U | 2U) + varint(bytes.size()) + bytes;
}

inline std::string node(const std::string& op, const std::vector<std::string>& inputs,
                        const std::vector<std::string>& outputs, const std::string& attributes = "") {
    std::string message;
    for (const std::string& input : inputs) {
        message += bytes_field(1, input);
    }
    for (const std::string& output : outputs) {
        message += bytes_field(2, output);
    }
    return bytes_field(1, message + bytes_field(3, "n") + bytes_field(4, op) + attributes);
}

inline std::string sized(unsigned field, const std::string& name, const std::vector<std::int64_t>& sizes) {
    std::string shape;
    for (const std::int64_t size : sizes) {
        shape += bytes_field(1, number_field(1, size));
    }
    return bytes_field(
        field, bytes_field(1, name) + bytes_field(2, bytes_field(1, number_field(1, 1) + bytes_field(2, shape))));
}

inline std::string constant(const std::string& name, const std::vector<std::int64_t>& sizes) {
    std::string message;
    for (const std::int64_t size : sizes) {
        message += number_field(1, size);
    }
    return bytes_field(5, message + number_field(2, 1) + bytes_field(8, name));
}

inline std::string whole_constants(const std::string& name, const std::vector<std::int64_t>& sizes,
                                   const std::vector<std::int64_t>& values) {
    std::string tensor = number_field(2, 7) + bytes_field(8, name);
    for (const std::int64_t size : sizes) {
        tensor += number_field(1, size);
    }
    for (const std::int64_t value : values) {
        tensor += number_field(7, value);
    }
    return bytes_field(5, tensor);
}

/// A constant of one axis, in 32-bit floating point.
inline std::string real_constant(const std::string& name, const std::vector<float>& values) {
    std::string raw;
    for (const float value : values) {
        const auto bits = std::bit_cast<std::uint32_t>(value);
        for (unsigned shift = 0; shift < 32; shift += 8) {
            raw += static_cast<char>((bits >> shift) & 0xffU);
        }
    }
    return bytes_field(5, number_field(1, static_cast<std::int64_t>(values.size())) + number_field(2, 1) +
                              bytes_field(8, name) + bytes_field(9, raw));
}

/// A model with one input x of [4, 8] and one result y.
inline std::string model_bytes(const std::string& body) {
    return bytes_field(7, body + sized(11, "x", {4, 8}) + sized(12, "y", {4, 8}));
}

inline std::string attribute(const std::string& name, std::int64_t value) {
    return bytes_field(5, bytes_field(1, name) + number_field(3, value));
}

inline std::string attribute(const std::string& name, const std::string& text) {
    return bytes_field(5, bytes_field(1, name) + bytes_field(4, text));
}

inline std::string attribute(const std::string& name, const std::vector<std::int64_t>& values) {
    std::string message = bytes_field(1, name);
    for (const std::int64_t value : values) {
        message += number_field(8, value);
    }
    return bytes_field(5, message);
}

/// `graph`: the fields of a graph, as model_bytes() takes them.
inline std::string body_attribute(const std::string& name, const std::string& graph) {
    return bytes_field(5, bytes_field(1, name) + bytes_field(6, graph));
}

inline std::string runtime_domain() { return bytes_field(7, "com.microsoft"); }

}  // namespace berth
