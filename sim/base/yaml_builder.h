// Builds a document's tree from the events of a YAML parser, in the order of the text.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/yaml_tree.h"

namespace berth {

/// A place in a text: line and column from 1.
struct YamlPlace {
    int line = 0;
    int column = 0;
};

/// Receives the events of a YAML parser. In a map, a scalar is a key unless a key is waiting for its value.
class YamlBuilder {
  public:
    /// Result of adding a value. For the size limit, an aliased value counts each time that it is used.
    enum class Grown : std::uint8_t { kGood, kTooLarge };
    /// Number of an anchor; 0 for none.
    using Anchor = std::size_t;

    YamlBuilder(std::shared_ptr<const std::string> file, Diagnostics& diagnostics)
        : file_(std::move(file)), diagnostics_(diagnostics) {}

    [[nodiscard]] Grown nothing(YamlPlace place, Anchor anchor = 0);
    [[nodiscard]] Grown scalar(YamlPlace place, std::string_view text, bool quoted, Anchor anchor = 0);
    [[nodiscard]] Grown alias(YamlPlace place, Anchor anchor);
    void start_sequence(YamlPlace place, Anchor anchor = 0) { start(YamlKind::kSequence, place, anchor); }
    void start_map(YamlPlace place, Anchor anchor = 0) { start(YamlKind::kMap, place, anchor); }
    /// Ends the sequence or map that was started last.
    [[nodiscard]] Grown finish();

    /// Null if there was no event.
    [[nodiscard]] const YamlPointer& root() const { return root_; }
    [[nodiscard]] SourceLocation at(YamlPlace place) const { return {file_, place.line, place.column}; }

  private:
    /// A sequence or map that has not ended yet. What it holds is moved into the value when it ends, whose vectors then
    /// have the right size at once.
    struct Open {
        std::shared_ptr<YamlValue> value;
        std::vector<YamlPointer> items;
        std::vector<YamlMember> members;
        Anchor anchor = 0;
        std::string key;
        SourceLocation key_where;
        bool has_key = false;
        std::unordered_set<std::string> keys;  ///< keys of a large map; for a small one the members are searched
        std::size_t size = 1;                  ///< values in it; aliased ones count at each use
    };
    struct Anchored {
        YamlPointer value;
        std::size_t size = 1;
    };

    [[nodiscard]] std::shared_ptr<YamlValue> make(YamlKind kind, YamlPlace place) const;
    void start(YamlKind kind, YamlPlace place, Anchor anchor);
    [[nodiscard]] Grown add(std::shared_ptr<YamlValue> value, Anchor anchor, std::size_t size);
    [[nodiscard]] Grown attach(YamlPointer value, const SourceLocation& where, std::size_t size);
    void take_key(Open& parent, const YamlValue& key, const SourceLocation& where);
    void name_key(Open& parent, std::string_view key, const SourceLocation& where);
    [[nodiscard]] static bool is_new(Open& parent);
    [[nodiscard]] Open& innermost() { return open_[depth_ - 1]; }

    std::shared_ptr<const std::string> file_;
    Diagnostics& diagnostics_;
    YamlPointer root_;
    std::vector<Open> open_;  ///< the first `depth_` are open; those beyond keep their memory for the next
    std::size_t depth_ = 0;
    std::unordered_map<Anchor, Anchored> anchors_;
};

}  // namespace berth
