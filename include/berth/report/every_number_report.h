// The effect of setting each number, as text, Markdown, CSV and JSON.
#pragma once

#include <string>

#include "berth/analysis/every_number.h"
#include "berth/base/text_width.h"

namespace berth {

[[nodiscard]] std::string every_number_text(const EveryNumber& every, TextWidth width);
[[nodiscard]] std::string every_number_markdown(const EveryNumber& every);
/// `path,value,set_to,total_ms,moves,said`.
[[nodiscard]] std::string every_number_csv(const EveryNumber& every);
[[nodiscard]] std::string every_number_json(const EveryNumber& every);

}  // namespace berth
