// Loads profile files: `extends:`, overrides, and the search path of other profiles.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <system_error>
#include <utility>

#include "berth/load_profile.h"
#include "berth/profile.h"
#include "berth/quantity_text.h"
#include "hardware/former_keys.h"
#include "hardware/profile_reading.h"

namespace berth {

namespace {

constexpr const char* kNobody = "";  // origin of a number that is derived rather than written

// Names in `extends`: one name, or a list in which earlier entries take precedence over later ones.
std::vector<YamlNode> extended_by(const YamlNode& root) {
    const auto extends = root.find("extends");
    if (!extends) {
        return {};
    }
    return extends->is_sequence() ? extends->sequence() : std::vector{*extends};
}

std::string stated_at(const YamlNode& root, std::string_view key) {
    const auto node = root.find(key);
    return node && node->is_scalar() ? node->text().value_or("") : "";
}

// Whether the base's numbers describe another chip: the base is an archetype, or the profile of another chip.
bool of_another_chip(const YamlNode& root, const YamlNode& base) {
    const std::string own = stated_at(root, "chip");
    const std::string other = stated_at(base, "chip");
    return stated_at(base, "archetype") == "true" || (!own.empty() && !other.empty() && own != other);
}

// Drops the evidence, since the measurements were of the other chip.
void forget_evidence(YamlDocument& base, Diagnostics& diagnostics) {
    const auto devices = base.root(diagnostics).find("devices");
    for (const YamlEntry& device : devices ? devices->entries() : std::vector<YamlEntry>{}) {
        if (device.value.find("evidence")) {
            static_cast<void>(base.set(fmt::format("devices.{}.evidence", device.key), "[]", diagnostics));
        }
    }
}

std::string scalar_below(const std::optional<YamlNode>& node, std::string_view key) {
    return node && node->is_map() ? stated_at(*node, key) : "";
}

// Converts the vector rates of an archetype from shares of the array to numbers. An archetype sizes the vector unit
// relative to the array, as chips do; a concrete chip has a known array, and neither a what-if question about the array
// nor a profile that extends the chip with another array may change the vector unit.
void settle_vector_rates(YamlDocument& document, Diagnostics& diagnostics) {
    const auto devices = document.root(diagnostics).find("devices");
    for (const YamlEntry& device : devices ? devices->entries() : std::vector<YamlEntry>{}) {
        const auto vector = device.value.find("vector");
        for (const YamlEntry& one : vector && vector->is_map() ? vector->entries() : std::vector<YamlEntry>{}) {
            const auto rate = one.value.is_map() ? one.value.find("per_cycle") : std::nullopt;
            const auto relative = parse_relative(scalar_below(rate, "value"));
            const auto* share = relative ? std::get_if<RelativeText>(&*relative) : nullptr;
            if (share == nullptr || share->per_cycle || scalar_below(rate, "kind") != "inherited") {
                continue;
            }
            const std::string array = fmt::format("devices.{}.{}", device.key, share->base);
            const auto stated = document.text_at(array + ".value");
            const auto parsed = parse_quantity(stated ? *stated : document.text_at(array).value_or(""));
            if (const auto* macs = std::get_if<ParsedQuantity>(&parsed); macs != nullptr) {
                const std::string path = fmt::format("devices.{}.vector.{}.per_cycle.value", device.key, one.key);
                const auto number = YamlDocument::parse(number_text(share->share * macs->value), path, diagnostics);
                static_cast<void>(document.set(path, number->root(diagnostics), rate->where(), diagnostics, kNobody));
            }
        }
    }
}

// Merges `document` over the profiles that it extends, recursively. `chain` holds the names on the current path (to
// detect cycles), `extended` all names, nearest first.
bool inherit(YamlDocument& document, const ProfileResolver& resolve, std::vector<std::string> chain,
             std::vector<std::string>& extended, Diagnostics& diagnostics) {
    use_present_keys(document, diagnostics);
    const YamlNode root = document.root(diagnostics);
    for (const YamlNode& extends : extended_by(root)) {
        const auto name = extends.text();
        if (!name) {
            return false;
        }
        if (std::find(chain.begin(), chain.end(), *name) != chain.end()) {
            extends.error(fmt::format("'{}' extends itself: {} -> {}", *name, fmt::join(chain, " -> "), *name));
            return false;
        }
        std::vector<std::string> further = chain;
        further.push_back(*name);
        if (std::ranges::find(extended, *name) == extended.end()) {
            extended.push_back(*name);
        }
        auto base = resolve(*name, extends.where(), diagnostics);
        if (!base || !inherit(*base, resolve, std::move(further), extended, diagnostics)) {
            return false;
        }
        if (stated_at(base->root(diagnostics), "archetype") != "true") {
            settle_vector_rates(*base, diagnostics);
        }
        if (of_another_chip(root, base->root(diagnostics))) {
            base->mark_inherited(*name);
            forget_evidence(*base, diagnostics);
        }
        base->erase("archetype");
        document.overlay(*base);
    }
    return true;
}

// Applies an override. Errors show its path as scenarios write it, however it was written.
void set(YamlDocument& document, const ProfileOverride& change, Diagnostics& diagnostics) {
    const std::string path = present_path(below_hardware(change.path));
    const std::string written = fmt::format("--set hardware.{}", path);
    if (const auto value = YamlDocument::parse(change.value, written, diagnostics)) {
        static_cast<void>(
            document.set(path, value->root(diagnostics), SourceLocation(written), diagnostics, change.set_by));
    }
}

std::vector<std::string> profile_names(const std::filesystem::path& directory) {
    static const std::filesystem::path kHere(".");
    std::vector<std::string> names;
    std::error_code failure;
    // A file named without a directory is in the current directory.
    const std::filesystem::path& listed = directory.empty() ? kHere : directory;
    for (std::filesystem::directory_iterator entry(listed, failure), end; !failure && entry != end;
         entry.increment(failure)) {
        if (entry->path().extension() == ".yaml") {
            names.push_back(entry->path().stem().string());
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

// Whether a file is a profile: scenarios and models may stand beside it.
bool is_profile(const YamlDocument& document) {
    const auto says = [&document](const char* kind) { return document.text_at(kind).has_value(); };
    return !says("scenario") && !says("model") && !says("architecture");
}

std::vector<std::string> known_profiles(const std::vector<std::filesystem::path>& directories,
                                        const ReadDocument& read) {
    std::vector<std::string> known;
    for (const auto& directory : directories) {
        std::ranges::copy_if(profile_names(directory), std::back_inserter(known), [&](const std::string& name) {
            Diagnostics ignored;
            const auto document = read(directory / (name + ".yaml"), ignored);
            return document && is_profile(*document);
        });
    }
    return known;
}

// Appends the archetype folder of each directory, so that chips are found before archetypes.
std::vector<std::filesystem::path> with_archetypes(std::vector<std::filesystem::path> directories) {
    const std::size_t count = directories.size();
    for (std::size_t i = 0; i < count; ++i) {
        directories.push_back(directories[i] / "archetypes");
    }
    return directories;
}

}  // namespace

ProfileResolver profiles_in(std::vector<std::filesystem::path> directories, ReadDocument read) {
    return [directories = std::move(directories), read = std::move(read)](
               const std::string& name, const SourceLocation& where,
               Diagnostics& diagnostics) -> std::optional<YamlDocument> {
        if (name.ends_with(".yaml")) {
            const auto beside = std::filesystem::path(where.file_name()).parent_path() / name;
            std::error_code ignored;
            if (std::filesystem::is_regular_file(beside, ignored)) {
                return read(beside, diagnostics);
            }
        }
        const auto searched = with_archetypes(directories);
        for (const auto& directory : searched) {
            const auto names = profile_names(directory);
            if (const auto found = find_name(name, names)) {
                auto document = read(directory / (names[*found] + ".yaml"), diagnostics);
                if (!document || is_profile(*document)) {
                    return document;
                }
            }
        }
        const auto known = known_profiles(searched, read);
        diagnostics.error(where, fmt::format("no profile '{}'", name), list_of(known), suggested_names(name, known));
        return std::nullopt;
    };
}

std::optional<YamlDocument> resolved_profile(YamlDocument document, const ProfileResolver& resolve,
                                             std::span<const ProfileOverride> overrides,
                                             std::vector<std::string>& extended, Diagnostics& diagnostics) {
    std::vector<std::string> chain;
    if (const auto own = document.root(diagnostics).find("profile"); own && own->is_scalar()) {
        chain.push_back(own->text().value_or(""));
    }
    extended.clear();
    if (!inherit(document, resolve, std::move(chain), extended, diagnostics)) {
        return std::nullopt;
    }
    settle_vector_rates(document, diagnostics);
    for (const ProfileOverride& each : overrides) {
        set(document, each, diagnostics);
    }
    document.erase("extends");
    return document;
}

std::optional<Profile> load_profile(YamlDocument document, const ProfileResolver& resolve,
                                    std::span<const ProfileOverride> overrides, Diagnostics& diagnostics) {
    const std::size_t errors_before = diagnostics.error_count();
    std::vector<std::string> extended;
    const auto resolved = resolved_profile(std::move(document), resolve, overrides, extended, diagnostics);
    const bool applied = diagnostics.error_count() == errors_before;
    if (!resolved) {
        return std::nullopt;
    }
    const YamlNode root = resolved->root(diagnostics);
    auto profile = read_profile(root);
    if (!profile || !applied) {
        return std::nullopt;
    }
    if (overrides.empty()) {  // a question about other numbers means them
        warn_of_doubtful_numbers(*profile, root);
    }
    profile->extends = std::move(extended);
    return profile;
}

std::optional<Profile> load_profile(const std::filesystem::path& path, const ProfileResolver& resolve,
                                    std::span<const ProfileOverride> overrides, Diagnostics& diagnostics) {
    auto document = YamlDocument::load(path, diagnostics);
    return document ? load_profile(std::move(*document), resolve, overrides, diagnostics) : std::nullopt;
}

}  // namespace berth
