// The best points of a sweep and the Pareto front between its goals, as text, JSON, CSV and a picture.
#pragma once

#include <filesystem>
#include <string>

#include "berth/analysis/optimise.h"
#include "berth/base/text_width.h"
#include "berth/report/provenance.h"

namespace berth {

[[nodiscard]] std::string optimise_text(const Sweep& sweep, const OptimiseQuestion& question,
                                        const OptimiseAnswer& answer, TextWidth width = {});
[[nodiscard]] std::string optimise_json(const Sweep& sweep, const OptimiseQuestion& question,
                                        const OptimiseAnswer& answer);
/// The Pareto front as CSV: varied values, goals (a cost with a unit has it in a column `cost_unit`), and the placement
/// of each stage.
[[nodiscard]] std::string optimise_csv(const Sweep& sweep, const OptimiseQuestion& question,
                                       const OptimiseAnswer& answer);

/// `optimise.txt`, `optimise.json`, `front.csv` and, with at least two goals, the picture `front` (PNG and SVG) in a
/// folder, which exists. What cannot be written is an error.
void write_optimise(const std::filesystem::path& directory, const Sweep& sweep, const OptimiseQuestion& question,
                    const OptimiseAnswer& answer, const Provenance& provenance, Diagnostics& diagnostics);

}  // namespace berth
