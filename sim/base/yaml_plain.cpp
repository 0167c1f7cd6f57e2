// Parses with the events of libyaml. A text that another YAML parser may read differently is left to yaml-cpp, which
// reads all of it again.
#include "base/yaml_plain.h"

#include <yaml.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <string>

#include "base/yaml_builder.h"

namespace berth {

namespace {

/// Event source over a text, which must outlive it.
class Events {
  public:
    explicit Events(std::string_view text) {
        good_ = ::yaml_parser_initialize(&parser_) == 1;
        if (good_) {
            // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes, as libyaml takes them
            const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
            ::yaml_parser_set_input_string(&parser_, bytes, text.size());
        }
    }
    Events(const Events&) = delete;
    Events& operator=(const Events&) = delete;
    ~Events() {
        ::yaml_event_delete(&event_);
        ::yaml_parser_delete(&parser_);
    }

    /// The next event, valid until the following call; null if the text is not valid YAML.
    [[nodiscard]] const yaml_event_t* next() {
        ::yaml_event_delete(&event_);
        event_ = {};
        return good_ && ::yaml_parser_parse(&parser_, &event_) == 1 ? &event_ : nullptr;
    }

  private:
    yaml_parser_t parser_{};
    yaml_event_t event_{};
    bool good_ = false;
};

YamlPlace place_of(const yaml_mark_t& mark) {
    return {static_cast<int>(mark.line) + 1, static_cast<int>(mark.column) + 1};
}

/// Plain scalars that yaml-cpp reads as null.
bool is_nothing(std::string_view text) { return text == "~" || text == "null" || text == "Null" || text == "NULL"; }

// Whether both parsers agree on the characters. libyaml counts columns in characters, yaml-cpp in bytes; a question
// mark within braces starts a key for only one of them; escapes give different characters; and blanks at the end of the
// text may belong to a folded scalar.
bool is_plain_text(std::string_view text) {
    const auto is_plain = [](char c) { return static_cast<unsigned char>(c) < 0x7f && c != '?' && c != '\\'; };
    return !text.ends_with(' ') && !text.ends_with('\t') && std::ranges::all_of(text, is_plain);
}

/// Forwards events to the builder; false at an event on which the parsers may disagree.
class PlainReader {
  public:
    explicit PlainReader(YamlBuilder& builder) : builder_(builder) {}

    /// The whole text.
    bool read(Events& events) {
        for (;;) {
            const yaml_event_t* event = events.next();
            if (event == nullptr) {
                return false;
            }
            if (event->type == YAML_STREAM_END_EVENT) {
                return true;
            }
            if (!take(*event)) {
                return false;
            }
        }
    }

  private:
    bool take(const yaml_event_t& event) {
        switch (event.type) {
            case YAML_STREAM_START_EVENT:
            case YAML_DOCUMENT_END_EVENT:
                return true;
            case YAML_DOCUMENT_START_EVENT:
                return event.data.document_start.implicit == 1;
            case YAML_SCALAR_EVENT:
                return scalar(event);
            case YAML_SEQUENCE_START_EVENT:
                builder_.start_sequence(place_of(event.start_mark), number_of(event.data.sequence_start.anchor));
                return event.data.sequence_start.tag == nullptr;
            case YAML_MAPPING_START_EVENT:
                builder_.start_map(place_of(event.start_mark), number_of(event.data.mapping_start.anchor));
                return event.data.mapping_start.tag == nullptr;
            case YAML_ALIAS_EVENT:
                return alias(event);
            case YAML_SEQUENCE_END_EVENT:
            case YAML_MAPPING_END_EVENT:
                return builder_.finish() == YamlBuilder::Grown::kGood;
            default:
                return false;
        }
    }

    bool scalar(const yaml_event_t& event) {
        const auto& scalar = event.data.scalar;
        const bool quoted = scalar.style != YAML_PLAIN_SCALAR_STYLE;
        const std::string_view text = text_of(scalar.value, scalar.length);
        if (scalar.tag != nullptr || (!quoted && is_in_doubt(text, event))) {
            return false;
        }
        const YamlPlace place = place_of(event.start_mark);
        const YamlBuilder::Anchor anchor = number_of(scalar.anchor);
        return (!quoted && is_nothing(text)
                    ? builder_.nothing(place, anchor)
                    : builder_.scalar(place, text, quoted, anchor)) == YamlBuilder::Grown::kGood;
    }

    // Doubtful without quotes: an empty scalar, a colon that may begin a value, and the extent of a multi-line scalar.
    static bool is_in_doubt(std::string_view text, const yaml_event_t& event) {
        return text.empty() || text.front() == ':' || event.start_mark.line != event.end_mark.line;
    }

    bool alias(const yaml_event_t& event) {
        const auto known = anchors_.find(name_of(event.data.alias.anchor));
        return known != anchors_.end() &&
               builder_.alias(place_of(event.start_mark), known->second) == YamlBuilder::Grown::kGood;
    }

    /// A new number for the anchor of this name, which may redefine an earlier one; 0 for no anchor.
    YamlBuilder::Anchor number_of(const yaml_char_t* name) {
        return name == nullptr ? 0 : anchors_[std::string(name_of(name))] = ++numbers_;
    }

    static std::string_view text_of(const yaml_char_t* bytes, std::size_t size) {
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes, as libyaml gives them
        return {reinterpret_cast<const char*>(bytes), size};
    }
    static std::string_view name_of(const yaml_char_t* name) {
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes, as libyaml gives them
        return reinterpret_cast<const char*>(name);
    }

    YamlBuilder& builder_;
    std::map<std::string, YamlBuilder::Anchor, std::less<>> anchors_;  ///< latest anchor of each name
    YamlBuilder::Anchor numbers_ = 0;
};

}  // namespace

YamlPointer parse_plain_yaml(std::string_view text, const std::shared_ptr<const std::string>& file) {
    if (!is_plain_text(text)) {
        return nullptr;
    }
    Diagnostics doubts;
    YamlBuilder builder(file, doubts);
    Events events(text);
    const bool plain = PlainReader(builder).read(events) && !doubts.has_errors();
    return plain ? builder.root() : nullptr;
}

}  // namespace berth
