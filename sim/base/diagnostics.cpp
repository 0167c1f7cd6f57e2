// Collects input errors and prints them, sorted by place.
#include "berth/diagnostics.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

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

}  // namespace

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

std::string Diagnostics::text() const {
    std::vector<const Diagnostic*> sorted;
    sorted.reserve(all_.size());
    for (const Diagnostic& diagnostic : all_) {
        sorted.push_back(&diagnostic);
    }
    std::stable_sort(sorted.begin(), sorted.end(), [](const Diagnostic* a, const Diagnostic* b) {
        return std::tie(a->where.file_name(), a->where.line, a->where.column) <
               std::tie(b->where.file_name(), b->where.line, b->where.column);
    });
    std::string result;
    for (const Diagnostic* diagnostic : sorted) {
        result += diagnostic->text();
        result += '\n';
    }
    return result;
}

}  // namespace berth
