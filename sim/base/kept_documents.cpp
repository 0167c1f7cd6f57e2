// Keeps documents by the path that they were read from.
#include "berth/base/kept_documents.h"

#include <utility>

namespace berth {

void KeptDocuments::keep(const std::filesystem::path& path, YamlDocument document) {
    const std::lock_guard lock(mutex_);
    documents_.insert_or_assign(path, std::move(document));
}

std::optional<YamlDocument> KeptDocuments::load(const std::filesystem::path& path, Diagnostics& diagnostics) {
    const std::lock_guard lock(mutex_);
    if (const auto known = documents_.find(path); known != documents_.end()) {
        return known->second;
    }
    auto document = behind_ ? behind_->load(path, diagnostics) : YamlDocument::load(path, diagnostics);
    if (document) {
        documents_.emplace(path, *document);
    }
    return document;
}

}  // namespace berth
