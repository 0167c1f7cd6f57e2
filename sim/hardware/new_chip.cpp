#include "berth/hardware/new_chip.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <variant>

#include "base/path_steps.h"
#include "berth/base/quantity_text.h"

namespace berth {

namespace {

constexpr std::string_view kSustainedShare = "80%";  // sustained share of a bus's peak bandwidth
constexpr double kOnChipLead = 2;                    // least bandwidth on chip relative to that of a core from DRAM
constexpr int kAllDigits = 12;                       // with which a share comes to the stated number again

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

std::string assumed_value(std::string_view value, std::string_view spread, std::string_view rule) {
    return fmt::format("{{value: {}, spread: {}, kind: assumed, source: \"{}\"}}", value, spread, rule);
}

/// The archetype and what is stated on top of it.
class StatedChip {
  public:
    StatedChip(const Profile& archetype, const Datasheet& stated) : archetype_(archetype), stated_(stated) {}

    [[nodiscard]] const Device& accelerator() const { return accelerator_of(archetype_); }
    [[nodiscard]] const Device& host() const { return archetype_.devices[static_cast<std::size_t>(archetype_.host)]; }
    [[nodiscard]] bool is_cpu() const { return &accelerator() == &host(); }
    [[nodiscard]] bool shares_dram() const {
        return !has_own_memory(archetype_, device_named(archetype_, accelerator().name).value());
    }
    [[nodiscard]] const std::string* text(std::string_view option) const {
        const auto found = stated_.find(option);
        return found == stated_.end() ? nullptr : &found->second;
    }
    /// A stated number in SI units, or that of the archetype.
    [[nodiscard]] double number(std::string_view option, double of_archetype) const {
        const std::string* written = text(option);
        const auto parsed = written != nullptr ? parse_quantity(*written, number_of(option).dimension)
                                               : std::variant<ParsedQuantity, QuantityError>(QuantityError{});
        const auto* quantity = std::get_if<ParsedQuantity>(&parsed);
        return quantity != nullptr ? quantity->value : of_archetype;
    }
    [[nodiscard]] double bus() const { return number("--dram", archetype_.dram.bandwidth.value.si()); }
    /// What one core of the accelerator could ask for: its port at the stated clock, or a share of the stated bus.
    [[nodiscard]] double port() const {
        const CoreCluster& core = accelerator().clusters.front();
        const auto* follows = relative_at(fmt::format("devices.{}.dma.bandwidth", accelerator().name));
        const double of_archetype = core.bandwidth.value.si();
        if (follows == nullptr) {
            return of_archetype;
        }
        return follows->per_cycle ? of_archetype / core.clock.value.si() * number("--clock", core.clock.value.si())
                                  : of_archetype / archetype_.dram.bandwidth.value.si() * bus();
    }
    /// Bandwidth of all its cores together.
    [[nodiscard]] double limit() const {
        const bool follows = relative_at(fmt::format("devices.{}.dma.limit", accelerator().name)) != nullptr;
        const double scale = follows ? bus() / archetype_.dram.bandwidth.value.si() : 1;
        return number("--bandwidth", accelerator().dram_limit.value.si() * scale);
    }
    /// Its cores, of a CPU the large ones.
    [[nodiscard]] double cores() const {
        const double of_archetype = accelerator().clusters.front().cores;
        return number("--cores", is_cpu() ? number("--cpu-cores", of_archetype) : of_archetype);
    }
    /// What one core draws: what it could ask for, of a stated sum its share at least.
    [[nodiscard]] double draw() const {
        const double share = text("--bandwidth") != nullptr ? limit() / cores() : 0;
        return std::min(limit(), std::max(port(), share));
    }
    /// Where the accelerator keeps most: its last memory level.
    [[nodiscard]] const MemoryLevel& on_chip() const { return accelerator().memories.back(); }
    /// Bandwidth per core of that level at the stated clock; zero for one that has none or follows the DRAM.
    [[nodiscard]] double on_chip_bandwidth() const {
        const auto* follows =
            relative_at(fmt::format("devices.{}.memories.{}.bandwidth", accelerator().name, on_chip().name));
        if (!on_chip().bandwidth || (follows != nullptr && !follows->per_cycle)) {
            return 0;
        }
        const double clock = accelerator().clusters.front().clock.value.si();
        const double scale = follows != nullptr ? number("--clock", clock) / clock : 1;
        return on_chip().bandwidth->value.si() * scale;
    }
    /// The fp16 rate of the array relative to its int8 rate; zero where the one does not follow the other.
    [[nodiscard]] double wider_in_halves() const {
        const std::string array = fmt::format("devices.{}.matrix.macs_per_cycle", accelerator().name);
        const auto* follows = relative_at(array + ".fp16");
        return follows != nullptr && follows->base == array + ".int8" ? follows->share : 0;
    }
    /// Whether the kind has one core, which all rates are those of.
    [[nodiscard]] bool counts_as_one() const {
        return std::ranges::none_of(accelerator().runtime.operators,
                                    [](const OperatorRule& rule) { return rule.supported && rule.multi_core; });
    }

