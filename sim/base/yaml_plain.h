// Parses documents with libyaml where it agrees with yaml-cpp, because yaml-cpp takes several times as long.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/yaml_tree.h"

namespace berth {

/// Parses a text that libyaml reads exactly as yaml-cpp does, source locations included; nearly all files are such
/// texts. Null for all other texts, valid or not, so that one parser decides on errors: texts with non-ASCII
/// characters, escapes, tags, empty values, unquoted multi-line scalars or duplicate keys, and all that libyaml
/// rejects. The tree equals that of parse_any_yaml().
[[nodiscard]] YamlPointer parse_plain_yaml(std::string_view text, const std::shared_ptr<const std::string>& file);

/// Parses any document with yaml-cpp; null, with errors, as parse_yaml().
[[nodiscard]] YamlPointer parse_any_yaml(std::string_view text, const std::shared_ptr<const std::string>& file,
                                         Diagnostics& diagnostics);

}  // namespace berth
