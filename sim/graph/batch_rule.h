// Which models take several inputs per pass.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "berth/graph/model.h"

namespace berth {

/// Whether the sizes of the model's graphs name `batch`. Those of other models, such as imports with fixed sizes, are
/// the same for every batch, so that a pass of several inputs would cost as much as one.
[[nodiscard]] bool takes_batches(const Model& model);

struct BatchRefusal {
    std::string message, expected;
};
/// Why a model cannot compute `batch` inputs in one pass; absent if it can.
[[nodiscard]] std::optional<BatchRefusal> batch_refusal(const Model& model, std::int64_t batch);

}  // namespace berth
