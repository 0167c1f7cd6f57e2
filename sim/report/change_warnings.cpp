// Changes without effect.
#include <fmt/format.h>

#include "berth/change_warnings_report.h"
#include "report/text_layout.h"

namespace berth {

std::string change_warnings_text(std::span<const Warning> warnings, TextWidth width) {
    std::string text;
    for (const Warning& one : warnings) {
        text += wrapped(fmt::format("{}: {}.", one.path, one.text), 0, width);
    }
    return text;
}

}  // namespace berth
