// Finds the profiles of runtimes, and adapts them to the board that the hardware profile describes.
#include "scenario/stage_runtimes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/mapped.h"
#include "berth/base/yaml_differences.h"
#include "hardware/former_keys.h"
#include "scenario/find_file.h"
#include "scenario/load_parts.h"
#include "scenario/overrides.h"

namespace berth {

namespace {

namespace fs = std::filesystem;

std::optional<fs::path> runtime_file(const YamlNode& node, const Library& library) {
    const auto name = node.text();
    return name ? find_file_from(library, "hardware", *name, bases_at(node.where()), node.where(), node.diagnostics())
                : std::nullopt;
}

bool is_same_file(const fs::path& one, const fs::path& other) {
    std::error_code failure;
    return one == other || fs::equivalent(one, other, failure);
}

// Shipped profiles of this chip, suggested to a user who named one of another chip.
std::vector<std::string> profiles_of_chip(const std::string& chip, const Library& library) {
    std::vector<std::string> found;
    for (const fs::path& folder : shipped_folders(library, "hardware")) {
        for (const std::string& name : names_in(folder)) {
            Diagnostics ignored;  // an invalid profile is not suggested
            std::vector<std::string> extended;
            const auto document = resolved_file(library, folder / (name + ".yaml"), {}, extended, ignored);
            const bool fits = document && document->text_at("chip") == chip;
            if (fits && std::ranges::find(found, name) == found.end()) {
                found.push_back(name);
            }
        }
    }
    return found;
}

bool is_of_chip(const RuntimeFile& file, const YamlDocument& runtime, const YamlDocument& hardware,
                const Library& library, Diagnostics& diagnostics) {
    const auto chip = hardware.text_at("chip");
    const std::string name = hardware.text_at("profile").value_or("the hardware");
    if (!chip) {
        diagnostics.error(file.where, fmt::format("{} does not say which 'chip' it is of", name),
                          "a profile with 'chip' as hardware: its runtimes are the profiles of the same chip");
        return false;
    }
    if (runtime.text_at("chip") != chip) {
        const auto known = profiles_of_chip(*chip, library);
        diagnostics.error(file.where, fmt::format("'{}' is no runtime of {}, the chip of {}", file.name, *chip, name),
                          known.empty() ? fmt::format("a profile with 'chip: {}'", *chip) : list_of(known));
        return false;
    }
    if (runtime.text_at("host") != hardware.text_at("host")) {
        diagnostics.error(file.where, fmt::format("'{}' has another host than {}", file.name, name),
                          fmt::format("a profile whose host is {}", hardware.text_at("host").value_or("the same")));
        return false;
    }
    return true;
}

// The keys below a node: devices, or clusters of a device.
std::vector<std::string> names_below(const YamlDocument& document, std::initializer_list<std::string_view> steps) {
    Diagnostics ignored;
    std::optional<YamlNode> node = document.root(ignored);
    for (const std::string_view step : steps) {
        node = node && node->is_map() ? node->find(step) : std::nullopt;
    }
    auto names = mapped(node && node->is_map() ? node->entries() : std::vector<YamlEntry>(), &YamlEntry::key);
    for (const YamlNode& item : node && node->is_sequence() ? node->sequence() : std::vector<YamlNode>()) {
        const auto name = item.is_map() ? item.find("name") : std::nullopt;
        names.push_back(name && name->is_scalar() ? name->text().value_or("") : "");
    }
    return names;
}

using Steps = std::vector<std::string>;

// Paths of the numbers that belong to the board, whichever runtime runs on it.
std::vector<Steps> chip_numbers(const YamlDocument& hardware) {
    static constexpr std::array<const char*, 3> kOfCores{"cores", "clock", "clocks"};
    std::vector<Steps> numbers;
    for (const char* key : {"capacity", "bandwidth", "sustained", "rated_clock", "clock"}) {
        numbers.push_back({"memory", "dram", key});
    }
    for (const std::string& device : names_below(hardware, {"devices"})) {
        for (const char* key : kOfCores) {
            numbers.push_back({"devices", device, key});
        }
        for (const std::string& cluster : names_below(hardware, {"devices", device, "clusters"})) {
            for (const char* key : kOfCores) {
                numbers.push_back({"devices", device, "clusters", cluster, key});
            }
        }
    }
    return numbers;
}

std::string value_at(const YamlDocument& document, const std::string& path) {
    const auto value = document.text_at(path + ".value");
    return value ? *value : document.text_at(path).value_or("not set");
}

void take_chip_numbers(RuntimeDocument& runtime, const YamlDocument& hardware) {
    for (const Steps& steps : chip_numbers(hardware)) {
        YamlDifference number;
        number.steps = steps;
        const std::string path = number.path();
        const auto own = runtime.document.text_at(path);
        const auto used = hardware.text_at(path);
        if (!own || !used || own == used) {
            continue;
        }
        ChipNumber replaced{path, value_at(runtime.document, path), value_at(hardware, path)};
        if (replaced.own != replaced.used) {
            runtime.replaced.push_back(std::move(replaced));
        }
        take_over(runtime.document, number, hardware);
    }
}

/// A setting, and the path in the profile's file to which it applies.
struct ProfileSetting {
    std::string path;
    const Override* written;
};

// Applies settings to a document; errors show the path as scenarios write it.
bool set_in(YamlDocument& document, const std::vector<ProfileSetting>& settings, Diagnostics& diagnostics) {
    bool all = true;
    for (const ProfileSetting& each : settings) {
        const std::string written = "--set " + each.written->path;
        const auto value = YamlDocument::parse(each.written->value, written, diagnostics);
        all = value &&
              document.set(each.path, value->root(diagnostics), SourceLocation(written), diagnostics,
                           each.written->set_by) &&
              all;
    }
    return all;
}

// Settings of the hardware that also apply to the runtime's profile: both state the same value for the path, or neither
// states one.
std::vector<ProfileSetting> common_settings(const std::vector<Override>& settings, const YamlDocument& runtime,
                                            const YamlDocument& hardware) {
    std::vector<ProfileSetting> common;
    for (const Override& each : settings) {
        const std::string path = present_path(below_hardware(each.path));
        const bool there = runtime.text_at(path.substr(0, path.rfind('.'))).has_value();
        if (there && (leaves_out(each) || runtime.text_at(path) == hardware.text_at(path))) {
            common.push_back({path, &each});
        }
    }
    return common;
}

std::vector<std::string> names_of(const RuntimeFile& file, const YamlDocument& document) {
    std::vector<std::string> names = model_names(file.name);
    names.push_back(document.text_at("profile").value_or(""));
    return names;
}

std::vector<ProfileSetting> own_settings(const std::vector<Override>& settings, const std::vector<std::string>& names) {
    std::vector<ProfileSetting> own;
    for (const Override& each : settings) {
        if (const auto path = after_runtime_name(each.path, names)) {
            own.push_back({present_path(*path), &each});
        }
    }
    return own;
}

std::optional<RuntimeDocument> runtime_document(const RuntimeFile& file, const YamlDocument& hardware,
                                                const Library& library, const ProfileSettings& settings,
                                                Diagnostics& diagnostics) {
    std::vector<std::string> extended;
    auto document = resolved_file(library, file.file, {}, extended, diagnostics);
    if (!document || !is_of_chip(file, *document, hardware, library, diagnostics)) {
        return std::nullopt;
    }
    RuntimeDocument made{file, std::move(*document), std::move(extended), {}};
    take_chip_numbers(made, hardware);
    auto all = common_settings(settings.hardware, made.document, hardware);
    const auto own = own_settings(settings.runtimes, names_of(file, made.document));
    all.insert(all.end(), own.begin(), own.end());
    if (!set_in(made.document, all, diagnostics)) {
        return std::nullopt;
    }
    for (ChipNumber& number : made.replaced) {
        number.used = value_at(made.document, number.path);
    }
    return made;
}

// Whether each runtime in the overrides belongs to a stage; reports those that do not.
bool all_named(const ProfileSettings& settings, const std::vector<RuntimeDocument>& documents,
               Diagnostics& diagnostics) {
    std::vector<std::string> all;
    for (const RuntimeDocument& each : documents) {
        const auto names = names_of(each.file, each.document);
        all.insert(all.end(), names.begin(), names.end());
    }
    std::ranges::sort(all);
    all.erase(std::unique(all.begin(), all.end()), all.end());
    for (const Override& each : settings.runtimes) {
        if (!after_runtime_name(each.path, all)) {
            diagnostics.error(SourceLocation("--set " + each.path), "no stage of this scenario names such a runtime",
                              all.empty() ? "stages.NAME.runtime" : "runtimes.NAME.KEY, where NAME is " + list_of(all));
            return false;
        }
    }
    return true;
}

}  // namespace

std::optional<std::vector<RuntimeFile>> runtime_files(const std::vector<YamlNode>& stages, const fs::path& hardware,
                                                      const Library& library) {
    std::vector<RuntimeFile> files;
    for (const YamlNode& stage : stages) {
        const auto node = stage.is_map() ? stage.find("runtime") : std::nullopt;
        if (!node) {
            continue;
        }
        const auto file = runtime_file(*node, library);
        if (!file) {
            return std::nullopt;
        }
        const auto known = [&file](const RuntimeFile& each) { return is_same_file(each.file, *file); };
        if (!is_same_file(*file, hardware) && std::ranges::none_of(files, known)) {
            files.push_back({node->text().value_or(""), *file, node->where()});
        }
    }
    return files;
}

std::optional<std::vector<RuntimeDocument>> runtime_documents(const std::vector<RuntimeFile>& files,
                                                              const fs::path& hardware, const Library& library,
                                                              const ProfileSettings& settings,
                                                              Diagnostics& diagnostics) {
    std::vector<RuntimeDocument> documents;
    if (files.empty()) {
        return all_named(settings, documents, diagnostics) ? std::optional(documents) : std::nullopt;
    }
    Diagnostics ignored;  // errors of the hardware, which is also read by itself
    std::vector<std::string> extended;
    const auto plain = resolved_file(library, hardware, {}, extended, ignored);
    if (!plain) {
        return std::nullopt;
    }
    for (const RuntimeFile& file : files) {
        auto document = runtime_document(file, *plain, library, settings, diagnostics);
        if (!document) {
            return std::nullopt;
        }
        documents.push_back(std::move(*document));
    }
    return all_named(settings, documents, diagnostics) ? std::optional(std::move(documents)) : std::nullopt;
}

std::optional<std::size_t> read_runtime(const YamlNode& stage, const Library& library, const StageHardware& hardware) {
    const auto node = stage.find("runtime");
    const auto file = node ? runtime_file(*node, library) : std::nullopt;
    for (std::size_t i = 0; file && i < hardware.files.size(); ++i) {
        if (is_same_file(hardware.files[i].file, *file)) {
            return i;
        }
    }
    return std::nullopt;
}

}  // namespace berth
