// Loads documents, and applies overrides and inheritance.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

#include "base/yaml_tree.h"
#include "berth/base/atomic_file.h"
#include "berth/base/yaml_reader.h"

namespace berth {

namespace {

/// Arguments of YamlDocument::rename(), and the locations where it renamed a key.
struct Renaming {
    std::string_view from, to;
    std::vector<SourceLocation> found;
};

// A copy with the replacement if anything was renamed; otherwise the value itself.
YamlPointer renamed(const YamlPointer& value, std::span<const std::string_view> steps, Renaming& renaming) {
    if (steps.empty()) {
        if (value->member(renaming.from) == nullptr || value->member(renaming.to) != nullptr) {
            return value;
        }
        auto copy = std::make_shared<YamlValue>(*value);
        const auto member = std::ranges::find(copy->members, renaming.from, &YamlMember::key);
        renaming.found.push_back(member->key_where);
        member->key = renaming.to;
        return copy;
    }
    auto copy = std::make_shared<YamlValue>(*value);
    const std::size_t found_before = renaming.found.size();
    for (YamlMember& member : copy->members) {
        if (steps.front() == "*" || steps.front() == member.key) {
            member.value = renamed(member.value, steps.subspan(1), renaming);
        }
    }
    for (YamlPointer& item : copy->items) {
        item = steps.front() == "*" ? renamed(item, steps.subspan(1), renaming) : item;
    }
    return renaming.found.size() > found_before ? copy : value;
}

}  // namespace

std::optional<YamlDocument> YamlDocument::load(const std::filesystem::path& path, Diagnostics& diagnostics) {
    const auto text = read_file(path, diagnostics);
    return text ? parse(*text, path.string(), diagnostics) : std::nullopt;
}

std::optional<YamlDocument> YamlDocument::parse(std::string_view text, std::string name, Diagnostics& diagnostics) {
    auto root = parse_yaml(text, std::make_shared<const std::string>(std::move(name)), diagnostics);
    return root ? std::optional(YamlDocument(std::move(root))) : std::nullopt;
}

YamlNode YamlDocument::root(Diagnostics& diagnostics) const {
    auto state = std::make_shared<YamlReadState>();
    state->diagnostics = &diagnostics;
    state->root = root_;
    return {std::move(state), root_, root_->where, ""};
}

bool YamlDocument::set(std::string_view path, std::string_view yaml_text, Diagnostics& diagnostics,
                       const std::string& set_by) {
    const auto file = std::make_shared<const std::string>(fmt::format("--set {}", path));
    const YamlPointer value = parse_yaml(yaml_text, file, diagnostics);
    if (!value) {
        return false;
    }
    YamlPointer changed = replaced(root_, path, value, SourceLocation(file, 0, 0), set_by, diagnostics);
    if (!changed) {
        return false;
    }
    root_ = std::move(changed);
    return true;
}

bool YamlDocument::set(std::string_view path, const YamlNode& value, const SourceLocation& where,
                       Diagnostics& diagnostics, const std::string& set_by) {
    if (!value.exists()) {
        return false;
    }
    YamlPointer changed = replaced(root_, path, value.value_, where, set_by, diagnostics);
    if (!changed) {
        return false;
    }
    root_ = std::move(changed);
    return true;
}

std::optional<std::string> YamlDocument::text_at(std::string_view path) const {
    const YamlPointer node = found_at(root_, path);
    return node && node->kind != YamlKind::kNull ? std::optional(flow_text(*node)) : std::nullopt;
}

void YamlDocument::erase(std::string_view key) {
    if (root_->kind == YamlKind::kMap && root_->member(key) != nullptr) {
        auto copy = std::make_shared<YamlValue>(*root_);
        std::erase_if(copy->members, [key](const YamlMember& member) { return member.key == key; });
        root_ = std::move(copy);
    }
}

std::vector<SourceLocation> YamlDocument::rename(std::span<const std::string_view> steps, std::string_view from,
                                                 std::string_view to) {
    Renaming renaming{from, to, {}};
    root_ = renamed(root_, steps, renaming);
    return std::move(renaming.found);
}

void YamlDocument::overlay(const YamlDocument& base) { root_ = merged(base.root_, root_); }

void YamlDocument::mark_inherited(const std::string& name) { root_ = marked_inherited(root_, name); }

}  // namespace berth
