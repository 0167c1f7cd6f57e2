// What a search for crossovers found, for people and for programs.
#pragma once

#include <string>

#include "berth/crossover.h"

namespace berth {

[[nodiscard]] std::string crossover_text(const CrossoverQuestion& question, const CrossoverAnswer& answer);
/// `stage`, `path`, `between`, `crossings[]` (`below`, `above`, `faster_below`, `faster_above`, `sure_below`,
/// `sure_above`) and `points[]` (`value`, `DEVICE_ms` twice, `probability` that the first is faster, `why_not`).
[[nodiscard]] std::string crossover_json(const CrossoverQuestion& question, const CrossoverAnswer& answer);

}  // namespace berth
