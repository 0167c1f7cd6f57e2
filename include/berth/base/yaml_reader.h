// YAML into types: a document, and a cursor that reads typed values and records every error at its place.
// Only this subsystem sees YAML; loaders turn nodes into plain structs with it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "berth/base/choice.h"
#include "berth/base/diagnostics.h"
#include "berth/base/parameter.h"
#include "berth/base/units.h"

namespace berth {

struct YamlValue;      // one node of the immutable tree, private to the reader
struct YamlReadState;  // where errors go, and which keys have been asked for
struct YamlEntry;
struct RelativeText;

/// Inclusive bounds of an integer.
struct IntegerRange {
    std::int64_t min = std::numeric_limits<std::int64_t>::min();
    std::int64_t max = std::numeric_limits<std::int64_t>::max();
};

/// Permitted counts of listed or physical things, bounded so that none causes unbounded work.
inline constexpr IntegerRange kCountRange{1, 1'000'000};  ///< tokens, inputs, passes; granules and vectors, in elements
inline constexpr IntegerRange kCoreRange{1, 1024};        ///< cores of a cluster, channels of a device
inline constexpr IntegerRange kLimitRange{
    1, std::numeric_limits<std::int32_t>::max()};  ///< beyond which something is not done

/// Inclusive bounds of a plain number.
struct NumberRange {
    double min = std::numeric_limits<double>::lowest();
    double max = std::numeric_limits<double>::max();
};

/// Largest accepted spread: a larger one states that nothing is known, which no model can use.
inline constexpr double kMaxSpread = 3.0;

/// Permitted values of a quantity, within the plausible range of its dimension. By default it must be positive and not
/// "per core".
struct QuantityRule {
    bool allow_zero = false;
    bool allow_negative = false;
    bool allow_per = false;
    bool allow_unit = true;  ///< else a plain number only: a count is no percentage
};

/// A place in a document. Cheap to copy; valid as long as the Diagnostics it was made with.
///
/// A node may be *absent* (see `require`): every read of an absent node is empty and records nothing, because the error
/// that made it absent is already there. So `map.require("clock").parameter<Frequency>()` needs no check in between.
class YamlNode {
  public:
    [[nodiscard]] bool exists() const { return value_ != nullptr; }
    explicit operator bool() const { return exists(); }
    [[nodiscard]] bool is_map() const;
    [[nodiscard]] bool is_sequence() const;
    [[nodiscard]] bool is_scalar() const;
    [[nodiscard]] bool is_null() const;

    /// Whether the value was set by an override such as `--set`.
    [[nodiscard]] bool is_set() const;

    /// Dotted path from the document's root, sequence items by index: `devices.npu.memories`, `stages.0.model`.
    [[nodiscard]] const std::string& path() const { return path_; }
    /// Location of the value; for an absent node, the place where it was expected.
    [[nodiscard]] const SourceLocation& where() const { return where_; }
    /// Location where the text of a scalar starts: after the quote, if it has one.
    [[nodiscard]] SourceLocation content_where() const;

    /// The value of `key`, which counts as known from now on; empty if the map lacks it or its value is null. An error
    /// if this node is not a map.
    [[nodiscard]] std::optional<YamlNode> find(std::string_view key) const;
    /// As find(), but a missing key is an error (`expected` describes the value) and gives an absent node.
    [[nodiscard]] YamlNode require(std::string_view key, std::string_view expected = "") const;
    /// Reports every key that has not been asked for, each with the nearest known one.
    void reject_unknown_keys() const;

    // Typed reads: empty, with an error recorded, unless the node holds such a value.
    [[nodiscard]] std::optional<std::string> text() const;         ///< not blank
    [[nodiscard]] std::optional<std::string> scalar_text() const;  ///< as it is written, blank or not
    [[nodiscard]] std::optional<std::int64_t> integer(IntegerRange range = {}) const;
    [[nodiscard]] std::optional<double> number(NumberRange range = {}) const;
    [[nodiscard]] std::optional<bool> boolean() const;

    /// A quantity with its unit, e.g. `quantity<Time>()`; `quantity<double>()` for a plain number or a percentage. A
    /// spread is an error here; read a parameter where a spread makes sense.
    template <class Q>
    [[nodiscard]] std::optional<Q> quantity(QuantityRule rule = {}) const;

    /// A quantity with provenance: `7.8 GB/s ± 10%`, or `{value: ..., spread: ..., source: ..., kind: ...}`.
    template <class Q>
    [[nodiscard]] std::optional<Parameter<Q>> parameter(QuantityRule rule = {}) const;

    /// Numbers of the document read so far that are shares of others.
    [[nodiscard]] const std::vector<RelativeNumber>& relative_numbers() const;
    /// This number as a share of another one; null if it is not a share.
    [[nodiscard]] const RelativeNumber* relative() const;

    /// One name of a table of Choice rows.
    template <class Table>
    [[nodiscard]] auto enumeration(const Table& table) const -> std::optional<decltype(table[0].value)>;

    /// Items in order; empty, with an error unless the node is null, if this is not a sequence.
    [[nodiscard]] std::vector<YamlNode> sequence() const;
    /// Keys and values in file order, all of them known from now on; empty, with an error unless null, if this is not a
    /// map.
    [[nodiscard]] std::vector<YamlEntry> entries() const;

    /// Records an error or a warning at this node; the message is preceded by its path.
    void error(std::string_view message, std::string expected = "", std::string suggestion = "") const;
    void warning(std::string_view message, std::string expected = "", std::string suggestion = "") const;
    [[nodiscard]] Diagnostics& diagnostics() const;

