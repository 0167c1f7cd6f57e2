// Models that rows of a table name.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "berth/scenario/scenario.h"
#include "calibration/measured_table.h"

namespace berth {

// Loads each model once, however many rows use it.
class ReadModels {
  public:
    explicit ReadModels(const Library& library) : library_(library) {}

    /// The model; null, with errors, if it cannot be loaded.
    [[nodiscard]] const Model* of(const MeasuredTable& table, const CsvRow& row) {
        const std::string_view name = table.text(row, "model");
        if (const auto known = models_.find(name); known != models_.end()) {
            return &known->second;
        }
        auto model = load_model(library_, name, {}, table.where(row, "model"), table.diagnostics());
        return model ? &models_.emplace(name, std::move(*model)).first->second : nullptr;
    }

  private:
    const Library& library_;
    std::map<std::string, Model, std::less<>> models_;
};

}  // namespace berth
