// Groups reasons by their wording without numbers.
#include "berth/analysis/dropped_points.h"

#include <algorithm>

#include "base/mapped.h"

namespace berth {

namespace {

// Reason without its location, which is that of the example: "--set stages.rerank.buckets:1:1: error: the largest
// bucket, 128, is ...".
std::string_view without_place(std::string_view reason) {
    constexpr std::string_view kError = ": error: ";
    const std::size_t at = reason.find(kError);
    return at == std::string_view::npos ? reason : reason.substr(at + kError.size());
}

std::string without_numbers(std::string_view reason) {
    std::string shape;
    for (const char c : reason) {
        const bool digit = (c >= '0' && c <= '9') || c == '.';
        if (!digit) {
            shape += c;
        } else if (shape.empty() || shape.back() != '#') {
            shape += '#';
        }
    }
    return shape;
}

}  // namespace

void DroppedCount::add(std::size_t point, std::string_view reason) {
    const std::string_view text = without_place(reason);
    std::string shape = without_numbers(text);
    const std::lock_guard lock(mutex_);
    const auto known = std::ranges::find(kinds_, shape, &Kind::shape);
    if (known == kinds_.end()) {
        kinds_.push_back({std::move(shape), {std::string(text), 1, point}});
        return;
    }
    ++known->points.count;
    if (point < known->points.example) {
        known->points.example = point;
        known->points.reason = text;
    }
}

std::vector<DroppedPoints> DroppedCount::rows() const {
    const std::lock_guard lock(mutex_);
    auto rows = mapped(kinds_, &Kind::points);
    std::ranges::sort(rows, [](const DroppedPoints& a, const DroppedPoints& b) {
        return a.count != b.count ? a.count > b.count : a.example < b.example;
    });
    return rows;
}

}  // namespace berth
