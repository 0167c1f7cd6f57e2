// Writes a fit as a profile that extends the initial one.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/yaml_text.h"
#include "berth/base/quantity_text.h"
#include "berth/calibration/calibration.h"

namespace berth {

namespace {

/// A nested map, in order of first mention.
struct Branch {
    std::string key, value;
    std::vector<Branch> children;

    Branch& at(const std::string& path) {
        const std::size_t dot = path.find('.');
        const std::string step = path.substr(0, dot);
        auto found =
            std::find_if(children.begin(), children.end(), [&step](const Branch& child) { return child.key == step; });
        if (found == children.end()) {
            children.push_back({step, "", {}});
            found = children.end() - 1;
        }
        return dot == std::string::npos ? *found : found->at(path.substr(dot + 1));
    }

    void write(std::string& text, std::size_t indent) const {
        for (const Branch& child : children) {
            text += fmt::format("{}{}:", std::string(indent, ' '), child.key);
            if (child.children.empty()) {
                text += (child.value.starts_with('\n') ? "" : " ") + child.value + "\n";
            } else {
                text += "\n";
                child.write(text, indent + 2);
            }
        }
    }
};

// In the form that the reader expects: bandwidths of cores are marked as such, and relative numbers stay relative.
std::string value_text(const FittedParameter& one) {
    const double share = one.base.empty() ? 0 : one.share * one.after / one.before;
    std::string text = one.base.empty()
                           ? quantity_text(one.after, one.dimension)
                           : fmt::format("{} of {}", relative_share_text(share, one.per_cycle, 4), one.base);
    const bool of_core = one.path.starts_with("devices.") && one.path.ends_with(".bandwidth");
    return of_core ? text + " per core" : text;
}

std::string entry(const FittedParameter& one, std::string_view kind, const std::string& source) {
    return fmt::format("{{value: {}, spread: {}, kind: {}, source: {}}}", value_text(one),
                       percent_text(one.spread_after, 2), kind, yaml_scalar(source));
}

std::string share_before(const FittedParameter& one, int digits) {
    return fmt::format("{} of {}", relative_share_text(one.share, one.per_cycle, digits), one.base);
}

std::string value_before(const FittedParameter& one) {
    const std::string value = one.base.empty() ? quantity_text(one.before, one.dimension) : share_before(one, 4);
    return fmt::format("{} ± {}", value, percent_text(one.spread_before, 2));
}

// The source as the profile states it: readers put the share of a relative number before it, with six digits.
std::string own_source(const FittedParameter& one) {
    const std::string share = one.base.empty() ? "" : share_before(one, 6);
    if (share.empty() || !one.source.starts_with(share)) {
        return one.source;
    }
    const std::string rest = one.source.substr(share.size());
    return rest.starts_with("; ") ? rest.substr(2) : rest;
}

// Source of a number that rows moved without determining it: what it rested on before still counts.
std::string moved_source(const std::string& before, const std::string& value, const std::string& rows,
                         std::string_view why) {
    return fmt::format("{}{}{} before {}, {}", before, before.empty() ? "" : "; ", value, rows, why);
}

// A fitted number. Only one that the rows determine is calibrated: the value and the spread of the others are what the
// rows leave of what was believed, so that all numbers together predict as the fit did, but they rest on that belief.
std::string fitted_entry(const FittedParameter& one, const std::string& rows) {
    if (!one.fitted) {
        return entry(one, choice_name(kOriginNames, one.origin), one.source);
    }
    if (one.determined) {
        return entry(one, choice_name(kOriginNames, Origin::kCalibrated), rows);
    }
    return entry(one, choice_name(kOriginNames, one.origin),
                 moved_source(own_source(one), value_before(one), rows, "whose rows hardly determine it"));
}

std::string error_entry(const FittedError& one, const std::string& rows) {
    const std::string source = one.of_rows ? rows + ", each shape predicted without itself"
                                           : moved_source(one.before.source, percent_text(one.before.value, 2), rows,
                                                          "scaled with the classes that its rows have");
    return fmt::format("{{value: {}, kind: {}, source: {}}}", percent_text(one.after, 2),
                       choice_name(kOriginNames, one.of_rows ? Origin::kCalibrated : one.before.origin),
                       yaml_scalar(source));
}

std::string links_text(const Calibration& calibration, const std::string& source) {
    std::string text = calibration.links.empty() ? "" : "links:\n";
    for (const FittedLink& link : calibration.links) {
        text += fmt::format("  - between: [{}, {}]\n", yaml_scalar(link.a), yaml_scalar(link.b));
        for (const FittedParameter& one : link.numbers) {
            text += fmt::format("    {}: {}\n", one.path, fitted_entry(one, source));
        }
    }
    return text;
}

// Source text of a number that has yielded: its previous value, and the number that it yielded to.
std::string following_source(const FollowingNumber& one) {
    return fmt::format("{} {}; {} before", one.after > one.before ? "no less than" : "no more than", one.because_of,
                       quantity_text(one.before, one.dimension));
}

// One measured kind per line: `{op: add, dtype: fp16, cores: 3, sizes: [[1, 128], [64, 8192], [64, 1048576]]}`.
std::string evidence_yaml(const std::vector<MeasuredKind>& evidence) {
    std::string text;
    for (const MeasuredKind& one : evidence) {
        std::vector<std::string> ranges;
        for (const SizeRange& range : one.ranges) {
            ranges.push_back(fmt::format("[{}, {}]", range.least, range.most));
        }
        const std::string sizes = ranges.empty() ? "" : fmt::format(", sizes: [{}]", fmt::join(ranges, ", "));
        const std::string form = one.form == EvidenceForm::kPlain
                                     ? ""
                                     : fmt::format(", form: {}", choice_name(kEvidenceFormNames, one.form));
        const std::string cores = one.most_cores > 0 ? fmt::format(", cores: {}", one.most_cores) : "";
        text += fmt::format("\n      - {{op: {}, dtype: {}{}{}{}}}", choice_name(operator_names(), one.kind),
                            choice_name(kDTypeNames, one.dtype), form, cores, sizes);
    }
    return text.empty() ? "[]" : text;
}

std::string clocks_text(const std::vector<Frequency>& clocks) {
    std::vector<std::string> texts;
    for (const Frequency clock : clocks) {
        texts.push_back(to_text(clock));
    }
    return fmt::format("[{}]", fmt::join(texts, ", "));
}

// Rounds to thousandths; adding 0.0 avoids a negative zero.
double rounded(double correlation) { return std::round(correlation * 1000) / 1000 + 0.0; }

// Numbers with a smaller absolute correlation count as uncorrelated.
constexpr double kApart = 0.3;

double correlation(const Calibration& calibration, std::size_t a, std::size_t b) {
    const std::size_t count = calibration.parameters.size();
    const auto at = [&](std::size_t i, std::size_t j) { return calibration.covariance[i * count + j]; };
    return at(a, b) / std::sqrt(at(a, a) * at(b, b));
}

// Fitted numbers that are correlated with another one, so that the rows do not identify them separately.
std::vector<std::size_t> going_together(const Calibration& calibration) {
    std::vector<std::size_t> found;
    const std::size_t count = calibration.parameters.size();
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t j = 0; j < count; ++j) {
            if (j != i && std::abs(correlation(calibration, i, j)) >= kApart) {
                found.push_back(i);
                break;
            }
        }
    }
    return found;
}

