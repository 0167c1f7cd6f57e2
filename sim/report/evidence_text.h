// Evidence behind a prediction, in words.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "berth/base/text_width.h"
#include "berth/graph/evidence.h"

namespace berth {

/// "of the time 83% was measured near these sizes, 10% at others, 7% is assumed"
[[nodiscard]] std::string evidence_phrase(const Evidence& evidence);
/// evidence_phrase() as a separate line; empty if the profile does not state what was measured.
[[nodiscard]] std::string evidence_text(const std::optional<Evidence>& evidence, TextWidth width);
/// Evidence for one operator, such as "measured near these sizes".
[[nodiscard]] std::string_view evidence_words(EvidenceKind evidence);

}  // namespace berth