  private:
    [[nodiscard]] const RelativeNumber* relative_at(const std::string& path) const {
        const auto found = std::ranges::find(archetype_.relative, path, &RelativeNumber::path);
        return found == archetype_.relative.end() ? nullptr : &*found;
    }

    const Profile& archetype_;
    const Datasheet& stated_;
};

/// Lines of a profile, in the order in which readers expect them.
class Sheet {
  public:
    explicit Sheet(const StatedChip& chip) : chip_(chip), device_(chip.accelerator()) {}

    std::vector<Line> lines() {
        take("--dram");
        take("--dram-size");
        follow_bus();
        if (chip_.is_cpu()) {
            cpu(either("--cores", "--cpu-cores"), either("--clock", "--cpu-clock"));
        } else {
            take("--cores");
            follow_cores();
            take("--clock");
        }
        take("--macs-int8");
        take("--macs-fp16");
        follow_halves();
        take_bandwidth();
        take("--sram");
        follow_on_chip();
        if (!chip_.is_cpu()) {
            cpu(chip_.text("--cpu-cores"), chip_.text("--cpu-clock"));
        }
        return std::move(lines_);
    }

  private:
    [[nodiscard]] std::string path_of(std::string_view option) const {
        return fmt::format(fmt::runtime(number_of(option).path), device_.name, chip_.on_chip().name);
    }
    [[nodiscard]] const std::string* either(std::string_view one, std::string_view other) const {
        return chip_.text(one) != nullptr ? chip_.text(one) : chip_.text(other);
    }
    void take(std::string_view option) {
        if (const std::string* value = chip_.text(option)) {
            lines_.push_back({path_of(option), number_of(option).whole ? *value : stated_value(*value)});
        }
    }
    void follow_bus() {
        if (chip_.text("--dram") != nullptr) {
            lines_.push_back(
                {"memory.dram.sustained", assumed_value(fmt::format("{} of bandwidth", kSustainedShare), "15%",
                                                        "75% to 92% were measured on chips of several makers")});
        }
    }
    // A compiled graph uses all cores unless the runtime is known to do otherwise.
    void follow_cores() {
        if (chip_.text("--cores") != nullptr) {
            lines_.push_back({fmt::format("devices.{}.runtime.default_cores", device_.name), "all"});
        }
    }
    // The array is one: where only its fp16 rate is stated, the int8 rate is to it as in chips of the kind.
    void follow_halves() {
        const double ratio = chip_.wider_in_halves();
        if (chip_.text("--macs-fp16") != nullptr && chip_.text("--macs-int8") == nullptr && ratio > 0) {
            lines_.push_back({path_of("--macs-int8"), assumed_value(fmt::format("{} of fp16", percent_text(1 / ratio)),
                                                                    "100%", "as in chips of the kind")});
        }
    }
    // As a share of the bus where that is stated too, so that a question about another memory moves both.
    void take_bandwidth() {
        const std::string* all = chip_.text("--bandwidth");
        if (all == nullptr) {
            return;
        }
        if (chip_.text("--dram") != nullptr && chip_.shares_dram()) {
            const double share = chip_.number("--bandwidth", 0) / chip_.bus();
            lines_.push_back({path_of("--bandwidth"),
                              fmt::format("{{value: {} of memory.dram.bandwidth, kind: datasheet, source: \"{} stated "
                                          "to berth new-chip\"}}",
                                          percent_text(share, kAllDigits), *all)});
        } else {
            take("--bandwidth");
        }
        follow_cores_draw();
    }
    // What all cores draw together is as much as their ports carry at least.
    void follow_cores_draw() {
        if (chip_.port() * chip_.cores() < chip_.limit()) {
            const std::string share = percent_text(1 / chip_.cores(), kAllDigits);
            lines_.push_back({fmt::format("devices.{}.dma.bandwidth", device_.name),
                              assumed_value(fmt::format("{} of limit per core", share), "40%",
                                            "what all cores draw, which is more than chips of the kind do")});
        }
    }
    // What is inherited may be slower than the stated DRAM, as no chip is built.
    void follow_on_chip() {
        const double bandwidth = chip_.on_chip_bandwidth();
        if (bandwidth > 0 && bandwidth < kOnChipLead * chip_.draw()) {
            const std::string_view least = chip_.draw() < chip_.limit() ? "bandwidth" : "limit";
            lines_.push_back({fmt::format("devices.{}.memories.{}.bandwidth", device_.name, chip_.on_chip().name),
                              assumed_value(fmt::format("{} of dma.{} per core", percent_text(kOnChipLead), least),
                                            percent_text(chip_.on_chip().bandwidth->spread),
                                            "on-chip memory is at least twice as fast as the DRAM behind it")});
        }
    }
    // The large cores of a CPU, with a thread of the library on each.
    void cpu(const std::string* cores, const std::string* clock) {
        if (cores == nullptr && clock == nullptr) {
            return;
        }
        const Device& host = chip_.host();
        const CoreCluster& large = host.clusters.front();
        lines_.push_back(
            {fmt::format("devices.{}.clusters", host.name),
             fmt::format(
                 "[{{name: {}, cores: {}, clock: {}, vector_scale: {}}}]", large.name,
                 cores != nullptr ? *cores : fmt::format("{}", large.cores),
                 clock != nullptr
                     ? stated_value(*clock)
                     : assumed_value(to_text(large.clock.value), percent_text(large.clock.spread), large.clock.source),
                 "{value: 1, kind: assumed, source: \"by definition: vector rates are those of a large core\"}")});
        if (cores != nullptr) {
            lines_.push_back({fmt::format("devices.{}.runtime.default_cores", host.name), "all"});
        }
    }

