// Compares profiles number by number and stages field by field.
#include "whatif/scenario_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "berth/brief_text.h"
#include "whatif/digits.h"

namespace berth {

namespace {

constexpr std::size_t kMostNumbers = 12;  // told one by one

std::vector<std::string> device_names(const Profile& profile) {
    std::vector<std::string> names;
    for (const Device& device : profile.devices) {
        names.push_back(device.name);
    }
    return names;
}

std::string name_of(const Profile& profile, std::optional<DeviceId> device) {
    return device ? profile.devices[static_cast<std::size_t>(*device)].name : "any";
}

/// What a stage says of devices, for the same devices in another profile; of those that are not there it says nothing.
void move_to(ModelStage& stage, const Profile& from, const Profile& to) {
    const auto moved = [&](const auto& values) {
        std::remove_cvref_t<decltype(values)> result;
        for (const auto& [device, value] : values) {
            if (const auto there = device_named(to, name_of(from, device))) {
                result[*there] = value;
            }
        }
        return result;
    };
    stage.cores = moved(stage.cores);
    stage.clocks = moved(stage.clocks);
    stage.on = stage.on ? device_named(to, name_of(from, stage.on)) : std::nullopt;
}

void set_number(Profile& profile, const std::string& path, double value) {
    const auto views = parameters(profile);
    const auto view = std::ranges::find(views, path, &ParameterView::path);
    if (view != views.end()) {
        view->set(value);
    }
}

std::string text_of_tokens(const ModelStage& stage) {
    if (stage.generation) {
        return fmt::format("{} + {} new", stage.generation->prompt, stage.generation->new_tokens);
    }
    if (stage.tokens.size() == 1) {
        return fmt::format("{}", stage.tokens.front().tokens);
    }
    double mean = 0;
    for (const TokenShare& length : stage.tokens) {
        mean += length.share * static_cast<double>(length.tokens);
    }
    return fmt::format("{} lengths of {} on average", stage.tokens.size(), number_text(mean, 3));
}

std::string text_of_precision(const ModelStage& stage) {
    const auto known = std::ranges::find(kSchemeNames, stage.precision.dtype, &Choice<Scheme>::value);
    std::string text = known == kSchemeNames.end() ? "a scheme of its own" : std::string(known->name);
    for (const PrecisionRule& rule : stage.precision.rules) {
        const auto name = std::ranges::find(kSchemeNames, rule.dtype, &Choice<Scheme>::value);
        text += fmt::format(", {}: {}", rule.pattern, name == kSchemeNames.end() ? "other" : name->name);
    }
    return text;
}

bool same_tokens(const ModelStage& a, const ModelStage& b) {
    const auto same = [](const TokenShare& one, const TokenShare& other) {
        return one.tokens == other.tokens && one.share == other.share && one.context == other.context;
    };
    const auto key = [](const ModelStage& stage) {
        const Generation none{};
        const Generation& of = stage.generation ? *stage.generation : none;
        return std::tuple(stage.generation.has_value(), of.phase, of.prompt, of.new_tokens);
    };
    return key(a) == key(b) && std::ranges::equal(a.tokens, b.tokens, same);
}

template <class Value>
std::string text_by_device(const Profile& profile, const std::map<DeviceId, Value>& values) {
    std::vector<std::string> parts;
    for (const auto& [device, value] : values) {
        if constexpr (std::is_same_v<Value, int>) {
            parts.push_back(fmt::format("{}: {}", name_of(profile, device), value));
        } else {
            parts.push_back(fmt::format("{}: {}", name_of(profile, device), to_text(value)));
        }
    }
    return parts.empty() ? "the runtime's own" : fmt::format("{}", fmt::join(parts, ", "));
}

class Comparison {
  public:
    Comparison(const Scenario& before, const Scenario& after)
        : before_(before), after_(after), same_devices_(device_names(before.profile) == device_names(after.profile)) {}

    std::vector<ScenarioChange> changes() {
        compare_hardware();
        for (const Stage& stage : before_.stages) {
            if (const Stage* other = named(after_, stage.name)) {
                compare_stages(stage, *other);
            }
        }
        compare_lists();
        if (before_.objective != after_.objective) {
            add("objective", std::string(choice_name(kObjectiveNames, before_.objective)),
                std::string(choice_name(kObjectiveNames, after_.objective)),
                [&after = after_](Scenario& scenario) { scenario.objective = after.objective; });
        }
        return std::move(changes_);
    }

