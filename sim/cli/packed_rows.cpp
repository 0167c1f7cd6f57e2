// Encoding: a tag per cell, then its bytes in native representation, because the processes of one job run the same
// program on the same kind of machine.
#include "cli/packed_rows.h"

#include <cstdint>
#include <cstring>
#include <vector>

#include "report/csv_values.h"
#include "report/sweep_cells.h"

namespace berth {

namespace {

enum class Tag : char { kNothing, kFalse, kTrue, kNumber, kText };

class Packer {
  public:
    static constexpr bool kEveryColumn = true;
    explicit Packer(std::string& bytes) : bytes_(bytes) {}
    void number(const auto& /*name*/, const std::optional<double>& value) {
        tag(value ? Tag::kNumber : Tag::kNothing);
        if (value) {
            add(csv_value(*value));
        }
    }
    void truth(const auto& /*name*/, const std::optional<bool>& value) {
        tag(!value ? Tag::kNothing : *value ? Tag::kTrue : Tag::kFalse);
    }
    void text(const auto& /*name*/, const std::string& value) { text(value); }
    void text(std::string_view value) {
        tag(value.empty() ? Tag::kNothing : Tag::kText);
        if (!value.empty()) {
            add(static_cast<std::uint64_t>(value.size()));
            bytes_ += value;
        }
    }

  private:
    void tag(Tag tag) { bytes_ += static_cast<char>(tag); }
    template <class Value>
    void add(Value value) {
        bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    }

    std::string& bytes_;
};

std::string_view taken(std::string_view& left, std::size_t bytes) {
    const std::string_view first = left.substr(0, bytes);
    left.remove_prefix(bytes);
    return first;
}

template <class Value>
Value value_of(std::string_view bytes) {
    Value value{};
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

}  // namespace

void pack_row(const Sweep& sweep, std::size_t at, const SweepPoint& point, std::string& bytes) {
    Packer packer(bytes);
    thread_local std::vector<std::size_t> places;
    sweep.find_places(at, places);
    for (std::size_t a = 0; a < places.size(); ++a) {
        packer.text(sweep.axes()[a].values[places[a]]);
    }
    each_sweep_cell(sweep, point, packer);
}

RowCell PackedCells::next() {
    switch (static_cast<Tag>(taken(left_, 1).front())) {
        case Tag::kFalse:
            return false;
        case Tag::kTrue:
            return true;
        case Tag::kNumber:
            return value_of<double>(taken(left_, sizeof(double)));
        case Tag::kText: {
            const auto size = value_of<std::uint64_t>(taken(left_, sizeof(std::uint64_t)));
            return taken(left_, static_cast<std::size_t>(size));
        }
        case Tag::kNothing:
            break;
    }
    return std::monostate{};
}

}  // namespace berth
