// Input errors with their location in a file, collected rather than thrown, and printed one per line.
#pragma once

#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace berth {

/// A location in a file: 1-based line and column (in bytes, as compilers count); column 0 is the whole line, line 0 the
/// whole file. Cheap to copy.
struct SourceLocation {
    std::shared_ptr<const std::string> file;
    int line = 0;
    int column = 0;

    SourceLocation() = default;
    explicit SourceLocation(std::string file_name, int line_number = 0, int column_number = 0);
    SourceLocation(std::shared_ptr<const std::string> file_name, int line_number, int column_number);

    /// The file's name; empty if the location is unknown.
    [[nodiscard]] const std::string& file_name() const;
    /// The same line, `offset` columns further right; unchanged if the column is unknown.
    [[nodiscard]] SourceLocation shifted(std::size_t offset) const;
    /// `file:line:col`, leaving out what is unknown.
    [[nodiscard]] std::string text() const;
    friend bool operator==(const SourceLocation& a, const SourceLocation& b);
};

enum class Severity { kError, kWarning };

struct Diagnostic {
    SourceLocation where;
    Severity severity = Severity::kError;
    std::string message;
    std::string expected;    ///< the expected input, or empty
    std::string suggestion;  ///< a likely correction, or empty

    /// `file:line:col: error: message (expected X, did you mean Y?)`, without the unknown parts.
    [[nodiscard]] std::string text() const;
};

/// One message and its occurrences, at several places of a file or items of its lists.
struct RepeatedDiagnostic {
    Diagnostic first;                  ///< at the first location
    std::vector<SourceLocation> also;  ///< the other locations, in order
    [[nodiscard]] std::size_t count() const { return also.size() + 1; }
    /// The first diagnostic's text with the count: "... (780 times)"; few locations are named.
    [[nodiscard]] std::string text() const;
};

/// The messages that are shown of many: each once, at most kMostShown, errors before warnings where not all fit.
struct DiagnosticSummary {
    static constexpr std::size_t kMostShown = 20;
    std::vector<RepeatedDiagnostic> shown;  ///< sorted by file, line and column
    std::size_t errors_left = 0, warnings_left = 0;
    /// "and 12 more errors and 1 more warning"; empty if all are shown.
    [[nodiscard]] std::string rest() const;
};

/// All diagnostics of an input. Exact repeats are kept once.
class Diagnostics {
  public:
    void error(const SourceLocation& where, std::string message, std::string expected = "",
               std::string suggestion = "");
    void warning(const SourceLocation& where, std::string message, std::string expected = "",
                 std::string suggestion = "");
    /// Adds everything that `other` holds.
    void merge(const Diagnostics& other);

    [[nodiscard]] bool has_errors() const { return error_count_ > 0; }
    /// Errors reported so far, repeats included: a loader compares it before and after to know whether it succeeded.
    [[nodiscard]] std::size_t error_count() const { return error_count_; }
    /// Distinct diagnostics held.
    [[nodiscard]] std::size_t size() const { return all_.size(); }
    [[nodiscard]] bool empty() const { return all_.empty(); }
    /// In the order reported.
    [[nodiscard]] const std::vector<Diagnostic>& all() const { return all_; }
    /// The messages to show: those of one file that differ only in the list items they refer to count as one.
    [[nodiscard]] DiagnosticSummary summary() const;
    /// The summary, one line per message, sorted by file, line and column; equal locations keep their order.
    [[nodiscard]] std::string text() const;

  private:
    void add(Diagnostic diagnostic);

    std::vector<Diagnostic> all_;
    std::unordered_set<std::string> seen_;
    std::size_t error_count_ = 0;
};

/// Number of insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (optimal string
/// alignment, the restricted Damerau-Levenshtein distance).
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to `name`, the first of equals: within about one edit per three letters, or different only in
/// case. If none is that close, the only candidate that contains `name`; else empty.
[[nodiscard]] std::string nearest_name(std::string_view name, std::span<const std::string> candidates);

/// Suggestions for an unknown name: the nearest candidate and all that contain it, as "a, b or c". Case is ignored, and
/// so are '-', '_', '.', ' ' and '/' within names.
[[nodiscard]] std::string suggested_names(std::string_view name, std::span<const std::string> candidates);

/// The text in lower case; ASCII only, so that it depends on no locale.
[[nodiscard]] std::string lower_case(std::string_view text);
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

/// Index of the candidate called `name`: the exact one, else the only one that differs in case alone.
[[nodiscard]] std::optional<std::size_t> find_name(std::string_view name, std::span<const std::string> candidates);

/// As find_name(), for items that have a name: `find_named(profile.devices, "NPU", &Device::name)`; end() if there is
/// none.
template <class Items, class Name>
[[nodiscard]] auto find_named(Items& items, std::string_view name, Name name_of) {
    auto only = std::end(items);
    std::size_t alike = 0;
    for (auto item = std::begin(items); item != std::end(items); ++item) {
        const std::string_view its = std::invoke(name_of, *item);
        if (its == name) {
            return item;
        }
        if (equal_ignoring_case(its, name)) {
            only = item;
            ++alike;
        }
    }
    return alike == 1 ? only : std::end(items);
}

/// "a, b or c", for messages that list what is possible.
[[nodiscard]] std::string list_of(std::span<const std::string> names);

}  // namespace berth