std::string correlations_text(const Calibration& calibration) {
    const auto together = going_together(calibration);
    if (together.empty()) {
        return "";
    }
    std::string of;
    std::string rows;
    for (std::size_t i = 0; i < together.size(); ++i) {
        of += fmt::format("    - {}\n", calibration.parameters[together[i]].path);
        std::vector<std::string> row;
        for (std::size_t j = 0; j < i; ++j) {
            row.push_back(fmt::format("{:.3g}", rounded(correlation(calibration, together[i], together[j]))));
        }
        rows += i > 0 ? fmt::format("    - [{}]\n", fmt::join(row, ", ")) : "";
    }
    return fmt::format("correlations:\n  of:\n{}  rows:\n{}", of, rows);
}

}  // namespace

std::string calibrated_profile(const Calibration& calibration, const ProfileText& text) {
    const std::string& source = text.source;
    const std::string probes = source + ", probes of memory";
    Branch root;
    for (const ProfileOverride& setting : text.settings) {
        root.at(setting.path).value = setting.value;
    }
    for (const FittedParameter& one : calibration.probed) {
        root.at(one.path).value = entry(one, "measured", probes);
    }
    for (FittedParameter one : calibration.parameters) {
        if (one.path.starts_with("links.")) {
            continue;
        }
        const bool probed =
            std::ranges::find(calibration.probed, one.path, &FittedParameter::path) != calibration.probed.end();
        one.source = probed ? probes : one.source;
        root.at(one.path).value = fitted_entry(one, source);
    }
    for (const FollowingNumber& one : calibration.following) {
        root.at(one.path).value = entry({one.path, one.dimension, one.before, one.spread, one.after, one.spread, false,
                                         one.base, one.share, one.per_cycle},
                                        choice_name(kOriginNames, one.origin), following_source(one));
    }
    for (const FittedClocks& list : calibration.clocks) {
        root.at(list.path).value = clocks_text(list.clocks);
    }
    for (const FittedDevice& device : calibration.devices) {
        for (const FittedError& one : device.errors) {
            root.at(fmt::format("devices.{}.error.{}", device.name, choice_name(kErrorClassNames, one.of))).value =
                error_entry(one, source);
        }
        root.at(fmt::format("devices.{}.evidence", device.name)).value = evidence_yaml(device.evidence);
    }
    std::string yaml = fmt::format("profile: {}\nextends: {}\n", yaml_scalar(text.name), yaml_scalar(text.base));
    if (!text.description.empty()) {
        yaml += fmt::format("description: {}\n", yaml_scalar(text.description));
    }
    if (text.machine) {
        yaml += machine_yaml(*text.machine);
    }
    root.write(yaml, 0);
    return yaml + links_text(calibration, source) + correlations_text(calibration);
}

}  // namespace berth
