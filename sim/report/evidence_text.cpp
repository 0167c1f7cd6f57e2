// Evidence behind a prediction, in words.
#include "report/evidence_text.h"

#include <fmt/format.h>

#include "berth/base/quantity_text.h"
#include "report/text_layout.h"

namespace berth {

std::string evidence_phrase(const Evidence& evidence) {
    return fmt::format("of the time {} was measured near these sizes, {} at others, {} is assumed",
                       percent_text(evidence.near, 2), percent_text(evidence.elsewhere, 2),
                       percent_text(evidence.assumed, 2));
}

std::string evidence_text(const std::optional<Evidence>& evidence, TextWidth width) {
    return evidence ? wrapped(evidence_phrase(*evidence), 0, width) : "";
}

std::string_view evidence_words(EvidenceKind evidence) {
    switch (evidence) {
        case EvidenceKind::kNear:
            return "measured near these sizes";
        case EvidenceKind::kElsewhere:
            return "measured at other sizes or inside whole networks only";
        case EvidenceKind::kAssumed:
            break;
    }
    return "not measured";
}

}  // namespace berth
