// Documents by libyaml, where it and yaml-cpp see the same: yaml-cpp takes several times as long.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/yaml_tree.h"

namespace berth {

/// The tree of a text that libyaml reads as yaml-cpp does, places included: what nearly all files keep to. Nullptr for
/// all other texts, valid or not, so that one reader decides what is wrong: those with characters beyond ASCII,
/// escapes, tags, values of nothing, scalars of several lines without quotes, keys given twice, and all that libyaml
/// refuses. The tree equals the one of parse_any_yaml().
[[nodiscard]] YamlPointer parse_plain_yaml(std::string_view text, const std::shared_ptr<const std::string>& file);

/// The tree of any document by yaml-cpp; nullptr, with errors, as parse_yaml().
[[nodiscard]] YamlPointer parse_any_yaml(std::string_view text, const std::shared_ptr<const std::string>& file,
                                         Diagnostics& diagnostics);

}  // namespace berth
