#include "berth/new_chip.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "base/path_steps.h"
#include "berth/quantity_text.h"

namespace berth {

namespace {

constexpr std::string_view kSustainedShare = "80%";  // sustained share of a bus's peak bandwidth

/// One line of a profile: path and value.
struct Line {
    std::string path, value;
};

const DatasheetNumber& number_of(std::string_view option) {
    const auto found = std::ranges::find(kDatasheetNumbers, option, &DatasheetNumber::option);
    if (found == kDatasheetNumbers.end()) {
        throw std::logic_error("no such number of a datasheet");
    }
    return *found;
}

std::string stated_value(const std::string& value) {
    return fmt::format("{{value: {}, kind: datasheet, source: \"stated to berth new-chip\"}}", value);
}

std::string assumed_value(const std::string& value, std::string_view spread, std::string_view rule) {
    return fmt::format("{{value: {}, spread: {}, kind: assumed, source: \"{}\"}}", value, spread, rule);
}

std::string scaled_text(const std::string& written, double factor, Dimension dimension) {
    const auto parsed = parse_quantity(written, dimension);
    const auto* quantity = std::get_if<ParsedQuantity>(&parsed);
    return quantity == nullptr ? written : quantity_text(quantity->value * factor, dimension);
}

/// Lines of a profile, in the order in which readers expect them.
class Sheet {
  public:
    Sheet(const Profile& archetype, const Datasheet& stated)
        : device_(accelerator_of(archetype)), stated_(stated), hosted_(archetype.devices.size() > 1) {}

    std::vector<Line> lines() {
        take("--dram");
        take("--dram-size");
        follow_bus();
        take("--cores");
        follow_cores();
        take("--clock");
        take("--macs-int8");
        take("--macs-fp16");
        follow_macs();
        take("--bandwidth");
        follow_bandwidth();
        take("--sram");
        if (hosted_) {
            cluster();
        }
        return std::move(lines_);
    }

  private:
    [[nodiscard]] const std::string* stated(std::string_view option) const {
        const auto found = stated_.find(option);
        return found == stated_.end() ? nullptr : &found->second;
    }
    [[nodiscard]] std::string path_of(std::string_view option) const {
        return fmt::format(fmt::runtime(number_of(option).path), device_.name);
    }
    void take(std::string_view option) {
        if (const std::string* value = stated(option)) {
            lines_.push_back({path_of(option), number_of(option).whole ? *value : stated_value(*value)});
        }
    }
    void follow_bus() {
        if (stated("--dram") != nullptr) {
            lines_.push_back(
                {"memory.dram.sustained", assumed_value(fmt::format("{} of bandwidth", kSustainedShare), "15%",
                                                        "75% to 92% were measured on chips of several makers")});
        }
    }
    // A compiled graph uses all cores unless the runtime is known to do otherwise.
    void follow_cores() {
        if (const std::string* cores = stated("--cores")) {
            lines_.push_back({fmt::format("devices.{}.runtime.default_cores", device_.name), *cores});
        }
    }
    void follow_macs() {
        const std::string* int8 = stated("--macs-int8");
        if (int8 != nullptr && stated("--macs-fp16") == nullptr) {
            lines_.push_back({path_of("--macs-fp16"), assumed_value(scaled_text(*int8, 0.5, Dimension{}), "100%",
                                                                    "half of int8; some have far less, or none")});
        }
    }
    void follow_bandwidth() {
        if (const std::string* all = stated("--bandwidth")) {
            lines_.push_back({fmt::format("devices.{}.dma.bandwidth", device_.name),
                              assumed_value(*all + " per core", "40%", "one core may draw what all may")});
        }
    }
    void cluster() {
        const std::string* cores = stated("--cpu-cores");
        const std::string* clock = stated("--cpu-clock");
        if (cores == nullptr && clock == nullptr) {
            return;
        }
        lines_.push_back(
            {"devices.cpu.clusters",
             fmt::format(
                 "[{{name: big, cores: {}, clock: {}, vector_scale: {}}}]", cores != nullptr ? *cores : "4",
                 clock != nullptr ? stated_value(*clock) : assumed_value("2 GHz", "30%", "1.5 to 3 GHz"),
                 "{value: 1, kind: assumed, source: \"by definition: vector rates are those of a large core\"}")});
    }

    const Device& device_;
    const Datasheet& stated_;
    bool hosted_;
    std::vector<Line> lines_;
};

// Block-style YAML; a nested map opens where a line's path departs from the previous one.
std::string block_text(std::vector<Line> lines) {
    const auto key = [](const Line& line) { return steps_of(line.path); };
    std::ranges::stable_sort(lines, [&key](const Line& a, const Line& b) {
        const auto x = key(a);
        const auto y = key(b);
        return std::ranges::lexicographical_compare(std::span(x).first(std::min<std::size_t>(2, x.size())),
                                                    std::span(y).first(std::min<std::size_t>(2, y.size())));
    });
    std::string text;
    std::vector<std::string> open;
    for (const Line& line : lines) {
        const auto steps = key(line);
        std::size_t same = 0;
        while (same < open.size() && same + 1 < steps.size() && open[same] == steps[same]) {
            ++same;
        }
        open.assign(steps.begin(), steps.end() - 1);
        for (std::size_t i = same; i < open.size(); ++i) {
            text += fmt::format("{:{}}{}:\n", "", 2 * i, open[i]);
        }
        text += fmt::format("{:{}}{}: {}\n", "", 2 * open.size(), steps.back(), line.value);
    }
    return text;
}

}  // namespace

const Device& accelerator_of(const Profile& archetype) {
    for (std::size_t i = 0; i < archetype.devices.size(); ++i) {
        if (static_cast<DeviceId>(i) != archetype.host) {
            return archetype.devices[i];
        }
    }
    return archetype.devices.front();
}

std::string new_chip_yaml(const std::string& name, const std::string& extends, const Profile& archetype,
                          const Datasheet& stated, std::span<const std::string> heading) {
    std::string text;
    for (const std::string& line : heading) {
        text += line.empty() ? "#\n" : "# " + line + "\n";
    }
    text += fmt::format("profile: {}\nextends: {}\ndescription: as its datasheet states it; the rest is inherited\n",
                        name, extends);
    return text + block_text(Sheet(archetype, stated).lines());
}

}  // namespace berth
