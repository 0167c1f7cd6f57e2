// A cache of parsed files that are read repeatedly.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "berth/base/yaml_reader.h"

namespace berth {

/// Function that loads a document: YamlDocument::load, or a cache.
using ReadDocument = std::function<std::optional<YamlDocument>(const std::filesystem::path&, Diagnostics&)>;

/// Thread-safe cache of documents as first read. Files that could not be read are tried again.
class KeptDocuments {
  public:
    KeptDocuments() = default;
    /// Misses are looked up in `behind`, if there is one.
    explicit KeptDocuments(std::shared_ptr<KeptDocuments> behind) : behind_(std::move(behind)) {}

    /// Replaces the file's document from now on.
    void keep(const std::filesystem::path& path, YamlDocument document);
    [[nodiscard]] std::optional<YamlDocument> load(const std::filesystem::path& path, Diagnostics& diagnostics);

  private:
    std::mutex mutex_;
    std::map<std::filesystem::path, YamlDocument> documents_;
    std::shared_ptr<KeptDocuments> behind_;
};

}  // namespace berth
