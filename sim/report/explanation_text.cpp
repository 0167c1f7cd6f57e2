// An explanation as text and as JSON.
#include <fmt/format.h>

#include <set>

#include "berth/base/quantity_text.h"
#include "report/explanation.h"
#include "report/text_layout.h"

namespace berth {

namespace {

std::string bound_text(const Explanation& explanation) {
    const std::string_view bound = choice_name(kBoundNames, explanation.cost.bound);
    const DecidingTime& deciding = explanation.deciding;
    const std::string with =
        deciding.with.empty() ? "" : fmt::format("; with {} {}", deciding.with, brief(deciding.group));
    std::string text = fmt::format("Bound by {} ({}{})", bound, brief(deciding.own), with);
    if (const auto& next = explanation.next) {
        text +=
            fmt::format("; next is {} ({}), which decides once {} is {} times as fast",
                        choice_name(kBoundNames, next->bound), brief(next->time), bound, number_text(next->times, 3));
    }
    return text + ".";
}

Json json_tile(const Tile& tile) {
    if (tile.m <= 0) {
        return nullptr;
    }
    return {{"rows", tile.m},
            {"deep", tile.k},
            {"columns", tile.n},
            {"input_reads", tile.input_reads},
            {"weight_reads", tile.weight_reads},
            {"output_writes", tile.output_writes}};
}

/// "dram  52 us  formula", with the substituted numbers below it, and the values of inputs not yet in `said`.
std::string term_lines(std::string_view name, std::string_view time, const FormulaLine& line,
                       const std::vector<FormulaLine>& parts, std::set<std::string>& said, TextWidth width) {
    constexpr std::size_t kName = 10, kTime = 9, kFormula = kName + kTime + 3;
    std::string text = wrapped(line.formula, kFormula, width);
    text.replace(0, kFormula, fmt::format("{:<{}} {:>{}}  ", name, kName, time, kTime));
    const auto same = [](const FormulaLine& one) { return one.filled_in == one.value; };
    if (!same(line)) {
        text += wrapped("= " + line.filled_in, kFormula, width);
    }
    for (const FormulaLine& part : parts) {
        if (!said.insert(part.name).second) {
            continue;
        }
        text += wrapped(fmt::format("{} = {} = {} = {}", part.name, part.formula, part.filled_in, part.value),
                        kFormula + 2, width);
    }
    return text;
}

Json json_line(const FormulaLine& line) {
    Json object = Json::object();
    object["name"] = line.name;
    object["value"] = line.value;
    object["formula"] = line.formula;
    object["filled_in"] = line.filled_in;
    object["inputs"] = json_array(line.inputs, [](const FormulaInput& input) {
        return Json{{"name", input.name}, {"value", input.value}, {"path", json_text(input.path)}};
    });
    return object;
}

Json json_lines(const std::vector<FormulaLine>& lines) { return json_array(lines, json_line); }

}  // namespace

std::string numbers_text(const std::vector<NumberUsed>& numbers, TextWidth width) {
    TextTable table{left(Fit::kOwnLine, "number"), right("value", "spread"), left("origin")};
    for (const NumberUsed& number : numbers) {
        table.row({number.path, number.value, number.spread > 0 ? "± " + percent_text(number.spread, 2) : "",
                   std::string(choice_name(kOriginNames, number.origin))});
    }
    std::string text = table.text(0, width);
    std::string sources;
    for (const NumberUsed& number : numbers) {
        if (!number.source.empty()) {
            sources += number.path + "\n" + wrapped(number.source, 4, width);
        }
    }
    return text + (sources.empty() ? "" : "\nsources\n" + sources);
}

Json json_numbers(const std::vector<NumberUsed>& numbers) {
    return json_array(numbers, [&](const NumberUsed& number) {
        return Json{{"path", number.path},
                    {"value", number.value},
                    {"spread", json_number(number.spread)},
                    {"origin", choice_name(kOriginNames, number.origin)},
                    {"source", json_text(number.source)}};
    });
}

std::string explanation_text(const Explanation& explanation, TextWidth width) {
    std::string text = "term            time  formula\n";
    std::set<std::string> said;
    for (const Term& term : explanation.terms) {
        if (term.time > Time{}) {
            text += term_lines(term.line.name, brief(term.time), term.line, term.parts, said, width);
        }
    }
    text += term_lines("total", brief(explanation.cost.total), explanation.rule, explanation.rule_parts, said, width);
    text += "\n" + wrapped(bound_text(explanation), 0, width);
    if (!explanation.tile.empty()) {
        text += wrapped("Tile: " + explanation.tile + ".", 0, width);
    }
    text += wrapped("Traffic: " + explanation.traffic + ".", 0, width);
    if (const DramRate& rate = explanation.dram_rate; !rate.decided_by.empty()) {
        text += wrapped(fmt::format("DRAM rate: {}, decided by {}.", rate.value, rate.decided_by), 0, width);
    }
    return text + "\n" + numbers_text(explanation.numbers, width);
}

void add_explanation(Json& object, const Explanation& explanation) {
    const KernelCost& cost = explanation.cost;
    object["kernel"] = explanation.kernel;
    object["kernel_ms"] = json_milliseconds(cost.total);
    object["terms"] = Json::array();
    for (const Term& term : explanation.terms) {
        Json one = json_line(term.line);
        one["time_ms"] = json_milliseconds(term.time);
        one["parts"] = json_lines(term.parts);
        object["terms"].push_back(std::move(one));
    }
    object["sum"] = explanation.rule.formula;
    object["rule"] = explanation.rule.formula;
    object["rule_filled_in"] = explanation.rule.filled_in;
    object["rule_inputs"] = json_line(explanation.rule)["inputs"];
    object["rule_parts"] = json_lines(explanation.rule_parts);
    object["bound"] = choice_name(kBoundNames, cost.bound);
    const auto& next = explanation.next;
    object["next_bound"] = next ? Json(choice_name(kBoundNames, next->bound)) : Json(nullptr);
    object["next_bound_ms"] = next ? json_milliseconds(next->time) : Json(nullptr);
    object["next_bound_times"] = next ? json_number(next->times) : Json(nullptr);
    object["tile"] = json_text(explanation.tile);
    object["tile_sizes"] = json_tile(cost.tile);
    object["traffic"] = explanation.traffic;
    object["dram_rate"] = json_text(explanation.dram_rate.value);
    object["dram_rate_decided_by"] = json_text(explanation.dram_rate.decided_by);
    object["numbers"] = json_numbers(explanation.numbers);
}

}  // namespace berth
