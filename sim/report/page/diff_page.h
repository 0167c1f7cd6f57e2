// HTML page that compares two scenarios.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "berth/analysis/scenario_diff.h"
#include "berth/report/provenance.h"
#include "berth/report/report.h"
#include "report/page/html_parts.h"

namespace berth {

/// Page with the change of the total, its causes, changed decisions, all differing inputs by name and value, and time
/// by class.
[[nodiscard]] std::string diff_page(const ScenarioDiff& diff, std::span<const Picture> pictures,
                                    const Provenance& provenance);

/// The sections of diff_page(), for a page with further content.
[[nodiscard]] std::vector<HtmlSection> diff_sections(const ScenarioDiff& diff, std::span<const Picture> pictures);

}  // namespace berth
