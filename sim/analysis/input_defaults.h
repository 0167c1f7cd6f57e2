// What an input is that a file does not name, so that naming the default is no difference.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "berth/scenario.h"
#include "berth/yaml_differences.h"

namespace berth {

class InputDefaults {
  public:
    InputDefaults(const Scenario& before, const Scenario& after);

    /// Whether one side names what the other has without naming it; `prefix` goes before the difference's path.
    [[nodiscard]] bool are_same(const YamlDifference& difference, std::string_view prefix) const;
    /// What an input is at a path that the files do not name: a default of scenarios, a profile's number, or "not set".
    [[nodiscard]] std::string before(const std::string& path) const;
    [[nodiscard]] std::string after(const std::string& path) const;

  private:
    struct Number {
        double value = 0;  ///< SI
        Dimension dimension;
    };
    using Numbers = std::map<std::string, Number, std::less<>>;
    static Numbers numbers_of(const Scenario& scenario);
    static std::string text_at(const Numbers& numbers, const std::string& path);

    Numbers before_, after_;
};

}  // namespace berth
