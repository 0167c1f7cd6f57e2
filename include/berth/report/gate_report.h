// Two revisions side by side as text, for a pull request, as JSON, as rows and for the test page of a CI service.
#pragma once

#include <string>

#include "berth/analysis/gate.h"
#include "berth/base/text_width.h"

namespace berth {

/// Whether something blocks, what changed, what else is notable, and the totals that changed.
[[nodiscard]] std::string gate_text(const GateComparison& comparison, TextWidth width = {});
/// The same in Markdown; names of files and stages are escaped.
[[nodiscard]] std::string gate_markdown(const GateComparison& comparison);
[[nodiscard]] std::string gate_json(const GateComparison& comparison);
/// CSV, a row per check.
[[nodiscard]] std::string gate_csv(const GateComparison& comparison);

/// JUnit XML: a test case per check, in a class per scenario. A blocking check is a failure; a check that exists in one
/// revision only is skipped.
[[nodiscard]] std::string gate_junit(const GateComparison& comparison);

/// The blocking checks, one sentence each.
[[nodiscard]] std::vector<std::string> gate_failures(const GateComparison& comparison);

}  // namespace berth
