// Reads the fields of a protocol-buffers message in place: unused bytes are skipped, not copied. Encoding:
// protobuf.dev/programming-guides/encoding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace berth {

/// One field: a number for varint and fixed-size encodings, bytes for strings, messages and packed lists.
struct WireField {
    std::uint32_t number = 0;
    bool has_bytes = false;
    std::uint64_t value = 0;
    std::string_view bytes;

    [[nodiscard]] std::int64_t integer() const { return static_cast<std::int64_t>(value); }
    /// Value of a `float` field (fixed32).
    [[nodiscard]] float real() const;
};

/// Iterates over the fields of one message. next() is empty after the last field and at invalid bytes; broken() tells
/// the two apart.
class WireReader {
  public:
    explicit WireReader(std::string_view message) : rest_(message), start_(message.data()) {}
    [[nodiscard]] std::optional<WireField> next();
    [[nodiscard]] bool broken() const { return broken_; }
    /// Number of bytes by which the broken field extends beyond the message; 0 if it is broken in another way.
    [[nodiscard]] std::uint64_t missing() const { return missing_; }
    /// Current offset in bytes from the start of the message.
    [[nodiscard]] std::size_t offset() const { return static_cast<std::size_t>(rest_.data() - start_); }

  private:
    [[nodiscard]] std::optional<std::uint64_t> varint();
    [[nodiscard]] std::optional<std::uint64_t> fixed(std::size_t size);

    std::string_view rest_;
    const char* start_;
    bool broken_ = false;
    std::uint64_t missing_ = 0;
};

/// Appends the integers of a repeated field, packed or one per field. False if the bytes are invalid.
bool append_integers(const WireField& field, std::vector<std::int64_t>& to);
/// Appends the numbers of a repeated `float` field, packed or one per field.
void append_reals(const WireField& field, std::vector<double>& to);

}  // namespace berth
