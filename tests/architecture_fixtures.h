// The shipped architectures, as input for the import of configurations.
#pragma once

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "berth/base/yaml_reader.h"
#include "berth/graph/model.h"
#include "berth/importers/import_config.h"
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

/// Model that the import of a configuration writes; absent, with the reason, if it is refused.
inline std::optional<Model> model_from_config(const std::optional<YamlDocument>& document, const std::string& part,
                                              Diagnostics& diagnostics) {
    const auto import =
        document ? import_config(document->root(diagnostics), shipped_architectures(), "", part) : std::nullopt;
    const auto written = import ? YamlDocument::parse(import->yaml, "model.yaml", diagnostics) : std::nullopt;
    return written ? read_model(written->root(diagnostics), shipped_models() / "architectures") : std::nullopt;
}
inline std::optional<Model> model_from_config(const std::string& config, const std::string& part,
                                              Diagnostics& diagnostics) {
    return model_from_config(YamlDocument::parse(config, "config.json", diagnostics), part, diagnostics);
}

}  // namespace berth
