// Names as reports print them.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "berth/evaluation/evaluation.h"
#include "berth/scenario/scenario.h"

namespace berth {

/// A device's name; an id outside the list is a std::logic_error.
[[nodiscard]] const std::string& device_name(std::span<const std::string> devices, DeviceId id);

/// `layer.0` for `layer.0.attention.query`; for a name without a number, the part before the first dot.
[[nodiscard]] std::string_view block_of(std::string_view name);

/// `attention.query` for `layer.0.attention.query`: the name that corresponding operators of all blocks share.
[[nodiscard]] std::string name_in_block(std::string_view name);

/// A name as a file name of letters, digits and dashes only, since stage names may hold any character.
[[nodiscard]] std::string file_stem(std::string_view name);

/// `STAGE/attention.query`: the key that links operators between the pictures and tables of a page.
[[nodiscard]] std::string operator_key(std::string_view stage, std::string_view name);

/// `rerank on npu`, or `rerank, split by operator`.
[[nodiscard]] std::string stage_placed(std::string_view stage, const Candidate& candidate);

/// Time that a placement spends in operators of one category.
[[nodiscard]] Time time_in(const Candidate& candidate, Category category);

/// Pass whose operators a candidate lists: "step", "prompt", "512 tokens behind 6912, one of 16 chunks", "input".
[[nodiscard]] std::string listed_pass(const Candidate& candidate);

/// Behind a rate of tokens where answers are generated together: " in each of 4 answers, 10.8 in all"; else empty.
[[nodiscard]] std::string rate_of_batch(const GenerationResult& generation);

/// The bound with the largest share of the time of all passes, and that share: "dram 64%"; "-" without operators.
[[nodiscard]] std::string main_bound(const Candidate& candidate);

/// `npu.dma.setup` for `hardware.devices.npu.dma.setup`: the distinguishing part of a path, for pictures.
[[nodiscard]] std::string short_path(std::string_view path);

/// A change of the logarithm as a signed percentage, such as `-29%`.
[[nodiscard]] std::string signed_percent_of_log(double log_change);

/// `5.12 requests per second`
[[nodiscard]] std::string requests_text(Frequency rate);
/// The number alone, without the unit: "2.61".
[[nodiscard]] std::string per_second_text(Frequency rate);

/// Time of a further token with its interval; the stage must have one.
[[nodiscard]] Estimate<Time> step_estimate(const GenerationResult& generation);
/// Tokens per second at a time per token, "12.3"; "-" for no time.
[[nodiscard]] std::string token_rate_text(Time token);
/// The interval of that rate, "10.1-14.9": the reverse of the times'.
[[nodiscard]] std::string token_rate_range(const Estimate<Time>& token);

/// The rule that combines the terms of a cost into its total, such as `dispatch + max(compute, dram)`.
[[nodiscard]] std::string rule_text(const KernelCost& cost);

/// Time of an operator's kernels other than the one that represents it; conversions of dtypes excepted.
[[nodiscard]] Time further_time(const OperatorResult& op);

/// Dimensions such as `512x384x1536`.
[[nodiscard]] std::string dims_text(const Dims& dims);

}  // namespace berth
