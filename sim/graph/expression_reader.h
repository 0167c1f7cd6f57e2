// Reads expressions over sizes from files.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "berth/base/expression.h"
#include "berth/base/yaml_reader.h"

namespace berth {

/// Symbols that are available to an expression.
using Known = std::vector<std::string>;

/// Reads the expressions of one file. Numbers, which most sizes of a graph are, are compiled once each.
class ExpressionReader {
  public:
    /// `true` and `false` mean 1 and 0. Errors: no expression, or a symbol that is not known.
    std::optional<Expression> read(const YamlNode& node, const Known& known);
    std::optional<Expression> read(const std::optional<YamlNode>& node, const Known& known);
    /// A list of at least one size.
    std::vector<Expression> read_shape(const YamlNode& node, const Known& known);

  private:
    std::unordered_map<std::string, Expression> numbers_;  ///< expressions without symbols, by their text
};

}  // namespace berth
