// Loads the hardware and the models that a scenario names, after their files have been found.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "berth/base/yaml_reader.h"
#include "berth/scenario/scenario.h"
#include "scenario/overrides.h"

namespace berth {

/// The profile in the file `path`, which may extend shipped profiles and profiles in the same folder.
[[nodiscard]] std::optional<Profile> load_hardware_file(const Library& library, const std::filesystem::path& path,
                                                        const std::vector<Override>& overrides,
                                                        Diagnostics& diagnostics);

/// The document of that profile; `extended` gets the names of the profiles that it extends, the nearest first.
[[nodiscard]] std::optional<YamlDocument> resolved_file(const Library& library, const std::filesystem::path& path,
                                                        const std::vector<Override>& overrides,
                                                        std::vector<std::string>& extended, Diagnostics& diagnostics);

/// The profile of a document from resolved_file() or runtime_documents().
[[nodiscard]] std::optional<Profile> load_resolved(YamlDocument document, Diagnostics& diagnostics);

/// The profile in `text`, read as if it were the content of the file at `path`.
[[nodiscard]] std::optional<Profile> load_hardware_text(const Library& library, const std::filesystem::path& path,
                                                        std::string_view text, Diagnostics& diagnostics);

/// Whether the file name has an extension of a network that import_onnx() or import_tflite() reads.
[[nodiscard]] bool is_network_file(const std::filesystem::path& path);

/// The model in `path`. Its architecture is in the folder `architectures` beside it, or ships.
[[nodiscard]] std::optional<Model> load_model_file(const Library& library, const std::filesystem::path& path,
                                                   const std::vector<ModelOverride>& overrides,
                                                   Diagnostics& diagnostics);

}  // namespace berth
