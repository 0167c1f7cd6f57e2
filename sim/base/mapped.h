// Applies a function or a member to each element of a range, and collects or sums the results.
#pragma once

#include <functional>
#include <ranges>
#include <type_traits>
#include <vector>

namespace berth {

/// The results of `function` for each element of `range`, in order. `Value` sets the element type of the vector where
/// it differs from the function's result type.
template <class Value = void, std::ranges::input_range Range, class Function>
[[nodiscard]] auto mapped(Range&& range, Function function) {
    using Result = std::remove_cvref_t<std::invoke_result_t<Function&, std::ranges::range_reference_t<Range>>>;
    std::vector<std::conditional_t<std::is_void_v<Value>, Result, Value>> values;
    if constexpr (std::ranges::sized_range<Range>) {
        values.reserve(std::ranges::size(range));
    }
    for (auto&& one : range) {
        values.emplace_back(std::invoke(function, std::forward<decltype(one)>(one)));
    }
    return values;
}

/// The sum of `function` over the elements of `range`, added in order.
template <class Value, std::ranges::input_range Range, class Function>
[[nodiscard]] Value sum_of(Range&& range, Function function) {
    Value sum{};
    for (auto&& one : range) {
        sum += std::invoke(function, one);
    }
    return sum;
}

}  // namespace berth
