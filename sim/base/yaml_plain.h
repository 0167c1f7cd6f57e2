// The YAML that nearly all files keep to, read in one pass: yaml-cpp takes seven times as long.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/yaml_tree.h"

namespace berth {

/// The tree of a text that keeps to plain YAML: maps and sequences in blocks and in braces, plain and quoted scalars of
/// one line each, comments. Nullptr for all other texts, valid or not, so that one reader decides what is wrong: tabs,
/// anchors, tags, escapes, scalars of several lines, keys given twice. The tree equals the one of parse_any_yaml(),
/// places included.
[[nodiscard]] YamlPointer parse_plain_yaml(std::string_view text, const std::shared_ptr<const std::string>& file);

/// The tree of any document by yaml-cpp; nullptr, with errors, as parse_yaml().
[[nodiscard]] YamlPointer parse_any_yaml(std::string_view text, const std::shared_ptr<const std::string>& file,
                                         Diagnostics& diagnostics);

}  // namespace berth
