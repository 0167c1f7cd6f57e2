// Numbers in a scenario's files, found by walking the documents.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "berth/analysis/every_number.h"
#include "berth/base/quantity_text.h"
#include "berth/scenario/scenario_inputs.h"

namespace berth {

namespace {

// Keys with descriptive text, or with the state of knowledge rather than properties of the hardware.
bool describes(const std::string& key) {
    static constexpr std::array<std::string_view, 11> kKeys{"profile", "description", "source",      "kind",
                                                            "name",    "reason",      "scenario",    "extends",
                                                            "model",   "evidence",    "correlations"};
    return std::ranges::find(kKeys, key) != kKeys.end();
}

bool is_number(const YamlNode& node) {
    const auto text = node.is_scalar() ? node.text() : std::nullopt;
    return text && std::holds_alternative<ParsedQuantity>(parse_quantity(*text));
}

class NumberWalk {
  public:
    void walk(const YamlNode& node, const std::string& path) {
        if (node.is_map()) {
            walk_map(node, path);
        } else if (node.is_sequence()) {
            walk_sequence(node, path);
        } else if (is_number(node)) {
            found_.push_back({path, node.text().value_or(""), false});
        }
    }
    [[nodiscard]] std::vector<WrittenNumber> take() { return std::move(found_); }

  private:
    // A number with its spread and source counts as one number.
    void walk_map(const YamlNode& node, const std::string& path) {
        const std::vector<YamlEntry> entries = node.entries();
        const auto value = std::ranges::find(entries, "value", &YamlEntry::key);
        if (value != entries.end()) {
            walk(value->value, path);
            return;
        }
        for (const YamlEntry& entry : entries) {
            if (!describes(entry.key) && entry.key != "set") {
                walk(entry.value, path.empty() || path.back() == '.' ? path + entry.key : path + "." + entry.key);
            }
        }
    }

    void walk_sequence(const YamlNode& node, const std::string& path) {
        const std::vector<YamlNode> items = node.sequence();
        for (std::size_t i = 0; i < items.size(); ++i) {
            const auto name = items[i].is_map() ? items[i].find("name") : std::nullopt;
            const auto text = name && name->is_scalar() ? name->text() : std::nullopt;
            walk(items[i], fmt::format("{}.{}", path, text ? *text : fmt::format("{}", i)));
        }
    }

    std::vector<WrittenNumber> found_;
};

// Length of the number that a value begins with; its unit follows.
std::size_t number_length(const std::string& value) {
    return std::min(value.find_first_not_of("+-.0123456789eE"), value.size());
}

// Whether the key takes whole numbers only: `1` is refused a little above and a little below. How the value is written
// does not tell, since a share or a ratio may be written as `1`, too.
bool takes_whole_numbers(const SweepBase& base, const WrittenNumber& written) {
    constexpr double kLittle = 1e-3;
    const auto number =
        number_length(written.value) == written.value.size() ? parse_number(written.value) : std::nullopt;
    if (!number || std::floor(*number) != *number) {
        return false;
    }
    return std::ranges::none_of(std::array{1 + kLittle, 1 - kLittle}, [&](const double factor) {
        auto settings = base.settings;
        settings.push_back({written.path, number_text(*number * factor, 12)});
        Diagnostics ignored;
        return load_scenario(base.library, base.scenario, settings, ignored).has_value();
    });
}

}  // namespace

std::optional<std::vector<WrittenNumber>> written_numbers(const SweepBase& base, Diagnostics& diagnostics) {
    const auto inputs = resolved_inputs({base.library, base.scenario, base.settings}, diagnostics);
    if (!inputs) {
        return std::nullopt;
    }
    NumberWalk walk;
    walk.walk(inputs->hardware.root(diagnostics), "hardware.");
    walk.walk(inputs->scenario.root(diagnostics), "");
    for (const RuntimeInput& runtime : inputs->runtimes) {
        walk.walk(runtime.document.root(diagnostics), fmt::format("{}{}.", kRuntimesPrefix, runtime.name));
    }
    auto numbers = walk.take();
    // Numbers that a runtime shares with the hardware are set in the hardware.
    std::erase_if(numbers, [&inputs](const WrittenNumber& number) { return inputs->is_shared(number.path); });
    for (WrittenNumber& number : numbers) {
        number.whole = takes_whole_numbers(base, number);
    }
    return numbers;
}

std::string times_factor(const std::string& value, double factor, bool whole) {
    const std::size_t end = number_length(value);
    const auto number = parse_number(value.substr(0, end));
    if (!number) {
        return value;
    }
    const double scaled = *number * factor;
    return number_text(whole ? std::max(1.0, std::ceil(scaled)) : scaled, 12) + value.substr(end);
}

}  // namespace berth
