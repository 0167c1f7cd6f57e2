// Collects input errors and prints them, sorted by place.
#include "berth/base/diagnostics.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "base/mapped.h"

namespace berth {

namespace {

const std::string& no_file() {
    static const std::string empty;
    return empty;
}

std::string_view severity_name(Severity severity) {
    switch (severity) {
        case Severity::kError:
            return "error";
        case Severity::kWarning:
            return "warning";
    }
    return "";
}

// Further locations are listed beside the first only if there are at most this many.
constexpr std::size_t kPlacesNamed = 3;

bool is_digit_of_index(char c) { return c >= '0' && c <= '9'; }

// Replaces the indices in paths by "#": "stages.3.tokens" becomes "stages.#.tokens", but "2.3.2" and "0.5" stay as they
// are.
std::string without_indices(std::string_view message) {
    std::string result;
    for (std::size_t at = 0; at < message.size();) {
        const bool after_name =
            at > 1 && message[at - 1] == '.' && !is_digit_of_index(message[at - 2]) && message[at - 2] != ' ';
        std::size_t end = at;
        while (after_name && end < message.size() && is_digit_of_index(message[end])) {
            ++end;
        }
        const bool whole_step = end > at && (end == message.size() ||
                                             std::string_view(".:' ").find(message[end]) != std::string_view::npos);
        if (whole_step) {
            result += '#';
            at = end;
        } else {
            result += message[at++];
        }
    }
    return result;
}

// Group key: messages with equal keys are shown as one.
std::string group_of(const Diagnostic& one) {
    return fmt::format("{}\n{}\n{}\n{}\n{}", one.where.file_name(), severity_name(one.severity),
                       without_indices(one.message), one.expected, one.suggestion);
}

bool before(const SourceLocation& a, const SourceLocation& b) {
    return std::tie(a.file_name(), a.line, a.column) < std::tie(b.file_name(), b.line, b.column);
}

std::string more(std::size_t count, std::string_view what) {
    return count == 0 ? "" : fmt::format("{} more {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

std::string RepeatedDiagnostic::text() const {
    if (also.empty()) {
        return first.text();
    }
    std::string lines;
    if (also.size() <= kPlacesNamed && first.where.line > 0) {
        auto names =
            mapped(also, [](const SourceLocation& place) { return fmt::format("{}:{}", place.line, place.column); });
        lines = fmt::format(", also at {}", fmt::join(names, ", "));
    }
    return fmt::format("{} ({} times{})", first.text(), count(), lines);
}

std::string DiagnosticSummary::rest() const {
    const std::string errors = more(errors_left, "error");
    const std::string warnings = more(warnings_left, "warning");
    if (errors.empty() && warnings.empty()) {
        return "";
    }
    return fmt::format("and {}{}{}", errors, errors.empty() || warnings.empty() ? "" : " and ", warnings);
}

SourceLocation::SourceLocation(std::string file_name, int line_number, int column_number)
    : file(std::make_shared<const std::string>(std::move(file_name))), line(line_number), column(column_number) {}

SourceLocation::SourceLocation(std::shared_ptr<const std::string> file_name, int line_number, int column_number)
    : file(std::move(file_name)), line(line_number), column(column_number) {}

const std::string& SourceLocation::file_name() const { return file ? *file : no_file(); }

SourceLocation SourceLocation::shifted(std::size_t offset) const {
    SourceLocation result = *this;
    if (result.line > 0 && result.column > 0) {
        result.column += static_cast<int>(offset);
    }
    return result;
}

std::string SourceLocation::text() const {
    if (line <= 0) {
        return file_name();
    }
    return column <= 0 ? fmt::format("{}:{}", file_name(), line) : fmt::format("{}:{}:{}", file_name(), line, column);
}

bool operator==(const SourceLocation& a, const SourceLocation& b) {
    return a.line == b.line && a.column == b.column && a.file_name() == b.file_name();
}

std::string Diagnostic::text() const {
    std::string result = where.text();
    result += fmt::format("{}{}: {}", result.empty() ? "" : ": ", severity_name(severity), message);
    if (!expected.empty() && !suggestion.empty()) {
        result += fmt::format(" (expected {}, did you mean {}?)", expected, suggestion);
    } else if (!expected.empty()) {
        result += fmt::format(" (expected {})", expected);
    } else if (!suggestion.empty()) {
        result += fmt::format(" (did you mean {}?)", suggestion);
    }
    return result;
}

void Diagnostics::error(const SourceLocation& where, std::string message, std::string expected,
                        std::string suggestion) {
    add({where, Severity::kError, std::move(message), std::move(expected), std::move(suggestion)});
}

void Diagnostics::warning(const SourceLocation& where, std::string message, std::string expected,
                          std::string suggestion) {
    add({where, Severity::kWarning, std::move(message), std::move(expected), std::move(suggestion)});
}

void Diagnostics::merge(const Diagnostics& other) {
    if (&other == this) {
        return;
    }
    const std::size_t errors = error_count_ + other.error_count_;
    for (const Diagnostic& diagnostic : other.all_) {
        add(diagnostic);
    }
    error_count_ = errors;
}

void Diagnostics::add(Diagnostic diagnostic) {
    if (diagnostic.severity == Severity::kError) {
        ++error_count_;
    }
    if (seen_.insert(diagnostic.text()).second) {
        all_.push_back(std::move(diagnostic));
    }
}

DiagnosticSummary Diagnostics::summary() const {
    std::vector<const Diagnostic*> sorted;
    sorted.reserve(all_.size());
    for (const Diagnostic& diagnostic : all_) {
        sorted.push_back(&diagnostic);
    }
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const Diagnostic* a, const Diagnostic* b) { return before(a->where, b->where); });
    std::map<std::string, std::size_t> known;
    std::vector<RepeatedDiagnostic> all;
    for (const Diagnostic* one : sorted) {
        const auto [found, is_new] = known.emplace(group_of(*one), all.size());
        if (is_new) {
            all.push_back({*one, {}});
        } else {
            all[found->second].also.push_back(one->where);
        }
    }
    DiagnosticSummary summary;
    const auto count = [&all](Severity severity) {
        return static_cast<std::size_t>(std::count_if(
            all.begin(), all.end(), [&](const RepeatedDiagnostic& each) { return each.first.severity == severity; }));
    };
    std::size_t errors = std::min(count(Severity::kError), DiagnosticSummary::kMostShown);
    std::size_t warnings = DiagnosticSummary::kMostShown - errors;
    for (RepeatedDiagnostic& each : all) {
        const bool is_error = each.first.severity == Severity::kError;
        std::size_t& room = is_error ? errors : warnings;
        if (room > 0) {
            --room;
            summary.shown.push_back(std::move(each));
        } else {
            (is_error ? summary.errors_left : summary.warnings_left) += each.count();
        }
    }
    return summary;
}

std::string Diagnostics::text() const {
    const DiagnosticSummary shown = summary();
    std::string result;
    for (const RepeatedDiagnostic& each : shown.shown) {
        result += each.text() + '\n';
    }
    const std::string rest = shown.rest();
    return rest.empty() ? result : result + rest + '\n';
}

}  // namespace berth
