// Output formats of answers. A format needs a row in kFormatNames, a line in in_format() and, if it consists of rows,
// an entry in kAllFormats; commands state only which forms their answers have.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "berth/choice.h"

namespace berth {

struct Invocation;

enum class Format : std::uint8_t { kText, kJson, kCsv, kMarkdown };
inline constexpr std::array<Choice<Format>, 4> kFormatNames{
    {{"text", Format::kText}, {"json", Format::kJson}, {"csv", Format::kCsv}, {"markdown", Format::kMarkdown}}};

/// Formats of an answer that has rows.
inline const std::vector<Format> kAllFormats{Format::kText, Format::kJson, Format::kCsv, Format::kMarkdown};

/// Whether a format consists of rows only, with no place for provenance or notes.
[[nodiscard]] bool is_rows(const std::optional<Format>& format);

/// Generators of the forms of one answer; only the requested one is called.
struct Forms {
    std::function<std::string()> text{}, json{};
    std::function<std::string()> rows{};  ///< CSV; converted to a Markdown table unless `markdown` is set
    std::function<std::string()> markdown{};
    bool ends_with_origin = false;  ///< the text form ends with its provenance
};

/// The answer in a format. JSON starts with the provenance: the program, the command and the inputs. Without a format
/// the result is text, or rows if there is no text. A format that the answer lacks is a bug of its command.
[[nodiscard]] std::string in_format(const Forms& forms, const std::optional<Format>& format,
                                    const Invocation& invocation);

/// CSV rows as a Markdown table.
[[nodiscard]] std::string markdown_table(const std::string& csv);

}  // namespace berth