  private:
    friend class YamlDocument;
    YamlNode(std::shared_ptr<YamlReadState> state, std::shared_ptr<const YamlValue> value, SourceLocation where,
             std::string path);
    [[nodiscard]] YamlNode child(std::string_view step, std::shared_ptr<const YamlValue> value) const;
    [[nodiscard]] const std::string* scalar(std::string_view expected) const;
    [[nodiscard]] const YamlValue* map() const;
    [[nodiscard]] std::optional<Parameter<double>> read_relative(const RelativeText& written,
                                                                 Dimension dimension) const;
    [[nodiscard]] std::optional<Parameter<double>> read_written(const std::string& written, Dimension dimension) const;
    [[nodiscard]] std::optional<Parameter<double>> read_scalar_parameter(Dimension dimension, QuantityRule rule) const;
    [[nodiscard]] std::optional<Parameter<double>> read_parameter(Dimension dimension, QuantityRule rule) const;
    [[nodiscard]] std::optional<Parameter<double>> read_parameter_map(Dimension dimension, QuantityRule rule) const;
    [[nodiscard]] std::optional<double> read_spread(const Parameter<double>& of, Dimension dimension) const;
    [[nodiscard]] std::optional<double> read_quantity(Dimension dimension, QuantityRule rule) const;
    void not_a_choice(const std::string& found, const std::vector<std::string>& names) const;

    std::shared_ptr<YamlReadState> state_;
    std::shared_ptr<const YamlValue> value_;
    SourceLocation where_;
    std::string path_;
};

/// One key of a map with its value.
struct YamlEntry {
    std::string key;
    SourceLocation key_where;
    YamlNode value;
};

/// One YAML document, held as an immutable tree whose nodes know their own file, line and column.
class YamlDocument {
  public:
    /// Reads a file. Empty, with errors, if it cannot be opened, is not YAML, or repeats a key within a map.
    [[nodiscard]] static std::optional<YamlDocument> load(const std::filesystem::path& path, Diagnostics& diagnostics);
    /// The same from text; `name` stands for the file in messages.
    [[nodiscard]] static std::optional<YamlDocument> parse(std::string_view text, std::string name,
                                                           Diagnostics& diagnostics);

    /// A cursor at the root. Each call starts a new record of the keys asked for.
    [[nodiscard]] YamlNode root(Diagnostics& diagnostics) const;

    /// Sets `path` to `yaml_text`, as `--set PATH=VALUE` does. A step is a map key (the longest that matches, so that
    /// keys may contain dots), the `name` of a sequence item, or its index from 0. The last step may be a new key of an
    /// existing map. Any other unknown step is an error that suggests the nearest known one; so are `extends` and
    /// `set`, which have been resolved by then. The new nodes report the location `--set PATH`, line 1. A number keeps
    /// its relative spread, its kind and its source, extended by `set_by` and the old value, unless the new text states
    /// its own; set to its current value, it does not change. Returns whether it succeeded; if not, the document is
    /// unchanged.
    bool set(std::string_view path, std::string_view yaml_text, Diagnostics& diagnostics,
             const std::string& set_by = "on the command line");

    /// The same with a value from a file, which keeps its location there; errors about the path are reported at
    /// `where`.
    bool set(std::string_view path, const YamlNode& value, const SourceLocation& where, Diagnostics& diagnostics,
             const std::string& set_by = "on the command line");

    /// The value at a path as set() takes it, as one line of YAML; absent if there is none.
    [[nodiscard]] std::optional<std::string> text_at(std::string_view path) const;

    /// Removes a key of the root map, if it is present.
    void erase(std::string_view key);

    /// Renames a key in every map that `steps` lead to, where a step `*` matches any key or item, and returns its
    /// locations. A map that has both keys keeps both.
    std::vector<SourceLocation> rename(std::span<const std::string_view> steps, std::string_view from,
                                       std::string_view to);

    /// Merges this document over `base`: maps are merged key by key; any other value of this document, and a map that
    /// states a number ('value'), replaces the base's. Inherited nodes keep pointing to their own file.
    void overlay(const YamlDocument& base);

    /// Marks every number written as a map ('value') as kind 'inherited' and prefixes its source with `name`, except
    /// numbers that already have that kind.
    void mark_inherited(const std::string& name);

  private:
    friend struct YamlDocumentAccess;  // of yaml_differences.cpp
    explicit YamlDocument(std::shared_ptr<const YamlValue> root) : root_(std::move(root)) {}
    std::shared_ptr<const YamlValue> root_;
};

template <class Q>
std::optional<Q> YamlNode::quantity(QuantityRule rule) const {
    const auto si = read_quantity(QuantityTraits<Q>::kDimension, rule);
    return si ? std::optional<Q>(QuantityTraits<Q>::from_si(*si)) : std::nullopt;
}

template <class Q>
std::optional<Parameter<Q>> YamlNode::parameter(QuantityRule rule) const {
    auto read = read_parameter(QuantityTraits<Q>::kDimension, rule);
    if (!read) {
        return std::nullopt;
    }
    return Parameter<Q>{QuantityTraits<Q>::from_si(read->value),
                        read->spread,
                        read->origin,
                        std::move(read->source),
                        read->per,
                        read->where};
}

template <class Table>
auto YamlNode::enumeration(const Table& table) const -> std::optional<decltype(table[0].value)> {
    const std::vector<std::string> names = choice_names(table);
    const std::string* found = scalar(list_of(names));
    if (found == nullptr) {
        return std::nullopt;
    }
    auto value = is_set() ? choice_in_any_case(table, *found) : choice_named(table, *found);
    if (!value) {
        not_a_choice(*found, names);
    }
    return value;
}

}  // namespace berth
