// Plain YAML in one pass. Whatever is in doubt is left to yaml-cpp: every function gives false there, and all of it is
// read again.
#include "base/yaml_plain.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/yaml_builder.h"

namespace berth {

namespace {

constexpr int kDeepest = 64;
constexpr std::size_t kLongestKey = 1000;  // yaml-cpp looks for the colon of a key in 1024 characters

/// Characters of plain scalars that mean nothing else anywhere in them, one flag per byte.
constexpr std::array<bool, 256> plain_characters(bool in_flow) {
    std::array<bool, 256> plain{};
    for (std::size_t c = 0x21; c < plain.size(); ++c) {
        plain[c] = c != 0x7f;
    }
    for (const char special : {':', '#'}) {
        plain[static_cast<unsigned char>(special)] = false;
    }
    for (const char bracket : {',', '?', '[', ']', '{', '}'}) {
        plain[static_cast<unsigned char>(bracket)] = !in_flow;
    }
    return plain;
}

constexpr std::array<bool, 256> kPlainInBlock = plain_characters(false);
constexpr std::array<bool, 256> kPlainInFlow = plain_characters(true);

/// What a plain scalar may begin with: nothing that YAML gives a meaning at the beginning.
bool may_begin(char c, char next) {
    constexpr std::string_view kIndicators = "?:,[]{}#&*!|>'\"%@`";
    const bool letter_or_digit =
        (next >= '0' && next <= '9') || (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') || next == '.';
    return static_cast<unsigned char>(c) > ' ' && c != 0x7f && kIndicators.find(c) == std::string_view::npos &&
           (c != '-' || letter_or_digit) && (c != '.' || next != '.');
}

/// What yaml-cpp takes for nothing.
bool is_nothing(std::string_view text) { return text == "~" || text == "null" || text == "Null" || text == "NULL"; }

class PlainReader {
  public:
    PlainReader(std::string_view text, YamlBuilder& builder) : text_(text), builder_(builder) {}

    /// The whole text; false if it is not plain.
    bool read() { return to_content() && !at_end() && column() == 0 && read_block(0) && at_end(); }

  private:
    enum class Where : std::uint8_t { kBlock, kFlow };

    struct Scalar {
        YamlPlace place;
        std::string_view text;
        bool quoted = false;
    };

    [[nodiscard]] bool at_end() const { return next_ >= text_.size(); }
    [[nodiscard]] char peek(std::size_t ahead = 0) const {
        return next_ + ahead < text_.size() ? text_[next_ + ahead] : '\n';
    }
    [[nodiscard]] std::size_t column() const { return next_ - line_start_; }
    [[nodiscard]] YamlPlace place() const { return {line_, static_cast<int>(column()) + 1}; }
    /// Whether a blank or the end of the line stands there.
    [[nodiscard]] bool is_gap(std::size_t ahead) const { return peek(ahead) == ' ' || peek(ahead) == '\n'; }

    void skip_blanks() {
        while (peek() == ' ') {
            ++next_;
        }
    }

    /// Past blanks and a comment to the end of the line; false if something else stands there.
    bool to_line_end() {
        skip_blanks();
        if (peek() == '#' && (column() == 0 || text_[next_ - 1] == ' ')) {
            for (; peek() != '\n'; ++next_) {
                if (!is_text(text_[next_])) {
                    return false;
                }
            }
        }
        return peek() == '\n';
    }

    static bool is_text(char c) { return static_cast<unsigned char>(c) >= ' ' && c != 0x7f; }

    /// From the end of a line, or the start of the text, to the first line with something on it.
    bool to_content() {
        while (!at_end()) {
            if (peek() == '\n') {
                ++next_;
                ++line_;
                line_start_ = next_;
            }
            skip_blanks();
            if (peek() == '#') {
                if (!to_line_end()) {
                    return false;
                }
            } else if (peek() != '\n') {
                return is_text(peek());
            }
        }
        return true;
    }

    /// The block of this column that begins here, up to the first line that is further left; or a single value.
    bool read_block(std::size_t indent) {
        if (++depth_ > kDeepest) {
            return false;
        }
        const bool read = peek() == '-' && is_gap(1) ? read_items(indent)
                          : begins_member()          ? read_members(indent)
                                                     : read_value() && to_line_end() && to_content();
        --depth_;
        return read;
    }

    bool read_items(std::size_t indent) {
        builder_.start_sequence(place());
        do {
            ++next_;
            skip_blanks();
            if (peek() == '\n' || peek() == '#' || !read_block(column())) {
                return false;
            }
        } while (!at_end() && column() == indent && peek() == '-' && is_gap(1));
        return good(builder_.finish()) && (at_end() || column() <= indent);
    }

    bool read_members(std::size_t indent) {
        builder_.start_map(place());
        do {
            if (!read_key(Where::kBlock) || !read_member_value(indent)) {
                return false;
            }
        } while (!at_end() && column() == indent && !(peek() == '-' && is_gap(1)));
        return good(builder_.finish()) && (at_end() || column() <= indent);
    }

    /// After the colon: a value on the same line, or a block below it.
    bool read_member_value(std::size_t indent) {
        skip_blanks();
        if (peek() != '\n' && peek() != '#') {
            // What follows further right would belong to the value.
            return read_value() && to_line_end() && to_content() && (at_end() || column() <= indent);
        }
        const YamlPlace here = place();
        if (!to_line_end() || !to_content()) {
            return false;
        }
        const bool items = !at_end() && peek() == '-' && is_gap(1);
        if (!at_end() && (column() > indent || (items && column() == indent))) {
            return read_block(column()) && (at_end() || column() <= indent);
        }
        return good(builder_.nothing(here));
    }

    /// Whether a key and its colon begin here. Where a brace does, a value does.
    bool begins_member() {
        if (peek() == '[' || peek() == '{') {
            return false;
        }
        const std::size_t begin = next_;
        Scalar key;
        const bool member = scan(Where::kBlock, key) && peek() == ':' && is_gap(1);
        next_ = begin;
        return member;
    }

    /// A key, the colon and what follows it at once.
    bool read_key(Where where) {
        Scalar key;
        if (!scan(where, key) || peek() != ':' || !is_gap(1) || key.text.size() > kLongestKey ||
            (!key.quoted && is_nothing(key.text))) {
            return false;
        }
        ++next_;
        return good(builder_.scalar(key.place, key.text, key.quoted));
    }

    bool read_value() {
        if (peek() == '[' || peek() == '{') {
            return read_flow();
        }
        Scalar value;
        return scan(Where::kBlock, value) && add(value);
    }

    bool add(const Scalar& value) {
        return good(!value.quoted && is_nothing(value.text) ? builder_.nothing(value.place)
                                                            : builder_.scalar(value.place, value.text, value.quoted));
    }

    bool read_flow() {
        if (++depth_ > kDeepest) {
            return false;
        }
        const bool map = peek() == '{';
        const char end = map ? '}' : ']';
        map ? builder_.start_map(place()) : builder_.start_sequence(place());
        ++next_;
        if (!to_flow_content()) {
            return false;
        }
        while (peek() != end) {
            if (!(map ? read_flow_member() : read_flow_value()) || !to_flow_content()) {
                return false;
            }
            if (peek() == ',') {
                ++next_;
                if (!to_flow_content() || peek() == end) {
                    return false;
                }
            } else if (peek() != end) {
                return false;
            }
        }
        ++next_;
        --depth_;
        return good(builder_.finish());
    }

    bool read_flow_member() {
        return read_key(Where::kFlow) && to_flow_content() && peek() != ',' && peek() != '}' && read_flow_value();
    }

    bool read_flow_value() {
        if (peek() == '[' || peek() == '{') {
            return read_flow();
        }
        Scalar value;
        return scan(Where::kFlow, value) && peek() != ':' && add(value);
    }

    /// Within braces, to what comes next, which may stand on a later line that is not the first of a block.
    bool to_flow_content() {
        skip_blanks();
        if (peek() != '\n' && peek() != '#') {
            return true;
        }
        return to_line_end() && to_content() && !at_end() && column() > 0;
    }

    /// A scalar of one line; what follows it is for the caller to judge.
    bool scan(Where where, Scalar& scalar) {
        scalar.place = place();
        if (peek() == '"' || peek() == '\'') {
            return scan_quoted(scalar);
        }
        if (!may_begin(peek(), peek(1))) {
            return false;
        }
        const std::array<bool, 256>& plain = where == Where::kFlow ? kPlainInFlow : kPlainInBlock;
        const std::size_t begin = next_;
        std::size_t end = next_;  // without the blanks after it
        for (; peek() != '\n'; ++next_) {
            const char c = peek();
            const bool inner = plain[static_cast<unsigned char>(c)] || (c == ':' && !is_gap(1)) ||
                               (c == '#' && end == next_);  // after a blank, it begins a comment
            if (inner) {
                end = next_ + 1;
            } else if (c != ' ') {
                break;
            }
        }
        const bool colon = peek() == ':' && end != next_;  // after a blank
        next_ = end;
        scalar.text = text_.substr(begin, end - begin);
        // In braces, a colon before a bracket is none of a scalar.
        return !colon && !scalar.text.ends_with(':');
    }

    bool scan_quoted(Scalar& scalar) {
        const char quote = peek();
        scalar.quoted = true;
        const std::size_t begin = ++next_;
        for (; peek() != quote; ++next_) {
            if (!is_text(peek()) || (quote == '"' && peek() == '\\')) {
                return false;
            }
        }
        scalar.text = text_.substr(begin, next_ - begin);
        ++next_;
        // Another quote would be an escape; anything but a gap, or the end of a value in braces, is in doubt.
        return is_gap(0) || ((peek() == ':' || peek() == ',' || peek() == ']' || peek() == '}') && quote != peek());
    }

    [[nodiscard]] static bool good(YamlBuilder::Grown grown) { return grown == YamlBuilder::Grown::kGood; }

    std::string_view text_;
    YamlBuilder& builder_;
    std::size_t next_ = 0;
    std::size_t line_start_ = 0;
    int line_ = 1;
    int depth_ = 0;
};

}  // namespace

YamlPointer parse_plain_yaml(std::string_view text, const std::shared_ptr<const std::string>& file) {
    Diagnostics doubts;
    YamlBuilder builder(file, doubts);
    const bool plain = !text.empty() && static_cast<unsigned char>(text.front()) < 0x80 &&
                       PlainReader(text, builder).read() && !doubts.has_errors();
    return plain ? builder.root() : nullptr;
}

}  // namespace berth
