// Sensitivities of a scenario's answer as text, JSON and a picture.
#pragma once

#include <filesystem>
#include <string>

#include "berth/analysis/sensitivity.h"
#include "berth/base/text_width.h"
#include "berth/report/provenance.h"

namespace berth {

[[nodiscard]] std::string sensitivity_text(const Sensitivity& sensitivity, TextWidth width = {});
/// `scenario`, `total` (latency_ms, low_ms, high_ms), `decisions[]` (`stage`, `chosen`, `other`, `ratio`,
/// `probability`, `could_flip[]` of `path`, `sigmas`), `numbers[]` (`path`, `spread`, `effect`, `elasticity`) and
/// `sampled` (null, or `samples`, `probability`, latency_ms, low_ms, high_ms, `variance[]` of `path`, `first`,
/// `total`).
[[nodiscard]] std::string sensitivity_json(const Sensitivity& sensitivity);

/// `sensitivity.txt`, `sensitivity.json` and the picture `tornado` (PNG and SVG) in a folder, which exists. What cannot
/// be written is an error.
void write_sensitivity(const std::filesystem::path& directory, const Sensitivity& sensitivity,
                       const Provenance& provenance, Diagnostics& diagnostics);

}  // namespace berth
