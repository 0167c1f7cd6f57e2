// Changes without effect.
#include <fmt/format.h>

#include "berth/change_warnings_report.h"
#include "report/json_values.h"
#include "report/text_layout.h"

namespace berth {

std::string change_warnings_text(std::span<const ChangeWarning> warnings) {
    std::string text;
    for (const ChangeWarning& one : warnings) {
        text += wrapped(fmt::format("{}: {}.", one.path, one.text), 0);
    }
    return text;
}

Json json_warnings(std::span<const ChangeWarning> warnings) {
    Json array = Json::array();
    for (const ChangeWarning& one : warnings) {
        array.push_back({{"path", one.path}, {"text", one.text}});
    }
    return array;
}

}  // namespace berth