    const StatedChip& chip_;
    const Device& device_;
    std::vector<Line> lines_;
};

// One line per number: maps of several entries as blocks, maps of one entry on the line of that entry.
void write_map(std::span<const Line> lines, std::size_t depth, std::string& text) {
    while (!lines.empty()) {
        const auto steps = steps_of(lines.front().path);
        const auto same = [&](const Line& line) { return steps_of(line.path)[depth] == steps[depth]; };
        const auto count = static_cast<std::size_t>(std::ranges::find_if_not(lines, same) - lines.begin());
        text += fmt::format("{:{}}{}:", "", 2 * depth, steps[depth]);
        if (count > 1) {
            text += '\n';
            write_map(lines.first(count), depth + 1, text);
        } else {
            const auto inner = std::span(steps).subspan(depth + 1);
            for (const std::string& step : inner) {
                text += fmt::format(" {{{}:", step);
            }
            text += ' ' + lines.front().value + std::string(inner.size(), '}') + '\n';
        }
        lines = lines.subspan(count);
    }
}

std::string map_text(std::vector<Line> lines) {
    const auto first_two = [](const Line& line) {
        PathSteps steps = steps_of(line.path);
        steps.resize(std::min<std::size_t>(2, steps.size()));
        return steps;
    };
    std::ranges::stable_sort(lines, {}, first_two);
    std::string text;
    write_map(lines, 0, text);
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

std::vector<DatasheetComplaint> datasheet_complaints(const Profile& archetype, const Datasheet& stated) {
    const StatedChip chip(archetype, stated);
    const Device& device = chip.accelerator();
    std::vector<DatasheetComplaint> complaints;
    if (chip.is_cpu()) {
        for (const auto& [own, of_cpu] : {std::pair{"--cores", "--cpu-cores"}, std::pair{"--clock", "--cpu-clock"}}) {
            if (chip.text(own) != nullptr && chip.text(of_cpu) != nullptr) {
                complaints.push_back(
                    {own, fmt::format("the device is the CPU, whose number {} states too", of_cpu), "one of the two"});
            }
        }
    } else if (chip.counts_as_one() && chip.number("--cores", 1) > 1) {
        complaints.push_back({"--cores", fmt::format("all cores of a {} count as one here", device.name),
                              "no --cores, and with --macs-int8 the MACs per cycle of all of them"});
    }
    const auto half = static_cast<std::size_t>(DType::kFp16);
    if (chip.text("--macs-fp16") != nullptr && !device.clusters.front().macs_per_cycle[half]) {
        complaints.push_back({"--macs-fp16", "chips of this kind do not multiply fp16", "no --macs-fp16"});
    }
    const double drawn = chip.number("--bandwidth", 0);
    if (drawn > chip.bus()) {
        // An accelerator behind a link reads what does not stay on chip from the host's memory.
        complaints.push_back(
            {"--bandwidth",
             fmt::format("{} is more than the {} bus carries{}", quantity_text(drawn, Bandwidth::kDimension),
                         chip.shares_dram() ? "DRAM's" : "host's DRAM",
                         chip.shares_dram() ? "" : ": chips of this kind draw what their link to the host carries"),
             fmt::format("at most the {} of --dram{}", quantity_text(chip.bus(), Bandwidth::kDimension),
                         chip.text("--dram") != nullptr ? "" : ", which is that of the archetype unless stated")});
    }
    return complaints;
}

std::string new_chip_yaml(const std::string& name, const std::string& extends, const Profile& archetype,
                          const Datasheet& stated, std::span<const std::string> heading) {
    std::string text;
    for (const std::string& line : heading) {
        text += line.empty() ? "#\n" : "# " + line + "\n";
    }
    text += fmt::format("profile: {}\nextends: {}\ndescription: as its datasheet states it; the rest is inherited\n",
                        name, extends);
    return text + map_text(Sheet(StatedChip(archetype, stated)).lines());
}

}  // namespace berth
