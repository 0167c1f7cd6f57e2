// Decodes varints, fixed-size numbers and length-prefixed bytes, each checked against the end of the message.
#include "importers/wire_reader.h"

#include <bit>
#include <cstring>

namespace berth {

namespace {

enum class WireType : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

}  // namespace

float WireField::real() const { return std::bit_cast<float>(static_cast<std::uint32_t>(value)); }

std::optional<std::uint64_t> WireReader::varint() {
    constexpr int kBitsPerByte = 7;
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64 && !rest_.empty(); shift += kBitsPerByte) {
        const auto byte = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        value |= static_cast<std::uint64_t>(byte & 0x7fU) << static_cast<unsigned>(shift);
        if ((byte & 0x80U) == 0) {
            return value;
        }
    }
    return std::nullopt;
}

std::optional<std::uint64_t> WireReader::fixed(std::size_t size) {
    if (rest_.size() < size) {
        return std::nullopt;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
        value |= static_cast<std::uint64_t>(static_cast<unsigned char>(rest_[i])) << (8 * i);
    }
    rest_.remove_prefix(size);
    return value;
}

std::optional<WireField> WireReader::next() {
    if (rest_.empty() || broken_) {
        return std::nullopt;
    }
    broken_ = true;
    const auto key = varint();
    if (!key || (*key >> 3U) == 0 || (*key >> 3U) > 0x1fffffff) {
        return std::nullopt;
    }
    WireField field;
    field.number = static_cast<std::uint32_t>(*key >> 3U);
    std::optional<std::uint64_t> value;
    switch (static_cast<WireType>(*key & 7U)) {
        case WireType::kVarint:
            value = varint();
            break;
        case WireType::kFixed64:
            value = fixed(8);
            break;
        case WireType::kFixed32:
            value = fixed(4);
            break;
        case WireType::kBytes:
            value = varint();
            if (!value || *value > rest_.size()) {
                missing_ = value ? *value - rest_.size() : 0;
                return std::nullopt;
            }
            field.has_bytes = true;
            field.bytes = rest_.substr(0, *value);
            rest_.remove_prefix(*value);
            break;
        default:  // groups, which are obsolete, and undefined wire types
            return std::nullopt;
    }
    if (!value) {
        return std::nullopt;
    }
    field.value = *value;
    broken_ = false;
    return field;
}

bool append_integers(const WireField& field, std::vector<std::int64_t>& to) {
    if (!field.has_bytes) {
        to.push_back(field.integer());
        return true;
    }
    // A packed list is a sequence of varints; each is decoded as the value of an artificial field.
    std::uint64_t value = 0;
    unsigned shift = 0;
    for (const char c : field.bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (shift > 63) {
            return false;
        }
        value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
        shift += 7;
        if ((byte & 0x80U) == 0) {
            to.push_back(static_cast<std::int64_t>(value));
            value = 0;
            shift = 0;
        }
    }
    return shift == 0;
}

void append_reals(const WireField& field, std::vector<double>& to) {
    if (!field.has_bytes) {
        to.push_back(static_cast<double>(field.real()));
        return;
    }
    for (std::size_t at = 0; at + sizeof(float) <= field.bytes.size(); at += sizeof(float)) {
        float value{};
        std::memcpy(&value, field.bytes.data() + at, sizeof(float));
        to.push_back(static_cast<double>(value));
    }
}

}  // namespace berth
