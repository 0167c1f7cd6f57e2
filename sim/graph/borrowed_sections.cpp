// Finds the sections that an architecture takes from another one's file.
#include "graph/borrowed_sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "berth/base/quantity_text.h"

namespace berth {

BorrowedSections::BorrowedSections(std::filesystem::path folder, ReadDocument read)
    : folder_(std::move(folder)), read_(std::move(read)) {}

std::optional<YamlNode> BorrowedSections::section(const YamlNode& of, const std::string& name) {
    const auto architecture = of.text();
    const YamlDocument* const file = architecture ? document(of, *architecture) : nullptr;
    const auto sections = file != nullptr ? file->root(of.diagnostics()).find("sections") : std::nullopt;
    std::vector<std::string> names;
    for (const YamlNode& node : sections && sections->is_sequence() ? sections->sequence() : std::vector<YamlNode>{}) {
        const auto section = node.is_map() ? node.find("section") : std::nullopt;
        names.push_back(section ? section->text().value_or("") : "");
        if (names.back() != name) {
            continue;
        }
        if (const auto third = node.find("of")) {
            of.error(fmt::format("section '{}' of '{}' is itself that of another architecture", name, *architecture),
                     fmt::format("of: {}", third->text().value_or("")));
            return std::nullopt;
        }
        return node;
    }
    if (file != nullptr) {
        of.error(fmt::format("'{}' has no section '{}'", *architecture, name), list_of(names),
                 nearest_name(name, names));
    }
    return std::nullopt;
}

const YamlDocument* BorrowedSections::document(const YamlNode& of, const std::string& architecture) {
    if (const auto met = documents_.find(architecture); met != documents_.end()) {
        return &met->second;
    }
    const auto known = architectures_in(folder_);
    if (std::ranges::find(known, architecture) == known.end()) {
        const std::string suggestion = suggested_names(architecture, known);
        of.error(fmt::format("there is no architecture '{}' beside this one", architecture),
                 suggestion.empty() ? list_of(known) : "", suggestion);
        return nullptr;
    }
    auto document = read_(folder_ / (architecture + ".yaml"), of.diagnostics());
    return document ? &documents_.emplace(architecture, std::move(*document)).first->second : nullptr;
}

std::vector<std::string> architectures_in(const std::filesystem::path& folder) {
    std::vector<std::string> names;
    std::error_code failure;
    for (const auto& entry : std::filesystem::directory_iterator(folder, failure)) {
        if (entry.path().extension() == ".yaml") {
            names.push_back(entry.path().stem().string());
        }
    }
    std::ranges::sort(names);
    return names;
}

}  // namespace berth
