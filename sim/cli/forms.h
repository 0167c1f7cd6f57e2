// The forms that answers come in. A format is a row of kFormatNames, a line of in_format(), and where it is made of
// rows, a word in kAllFormats; commands say only which forms their answers have.
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

/// Those of an answer that has rows.
inline const std::vector<Format> kAllFormats{Format::kText, Format::kJson, Format::kCsv, Format::kMarkdown};

/// Whether it holds rows alone, with no room for anything else.
[[nodiscard]] bool is_rows(const std::optional<Format>& format);

/// One answer, in the forms that it has; only the one that is asked for is made.
struct Forms {
    std::function<std::string()> text{}, json{};
    std::function<std::string()> rows{};  ///< CSV; as a table in Markdown, unless there is a form of its own
    std::function<std::string()> markdown{};
    bool ends_with_origin = false;  ///< text says at its end what it rests on
};

/// The answer as it is printed: JSON has the program, the command and what it rests on at its head. Text where no
/// format is asked for, or rows where there is no text. A format that the answer does not have is a fault of its
/// command.
[[nodiscard]] std::string in_format(const Forms& forms, const std::optional<Format>& format,
                                    const Invocation& invocation);

/// Rows of CSV as a table in Markdown; `|` in a cell is escaped.
[[nodiscard]] std::string markdown_table(const std::string& csv);

}  // namespace berth
