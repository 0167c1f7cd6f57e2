// Names as reports print them.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "berth/evaluation.h"
#include "berth/scenario.h"

namespace berth {

/// A device's name; an id outside the list is a std::logic_error.
[[nodiscard]] const std::string& device_name(std::span<const std::string> devices, DeviceId id);

/// `layer.0` of `layer.0.attention.query`; of a name without a number, what stands before the first dot.
[[nodiscard]] std::string_view block_of(std::string_view name);

/// `attention.query` of `layer.0.attention.query`: what identical operators of all blocks share.
[[nodiscard]] std::string name_in_block(std::string_view name);

/// Letters, digits and dashes: what a file may be called whatever a stage is.
[[nodiscard]] std::string file_stem(std::string_view name);

/// `STAGE/attention.query`: what pictures and tables of a page know these operators by.
[[nodiscard]] std::string operator_key(std::string_view stage, std::string_view name);

/// The scenario's stage of that name, or null.
[[nodiscard]] const Stage* stage_named(const Scenario& scenario, std::string_view name);

/// `npu`, or `split by operator` for what runs on several devices.
[[nodiscard]] std::string placement_name(const Candidate& candidate);

/// `rerank on npu`, or `rerank, split by operator`.
[[nodiscard]] std::string stage_placed(std::string_view stage, const Candidate& candidate);

/// Time of a placement in operators of one category.
[[nodiscard]] Time time_in(const Candidate& candidate, Category category);

/// The bound under which most of the time is spent, with its share: "dram 64%"; "-" without operators.
[[nodiscard]] std::string main_bound(const Candidate& candidate);

/// `npu.dma.setup` of `hardware.devices.npu.dma.setup`: what tells paths of one picture apart.
[[nodiscard]] std::string short_path(std::string_view path);

/// `-29%` of a change of the logarithm.
[[nodiscard]] std::string signed_percent_of_log(double log_change);

/// `5.12 requests per second`
[[nodiscard]] std::string requests_text(Frequency rate);
/// The number of it, "2.61".
[[nodiscard]] std::string per_second_text(Frequency rate);

/// The rule by which the terms of a cost make its total: `dispatch + max(compute, dram)` and the like.
[[nodiscard]] std::string rule_text(const KernelCost& cost);

/// Another answer than the total, in words: "probability of meeting the budget" for `budget_probability`. One that has
/// no words keeps its name.
[[nodiscard]] std::string answer_name(const std::string& answer);

/// `512x384x1536` and the like.
[[nodiscard]] std::string dims_text(const Dims& dims);

}  // namespace berth
