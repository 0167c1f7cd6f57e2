// Builds the tree of a document from parser events.
#include "base/yaml_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace berth {

namespace {

/// Limit on values: with nested aliases a file of a few lines can expand to more than any memory holds.
constexpr std::size_t kMostValues = 20'000'000;

}  // namespace

std::shared_ptr<YamlValue> YamlBuilder::make(YamlKind kind, YamlPlace place) const {
    auto value = std::make_shared<YamlValue>();
    value->kind = kind;
    value->where = at(place);
    return value;
}

void YamlBuilder::start(YamlKind kind, YamlPlace place, Anchor anchor) {
    if (depth_ == open_.size()) {
        open_.emplace_back();
    }
    Open& open = open_[depth_++];
    open.value = make(kind, place);
    open.anchor = anchor;
    open.has_key = false;
    open.size = 1;
}

YamlBuilder::Grown YamlBuilder::nothing(YamlPlace place, Anchor anchor) {
    return add(make(YamlKind::kNull, place), anchor, 1);
}

YamlBuilder::Grown YamlBuilder::scalar(YamlPlace place, std::string_view text, bool quoted, Anchor anchor) {
    // Most scalars are keys, for which no node is made.
    if (anchor == 0 && depth_ > 0 && innermost().value->kind == YamlKind::kMap && !innermost().has_key) {
        ++innermost().size;
        name_key(innermost(), text, at(place));
        return Grown::kGood;
    }
    auto value = make(YamlKind::kScalar, place);
    value->text = text;
    value->quoted = quoted;
    return add(std::move(value), anchor, 1);
}

YamlBuilder::Grown YamlBuilder::alias(YamlPlace place, Anchor anchor) {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
        diagnostics_.error(at(place), "an alias within the very value that it names");
        return add(make(YamlKind::kNull, place), 0, 1);
    }
    return attach(found->second.value, at(place), found->second.size);
}

YamlBuilder::Grown YamlBuilder::finish() {
    Open& finished = innermost();
    YamlValue& value = *finished.value;
    value.items.assign(std::make_move_iterator(finished.items.begin()), std::make_move_iterator(finished.items.end()));
    value.members.assign(std::make_move_iterator(finished.members.begin()),
                         std::make_move_iterator(finished.members.end()));
    finished.items.clear();
    finished.members.clear();
    finished.keys.clear();
    --depth_;
    return add(std::move(finished.value), finished.anchor, finished.size);
}

YamlBuilder::Grown YamlBuilder::add(std::shared_ptr<YamlValue> value, Anchor anchor, std::size_t size) {
    // An empty value has the location of the next token, possibly lines below; the location of its key is more useful.
    if (value->kind == YamlKind::kNull && depth_ > 0 && innermost().has_key) {
        value->where = innermost().key_where;
    }
    if (anchor != 0) {
        anchors_[anchor] = {value, size};
    }
    const SourceLocation where = value->where;
    return attach(std::move(value), where, size);
}

YamlBuilder::Grown YamlBuilder::attach(YamlPointer value, const SourceLocation& where, std::size_t size) {
    if (depth_ == 0) {
        root_ = root_ ? root_ : std::move(value);
        return Grown::kGood;
    }
    Open& parent = innermost();
    if (parent.size + size > kMostValues) {
        return Grown::kTooLarge;
    }
    parent.size += size;
    if (parent.value->kind == YamlKind::kSequence) {
        parent.items.push_back(std::move(value));
    } else if (!parent.has_key) {
        take_key(parent, *value, where);
    } else {
        parent.members.push_back({std::move(parent.key), parent.key_where, std::move(value)});
        parent.has_key = false;
    }
    return Grown::kGood;
}

void YamlBuilder::take_key(Open& parent, const YamlValue& key, const SourceLocation& where) {
    if (key.kind == YamlKind::kScalar) {
        name_key(parent, key.text, where);
        return;
    }
    parent.has_key = true;
    parent.key = key.text;
    parent.key_where = where;
    diagnostics_.error(where, "a key must be a single word or text");
}

void YamlBuilder::name_key(Open& parent, std::string_view key, const SourceLocation& where) {
    parent.has_key = true;
    parent.key = key;
    parent.key_where = where;
    if (!is_new(parent)) {
        diagnostics_.error(where, fmt::format("the key '{}' appears twice", key));
    }
}

bool YamlBuilder::is_new(Open& parent) {
    constexpr std::size_t kFew = 16;
    const auto& members = parent.members;
    if (members.size() < kFew) {
        return std::ranges::find(members, parent.key, &YamlMember::key) == members.end();
    }
    if (parent.keys.empty()) {
        std::ranges::transform(members, std::inserter(parent.keys, parent.keys.end()), &YamlMember::key);
    }
    return parent.keys.insert(parent.key).second;
}

}  // namespace berth
