// The table of changed answers, as text, Markdown, JSON, CSV and JUnit XML.
#include "berth/report/gate_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <sstream>

#include "base/overloaded.h"
#include "berth/base/csv.h"
#include "berth/base/quantity_text.h"
#include "report/csv_values.h"
#include "report/json_values.h"
#include "report/markdown_text.h"
#include "report/names.h"
#include "report/text_layout.h"
#include "report/text_table.h"

namespace berth {

namespace {

namespace tree = boost::property_tree;

std::string gate_value_text(const GateValue& value) {
    return std::visit(Overloaded{[](std::monostate) { return std::string("-"); },
                                 [](Running running) { return std::string(choice_name(kRunningNames, running)); },
                                 [](const std::string& placement) { return placement; },
                                 [](bool met) { return std::string(met ? "yes" : "no"); },
                                 [](double probability) { return share_text(probability); }},
                      value);
}

Json gate_value_json(const GateValue& value) {
    return std::visit(
        Overloaded{[](std::monostate) { return Json(nullptr); },
                   [](Running running) { return Json(std::string(choice_name(kRunningNames, running))); },
                   [](const std::string& placement) { return Json(placement); }, [](bool met) { return Json(met); },
                   [](double probability) { return json_number(probability); }},
        value);
}

/// Value for CSV; probabilities have all digits instead of a rounded percentage.
std::string gate_value_csv(const GateValue& value) {
    if (const auto* probability = std::get_if<double>(&value)) {
        return csv_number(*probability);
    }
    return std::holds_alternative<std::monostate>(value) ? "" : csv_field(gate_value_text(value));
}

std::string why_not_text(const GatedScenario& scenario, const GateCheck& check) {
    if (check.kind != GateKind::kRuns) {
        return "";
    }
    const RevisionAnswer& broken = scenario.after.why_not.empty() ? scenario.before : scenario.after;
    return broken.why_not;
}

std::string check_sentence(const GatedScenario& scenario, const GateCheck& check) {
    const std::string why_not = why_not_text(scenario, check);
    return fmt::format("{}: {}: {} -> {}{}", scenario.name, check.question, gate_value_text(check.before),
                       gate_value_text(check.after), why_not.empty() ? "" : "; " + why_not);
}

std::size_t checks_with(const GateComparison& comparison, GateVerdict verdict) {
    std::size_t count = 0;
    for (const GatedScenario& scenario : comparison.scenarios) {
        count += static_cast<std::size_t>(std::ranges::count(scenario.checks, verdict, &GateCheck::verdict));
    }
    return count;
}

TextTable checks_table(const GateComparison& comparison, GateVerdict verdict) {
    TextTable table{left(Fit::kShorten, "scenario"), left(Fit::kWrap, "what", comparison.before, comparison.after)};
    for (const GatedScenario& scenario : comparison.scenarios) {
        for (const GateCheck& check : scenario.checks) {
            if (check.verdict == verdict) {
                table.row({scenario.name, check.question, gate_value_text(check.before), gate_value_text(check.after)});
            }
        }
    }
    return table;
}

std::string total_text(const RevisionAnswer& answer) {
    return answer.result ? brief(answer.result->total.latency.median) : "does not run";
}

std::string total_change_text(const RevisionAnswer& before, const RevisionAnswer& after) {
    if (!before.result || !after.result) {
        return "-";
    }
    const double share = with_digits(after.result->total.latency.median / before.result->total.latency.median - 1, 3);
    return std::abs(share) < 5e-4 ? "0%" : (share > 0 ? "+" : "") + percent_text(share, 3);
}

/// Totals of the scenarios whose answers differ.
TextTable totals_table(const GateComparison& comparison) {
    TextTable table{left(Fit::kShorten, "scenario"), right(comparison.before, comparison.after, "change")};
    for (const GatedScenario& scenario : comparison.scenarios) {
        if (scenario.differs) {
            table.row({scenario.name, total_text(scenario.before), total_text(scenario.after),
                       total_change_text(scenario.before, scenario.after)});
        }
    }
    return table;
}

std::vector<std::string> reasons(const GateComparison& comparison) {
    std::vector<std::string> sentences;
    for (const GatedScenario& scenario : comparison.scenarios) {
        for (const auto& [answer, name] :
             {std::pair(&scenario.before, &comparison.before), std::pair(&scenario.after, &comparison.after)}) {
            if (!answer->why_not.empty()) {
                sentences.push_back(fmt::format("{} does not run in {}: {}", scenario.name, *name, answer->why_not));
            }
        }
    }
    return sentences;
}

std::string counted_text(std::size_t count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string verdict_sentence(const GateComparison& comparison) {
    const std::size_t blocking = checks_with(comparison, GateVerdict::kBlocks);
    const auto moved = std::ranges::count(comparison.scenarios, true, &GatedScenario::differs);
    return fmt::format("{} -> {}: {}, {} of them with another answer. {}", comparison.before, comparison.after,
                       counted_text(comparison.scenarios.size(), "scenario", "scenarios"), moved,
                       blocking == 0 ? "Nothing that decides turned."
                                     : fmt::format("{} for the worse, which blocks.",
                                                   counted_text(blocking, "decision, budget or probability turned",
                                                                "decisions, budgets or probabilities turned")));
}

std::string sure_sentence(const GateComparison& comparison) {
    return fmt::format("A probability blocks where it was at least {} and is no longer.",
                       percent_text(comparison.sure, 3));
}

std::string text_section(std::string_view title, const TextTable& table, TextWidth width) {
    return table.rows().empty() ? "" : fmt::format("\n{}\n{}", title, table.text(2, width));
}

std::string markdown_section(std::string_view title, const TextTable& table) {
    return table.rows().empty() ? "" : fmt::format("\n**{}**\n\n{}", title, table.markdown());
}

constexpr std::string_view kBlocksTitle = "Turned for the worse";
constexpr std::string_view kNotedTitle = "Also different";
constexpr std::string_view kTotalsTitle = "Totals";

Json total_json(const RevisionAnswer& answer) {
    return Json{{"runs", answer.result.has_value()},
                {"there", answer.there},
                {"why_not", json_text(answer.why_not)},
                {"latency_ms", answer.result ? json_milliseconds(answer.result->total.latency.median) : Json(nullptr)}};
}

Json check_json(const GateCheck& check) {
    return {{"kind", choice_name(kGateKindNames, check.kind)},
            {"subject", json_text(check.subject)},
            {"before", gate_value_json(check.before)},
            {"after", gate_value_json(check.after)},
            {"verdict", choice_name(kGateVerdictNames, check.verdict)}};
}

// Replaces characters that XML forbids even when escaped.
std::string xml_text(std::string text) {
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n'; }, '?');
    return text;
}

tree::ptree junit_case(const GatedScenario& scenario, const GateCheck& check) {
    tree::ptree test;
    test.put("<xmlattr>.classname", xml_text(scenario.name));
    test.put("<xmlattr>.name", xml_text(check.question));
    if (check.verdict != GateVerdict::kKept) {
        const bool one_sided = std::holds_alternative<std::monostate>(check.before) ||
                               std::holds_alternative<std::monostate>(check.after) || check.kind == GateKind::kRuns;
        const bool blocks = check.verdict == GateVerdict::kBlocks;
        const std::string sentence = xml_text(check_sentence(scenario, check));
        if (blocks || one_sided) {
            test.put(blocks ? "failure.<xmlattr>.message" : "skipped.<xmlattr>.message", sentence);
        } else {
            test.put("system-out", sentence);
        }
    }
    return test;
}

}  // namespace

std::string gate_text(const GateComparison& comparison, TextWidth width) {
    std::string text = wrapped(verdict_sentence(comparison), 0, width) +
                       text_section(kBlocksTitle, checks_table(comparison, GateVerdict::kBlocks), width) +
                       text_section(kNotedTitle, checks_table(comparison, GateVerdict::kNoted), width) +
                       text_section(kTotalsTitle, totals_table(comparison), width);
    for (const std::string& reason : reasons(comparison)) {
        text += "\n" + wrapped(reason, 0, width, kIndent);
    }
    return text + "\n" + wrapped(sure_sentence(comparison), 0, width);
}

std::string gate_markdown(const GateComparison& comparison) {
    std::string text = fmt::format("### Berth: {}\n\n{}\n", comparison.blocks() ? "blocked" : "nothing turned",
                                   markdown_text(verdict_sentence(comparison))) +
                       markdown_section(kBlocksTitle, checks_table(comparison, GateVerdict::kBlocks)) +
                       markdown_section(kNotedTitle, checks_table(comparison, GateVerdict::kNoted)) +
                       markdown_section(kTotalsTitle, totals_table(comparison));
    for (const std::string& reason : reasons(comparison)) {
        text += fmt::format("\n{}\n", markdown_text(reason));
    }
    return text + fmt::format("\n{}\n", sure_sentence(comparison));
}

std::string gate_json(const GateComparison& comparison) {
    Json json;
    json["before"] = comparison.before;
    json["after"] = comparison.after;
    json["sure"] = json_number(comparison.sure);
    json["blocks"] = comparison.blocks();
    json["scenarios"] = json_array(comparison.scenarios, [&](const GatedScenario& scenario) {
        return Json{
            {"scenario", scenario.name},           {"verdict", choice_name(kGateVerdictNames, scenario.verdict())},
            {"differs", scenario.differs},         {"before", total_json(scenario.before)},
            {"after", total_json(scenario.after)}, {"checks", json_array(scenario.checks, check_json)}};
    });
    return json_document(json);
}

std::string gate_csv(const GateComparison& comparison) {
    std::string text = "scenario,kind,subject,before,after,verdict\n";
    for (const GatedScenario& scenario : comparison.scenarios) {
        for (const GateCheck& check : scenario.checks) {
            text +=
                fmt::format("{},{},{},{},{},{}\n", csv_field(scenario.name), choice_name(kGateKindNames, check.kind),
                            csv_field(check.subject), gate_value_csv(check.before), gate_value_csv(check.after),
                            choice_name(kGateVerdictNames, check.verdict));
        }
    }
    return text;
}

std::string gate_junit(const GateComparison& comparison) {
    tree::ptree suite;
    std::size_t tests = 0;
    suite.put("<xmlattr>.name", xml_text(fmt::format("berth gate {} {}", comparison.before, comparison.after)));
    tree::ptree cases;
    for (const GatedScenario& scenario : comparison.scenarios) {
        for (const GateCheck& check : scenario.checks) {
            cases.add_child("testcase", junit_case(scenario, check));
            ++tests;
        }
    }
    suite.put("<xmlattr>.tests", tests);
    suite.put("<xmlattr>.failures", checks_with(comparison, GateVerdict::kBlocks));
    suite.put("<xmlattr>.errors", 0);
    suite.insert(suite.end(), cases.begin(), cases.end());
    tree::ptree document;
    document.add_child("testsuites.testsuite", suite);
    std::ostringstream text;
    tree::write_xml(text, document, tree::xml_writer_make_settings<std::string>(' ', 2));
    return text.str();
}

std::vector<std::string> gate_failures(const GateComparison& comparison) {
    std::vector<std::string> sentences;
    for (const GatedScenario& scenario : comparison.scenarios) {
        for (const GateCheck& check : scenario.checks) {
            if (check.verdict == GateVerdict::kBlocks) {
                sentences.push_back(check_sentence(scenario, check));
            }
        }
    }
    return sentences;
}

}  // namespace berth
