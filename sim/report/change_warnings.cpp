// Changes without effect.
#include <fmt/format.h>

#include "berth/change_warnings_report.h"
#include "report/text_layout.h"

namespace berth {

std::string change_warnings_text(std::span<const Warning> warnings) {
    std::string text;
    for (const Warning& one : warnings) {
        text += wrapped(fmt::format("{}: {}.", one.path, one.text), 0);
    }
    return text;
}

}  // namespace berth
