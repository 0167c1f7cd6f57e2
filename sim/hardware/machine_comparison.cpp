// Criteria by which measurements of one machine are valid on another.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "berth/base/diagnostics.h"
#include "berth/base/quantity_text.h"
#include "berth/hardware/machine.h"

namespace berth {

namespace {

constexpr double kSameClock = 0.02;   // kernels calibrate the counter's rate at start-up
constexpr double kSameMemory = 0.10;  // firmware and kernel reserve some, depending on the version

class Comparison {
  public:
    void text(std::string_view field, const std::optional<std::string>& recorded,
              const std::optional<std::string>& here) {
        if (recorded && here && *recorded != *here) {
            note(field, *recorded, *here);
        }
    }
    void count(std::string_view field, const std::optional<int>& recorded, const std::optional<int>& here) {
        if (recorded && here && *recorded != *here) {
            note(field, fmt::format("{}", *recorded), fmt::format("{}", *here));
        }
    }
    template <class Q>
    void quantity(std::string_view field, const std::optional<Q>& recorded, const std::optional<Q>& here, double same) {
        if (recorded && here && std::abs(std::log(*here / *recorded)) > same) {
            note(field, to_text(*recorded), to_text(*here));
        }
    }
    void note(std::string_view field, std::string_view recorded, std::string_view here) {
        found_.push_back(fmt::format("{} {} there, {} here", field, recorded, here));
    }
    [[nodiscard]] std::vector<std::string> take() { return std::move(found_); }

  private:
    std::vector<std::string> found_;
};

// Words of `of` that `other` lacks.
std::string beyond(const std::vector<std::string>& of, const std::vector<std::string>& other) {
    std::vector<std::string> more;
    for (const std::string& word : of) {
        if (std::ranges::find(other, word) == other.end()) {
            more.push_back(word);
        }
    }
    return more.empty() ? "none" : fmt::format("{}", fmt::join(more, " "));
}

void compare_instructions(Comparison& comparison, const MachineDescription& recorded, const MachineDescription& here) {
    if (!recorded.instructions || !here.instructions) {
        return;
    }
    const std::string there_only = beyond(*recorded.instructions, *here.instructions);
    const std::string here_only = beyond(*here.instructions, *recorded.instructions);
    if (there_only != here_only) {
        comparison.note("further instructions", there_only, here_only);
    }
}

// Compares caches level by level: size per processor, and number of processors that share them.
void compare_caches(Comparison& comparison, const MachineDescription& recorded, const MachineDescription& here) {
    if (!recorded.caches || !here.caches) {
        return;
    }
    for (const CacheFacts& one : *recorded.caches) {
        const auto other = std::ranges::find(*here.caches, one.level, &CacheFacts::level);
        const std::string field = fmt::format("L{} cache", one.level);
        if (other == here.caches->end()) {
            comparison.note(field, to_text(one.size), "none");
        } else if (other->size != one.size) {
            comparison.note(field, to_text(one.size), to_text(other->size));
        }
    }
}

// Missing identity fields, without which two processors of one name cannot be distinguished.
std::vector<std::string> missing_identity(const MachineDescription& recorded) {
    std::vector<std::string> missing;
    for (const auto& [field, value] : {std::pair{"family", recorded.family}, std::pair{"model", recorded.model},
                                       std::pair{"stepping", recorded.stepping}}) {
        if (!value) {
            missing.emplace_back(field);
        }
    }
    return missing;
}

}  // namespace

MachineComparison compare_machines(const MachineDescription& recorded, const MachineDescription& here) {
    Comparison comparison;
    comparison.text("processor", recorded.processor, here.processor);
    comparison.text("vendor", recorded.vendor, here.vendor);
    comparison.count("family", recorded.family, here.family);
    comparison.count("model", recorded.model, here.model);
    comparison.count("stepping", recorded.stepping, here.stepping);
    compare_instructions(comparison, recorded, here);
    comparison.quantity("base clock", recorded.base_clock, here.base_clock, kSameClock);
    compare_caches(comparison, recorded, here);
    comparison.count("cores", recorded.cores, here.cores);
    comparison.count("threads per core", recorded.threads_per_core, here.threads_per_core);
    comparison.quantity("memory", recorded.memory, here.memory, kSameMemory);
    if (recorded.is_virtual && here.is_virtual && *recorded.is_virtual != *here.is_virtual) {
        const auto kind = [](bool is_virtual) { return is_virtual ? "virtual" : "real"; };
        comparison.note("machine", kind(*recorded.is_virtual), kind(*here.is_virtual));
    }
    return {comparison.take(), missing_identity(recorded)};
}

std::string machine_warning(const MachineDescription& recorded, const MachineDescription& here) {
    const MachineComparison found = compare_machines(recorded, here);
    if (found.same()) {
        return "";
    }
    std::string text = found.differences.empty() ? "its measurements may be of another machine than this one: "
                                                 : "its measurements are of another machine than this one: ";
    text += fmt::format("{}", fmt::join(found.differences, "; "));
    if (!found.not_recorded.empty()) {
        text += fmt::format("{}{} of the processor not recorded", found.differences.empty() ? "" : "; ",
                            fmt::join(found.not_recorded, ", "));
    }
    return text + ". `berth profile-host --quick --out DIR` profiles this one.";
}

}  // namespace berth
