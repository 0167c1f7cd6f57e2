// Documents: loading, overrides and inheritance.
#include <fmt/format.h>

#include <utility>

#include "base/yaml_tree.h"
#include "berth/atomic_file.h"
#include "berth/yaml_reader.h"

namespace berth {

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

void YamlDocument::overlay(const YamlDocument& base) { root_ = merged(base.root_, root_); }

}  // namespace berth
