// One line per number and tried value.
#include "berth/report/every_number_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/mapped.h"
#include "berth/base/quantity_text.h"
#include "report/json_values.h"
#include "report/markdown_text.h"
#include "report/text_layout.h"

namespace berth {

namespace {

// "total 389 ms instead of 452 ms", "total 452 ms as before; moves energy", or the message if there is no total.
std::string effect_of(const SetNumber& set, Time total) {
    if (!set.total) {
        return "refused: " + set.said;
    }
    if (!set.moves) {
        return set.said.empty() ? "no change and no note" : set.said;
    }
    const std::string now = brief(*set.total);
    if (!set.said.empty()) {
        return fmt::format("total {} as before; {}", now, set.said);
    }
    return now == brief(total) ? fmt::format("total {}, changed by {}", now, percent_text(*set.total / total - 1, 2))
                               : fmt::format("total {} instead of {}", now, brief(total));
}

struct Counts {
    std::size_t set = 0, moves = 0, said = 0, refused = 0, silent = 0, left_out = 0;
};

Counts counts_of(const EveryNumber& every) {
    Counts counts;
    for (const NumberTried& number : every.numbers) {
        counts.left_out += number.left_out.size();
        for (const SetNumber& set : number.set) {
            ++counts.set;
            ++(set.moves ? counts.moves : set.silent() ? counts.silent : set.total ? counts.said : counts.refused);
        }
    }
    return counts;
}

std::string summary(const EveryNumber& every) {
    const Counts counts = counts_of(every);
    auto factors = mapped(every.factors, [](double factor) { return number_text(factor); });
    const std::string left_out =
        counts.left_out == 0 ? "" : fmt::format(" {} more would change nothing and are left out.", counts.left_out);
    return fmt::format(
        "{}: each of {} numbers of the scenario and its profile, set alone to {} times its value. Of {} changes, {} "
        "change the answer, {} do not and say why, {} are refused, and {} are silent.{}",
        every.scenario, every.numbers.size(), fmt::join(factors, " and "), counts.set, counts.moves, counts.said,
        counts.refused, counts.silent, left_out);
}

std::string left_out_text(const UnsetFactor& one) {
    return fmt::format("{} times: left out: {}", number_text(one.factor), one.why);
}

TextTable table_of(const EveryNumber& every) {
    TextTable table{left(Fit::kOwnLine, "number"), left("is", "set to", "then")};
    for (const NumberTried& number : every.numbers) {
        for (const SetNumber& set : number.set) {
            table.row({number.number.path, number.number.value, set.value, effect_of(set, every.total)});
        }
        for (const UnsetFactor& one : number.left_out) {
            table.row({number.number.path, number.number.value, "", left_out_text(one)});
        }
    }
    return table;
}

Json json_set(const SetNumber& set) {
    return {{"value", set.value},
            {"total_ms", json_milliseconds(set.total)},
            {"moves", set.moves},
            {"said", json_text(set.said)}};
}

}  // namespace

std::string every_number_text(const EveryNumber& every, TextWidth width) {
    std::string text = wrapped(summary(every), 0, width);
    for (const NumberTried& number : every.numbers) {
        text += "\n" + wrapped(fmt::format("{} = {}", number.number.path, number.number.value), 0, width);
        for (const SetNumber& set : number.set) {
            text += wrapped(fmt::format("{}: {}", set.value, effect_of(set, every.total)), kIndent, width);
        }
        for (const UnsetFactor& one : number.left_out) {
            text += wrapped(left_out_text(one), kIndent, width);
        }
    }
    return text;
}

std::string every_number_markdown(const EveryNumber& every) {
    return fmt::format("# Effect of each number\n\n{}\n\n{}", markdown_text(summary(every)),
                       table_of(every).markdown());
}

std::string every_number_csv(const EveryNumber& every) {
    const std::vector<CsvColumn> columns{"path", {"value", {"is"}}, {"set_to", {"value"}}, "total_ms", "moves", "said"};
    std::string text = csv_header(columns);
    for (const NumberTried& number : every.numbers) {
        const Json outer{{"path", number.number.path}, {"is", number.number.value}};
        text += csv_rows(columns, json_array(number.set, json_set), outer);
        text += csv_rows(columns,
                         json_array(number.left_out,
                                    [](const UnsetFactor& one) {
                                        return Json{{"value", nullptr},
                                                    {"total_ms", nullptr},
                                                    {"moves", false},
                                                    {"said", left_out_text(one)}};
                                    }),
                         outer);
    }
    return text;
}

std::string every_number_json(const EveryNumber& every) {
    const Counts counts = counts_of(every);
    Json json;
    json["scenario"] = every.scenario;
    json["total_ms"] = json_milliseconds(every.total);
    json["moves"] = counts.moves;
    json["said"] = counts.said;
    json["refused"] = counts.refused;
    json["silent"] = counts.silent;
    json["left_out"] = counts.left_out;
    json["numbers"] = json_array(every.numbers, [](const NumberTried& number) {
        return Json{{"path", number.number.path},
                    {"value", number.number.value},
                    {"set", json_array(number.set, json_set)},
                    {"left_out", json_array(number.left_out, [](const UnsetFactor& one) {
                         return Json{{"factor", json_number(one.factor)}, {"why", one.why}};
                     })}};
    });
    return json_document(json);
}

}  // namespace berth
