// Decodes the elements of small constants.
#include "importers/onnx_tensor_values.h"

#include <bit>
#include <cstring>

namespace berth {

namespace {

template <class T>
void append_as(std::string_view raw, std::vector<double>& to) {
    for (std::size_t at = 0; at + sizeof(T) <= raw.size(); at += sizeof(T)) {
        T value{};
        std::memcpy(&value, raw.data() + at, sizeof(T));
        to.push_back(static_cast<double>(value));
    }
}

void append_raw(std::string_view raw, OnnxType type, std::vector<double>& to) {
    static_assert(std::endian::native == std::endian::little, "raw data is little-endian");
    switch (type) {
        case OnnxType::kFloat:
            return append_as<float>(raw, to);
        case OnnxType::kDouble:
            return append_as<double>(raw, to);
        case OnnxType::kInt64:
            return append_as<std::int64_t>(raw, to);
        case OnnxType::kInt32:
            return append_as<std::int32_t>(raw, to);
        case OnnxType::kBool:
        case OnnxType::kUint8:
            return append_as<std::uint8_t>(raw, to);
        default:
            return;  // shapes and the factors that matter have no other type
    }
}

std::int64_t most_values(OnnxType type) {
    constexpr std::int64_t kMostFactors = 1024;
    constexpr std::int64_t kMostIndices = 8192;
    return type == OnnxType::kInt64 || type == OnnxType::kInt32 ? kMostIndices : kMostFactors;
}

/// Number of elements if it is small, else -1.
std::int64_t small_count(const OnnxTensor& tensor) {
    const std::int64_t most = most_values(tensor.type);
    std::int64_t count = 1;
    for (const std::int64_t dim : tensor.dims) {
        if (dim < 0 || dim > most || count * dim > most) {
            return -1;
        }
        count *= dim;
    }
    return count;
}

}  // namespace

bool is_small(const OnnxTensor& tensor) { return small_count(tensor) >= 0; }

const WireField* take_values(OnnxTensor& tensor, const OnnxTensorData& data) {
    const std::int64_t count = small_count(tensor);
    if (count < 0) {
        return nullptr;
    }
    std::vector<double> values;
    for (const WireField& field : data.floats) {
        append_reals(field, values);
    }
    std::vector<std::int64_t> whole;
    for (const WireField& field : data.integers) {
        if (!append_integers(field, whole)) {
            return &field;
        }
    }
    values.insert(values.end(), whole.begin(), whole.end());
    append_raw(data.raw, tensor.type, values);
    if (static_cast<std::int64_t>(values.size()) == count) {
        tensor.values = std::move(values);
    }
    return nullptr;
}

}  // namespace berth
