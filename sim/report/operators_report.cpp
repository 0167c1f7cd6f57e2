// The operators of one placement, one line each.
#include <fmt/format.h>

#include <string>

#include "base/mapped.h"
#include "berth/base/quantity_text.h"
#include "berth/report/report.h"
#include "report/evidence_text.h"
#include "report/json_values.h"
#include "report/names.h"
#include "report/sections.h"
#include "report/text_layout.h"

namespace berth {

namespace {

/// Note on an operator that is fused into another kernel, or moved because its device cannot run it.
std::string note(const OperatorResult& op) {
    if (!op.fused_into.empty()) {
        return "fused into " + op.fused_into;
    }
    return op.fell_back ? "fell back: " + op.reason : op.reason;
}

std::string listed_text(const Candidate& candidate) {
    if (const auto& chunk = candidate.listed_chunk) {
        return fmt::format(" of one of {} chunks of the prompt ({} tokens behind {})", chunk->chunks, chunk->tokens,
                           chunk->context);
    }
    return candidate.generation ? " of a step" : " of one input length";
}

}  // namespace

TextTable operator_table(const Candidate& candidate, std::span<const std::string> devices) {
    TextTable table{left(Fit::kShorten, "operator"),   left(Fit::kOptional, "op"), left("device", "dtype"),
                    right(Fit::kOptional, "start ms"), right("us", "share"),       left("bound"),
                    right("MMAC", "DRAM KiB")};
    Time sum = sum_of<Time>(candidate.operators, &OperatorResult::latency);
    for (const OperatorResult& op : candidate.operators) {
        const std::string mark = note(op).empty() ? "" : " +";
        table.row({op.name + mark, std::string(traits(op.kind).name), device_name(devices, op.device),
                   std::string(choice_name(kDTypeNames, op.ran_at)), fmt::format("{:.3f}", in_milliseconds(op.start)),
                   fmt::format("{:.1f}", in_microseconds(op.latency)),
                   sum > Time{} ? fmt::format("{:.1f}%", 100 * (op.latency / sum)) : "",
                   std::string(choice_name(kBoundNames, op.bound)), number_text(in_operations(op.macs) / 1e6, 4),
                   fmt::format("{:.1f}", in_bytes(op.dram_bytes) / 0x1p10)});
    }
    return table;
}

std::string operators_text(std::string_view stage, const Candidate& candidate, std::span<const std::string> devices,
                           TextWidth width) {
    const TextTable table = operator_table(candidate, devices);
    std::string notes;
    for (const OperatorResult& op : candidate.operators) {
        if (!note(op).empty()) {
            notes += wrapped(fmt::format("+ {}: {}", op.name, note(op)), 0, width);
        }
    }
    const std::string handover =
        candidate.handover > Time{} ? fmt::format(", of which {} for hand-overs", brief(candidate.handover)) : "";
    // Of several input lengths, or of an answer, one pass is listed; operators that overlap are no sum.
    constexpr double kOther = 0.005;
    const Time sum = sum_of<Time>(candidate.operators, &OperatorResult::latency);
    const Time mean = candidate.latency.median;
    const bool one_of_several = candidate.tasks.empty() && (sum > mean * (1 + kOther) || sum < mean * (1 - kOther));
    const std::string listed = listed_text(candidate);
    const std::string_view all = !candidate.generation        ? "on average of all lengths"
                                 : candidate.generation->step ? "the whole answer takes"
                                                              : "the whole prompt takes";
    const std::string title =
        one_of_several ? fmt::format("{}: {} operators{}, {}; {} {}{}", stage_placed(stage, candidate),
                                     candidate.operators.size(), listed, brief(sum), all, brief(mean), handover)
                       : fmt::format("{}: {} operators, {}{}", stage_placed(stage, candidate),
                                     candidate.operators.size(), brief(mean), handover);
    return wrapped(title, 0, width) + evidence_text(candidate.uncertainty.evidence, width) + "\n" +
           table.text(0, width) + (notes.empty() ? "" : "\n" + notes);
}

std::string operators_json(std::string_view stage, const Candidate& candidate, std::span<const std::string> devices,
                           std::string_view runtime) {
    Json object = json_placed_stage(stage, candidate, runtime);
    add_evidence(object, candidate.uncertainty.evidence);
    object["operators_of"] = listed_pass(candidate);
    object["operators"] = json_operators(candidate.operators, devices);
    return json_document(object);
}

}  // namespace berth
