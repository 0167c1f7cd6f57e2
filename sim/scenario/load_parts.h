// The hardware and the models that a scenario names, once their files are found.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "berth/scenario.h"
#include "berth/yaml_reader.h"
#include "scenario/overrides.h"

namespace berth {

/// The profile in `path`, which may extend profiles beside it and shipped ones.
[[nodiscard]] std::optional<Profile> load_hardware_file(const Library& library, const std::filesystem::path& path,
                                                        const std::vector<Override>& overrides,
                                                        Diagnostics& diagnostics);

/// The same as the document that it is read from; `extended` gets the names of what it extends, the nearest first.
[[nodiscard]] std::optional<YamlDocument> resolved_file(const Library& library, const std::filesystem::path& path,
                                                        const std::vector<Override>& overrides,
                                                        std::vector<std::string>& extended, Diagnostics& diagnostics);

/// The profile of a document that resolved_file() or runtime_documents() made.
[[nodiscard]] std::optional<Profile> load_resolved(YamlDocument document, Diagnostics& diagnostics);

/// The same of a text that will be, or would be, the file at `path`.
[[nodiscard]] std::optional<Profile> load_hardware_text(const Library& library, const std::filesystem::path& path,
                                                        std::string_view text, Diagnostics& diagnostics);

/// Whether a file is a network that import_onnx() or import_tflite() reads, by how its name ends.
[[nodiscard]] bool is_network_file(const std::filesystem::path& path);

/// The model in `path`, whose architecture is in `architectures` beside it or ships.
[[nodiscard]] std::optional<Model> load_model_file(const Library& library, const std::filesystem::path& path,
                                                   const std::vector<ModelOverride>& overrides,
                                                   Diagnostics& diagnostics);

}  // namespace berth
