// Suggests the name that was probably meant.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "berth/base/diagnostics.h"

namespace berth {

namespace {

// Shorter parts are not searched for, because half of all names contain them.
constexpr std::size_t kShortestPart = 2;
constexpr std::size_t kMostHolders = 10;

char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter; }

// The text in lower case without word separators.
std::string letters_of(std::string_view text) {
    std::string result;
    for (const char letter : text) {
        if (std::string_view("-_. /").find(letter) == std::string_view::npos) {
            result += lower(letter);
        }
    }
    return result;
}

std::vector<std::string> holders_of(std::string_view part, std::span<const std::string> candidates) {
    const std::string wanted = letters_of(part);
    std::vector<std::string> holders;
    for (const std::string& candidate : candidates) {
        const bool known = std::find(holders.begin(), holders.end(), candidate) != holders.end();
        if (wanted.size() >= kShortestPart && !known && letters_of(candidate).find(wanted) != std::string::npos) {
            holders.push_back(candidate);
        }
    }
    return holders;
}

// A candidate within a small edit distance of the name.
std::string close_name(std::string_view name, std::span<const std::string> candidates) {
    std::string best;
    std::size_t best_distance = 0;
    const std::string wanted = lower_case(name);
    for (const std::string& candidate : candidates) {
        const std::size_t longest = std::max(wanted.size(), candidate.size());
        const std::size_t shortest = std::min(wanted.size(), candidate.size());
        const std::size_t limit = std::max<std::size_t>(1, (longest + 1) / 3);
        if (longest - shortest > limit) {
            continue;
        }
        const std::size_t distance = edit_distance(wanted, lower_case(candidate));
        const bool close = distance == 0 || (distance <= limit && distance < shortest);
        if (close && (best.empty() || distance < best_distance)) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

}  // namespace

std::string lower_case(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), lower);
    return result;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        last[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, substitution});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], before_last[j - 2] + 1);
            }
        }
        before_last.swap(last);
        last.swap(row);
    }
    return last[b.size()];
}

std::string nearest_name(std::string_view name, std::span<const std::string> candidates) {
    std::string close = close_name(name, candidates);
    if (!close.empty()) {
        return close;
    }
    const auto holders = holders_of(name, candidates);
    return holders.size() == 1 ? holders.front() : "";
}

std::string suggested_names(std::string_view name, std::span<const std::string> candidates) {
    std::vector<std::string> names = holders_of(name, candidates);
    const std::string close = close_name(name, candidates);
    const auto held = std::find(names.begin(), names.end(), close);
    if (!close.empty()) {
        if (held != names.end()) {
            names.erase(held);
        }
        names.insert(names.begin(), close);
    }
    if (names.size() > kMostHolders) {
        const std::size_t left = names.size() - kMostHolders;
        names.resize(kMostHolders);
        names.push_back(std::to_string(left) + " more");
    }
    return list_of(names);
}

std::optional<std::size_t> find_name(std::string_view name, std::span<const std::string> candidates) {
    const auto found = find_named(candidates, name, [](const std::string& each) -> std::string_view { return each; });
    return found == candidates.end() ? std::nullopt
                                     : std::optional(static_cast<std::size_t>(found - candidates.begin()));
}

std::string list_of(std::span<const std::string> names) {
    std::string result;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0) {
            result += i + 1 == names.size() ? " or " : ", ";
        }
        result += names[i];
    }
    return result;
}

}  // namespace berth
