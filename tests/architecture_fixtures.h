// The shipped architectures, as input for the import of configurations.
#pragma once

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "berth/model.h"
#include "berth/yaml_reader.h"
#include "graph_fixtures.h"

namespace berth {

/// All shipped architectures, read once. Throws, with the diagnostics, if one is invalid.
inline const std::vector<Architecture>& shipped_architectures() {
    static const auto kAll = [] {
        std::vector<Architecture> all;
        for (const auto& entry : std::filesystem::directory_iterator(shipped_models() / "architectures")) {
            Diagnostics diagnostics;
            const auto document = YamlDocument::load(entry.path(), diagnostics);
            auto architecture = document ? read_architecture(document->root(diagnostics)) : std::nullopt;
            if (!architecture) {
                throw std::runtime_error(diagnostics.text());
            }
            all.push_back(std::move(*architecture));
        }
        return all;
    }();
    return kAll;
}

}  // namespace berth
