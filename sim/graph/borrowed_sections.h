// Sections of operators that an architecture takes from another architecture's file.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "berth/base/kept_documents.h"
#include "berth/base/yaml_reader.h"

namespace berth {

/// Finds sections in the architectures of one folder; each file is read once.
class BorrowedSections {
  public:
    BorrowedSections(std::filesystem::path folder, ReadDocument read);

    /// The section `name` of the architecture that `of` names. Absent, with an error at `of`, if there is no such file
    /// or section, or the section is itself taken from a third file.
    [[nodiscard]] std::optional<YamlNode> section(const YamlNode& of, const std::string& name);

  private:
    [[nodiscard]] const YamlDocument* document(const YamlNode& of, const std::string& architecture);

    std::filesystem::path folder_;
    ReadDocument read_;
    std::map<std::string, YamlDocument> documents_;
};

/// Names of the architectures in a folder, sorted.
[[nodiscard]] std::vector<std::string> architectures_in(const std::filesystem::path& folder);

}  // namespace berth
