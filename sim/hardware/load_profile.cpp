// Loads profile files: `extends:`, overrides, and the search path of other profiles.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <system_error>
#include <utility>

#include "berth/base/quantity_text.h"
#include "berth/hardware/load_profile.h"
#include "berth/hardware/profile.h"
#include "hardware/former_keys.h"
#include "hardware/profile_reading.h"

namespace berth {

namespace {

constexpr const char* kNobody = "";                           // origin of a number that is derived rather than written
constexpr const char* kArray = "matrix.macs_per_cycle.int8";  // below a device
constexpr int kShareDigits = 12;                              // with which a share comes to its number again

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

/// A rate of element-wise work: its path and the number there.
struct VectorRateNode {
    std::string device, path;
    YamlNode number;
};

// Rates per cycle of all vector units: those of each class, and that of score elements.
std::vector<VectorRateNode> vector_rates(const YamlNode& root) {
    std::vector<VectorRateNode> rates;
    const auto add = [&rates](const std::string& device, const std::string& below, const YamlNode& node) {
        if (const auto rate = node.is_map() ? node.find("per_cycle") : std::nullopt; rate && rate->is_map()) {
            rates.push_back({device, fmt::format("devices.{}.{}.per_cycle.value", device, below), *rate});
        }
    };
    const auto devices = root.find("devices");
    for (const YamlEntry& device : devices ? devices->entries() : std::vector<YamlEntry>{}) {
        const auto vector = device.value.find("vector");
        for (const YamlEntry& one : vector && vector->is_map() ? vector->entries() : std::vector<YamlEntry>{}) {
            add(device.key, fmt::format("vector.{}", one.key), one.value);
        }
        if (const auto attention = device.value.find("attention")) {
            add(device.key, "attention", *attention);
        }
    }
    return rates;
}

void put(YamlDocument& document, const std::string& path, const std::string& value, const SourceLocation& where,
         Diagnostics& diagnostics) {
    const auto text = YamlDocument::parse(value, path, diagnostics);
    static_cast<void>(document.set(path, text->root(diagnostics), where, diagnostics, kNobody));
}

// Writes the vector rates of a chip as shares of its array, as archetypes have them: chips of a kind have arrays and
// vector units in proportion, so those of a chip with another array follow it.
void follow_array(YamlDocument& base, Diagnostics& diagnostics) {
    for (const VectorRateNode& rate : vector_rates(base.root(diagnostics))) {
        const auto number = parse_quantity(scalar_below(rate.number, "value"));
        const std::string path = fmt::format("devices.{}.{}", rate.device, kArray);
        const auto stated = base.text_at(path + ".value");
        const auto array = parse_quantity(stated ? *stated : base.text_at(path).value_or(""));
        const auto* elements = std::get_if<ParsedQuantity>(&number);
        const auto* macs = std::get_if<ParsedQuantity>(&array);
        if (elements != nullptr && macs != nullptr && macs->value > 0) {
            const std::string share = percent_text(elements->value / macs->value, kShareDigits);
            put(base, rate.path, fmt::format("{} of {}", share, kArray), rate.number.where(), diagnostics);
        }
    }
}

/// Size of an array in MACs of one byte, as a factor of its rate at the dtype.
struct ArraySize {
    std::string_view dtype;
    double bytes = 0;
};

// By the first dtype that the array multiplies.
std::optional<ArraySize> size_of_array(const YamlNode& device) {
    const auto rates = array_rates_below(device);
    for (const auto& row : kDTypeNames) {
        const auto rate = entry_below(rates, row.name);
        if (rate && !says_none(*rate)) {
            return ArraySize{row.name, in_bytes(element_size(row.value))};
        }
    }
    return std::nullopt;
}

// Vector rates that are shares of an int8 array which this chip has not (`int8: none`) become shares of the array that
// it has: one MAC of 16 bits takes the array of two of 8 bits, one of 4 bits that of half.
void follow_array_of_another_dtype(YamlDocument& document, Diagnostics& diagnostics) {
    const YamlNode root = document.root(diagnostics);
    for (const VectorRateNode& rate : vector_rates(root)) {
        const std::string device = "devices." + rate.device;
        const auto relative = parse_relative(scalar_below(rate.number, "value"));
        const auto* share = relative ? std::get_if<RelativeText>(&*relative) : nullptr;
        const bool absent = document.text_at(fmt::format("{}.{}", device, kArray)) == std::string(kNotMultiplied);
        const auto other = absent ? size_of_array(root.require("devices").require(rate.device)) : std::nullopt;
        if (share != nullptr && share->base == kArray && other) {
            const std::string alike = percent_text(share->share * other->bytes, kShareDigits);
            put(document, rate.path, fmt::format("{} of matrix.macs_per_cycle.{}", alike, other->dtype),
                rate.number.where(), diagnostics);
        }
    }
}

// The clock of the memory is the state of the boards that were measured; bandwidths hold at the rated one.
void forget_memory_state(YamlDocument& base, Diagnostics& diagnostics) {
    const auto memory = base.root(diagnostics).find("memory");
    const auto dram = memory && memory->is_map() ? memory->find("dram") : std::nullopt;
    const auto clock = dram && dram->is_map() ? dram->find("clock") : std::nullopt;
    if (clock && clock->is_map() && dram->find("rated_clock")) {
        put(base, "memory.dram.clock.value", "100% of rated_clock", clock->where(), diagnostics);
    }
}

// Converts inherited vector rates from shares of the array to numbers. A chip that is being described has its vector
// unit sized with the array, as chips do; once described, a what-if question about its array, or a variant of it with
// another one, does not change the vector unit.
void settle_vector_rates(YamlDocument& document, Diagnostics& diagnostics) {
    Diagnostics ignored;
    follow_array_of_another_dtype(document, ignored);
    for (const VectorRateNode& rate : vector_rates(document.root(ignored))) {
        const auto written = rate.number.find("value");
        const auto relative = parse_relative(scalar_below(rate.number, "value"));
        const auto* share = relative ? std::get_if<RelativeText>(&*relative) : nullptr;
        if (share == nullptr || share->per_cycle || scalar_below(rate.number, "kind") != "inherited") {
            continue;
        }
        if (const auto number = written->parameter<double>()) {
            put(document, rate.path, number_text(number->value), rate.number.where(), diagnostics);
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
        warn_of_other_silicon(root, *name, base->root(diagnostics));
        if (of_another_chip(root, base->root(diagnostics))) {
            base->mark_inherited(*name);
            forget_evidence(*base, diagnostics);
            if (stated_at(base->root(diagnostics), "archetype") != "true") {
                follow_array(*base, diagnostics);
                forget_memory_state(*base, diagnostics);
            }
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

std::filesystem::path real(const std::filesystem::path& path) {
    std::error_code failure;
    const auto found = std::filesystem::weakly_canonical(std::filesystem::absolute(path, failure), failure);
    return failure ? path : found;
}

// Steps of the path from `directory` down to `folder`; absent if it is not in there.
std::optional<std::ptrdiff_t> steps_below(const std::filesystem::path& directory, const std::filesystem::path& folder) {
    const auto [left, rest] = std::ranges::mismatch(directory, folder);
    return left == directory.end() ? std::optional(std::distance(rest, folder.end())) : std::nullopt;
}

// The directories where names in a file are searched: that which holds the file and those after it, so that the file
// means the same profiles whatever stands beside a profile that extends it. A file that none of them holds means all.
std::vector<std::filesystem::path> seen_from(const std::string& file,
                                             const std::vector<std::filesystem::path>& directories) {
    const std::filesystem::path folder = real(std::filesystem::path(file)).parent_path();
    auto from = directories.begin();
    std::optional<std::ptrdiff_t> nearest;
    for (auto each = directories.begin(); each != directories.end(); ++each) {
        const auto steps = steps_below(real(*each), folder);
        if (steps && (!nearest || *steps < *nearest)) {
            nearest = steps;
            from = each;
        }
    }
    return {from, directories.end()};
}

// A file beside the one that names it, or a part of the profiles in one of the directories.
std::optional<std::filesystem::path> file_named(const std::string& name, const SourceLocation& where,
                                                const std::vector<std::filesystem::path>& directories) {
    if (!name.ends_with(".yaml")) {
        return std::nullopt;
    }
    std::vector<std::filesystem::path> found{std::filesystem::path(where.file_name()).parent_path() / name};
    std::ranges::transform(directories, std::back_inserter(found), [&](const auto& each) { return each / name; });
    std::error_code ignored;
    const auto file =
        std::ranges::find_if(found, [&](const auto& each) { return std::filesystem::is_regular_file(each, ignored); });
    return file == found.end() ? std::nullopt : std::optional(*file);
}

}  // namespace

ProfileResolver profiles_in(std::vector<std::filesystem::path> directories, ReadDocument read) {
    return [directories = std::move(directories), read = std::move(read)](
               const std::string& name, const SourceLocation& where,
               Diagnostics& diagnostics) -> std::optional<YamlDocument> {
        const auto seen = seen_from(where.file_name(), directories);
        if (const auto file = file_named(name, where, seen)) {
            return read(*file, diagnostics);
        }
        const auto searched = with_archetypes(seen);
        for (const auto& directory : searched) {
            const auto names = profile_names(directory);
            if (const auto found = find_name(name, names)) {
                auto document = read(directory / (names[*found] + ".yaml"), diagnostics);
                if (!document || is_profile(*document)) {
                    return document;
                }
            }
        }
        auto known = known_profiles(searched, read);
        // A profile does not extend itself.
        std::erase(known, std::filesystem::path(where.file_name()).stem().string());
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
    warn_of_large_tiles(*profile, root);
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
