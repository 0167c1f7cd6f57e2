// Computes the sizes of an architecture from the fields of a configuration.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "berth/graph/model.h"
#include "importers/config_fields.h"

namespace berth {

/// A size as the configuration gives it: one value, or one value per round.
struct ConfiguredSize {
    std::string size;
    std::vector<std::int64_t> values;
};

/// Evaluates the source of each size, and marks the fields that it uses.
class ConfigSizes {
  public:
    ConfigSizes(const YamlNode& root, ConfigFields& fields, const Architecture& architecture,
                std::set<std::string>& used)
        : root_(root), diagnostics_(root.diagnostics()), fields_(fields), architecture_(architecture), used_(used) {}

    /// The sizes whose source has all its fields; they are also set in the model. A size without them needs a default.
    std::vector<ConfiguredSize> read(const std::vector<SizeSource>& sources, Model& model);

    /// Whether every field of an expression is present; the round number always is.
    [[nodiscard]] bool all_there(const Expression& expression) const;
    /// Location of the first field of an expression; of the whole file for a constant. Marks the expression's fields as
    /// used.
    SourceLocation place_of(const Expression& expression);
    void use(const std::string& field);

  private:
    using Values = std::optional<std::vector<std::int64_t>>;

    void read_one(const SizeSource& source, const SizeRule& rule, Model& model, std::vector<ConfiguredSize>& given);
    [[nodiscard]] bool applies(const SizeAlternative& alternative, const SizeRule& rule) const;
    Values values_of(const SizeAlternative& alternative, const SizeRule& rule, std::int64_t rounds);
    Values values_of_items(const SizeAlternative& alternative, const SizeRule& rule, std::int64_t rounds);
    std::optional<std::int64_t> value_of_text(const SizeAlternative& alternative, const std::string& text);
    SourceLocation place_of(const SizeAlternative& alternative);
    std::optional<std::int64_t> size_of(const Expression& expression);
    bool refuse_forms(const Expression& expression, const SizeRule& rule);
    [[nodiscard]] bool one_per_round(const std::string& field, const SizeRule& rule) const;
    bool has_one_for_each(const std::string& field, const SizeRule& rule, std::int64_t rounds);
    void report_missing(const SizeSource& source, const SizeRule& rule);

    const YamlNode& root_;
    Diagnostics& diagnostics_;
    ConfigFields& fields_;
    const Architecture& architecture_;
    std::set<std::string>& used_;
};

/// The sizes as a YAML map. A size per round is written as the shortest list that gives all rounds when repeated.
[[nodiscard]] std::string yaml_of(const std::vector<ConfiguredSize>& given, const Architecture& architecture);

}  // namespace berth
