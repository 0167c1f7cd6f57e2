// A self-contained page that can be opened without the program: the answer, its reasons, and what would change it.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/mapped.h"
#include "berth/base/brief_text.h"
#include "berth/base/quantity_text.h"
#include "berth/cost/cost.h"
#include "berth/evaluation/evaluation.h"
#include "berth/hardware/runtimes.h"
#include "berth/report/report.h"
#include "berth/report/traffic_report.h"
#include "berth/report/warnings_report.h"
#include "berth/scenario/scenario.h"
#include "report/names.h"
#include "report/page/glossary.h"
#include "report/page/html_parts.h"
#include "report/page/review_sections.h"
#include "report/sections.h"
#include "report/text_layout.h"

namespace berth {

namespace {

/// Operators of the same name in all blocks of a stage, on one device.
struct OperatorGroup {
    std::string stage, name;
    DeviceId device = 0;
    Bound bound{};  ///< bound of the first operator
    std::size_t count = 0;
    Time time, above_roofline;  ///< per pass
};

void add_to_group(std::vector<OperatorGroup>& groups, OperatorGroup one) {
    const auto same = std::ranges::find_if(groups, [&one](const OperatorGroup& group) {
        return group.stage == one.stage && group.name == one.name && group.device == one.device;
    });
    if (same == groups.end()) {
        groups.push_back(std::move(one));
        return;
    }
    same->count += one.count;
    same->time += one.time;
    same->above_roofline += one.above_roofline;
}

/// Time of an operator above its roofline: its time less the larger of its MACs at the rate of its device and its DRAM
/// traffic at the device's bandwidth, on the cores that the placement uses. The whole time if it has neither.
Time above_roofline(const OperatorResult& op, const Candidate& candidate, const ModelStage& stage,
                    const Profile& profile) {
    if (!op.cost || !op.kernel) {
        return op.latency;
    }
    Execution execution = execution_on(stage, profile, op.device);
    execution.cores = candidate.device == op.device ? candidate.cores : execution.cores;
    const Device& device = under(profile, stage.runtime).devices[static_cast<std::size_t>(op.device)];
    const CoreRates rates = core_rates(device, execution, multiplied_at(*op.kernel));
    const Time arithmetic = op.cost->macs > Operations{} ? op.cost->macs / rates.macs : Time{};
    const Time traffic = (op.cost->traffic.read + op.cost->traffic.write) / rates.dram;
    return std::max(Time{}, op.latency - std::max(arithmetic, traffic));
}

/// The operators of the recommended placements, in descending order of their time above the roofline.
std::vector<OperatorGroup> groups_by_lost_time(const ScenarioResult& result, const Scenario& scenario) {
    std::vector<OperatorGroup> groups;
    for (const StageResult& stage : result.stages) {
        const ModelStage* model = model_stage_of(scenario, stage.name);
        if (!stage.chosen || model == nullptr) {
            continue;
        }
        const Candidate& candidate = stage.candidates[*stage.chosen];
        for (const OperatorResult& op : candidate.operators) {
            add_to_group(groups, {stage.name, name_in_block(op.name), op.device, op.bound, 1, op.latency,
                                  above_roofline(op, candidate, *model, scenario.profile)});
        }
    }
    std::ranges::stable_sort(groups, std::greater{}, &OperatorGroup::above_roofline);
    return groups;
}

constexpr TextWidth kUnbounded{100000};
constexpr std::size_t kLosersShown = 12;

std::string question(const ScenarioResult& result) {
    const auto& budget = result.total.budget;
    return fmt::format("Where should each stage of “{}” run on {}, placed for {}{}?",
                       title_of(result.scenario, result.changes), result.hardware, row_of(result.objective).name,
                       budget ? fmt::format(", and does a request stay within {}", brief(*budget)) : "");
}

std::string budget_verdict(const ScenarioResult& result) {
    const auto& [latency, budget, probability, energy] = result.total;
    std::string text = energy ? fmt::format("Energy of a request: {}. ", brief(*energy)) : "";
    if (!budget) {
        return text + "The scenario has no budget.";
    }
    const bool met = latency.median <= *budget;
    text += met ? fmt::format("Budget of {}: met by the median, with {} to spare.", brief(*budget),
                              brief(*budget - latency.median))
                : fmt::format("Budget of {}: missed by the median, which is {} over it.", brief(*budget),
                              brief(latency.median - *budget));
    const auto& traffic = result.traffic;
    return traffic && traffic->simulation.stable && traffic->budget
               ? text + fmt::format(" Under the scenario's arrivals a request meets it with a probability of {}.",
                                    share_text(traffic->budget->probability.value))
               : text;
}

std::string answer(const ScenarioResult& result, const Scenario& scenario) {
    const auto& total = result.total;
    const std::string_view verdict = !total.budget ? "answer"
                                     : total.latency.median <= *total.budget && !pile_up_sentence(result)
                                         ? "answer met"
                                         : "answer missed";
    return html_paragraph(answer_sentence(result, scenario), verdict) + html_paragraph(budget_verdict(result)) +
           html_list(rate_sentences(result)) +
           html_table(stage_rows(result, scenario), {"Recommended placement, stage by stage"}) +
           html_list(stage_reasons(result, scenario));
}

/// One way to run the whole scenario.
struct Variant {
    std::string name, places;
    Time total;
};

// Every model on one device; absent if the device cannot run one of them.
std::optional<Variant> on_one_device(const ScenarioResult& result, DeviceId device) {
    const std::string& name = result.devices[static_cast<std::size_t>(device)];
    Variant variant{fmt::format("every model on {}", name), "", Time{}};
    bool any = false;
    for (const StageResult& stage : result.stages) {
        if (!stage.chosen) {
            variant.total += stage.latency.median;
            continue;
        }
        const Candidate* alone = stage.whole_on(device);
        if (alone == nullptr || !alone->feasible) {
            return std::nullopt;
        }
        any = true;
        variant.total += alone == &stage.candidates[*stage.chosen] && stage.passes.size() == 1
                             ? stage.latency.median
                             : alone->latency.median * static_cast<double>(stage.repeat);
        variant.places += fmt::format("{}{} {}", variant.places.empty() ? "" : ", ", stage.name, name);
    }
    return any ? std::optional(variant) : std::nullopt;
}

std::string recommended_places(const ScenarioResult& result) {
    std::vector<std::string> places;
    for (const StageResult& stage : result.stages) {
        if (stage.chosen) {
            places.push_back(fmt::format("{} {}", stage.name, placement_name(stage.candidates[*stage.chosen])));
        }
    }
    return fmt::format("{}", fmt::join(places, ", "));
}

std::vector<Variant> variants_of(const ScenarioResult& result, std::span<const Finding> findings) {
    std::vector<Variant> all{{"recommended", recommended_places(result), result.total.latency.median}};
    for (std::size_t d = 0; d < result.devices.size(); ++d) {
        if (auto variant = on_one_device(result, static_cast<DeviceId>(d))) {
            all.push_back(std::move(*variant));
        }
    }
    for (std::size_t i = 0; i < findings.size(); ++i) {
        const Finding& finding = findings[i];
        if (changes_total(finding)) {
            const bool moves = finding.chosen_before != finding.chosen_after && !finding.chosen_after.empty();
            all.push_back({fmt::format("finding {}: {}", i + 1, finding_name(finding)),
                           moves ? fmt::format("{} {}", finding.stage, finding.chosen_after) : "as recommended",
                           *finding.after});
        }
    }
    return all;
}

std::string variant_table(const ScenarioResult& result, std::span<const Finding> findings) {
    TextTable table{left("variant"), right("total", "against the baseline"), left("within the budget", "runs on")};
    HtmlTable how{"The whole scenario, median of a request; findings are alternatives and do not add up", false,
                  "variant-totals"};
    const Time recommended = result.total.latency.median;
    for (const Variant& one : variants_of(result, findings)) {
        const double share = one.total / recommended - 1;
        table.row({one.name, brief(one.total),
                   how.marks.empty() ? "baseline" : fmt::format("{}{}", share > 0 ? "+" : "", percent_text(share, 3)),
                   !result.total.budget                ? "-"
                   : one.total <= *result.total.budget ? "yes"
                                                       : "no",
                   one.places});
        how.marks.push_back({"", in_milliseconds(one.total)});
    }
    return html_table(table, how);
}

std::string stage_variants(const ScenarioResult& result) {
    std::string text;
    for (const StageResult& stage : result.stages) {
        if (stage.chosen) {
            const auto paces = candidate_paces(stage);
            text += fmt::format("<h3>{}</h3>\n", html_text(stage.name)) +
                    html_table(candidate_rows(stage),
                               {fmt::format("{}: {}, one pass; tokens are padded/actual", stage.name, stage.model)}) +
                    (paces ? html_table(*paces, {"How fast text comes: " + stage.name}) : std::string()) +
                    html_list(candidate_notes(stage, result));
        }
    }
    return text;
}

std::string loser_table(const ScenarioResult& result, const Scenario& scenario) {
    const auto groups = groups_by_lost_time(result, scenario);
    TextTable table{left("operators", "stage", "device"), right("how many", "ms", "above roofline"), left("bound")};
    HtmlTable how{
        "Where time is lost: operators of the recommended placements by their time above the roofline, one "
        "pass of their stage"};
    for (std::size_t i = 0; i < std::min(kLosersShown, groups.size()); ++i) {
        const OperatorGroup& one = groups[i];
        table.row({one.name, one.stage, device_name(result.devices, one.device), fmt::format("{}", one.count),
                   number_text(with_digits(in_milliseconds(one.time), 3), 3),
                   fmt::format("{} ms, {}", number_text(with_digits(in_milliseconds(one.above_roofline), 3), 3),
                               one.time > Time{} ? share_text(one.above_roofline / one.time) : "-"),
                   std::string(choice_name(kBoundNames, one.bound))});
        how.marks.push_back({operator_key(one.stage, one.name), in_milliseconds(one.time)});
    }
    return groups.empty() ? "" : html_table(table, how);
}

// Shares of each stage's time by bound.
std::string bound_table(const ScenarioResult& result) {
    TextTable table{left("stage")};
    for (const auto& row : kBoundNames) {
        table.column(std::string(row.name), Align::kRight);
    }
    for (const StageResult& stage : result.stages) {
        if (!stage.chosen) {
            continue;
        }
        const std::map<Bound, Time>& times = stage.candidates[*stage.chosen].by_bound;
        const auto sum = sum_of<Time>(times, [](const auto& one) { return one.second; });
        std::vector<std::string> cells{stage.name};
        for (const auto& row : kBoundNames) {
            const auto found = times.find(row.value);
            cells.push_back(found != times.end() && found->second > Time{} ? share_text(found->second / sum) : "-");
        }
        table.row(std::move(cells));
    }
    return table.rows().empty()
               ? ""
               : html_table(table, {"Time by what binds it: share of the time in operators that are bound so"});
}

std::string why(const ScenarioResult& result, const Scenario& scenario, std::span<const Picture> pictures) {
    std::string text = html_figures(pictures, {"time-by-class"});
    for (const StageResult& stage : result.stages) {
        if (stage.chosen) {
            text += html_table(candidate_classes(stage, kUnbounded), {"Time by class of operators: " + stage.name});
        }
    }
    return text + bound_table(result) + loser_table(result, scenario) +
           html_figures(pictures, {"placement-", "roofline-"});
}

/// The table of operators with the time of each above the roofline.
TextTable with_lost_time(const TextTable& table, const Candidate& candidate, const ModelStage& stage,
                         const Profile& profile) {
    TextTable wider{table.columns(), right("above roofline us")};
    for (std::size_t i = 0; i < table.rows().size(); ++i) {
        std::vector<std::string> cells = table.rows()[i];
        cells.push_back(
            fmt::format("{:.1f}", in_microseconds(above_roofline(candidate.operators[i], candidate, stage, profile))));
        wider.row(std::move(cells));
    }
    return wider;
}

std::string operators(const ScenarioResult& result, const Scenario& scenario) {
    std::string text;
    for (const StageResult& stage : result.stages) {
        const ModelStage* model = model_stage_of(scenario, stage.name);
        if (!stage.chosen || model == nullptr) {
            continue;
        }
        const Candidate& candidate = stage.candidates[*stage.chosen];
        const std::string title = fmt::format("Operators of {}", stage_placed(stage.name, candidate));
        HtmlTable how{title + ", in order; + has a note in operators.csv", true};
        for (const OperatorResult& op : candidate.operators) {
            how.marks.push_back({operator_key(stage.name, op.name), in_milliseconds(op.latency)});
        }
        text += html_details(
            fmt::format("{} ({})", title, candidate.operators.size()),
            html_table(with_lost_time(operator_table(candidate, result.devices), candidate, *model, scenario.profile),
                       how));
    }
    return text;
}

}  // namespace

std::string html_report(const ReportContent& content, std::span<const Picture> pictures,
                        std::span<const std::string> beside) {
    const ScenarioResult& result = content.result;
    const Scenario& scenario = content.scenario;
    const std::vector<HtmlSection> sections{
        {"warnings", "Warnings", html_preformatted(warnings_text(result.warnings, {}))},
        {"variants", "Variants side by side", variant_table(result, content.findings) + stage_variants(result)},
        {"why", "Why", why(result, scenario, pictures)},
        {"changes", "What would change it", changes_section(content.review, scenario, content.findings, pictures)},
        {"traffic", "Traffic",
         html_preformatted((result.traffic ? traffic_text(*result.traffic, scenario, {}) + slowdowns_text(result, {})
                                           : std::string()) +
                           chats_text(result, scenario, {}))},
        {"cores", "Cores per request", html_preformatted(core_splits_text(result, {}))},
        {"inputs", "Inputs per pass", html_preformatted(batch_sizes_text(result, {}))},
        {"timeline", "Timeline", html_figures(pictures, {"timeline"})},
        {"assumptions", "What the interval rests on", assumptions_section(result, scenario)},
        {"accuracy", "How good the profile has proved to be", accuracy_section(content.review)},
        {"operators", "Every operator", operators(result, scenario)},
        {"glossary", "Words", glossary_html()},
        {"provenance", "Where this is from", html_provenance(content.provenance, beside)},
    };
    return html_page(title_of(result.scenario, result.changes),
                     html_paragraph(question(result)) + answer(result, scenario), sections);
}

}  // namespace berth
