// Controls of a profile: its numbers with their sources, its whole numbers, and the features of its runtimes.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <utility>

#include "base/path_steps.h"
#include "berth/base/quantity_text.h"
#include "berth/hardware/profile_keys.h"
#include "cost/lowering.h"
#include "explore/controls.h"

namespace berth {

namespace {

// Path suffixes of the most common controls, in the order of display; `*` matches one part of a path.
constexpr std::array<std::string_view, 20> kCommonEnds{"memory.dram.clock",
                                                       "memory.dram.bandwidth",
                                                       "memory.dram.sustained",
                                                       "devices.*.enabled",
                                                       "devices.*.cores",
                                                       "clusters.*.cores",
                                                       "devices.*.clock",
                                                       "clusters.*.clock",
                                                       "macs_per_cycle.*",
                                                       "memories.*.capacity",
                                                       "memories.*.keeps_tensors",
                                                       "dma.bandwidth",
                                                       "dma.limit",
                                                       "dma.setup",
                                                       "dispatch.per_kernel",
                                                       "dispatch.per_graph",
                                                       "runtime.shapes",
                                                       "runtime.default_cores",
                                                       "attention.keeps_scores",
                                                       "links.*.per_crossing"};

bool ends_like(const PathSteps& path, const PathSteps& end) {
    return path.size() >= end.size() &&
           std::equal(end.rbegin(), end.rend(), path.rbegin(), [](const std::string& wanted, const std::string& step) {
               return wanted == "*" || wanted == step;
           });
}

// Index of a path in kCommonEnds; paths without a match come after all of them.
std::size_t common_place(std::string_view path) {
    const auto steps = steps_of(path);
    const auto found =
        std::ranges::find_if(kCommonEnds, [&steps](std::string_view end) { return ends_like(steps, steps_of(end)); });
    return static_cast<std::size_t>(found - kCommonEnds.begin());
}

// A control with its group and label: `devices.npu.dma.setup` is `dma.setup` in the group `npu`.
Control control_at(const std::string& path, ControlKind kind) {
    const auto steps = steps_of(path);
    const bool of_device = steps.front() == "devices" && steps.size() > 2;
    const std::size_t own = of_device ? 2 : 1;
    const std::string group = of_device ? std::string(steps[1]) : steps.front() == "memory" ? "memory" : "links";
    Control control{std::string(kHardwarePrefix) + path, kind, group,
                    fmt::format("{}", fmt::join(steps.begin() + static_cast<std::ptrdiff_t>(own), steps.end(), ".")),
                    ""};
    control.common = common_place(path) < kCommonEnds.size();
    return control;
}

std::string note_of(const ParameterView& number) {
    std::string note(choice_name(kOriginNames, number.origin));
    note += number.spread > 0 ? fmt::format(", ± {}", percent_text(number.spread)) : "";
    return number.source.empty() ? note : note + ": " + number.source;
}

class HardwareControls {
  public:
    explicit HardwareControls(const ExploredScenario& explored) : explored_(explored) {}

    std::vector<Control> take() {
        for (const Device& device : explored_.scenario.profile.devices) {
            add_device(device);
        }
        add_numbers();
        std::ranges::stable_sort(controls_, {}, [this](const Control& control) {
            return std::pair(place_of(control.group), common_place(control.path));
        });
        return std::move(controls_);
    }

    // Visitor for the keys in berth/hardware/profile_keys.h that are not parameters.
    void number(auto&&... /*row*/) {}
    void per_dtype(auto&&... /*row*/) {}
    void count(std::string_view key, std::int64_t member, IntegerRange /*range*/, KeyNeed /*need*/,
               std::string_view meaning, UsedBy use = UsedBy::kAlways) {
        if (member > 0 && !describes_measurements(use)) {
            Control control = control_at(fmt::format("{}.{}", section_, key), ControlKind::kCount);
            set_count(control, member, 4 * member);
            control.note = meaning;
            controls_.push_back(std::move(control));
        }
    }
    void flag(std::string_view key, bool member, std::string_view meaning) { add_switch(key, member, meaning); }
    template <class E, class Table>
    void choice(std::string_view key, E member, const Table& table, std::string_view meaning) {
        Control control = control_at(fmt::format("{}.{}", section_, key), ControlKind::kChoice);
        control.choices = choice_names(table);
        if constexpr (requires { member.has_value(); }) {
            if (member) {
                control.value = choice_name(table, *member);
            } else {
                control.choices.insert(control.choices.begin(), "");
            }
        } else {
            control.value = choice_name(table, member);
        }
        control.note = meaning;
        controls_.push_back(std::move(control));
    }

  private:
    void add_switch(std::string_view key, bool value, std::string_view meaning) {
        Control control = control_at(fmt::format("{}.{}", section_, key), ControlKind::kSwitch);
        control.value = value ? "true" : "false";
        control.note = meaning;
        controls_.push_back(std::move(control));
    }

