// Files that are read again and again, parsed once.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "berth/yaml_reader.h"

namespace berth {

/// How a file becomes a document: YamlDocument::load, or what keeps them.
using ReadDocument = std::function<std::optional<YamlDocument>(const std::filesystem::path&, Diagnostics&)>;

/// Documents as they were when they were first asked for; for many threads. What cannot be read is tried again.
class KeptDocuments {
  public:
    KeptDocuments() = default;
    /// Documents that are not here are asked of `behind`, if there is one.
    explicit KeptDocuments(std::shared_ptr<KeptDocuments> behind) : behind_(std::move(behind)) {}

    /// From now on the file reads as this document.
    void keep(const std::filesystem::path& path, YamlDocument document);
    [[nodiscard]] std::optional<YamlDocument> load(const std::filesystem::path& path, Diagnostics& diagnostics);

  private:
    std::mutex mutex_;
    std::map<std::filesystem::path, YamlDocument> documents_;
    std::shared_ptr<KeptDocuments> behind_;
};

}  // namespace berth
