// Warnings of a result, as text.
#include <fmt/format.h>

#include "berth/report/warnings_report.h"
#include "report/text_layout.h"

namespace berth {

std::string warnings_text(std::span<const Warning> warnings, TextWidth width) {
    std::string text;
    for (const Warning& one : warnings) {
        text += wrapped(fmt::format("{}: {}.", one.path, one.text), 0, width);
    }
    return text;
}

}  // namespace berth
