// Input errors with their place in a file, collected rather than thrown, and printed one per line.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace berth {

/// A place in a file: 1-based line and column (in bytes, as compilers count); column 0 is the whole line, line 0 the
/// whole file. Cheap to copy.
struct SourceLocation {
    std::shared_ptr<const std::string> file;
    int line = 0;
    int column = 0;

    SourceLocation() = default;
    explicit SourceLocation(std::string file_name, int line_number = 0, int column_number = 0);
    SourceLocation(std::shared_ptr<const std::string> file_name, int line_number, int column_number);

    /// The file's name, empty if the place is unknown.
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
    std::string expected;    ///< what would have been right, or empty
    std::string suggestion;  ///< a likely correction, or empty

    /// `file:line:col: error: message (expected X, did you mean Y?)`, each part only where it is known.
    [[nodiscard]] std::string text() const;
};

/// Everything that is wrong with an input. Exact repeats are kept once.
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
    /// One line each, sorted by file, line and column; equal places keep their order.
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

/// The candidate most like `name`, the first of equals; empty if none is close (about one edit per three letters;
/// a difference in upper and lower case alone is always close).
[[nodiscard]] std::string nearest_name(std::string_view name, std::span<const std::string> candidates);

/// "a, b or c", for messages that list what is possible.
[[nodiscard]] std::string list_of(std::span<const std::string> names);

}  // namespace berth
