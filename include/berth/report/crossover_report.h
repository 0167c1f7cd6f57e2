// Results of a search for crossovers as text, JSON, CSV and pictures.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "berth/analysis/crossover.h"
#include "berth/base/text_width.h"
#include "berth/report/provenance.h"

namespace berth {

[[nodiscard]] std::string crossover_text(const CrossoverQuestion& question, const CrossoverAnswer& answer,
                                         TextWidth width = {});
/// `stage`, `path`, `between`, `crossings[]` (`below`, `above`, `faster_below`, `faster_above`, `sure_below`,
/// `sure_above`) and `points[]` (`value`, `DEVICE_ms`, `DEVICE_low_ms` and `DEVICE_high_ms` twice, `probability` that
/// the first is faster, `why_not`).
[[nodiscard]] std::string crossover_json(const CrossoverQuestion& question, const CrossoverAnswer& answer);
/// One row per point: its value under the path, and the other names of `points[]`.
[[nodiscard]] std::string crossover_csv(const CrossoverQuestion& question, const CrossoverAnswer& answer);

/// A reference curve over the same path, from another source: measured, fitted, published.
struct CurveBeside {
    std::string name;
    std::vector<std::pair<double, Time>> points;  ///< ascending values, in the unit of the range
};
/// `crossover.txt`, `crossover.json`, `crossover.csv` and the picture `crossover` (PNG and SVG) in a folder, which
/// exists: both curves with their intervals, those beside them, and where the faster one is not sure. What cannot be
/// written is an error.
void write_crossover(const std::filesystem::path& directory, const CrossoverQuestion& question,
                     const CrossoverAnswer& answer, std::span<const CurveBeside> beside, const Provenance& provenance,
                     Diagnostics& diagnostics);

/// The map as letters, one per pair of values, with the values of `up` at which the faster device changes.
[[nodiscard]] std::string crossover_map_text(const CrossoverMap& map, TextWidth width = {});
/// `stage`, `across`, `up` (`path`, `values[]`), `between`, `faster[][]` (row by row; null: not both run there) and the
/// times, `DEVICE_ms[][]`.
[[nodiscard]] std::string crossover_map_json(const CrossoverMap& map);
/// One row per pair: both values, `DEVICE_ms` twice, `faster`, `why_not`.
[[nodiscard]] std::string crossover_map_csv(const CrossoverMap& map);

/// `crossover.txt`, `crossover.json`, `crossover.csv` and the picture `crossover-map` (PNG and SVG) in a folder, which
/// exists. What cannot be written is an error.
void write_crossover_map(const std::filesystem::path& directory, const CrossoverMap& map, const Provenance& provenance,
                         Diagnostics& diagnostics);

}  // namespace berth
