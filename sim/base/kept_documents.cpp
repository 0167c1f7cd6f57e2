// Documents by the paths they were read from.
#include "berth/kept_documents.h"

namespace berth {

std::optional<YamlDocument> KeptDocuments::load(const std::filesystem::path& path, Diagnostics& diagnostics) {
    const std::lock_guard lock(mutex_);
    if (const auto known = documents_.find(path); known != documents_.end()) {
        return known->second;
    }
    auto document = YamlDocument::load(path, diagnostics);
    if (document) {
        documents_.emplace(path, *document);
    }
    return document;
}

}  // namespace berth
