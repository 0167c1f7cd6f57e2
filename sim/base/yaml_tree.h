// The immutable tree of a document. Unlike yaml-cpp's nodes, it records its files, detects repeated keys and can be
// shared.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "berth/base/diagnostics.h"
#include "berth/base/yaml_reader.h"

namespace berth {

enum class YamlKind { kNull, kScalar, kSequence, kMap };

using YamlPointer = std::shared_ptr<const YamlValue>;

struct YamlMember {
    std::string key;
    SourceLocation key_where;
    YamlPointer value;
};

/// What replaced a value of the file.
struct YamlOverride {
    std::string set_by;                       ///< such as `on the command line`; empty for a derived number
    std::shared_ptr<const YamlValue> before;  ///< the value in the file; null for none
};

/// One node; `text` for scalars, `items` for sequences, `members` (in file order) for maps.
struct YamlValue {
    YamlKind kind = YamlKind::kNull;
    SourceLocation where;
    std::string text;
    bool quoted = false;
    std::vector<YamlPointer> items;
    std::vector<YamlMember> members;
    std::shared_ptr<const YamlOverride> overridden{};  ///< null for a value of a file

    /// Null if there is no such key.
    [[nodiscard]] const YamlMember* member(std::string_view key) const;
    [[nodiscard]] std::vector<std::string> keys() const;
};

/// A number given as a share of another whose dimension is a different one: one of the two is wrong.
struct MisfitShare {
    SourceLocation where;  ///< location of the share
    std::string message, expected;
    SourceLocation base;  ///< location of the other number
};

/// The sequence of keys that a map was queried for. The sequences form a trie: each links to those longer by one key,
/// and maps with the same sequence, such as the operators of a graph, share one node.
class AskedKeys {
  public:
    AskedKeys() = default;
    /// This sequence extended by `key` if it does not contain it; the result lives as long as the root of the trie.
    [[nodiscard]] AskedKeys* and_also(std::string_view key);
    [[nodiscard]] bool has(std::string_view key) const;
    [[nodiscard]] std::vector<std::string> all() const;

  private:
    AskedKeys(const AskedKeys* before, std::string_view key) : before_(before), key_(key) {}

    const AskedKeys* before_ = nullptr;  ///< null: the empty sequence
    std::string key_;
    std::vector<std::pair<std::string, AskedKeys*>> after_;
    std::vector<std::unique_ptr<AskedKeys>> longer_;  ///< the nodes of `after_` other than this one
};

struct YamlReadState {
    Diagnostics* diagnostics = nullptr;
    YamlPointer root;  ///< owns the maps that `asked` points to
    AskedKeys none_asked;
    std::unordered_map<const YamlValue*, AskedKeys*> asked;  ///< null: all keys count as queried
    const YamlValue* asked_last = nullptr;                   ///< cache: the next query is usually for the same map
    AskedKeys** asked_of_last = nullptr;

    /// The queried keys of a map; they belong to `none_asked` or are null.
    [[nodiscard]] AskedKeys*& asked_of(const YamlValue* map);
    std::vector<RelativeNumber> relative;  ///< relative numbers read so far
    std::vector<MisfitShare> misfits;
};
/// After the whole document has been read, reports each of these shares, unless the other number has an error of its
/// own.
void complain_of_misfits(YamlReadState& state);

/// Parses one document; null, with errors at `file`, unless the text is valid YAML without repeated keys.
[[nodiscard]] YamlPointer parse_yaml(std::string_view text, const std::shared_ptr<const std::string>& file,
                                     Diagnostics& diagnostics);

/// Overlays `later` on `base`: maps are merged key by key, everything else is replaced.
[[nodiscard]] YamlPointer merged(const YamlPointer& base, const YamlPointer& later);

/// A copy of the tree whose numbers state that they are inherited from `name` (see YamlDocument::mark_inherited).
[[nodiscard]] YamlPointer marked_inherited(const YamlPointer& root, const std::string& name);

/// A copy of the tree with `value` at `path`; null, with an error at `where`, if there is no such place.
[[nodiscard]] YamlPointer replaced(const YamlPointer& root, std::string_view path, const YamlPointer& value,
                                   const SourceLocation& where, const std::string& set_by, Diagnostics& diagnostics);

/// Whether the node is a map that describes a number: `{value: 8 GB/s, spread: 10%, source: ...}`.
[[nodiscard]] inline bool is_number_map(const YamlValue& node) {
    return node.kind == YamlKind::kMap && node.member("value") != nullptr;
}

/// The node that replaces `present` when it is set to `now`. A number keeps its relative spread, kind and source unless
/// `now` gives its own; a number set to the value that it already has is left as in the file.
[[nodiscard]] YamlPointer in_place_of(const YamlPointer& present, const YamlPointer& now, const std::string& set_by);
/// Same as in_place_of() if there was no node before.
[[nodiscard]] YamlPointer in_place_of_nothing(const YamlPointer& now, const std::string& set_by);
/// Whether `rest` refers to the `value` of a map that describes a number.
[[nodiscard]] bool is_value_of_number(const YamlValue& map, std::string_view rest);

/// The node at a path, which has the form that replaced() takes; null if there is none.
[[nodiscard]] YamlPointer found_at(const YamlPointer& root, std::string_view path);

/// The path in the form of parameter names: items of a sequence by their `name`, if they have one. Empty if there is no
/// node.
[[nodiscard]] std::string named_path(const YamlPointer& root, std::string_view path);

/// The `name` of a sequence item; empty if it has none.
[[nodiscard]] std::string item_name(const YamlValue& item);

/// A node in flow style on one line: `[128, 512]`, `{rate: 5 Hz}`.
[[nodiscard]] std::string flow_text(const YamlValue& node);

}  // namespace berth
