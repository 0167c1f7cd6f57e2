// Output formats of answers, one row each. Commands state only which forms their answers have.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/base/choice.h"

namespace berth {

struct Invocation;

/// Generators of the forms of one answer; only the requested one is called.
struct Forms {
    std::function<std::string()> text{}, json{};
    std::function<std::string()> rows{};      ///< CSV
    std::function<std::string()> markdown{};  ///< tables of the answer's own instead of its rows
    bool ends_with_origin = false;            ///< the text form ends with its provenance
};
using Form = std::function<std::string()> Forms::*;

enum class Format : std::uint8_t { kText, kJson, kCsv, kMarkdown };

/// A format of answers that have it themselves, or of others as it is written from one of their forms.
struct FormatRow {
    std::string_view name;
    Format value;
    Form own = nullptr;
    Form from = nullptr;
    std::string (*written)(const std::string& form) = nullptr;
};

/// CSV rows as a Markdown table.
[[nodiscard]] std::string markdown_table(const std::string& csv);

inline constexpr auto kFormatNames = std::to_array<FormatRow>({
    {"text", Format::kText, &Forms::text},
    {"json", Format::kJson, &Forms::json},
    {"csv", Format::kCsv, &Forms::rows},
    {"markdown", Format::kMarkdown, &Forms::markdown, &Forms::rows, markdown_table},
});

/// Formats of an answer that has these forms.
[[nodiscard]] std::vector<Format> formats_of(const std::vector<Form>& forms);

/// Forms of an answer that has rows.
inline const std::vector<Form> kWithRows{&Forms::text, &Forms::json, &Forms::rows};

/// Whether a format consists of rows only, with no place for provenance or notes.
[[nodiscard]] bool is_rows(const std::optional<Format>& format);

/// The answer in a format. JSON starts with the provenance: the program, the command and the inputs. Without a format
/// the result is text, or rows if there is no text. A format that the answer lacks is a bug of its command.
[[nodiscard]] std::string in_format(const Forms& forms, const std::optional<Format>& format,
                                    const Invocation& invocation);

}  // namespace berth