    void add_device(const Device& device) {
        const std::string path = "devices." + device.name;
        section_ = path;
        if (device.name != explored_.scenario.profile.devices[static_cast<std::size_t>(host())].name) {
            add_switch("enabled", true, "false: the device is left out, with its links");
        }
        add_cores(device);
        section_ = path + ".matrix";
        matrix_keys(*this, device.matrix);
        if (device.attention) {
            section_ = path + ".attention";
            AttentionEngine shown = *device.attention;
            shown.keeps_scores = may_keep_scores(device, device.runtime.default_cores);  // in the memory of this chip
            attention_keys(*this, shown);
        }
        for (const MemoryLevel& level : device.memories) {
            section_ = fmt::format("{}.memories.{}", path, level.name);
            memory_level_keys(*this, level);
        }
        section_ = path + ".dma";
        dma_keys(*this, device);
        add_runtime(device, path + ".runtime");
    }

    [[nodiscard]] DeviceId host() const { return explored_.scenario.profile.host; }

    // The number of cores is a key of the device, or of each of its clusters.
    void add_cores(const Device& device) {
        for (const CoreCluster& cluster : device.clusters) {
            const std::string own = fmt::format("devices.{}.clusters.{}.cores", device.name, cluster.name);
            const std::string path = explored_.inputs.text_at(std::string(kHardwarePrefix) + own)
                                         ? own
                                         : fmt::format("devices.{}.cores", device.name);
            Control control = control_at(path, ControlKind::kCount);
            set_count(control, cluster.cores, std::max(8, 4 * cluster.cores));
            controls_.push_back(std::move(control));
        }
    }

    void add_runtime(const Device& device, const std::string& path) {
        section_ = path;
        const Runtime& runtime = device.runtime;
        choice("shapes", runtime.shapes, kShapeRuleNames,
               "static: an input is padded to a compiled bucket; dynamic: the actual tokens are computed");
        choice("quantization", runtime.quantization, kQuantizationSchemeNames,
               "static: scales are known when compiling; dynamic: each quantised product measures its input first");
        count("default_cores", runtime.default_cores, kCoreRange, KeyNeed::kRequired,
              "cores of a stage that does not say how many");
        if (runtime.prompt_chunk || runtime.cache_length || runtime.answers > 1) {  // the profile has this map
            section_ = path + ".generation";
            generation_keys(*this, runtime);
        }
        for (const OperatorKind kind : kinds_used()) {
            const OperatorRule& rule = runtime.operators[static_cast<std::size_t>(kind)];
            if (rule.supported) {
                section_ = fmt::format("{}.operators.{}", path, traits(kind).name);
                add_switch("multi_core", rule.multi_core, "several cores share one such operator");
            }
        }
    }

    [[nodiscard]] std::set<OperatorKind> kinds_used() const {
        std::set<OperatorKind> kinds;
        for (const StageResult& stage : explored_.result.stages) {
            for (const Candidate& candidate : stage.candidates) {
                for (const OperatorResult& op : candidate.operators) {
                    kinds.insert(op.kind);
                }
            }
        }
        return kinds;
    }

    void add_numbers() {
        Profile profile = explored_.scenario.profile;
        for (const ParameterView& number : parameters(profile)) {
            if (describes_measurements(number.used_by) || number.value <= 0) {
                continue;
            }
            Control control = control_at(number.path, ControlKind::kNumber);
            set_number(control, text_of(number));
            control.most = std::min(control.most, most_of(control, number));
            control.note = note_of(number);
            controls_.push_back(std::move(control));
        }
    }

    // Text of a number; one that is written as a share of another is kept as a share, so that it follows the other.
    [[nodiscard]] std::string text_of(const ParameterView& number) const {
        const std::string path = std::string(kHardwarePrefix) + number.path;
        const auto value = explored_.inputs.text_at(path + ".value");
        const auto text = value ? value : explored_.inputs.text_at(path);
        return text.value_or(quantity_text(number.value, number.dimension));
    }

    // Upper end of a slider, in its unit; a share of another number ends at 100 %, or at its value if that is larger.
    [[nodiscard]] static double most_of(const Control& control, const ParameterView& number) {
        return control.unit.starts_with("% of") ? std::max(100.0, control.number)
                                                : number.most * control.number / number.value;
    }

    // Order of the groups: memory first, then devices in their order, then links.
    [[nodiscard]] std::size_t place_of(const std::string& group) const {
        const auto& devices = explored_.scenario.profile.devices;
        const auto device = std::ranges::find(devices, group, &Device::name);
        return group == "memory"         ? 0
               : device != devices.end() ? 1 + static_cast<std::size_t>(device - devices.begin())
                                         : 1 + devices.size();
    }

    const ExploredScenario& explored_;
    std::string section_;
    std::vector<Control> controls_;
};

}  // namespace

std::vector<Control> hardware_controls(const ExploredScenario& explored) { return HardwareControls(explored).take(); }

}  // namespace berth
