// An explanation as text and as JSON.
#include <fmt/format.h>

#include <algorithm>

#include "berth/quantity_text.h"
#include "report/explanation.h"
#include "report/text_layout.h"

namespace berth {

namespace {

/// Numbers of all terms, each once.
std::vector<NumberUsed> all_numbers(const Explanation& explanation) {
    std::vector<NumberUsed> all;
    const auto add = [&all](const std::vector<NumberUsed>& numbers) {
        for (const NumberUsed& number : numbers) {
            if (std::none_of(all.begin(), all.end(),
                             [&number](const NumberUsed& n) { return n.path == number.path; })) {
                all.push_back(number);
            }
        }
    };
    for (const Term& term : explanation.terms) {
        if (term.time > Time{}) {
            add(term.numbers);
        }
    }
    add(explanation.overlap);
    return all;
}

/// The largest contender that does not go by the deciding name.
const Contender* next_bound(const Explanation& explanation, Bound bound) {
    const auto next = std::find_if(explanation.contenders.begin(), explanation.contenders.end(),
                                   [bound](const Contender& c) { return c.bound != bound; });
    return next == explanation.contenders.end() || next->time <= Time{} ? nullptr : &*next;
}

std::string bound_text(const Explanation& explanation, Bound bound) {
    const auto decides = std::find_if(explanation.contenders.begin(), explanation.contenders.end(),
                                      [bound](const Contender& c) { return c.bound == bound; });
    std::string text = fmt::format("Bound by {}", choice_name(kBoundNames, bound));
    if (decides == explanation.contenders.end()) {
        return text + ".";
    }
    text += fmt::format(" ({})", brief(decides->time));
    if (const Contender* next = next_bound(explanation, bound)) {
        text += fmt::format("; next is {} ({}), which decides once {} is {} times faster",
                            choice_name(kBoundNames, next->bound), brief(next->time), choice_name(kBoundNames, bound),
                            number_text(decides->time / next->time, 3));
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

}  // namespace

std::string numbers_text(const std::vector<NumberUsed>& numbers) {
    TextTable table;
    table.column("number", Align::kLeft);
    table.column("value", Align::kRight);
    table.column("spread", Align::kRight);
    table.column("origin", Align::kLeft);
    for (const NumberUsed& number : numbers) {
        table.row({number.path, number.value, number.spread > 0 ? "± " + percent_text(number.spread, 2) : "",
                   std::string(choice_name(kOriginNames, number.origin))});
    }
    std::string text = table.text(0);
    std::string sources;
    for (const NumberUsed& number : numbers) {
        if (!number.source.empty()) {
            sources += number.path + "\n" + wrapped(number.source, 4);
        }
    }
    return text + (sources.empty() ? "" : "\nsources\n" + sources);
}

Json json_numbers(const std::vector<NumberUsed>& numbers) {
    Json array = Json::array();
    for (const NumberUsed& number : numbers) {
        Json object = Json::object();
        object["path"] = "hardware." + number.path;
        object["value"] = number.value;
        object["spread"] = json_number(number.spread);
        object["origin"] = choice_name(kOriginNames, number.origin);
        object["source"] = json_text(number.source);
        array.push_back(std::move(object));
    }
    return array;
}

std::string explanation_text(const Explanation& explanation, const KernelCost& cost) {
    TextTable table;
    table.column("term", Align::kLeft);
    table.column("time", Align::kRight);
    table.column("formula", Align::kLeft);
    for (const Term& term : explanation.terms) {
        if (term.time <= Time{}) {
            continue;
        }
        table.row({term.name, brief(term.time), term.formula});
        if (!term.filled_in.empty()) {
            table.row({"", "", "= " + term.filled_in});
        }
    }
    table.row({"total", brief(cost.total), explanation.sum});
    std::string text = table.text(0) + "\n" + wrapped(bound_text(explanation, cost.bound), 0);
    if (!explanation.tile.empty()) {
        text += wrapped("Tile: " + explanation.tile + ".", 0);
    }
    text += wrapped("Traffic: " + explanation.traffic + ".", 0);
    return text + "\n" + numbers_text(all_numbers(explanation));
}

void add_explanation(Json& object, const Explanation& explanation, const KernelCost& cost) {
    object["kernel"] = explanation.kernel;
    object["kernel_ms"] = json_milliseconds(cost.total);
    object["terms"] = Json::array();
    for (const Term& term : explanation.terms) {
        Json one = Json::object();
        one["name"] = term.name;
        one["time_ms"] = json_milliseconds(term.time);
        one["formula"] = term.formula;
        one["filled_in"] = json_text(term.filled_in);
        object["terms"].push_back(std::move(one));
    }
    object["sum"] = explanation.sum;
    object["bound"] = choice_name(kBoundNames, cost.bound);
    const Contender* next = next_bound(explanation, cost.bound);
    object["next_bound"] = next != nullptr ? Json(choice_name(kBoundNames, next->bound)) : Json(nullptr);
    object["next_bound_ms"] = next != nullptr ? json_milliseconds(next->time) : Json(nullptr);
    object["tile"] = json_text(explanation.tile);
    object["tile_sizes"] = json_tile(cost.tile);
    object["traffic"] = explanation.traffic;
    object["numbers"] = json_numbers(all_numbers(explanation));
}

}  // namespace berth
