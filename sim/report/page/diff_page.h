// The page of two scenarios side by side.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "berth/provenance.h"
#include "berth/report.h"
#include "berth/scenario_diff.h"
#include "report/page/html_parts.h"

namespace berth {

/// What changed and by how much, what did it, what moved, which inputs differ by name and value, time by class.
[[nodiscard]] std::string diff_page(const ScenarioDiff& diff, std::span<const Picture> pictures,
                                    const Provenance& provenance);

/// The sections of it, for a page that shows more.
[[nodiscard]] std::vector<HtmlSection> diff_sections(const ScenarioDiff& diff, std::span<const Picture> pictures);

}  // namespace berth