  private:
    static const Stage* named(const Scenario& scenario, const std::string& name) {
        const auto found = std::ranges::find(scenario.stages, name, &Stage::name);
        return found == scenario.stages.end() ? nullptr : &*found;
    }

    void add(std::string path, std::string before, std::string after, std::function<void(Scenario&)> make) {
        changes_.push_back({{std::move(path), std::move(before), std::move(after)}, std::move(make)});
    }

    void add_to_stage(const Stage& stage, std::string_view field, std::string before, std::string after,
                      std::function<void(ModelStage&)> make) {
        add(fmt::format("stages.{}.{}", stage.name, field), std::move(before), std::move(after),
            [name = stage.name, make = std::move(make)](Scenario& scenario) {
                make(std::get<ModelStage>(std::ranges::find(scenario.stages, name, &Stage::name)->work));
            });
    }

    void compare_hardware() {
        if (same_devices_) {
            compare_numbers();
        }
        // What is no number: rules of the runtimes, cores, and everything where the devices are others.
        add("hardware", before_.profile.name, after_.profile.name, [&after = after_.profile](Scenario& scenario) {
            for (Stage& stage : scenario.stages) {
                if (auto* work = std::get_if<ModelStage>(&stage.work)) {
                    move_to(*work, scenario.profile, after);
                }
            }
            scenario.profile = after;
        });
    }

    void compare_numbers() {
        Profile a = before_.profile;
        Profile b = after_.profile;
        const auto olds = parameters(a);
        const auto news = parameters(b);
        std::vector<std::pair<const ParameterView*, const ParameterView*>> different;
        for (const ParameterView& old : olds) {
            const auto now = std::ranges::find(news, old.path, &ParameterView::path);
            const bool own_error = old.path.find(".error.") != std::string::npos;
            if (now != news.end() && now->value != old.value && !own_error) {
                different.emplace_back(&old, &*now);
            }
        }
        std::map<std::string, std::vector<std::pair<std::string, double>>> groups;
        for (const auto& [old, now] : different) {
            if (different.size() <= kMostNumbers) {
                add("hardware." + old->path, quantity_text(old->value, old->dimension),
                    quantity_text(now->value, now->dimension),
                    [path = old->path, value = now->value](Scenario& scenario) {
                        set_number(scenario.profile, path, value);
                    });
                continue;
            }
            const std::size_t second = old->path.find('.', old->path.find('.') + 1);
            groups[old->path.substr(0, second)].emplace_back(old->path, now->value);
        }
        for (const auto& [group, numbers] : groups) {
            add(fmt::format("hardware.{}", group), before_.profile.name,
                fmt::format("{} ({} numbers)", after_.profile.name, numbers.size()),
                [own = numbers](Scenario& scenario) {
                    for (const auto& [path, value] : own) {
                        set_number(scenario.profile, path, value);
                    }
                });
        }
    }

    void compare_stages(const Stage& a, const Stage& b) {
        const auto* old = std::get_if<ModelStage>(&a.work);
        const auto* now = std::get_if<ModelStage>(&b.work);
        if (old != nullptr && now != nullptr) {
            compare_models(a, old->model, now->model);
            compare_fields(a, *old, *now);
        } else if ((old == nullptr) != (now == nullptr)) {
            add(fmt::format("stages.{}", a.name), old == nullptr ? "a fixed time" : old->model.name,
                now == nullptr ? "a fixed time" : now->model.name,
                [&b](Scenario& scenario) { *std::ranges::find(scenario.stages, b.name, &Stage::name) = b; });
        } else {
            const auto& takes = std::get<FixedStage>(a.work).takes;
            const auto& then = std::get<FixedStage>(b.work).takes;
            if (takes.median != then.median) {
                add(fmt::format("stages.{}.takes", a.name), to_text(takes.median), to_text(then.median),
                    [&b](Scenario& scenario) {
                        std::ranges::find(scenario.stages, b.name, &Stage::name)->work = b.work;
                    });
            }
        }
        if (a.repeat != b.repeat) {
            add(fmt::format("stages.{}.repeat", a.name), fmt::format("{}", a.repeat), fmt::format("{}", b.repeat),
                [&b](Scenario& scenario) {
                    std::ranges::find(scenario.stages, b.name, &Stage::name)->repeat = b.repeat;
                });
        }
    }

