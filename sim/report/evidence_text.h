// What a prediction rests on, in words.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "berth/evidence.h"
#include "berth/text_width.h"

namespace berth {

/// "of the time 83% was measured near these sizes, 10% at others, 7% is assumed"
[[nodiscard]] std::string evidence_phrase(const Evidence& evidence);
/// The same as a line of its own; empty where the profile does not say what was measured.
[[nodiscard]] std::string evidence_text(const std::optional<Evidence>& evidence, TextWidth width);
/// "measured near these sizes" and the like, of one operator.
[[nodiscard]] std::string_view evidence_words(EvidenceKind evidence);

}  // namespace berth
