// The reader's own immutable tree: unlike yaml-cpp's nodes, it knows its files, sees repeated keys and can be shared.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "berth/diagnostics.h"
#include "berth/yaml_reader.h"

namespace berth {

enum class YamlKind { kNull, kScalar, kSequence, kMap };

using YamlPointer = std::shared_ptr<const YamlValue>;

struct YamlMember {
    std::string key;
    SourceLocation key_where;
    YamlPointer value;
};

/// One node; `text` for scalars, `items` for sequences, `members` (in file order) for maps.
struct YamlValue {
    YamlKind kind = YamlKind::kNull;
    SourceLocation where;
    std::string text;
    bool quoted = false;
    std::vector<YamlPointer> items;
    std::vector<YamlMember> members;
    std::string set_by{};                       ///< of a value that was set: where, as `on the command line`
    std::shared_ptr<const YamlValue> before{};  ///< and what the file has in its place

    /// Nullptr if there is no such key.
    [[nodiscard]] const YamlMember* member(std::string_view key) const;
    [[nodiscard]] std::vector<std::string> keys() const;
};

/// A share of what is no number of its dimension: one of the two is wrong.
struct MisfitShare {
    SourceLocation where;  ///< of the share
    std::string message, expected;
    SourceLocation base;  ///< where the other number is written
};

/// Keys that a map was asked for, in order, and what comes of each further one: maps that are asked alike, as the
/// operators of a graph are, share one.
class AskedKeys {
  public:
    AskedKeys() = default;
    /// These and `key`, if it is not among them; lives as long as the first.
    [[nodiscard]] AskedKeys* and_also(std::string_view key);
    [[nodiscard]] bool has(std::string_view key) const;
    [[nodiscard]] std::vector<std::string> all() const;

  private:
    AskedKeys(const AskedKeys* before, std::string_view key) : before_(before), key_(key) {}

    const AskedKeys* before_ = nullptr;  ///< null: none has been asked for
    std::string key_;
    std::vector<std::pair<std::string, AskedKeys*>> after_;
    std::vector<std::unique_ptr<AskedKeys>> longer_;  ///< of `after_`, those that are not these
};

struct YamlReadState {
    Diagnostics* diagnostics = nullptr;
    YamlPointer root;  ///< keeps alive the maps that `asked` points to
    AskedKeys none_asked;
    std::unordered_map<const YamlValue*, AskedKeys*> asked;  ///< null: every key that there is
    const YamlValue* asked_last = nullptr;                   ///< whose keys are the next, as a rule
    AskedKeys** asked_of_last = nullptr;

    /// Of a map; they belong to `none_asked` or are null.
    [[nodiscard]] AskedKeys*& asked_of(const YamlValue* map);
    std::vector<RelativeNumber> relative;  ///< those read so far
    std::vector<MisfitShare> misfits;
};
/// Once the whole document has been read: complains of each such share, unless the other number was complained of.
void complain_of_misfits(YamlReadState& state);

/// The tree of one document; nullptr, with errors at `file`, unless the text is valid YAML without repeated keys.
[[nodiscard]] YamlPointer parse_yaml(std::string_view text, const std::shared_ptr<const std::string>& file,
                                     Diagnostics& diagnostics);

/// `later` laid over `base`: maps merged key by key, everything else replaced.
[[nodiscard]] YamlPointer merged(const YamlPointer& base, const YamlPointer& later);

/// A copy of the tree in which numbers say that they are inherited from `name` (see YamlDocument::mark_inherited).
[[nodiscard]] YamlPointer marked_inherited(const YamlPointer& root, const std::string& name);

/// A copy of the tree with `value` at `path`; nullptr, with an error at `where`, if there is no such place.
[[nodiscard]] YamlPointer replaced(const YamlPointer& root, std::string_view path, const YamlPointer& value,
                                   const SourceLocation& where, const std::string& set_by, Diagnostics& diagnostics);

/// Whether it is a number with more about it: `{value: 8 GB/s, spread: 10%, source: ...}`.
[[nodiscard]] inline bool is_number_map(const YamlValue& node) {
    return node.kind == YamlKind::kMap && node.member("value") != nullptr;
}

/// What stands where `present` stood once it is set to `now`. A number keeps its relative spread, kind and source
/// unless `now` gives its own; one that is set to the value that it has stays as the file has it.
[[nodiscard]] YamlPointer in_place_of(const YamlPointer& present, const YamlPointer& now, const std::string& set_by);
/// The same where there was nothing.
[[nodiscard]] YamlPointer in_place_of_nothing(const YamlPointer& now, const std::string& set_by);
/// Whether `rest` is the `value` of a map that describes a number.
[[nodiscard]] bool is_value_of_number(const YamlValue& map, std::string_view rest);

/// What stands at a path that replaced() takes; nullptr if nothing does.
[[nodiscard]] YamlPointer found_at(const YamlPointer& root, std::string_view path);

/// A path as parameters are named: items of a sequence by their `name`, where they have one. Empty if nothing is there.
[[nodiscard]] std::string named_path(const YamlPointer& root, std::string_view path);

/// The `name` of an item of a sequence, empty if it has none.
[[nodiscard]] std::string item_name(const YamlValue& item);

/// A node on one line: `[128, 512]`, `{rate: 5 Hz}`.
[[nodiscard]] std::string flow_text(const YamlValue& node);

}  // namespace berth