    // Sizes one by one where both are of one architecture, then whatever else the models differ in.
    void compare_models(const Stage& stage, const Model& old, const Model& now) {
        const bool alike = old.graph == nullptr && now.graph == nullptr && old.architecture && now.architecture &&
                           old.architecture->name == now.architecture->name;
        bool differ = !alike && (old.name != now.name || old.graph != now.graph);
        if (alike) {
            for (const auto& [size, value] : now.sizes) {
                const auto before = old.sizes.find(size);
                if (before == old.sizes.end()) {
                    differ = true;
                } else if (before->second != value) {
                    add_to_stage(stage, fmt::format("model {}", size), number_text(before->second, kKeptDigits),
                                 number_text(value, kKeptDigits), [size = size, value = value](ModelStage& changed) {
                                     changed.model.sizes[size] = value;
                                 });
                }
            }
            differ = differ || old.sizes.size() != now.sizes.size() || old.name != now.name;
        }
        if (differ) {
            add_to_stage(stage, "model", old.name, now.name, [&now](ModelStage& changed) { changed.model = now; });
        }
    }

    void compare_fields(const Stage& stage, const ModelStage& old, const ModelStage& now) {
        if (text_of_precision(old) != text_of_precision(now)) {
            add_to_stage(stage, "dtype", text_of_precision(old), text_of_precision(now),
                         [&now](ModelStage& changed) { changed.precision = now.precision; });
        }
        if (!same_tokens(old, now)) {
            add_to_stage(stage, "tokens", text_of_tokens(old), text_of_tokens(now), [&now](ModelStage& changed) {
                changed.tokens = now.tokens;
                changed.generation = now.generation;
            });
        }
        if (old.buckets != now.buckets) {
            add_to_stage(stage, "buckets", fmt::format("[{}]", fmt::join(old.buckets, ", ")),
                         fmt::format("[{}]", fmt::join(now.buckets, ", ")),
                         [&now](ModelStage& changed) { changed.buckets = now.buckets; });
        }
        if (old.batch != now.batch) {
            add_to_stage(stage, "batch", fmt::format("{}", old.batch), fmt::format("{}", now.batch),
                         [&now](ModelStage& changed) { changed.batch = now.batch; });
        }
        compare_devices(stage, old, now);
        if (old.granularity != now.granularity) {
            add_to_stage(stage, "granularity", std::string(choice_name(kGranularityNames, old.granularity)),
                         std::string(choice_name(kGranularityNames, now.granularity)),
                         [&now](ModelStage& changed) { changed.granularity = now.granularity; });
        }
    }

    void compare_devices(const Stage& stage, const ModelStage& old, const ModelStage& now) {
        const auto of_old = [&](const auto& value) { return text_by_device(before_.profile, value); };
        const auto of_now = [&](const auto& value) { return text_by_device(after_.profile, value); };
        if (of_old(old.cores) != of_now(now.cores)) {
            add_to_stage(stage, "cores", of_old(old.cores), of_now(now.cores),
                         [&now](ModelStage& changed) { changed.cores = now.cores; });
        }
        if (of_old(old.clocks) != of_now(now.clocks)) {
            add_to_stage(stage, "clock", of_old(old.clocks), of_now(now.clocks),
                         [&now](ModelStage& changed) { changed.clocks = now.clocks; });
        }
        if (name_of(before_.profile, old.on) != name_of(after_.profile, now.on)) {
            add_to_stage(stage, "on", name_of(before_.profile, old.on), name_of(after_.profile, now.on),
                         [&now](ModelStage& changed) { changed.on = now.on; });
        }
    }

    void compare_lists() {
        for (const Stage& stage : after_.stages) {
            if (named(before_, stage.name) == nullptr) {
                add(fmt::format("stages.{}", stage.name), "not there", "there",
                    [&stage](Scenario& scenario) { scenario.stages.push_back(stage); });
            }
        }
        for (const Stage& stage : before_.stages) {
            if (named(after_, stage.name) == nullptr) {
                add(fmt::format("stages.{}", stage.name), "there", "not there", [&stage](Scenario& scenario) {
                    std::erase_if(scenario.stages, [&stage](const Stage& one) { return one.name == stage.name; });
                });
            }
        }
    }

    const Scenario& before_;
    const Scenario& after_;
    bool same_devices_;
    std::vector<ScenarioChange> changes_;
};

}  // namespace

std::vector<ScenarioChange> changes_between(const Scenario& before, const Scenario& after) {
    return Comparison(before, after).changes();
}

}  // namespace berth
