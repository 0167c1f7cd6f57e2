// Source positions in a JSON text: the parser reports events without positions, so the consumed characters are tracked.
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

#include "berth/base/diagnostics.h"

namespace berth {

class JsonPlaces {
  public:
    /// Character iterator that records how far the parser has read.
    class Cursor {
      public:
        // NOLINTBEGIN(readability-identifier-naming): the names that iterators have
        using iterator_category = std::forward_iterator_tag;
        using value_type = char;
        using difference_type = std::ptrdiff_t;
        using pointer = const char*;
        using reference = const char&;
        // NOLINTEND(readability-identifier-naming)

        Cursor() = default;
        Cursor(const char* at, const char** latest) : at_(at), latest_(latest) {}
        reference operator*() const { return *at_; }
        Cursor& operator++() {
            *latest_ = ++at_;
            return *this;
        }
        Cursor operator++(int) {
            const Cursor before = *this;
            ++*this;
            return before;
        }
        friend bool operator==(const Cursor& a, const Cursor& b) { return a.at_ == b.at_; }
        friend bool operator!=(const Cursor& a, const Cursor& b) { return a.at_ != b.at_; }

      private:
        const char* at_ = nullptr;
        const char** latest_ = nullptr;
    };

    JsonPlaces(std::string_view text, const std::string& file);
    JsonPlaces(const JsonPlaces&) = delete;
    JsonPlaces& operator=(const JsonPlaces&) = delete;

    [[nodiscard]] Cursor begin() { return {text_.data(), &latest_}; }
    [[nodiscard]] Cursor end() { return {text_.data() + text_.size(), &latest_}; }

    // Start of the last token, by its kind.
    [[nodiscard]] SourceLocation text();
    [[nodiscard]] SourceLocation number();
    [[nodiscard]] SourceLocation literal();
    [[nodiscard]] SourceLocation bracket();
    /// Position of the last consumed character.
    [[nodiscard]] SourceLocation latest();

  private:
    [[nodiscard]] SourceLocation place(std::size_t offset);
    [[nodiscard]] std::size_t last() const;

    std::string_view text_;
    const char* latest_;
    std::shared_ptr<const std::string> file_;
    std::size_t counted_ = 0, line_start_ = 0;  ///< lines are counted up to `counted_`
    int line_ = 1;
};

}  // namespace berth
