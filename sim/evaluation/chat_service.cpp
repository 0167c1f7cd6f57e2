// Service model of chats: pass times at a few sizes from the cost model, with linear interpolation between them.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <memory>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/index.h"
#include "berth/evaluation/evaluation.h"
#include "berth/evaluation/simulated_scenario.h"
#include "berth/hardware/runtimes.h"
#include "evaluation/candidates.h"
#include "evaluation/drafts.h"
#include "evaluation/phases.h"
#include "evaluation/placed_traffic.h"
#include "evaluation/stage_choice.h"
#include "evaluation/work.h"

namespace berth {

namespace {

/// Knot of a piecewise linear function.
struct Knot {
    double at = 0, value = 0;
};
double between(const Knot& a, const Knot& b, double at) {
    return a.value + (b.value - a.value) * (at - a.at) / (b.at - a.at);
}

/// Piecewise linear function with knots in ascending order; the last segment is extrapolated.
using Line = std::vector<Knot>;

double at_line(const Line& line, double at) {
    std::size_t after = 1;
    while (after + 1 < line.size() && line[after].at < at) {
        ++after;
    }
    return line.size() == 1 ? line.front().value : between(line[after - 1], line[after], at);
}

/// Function of a count and a context; constant in the count beyond the last knot.
class Surface {
  public:
    /// Adds a knot; counts, and the contexts of each count, must come in ascending order.
    void add(std::int64_t count, std::int64_t context, double value) {
        if (lines_.empty() || counts_.back() != static_cast<double>(count)) {
            counts_.push_back(static_cast<double>(count));
            lines_.emplace_back();
        }
        const auto at = static_cast<double>(context);
        if (lines_.back().empty() || lines_.back().back().at != at) {
            lines_.back().push_back({at, value});
        }
    }
    [[nodiscard]] double operator()(double count, double context) const {
        std::size_t after = 0;
        while (after + 1 < counts_.size() && counts_[after] < count) {
            ++after;
        }
        if (after == 0 || counts_[after] <= count) {
            return at_line(lines_[after], context);
        }
        return between({counts_[after - 1], at_line(lines_[after - 1], context)},
                       {counts_[after], at_line(lines_[after], context)}, count);
    }

  private:
    std::vector<double> counts_;
    std::vector<Line> lines_;
};

// Sampled counts: 1, 2, 3, 4, 6, 8, 12, 16 and so on below `most`, and `most` itself.
std::set<std::int64_t> counts_up_to(std::int64_t most) {
    std::set<std::int64_t> counts{most};
    for (std::int64_t count = 1; count < most; count *= 2) {
        counts.insert(count);
        counts.insert(std::min(most, count + (count + 1) / 2));
    }
    return counts;
}

TokenDistribution lengths_or(const TokenDistribution& lengths, std::int64_t one) {
    return lengths.empty() ? TokenDistribution{{one, 1}} : lengths;
}

// Mean memory bandwidth that a placed pass draws.
Bandwidth drawn_by(const LengthPlan& plan, const Assignment& assignment, const Profile& profile) {
    Bytes moved;
    Time time;
    for (const OperatorResult& op : operator_results(plan, assignment, profile)) {
        moved += op.dram_bytes;
        time += op.latency;
    }
    return time > Time{} ? moved / time : Bandwidth{};
}

// The smaller model of a drafting stage; its device follows when the service becomes part of a system.
Drafter drafter_of(const ModelStage& stage, const Profile& profile, const DraftResult& draft) {
    Diagnostics ignored;
    std::string why;
    const std::int64_t context = stage.generation->prompt + stage.generation->new_tokens / 2;
    const auto plan = plan_length("", stage_of_draft(stage), {1, 1, context, true}, profile, ignored);
    const auto device = device_named(profile, draft.device);
    const auto placed = plan && device ? whole_placement(*plan, *device, why) : std::nullopt;
    return {{},
            draft.drafting / (draft.drafting + draft.checking),
            placed ? drawn_by(*plan, *placed, profile) : Bandwidth{}};
}

/// Pass times of a placed stage.
class PlacedPasses {
  public:
    PlacedPasses(const ModelStage& stage, const Profile& hardware, const Candidate& candidate)
        : stage_(stage), profile_(under(hardware, stage.runtime)) {
        Diagnostics ignored;  // instantiation has succeeded before
        auto lengths = plan_passes("", stage, hardware, ignored);
        if (!lengths) {
            throw std::logic_error("a stage that was placed cannot be instantiated");
        }
        const auto placed = placed_passes(*lengths, candidate);
        prompt_ = {std::move(lengths->front().graphs[at(profile_.host)]), placed.front()};
        step_ = {std::move(lengths->back().graphs[at(profile_.host)]), placed.back()};
    }

    [[nodiscard]] double reading(std::int64_t tokens, std::int64_t behind) const {
        return time_of(stage_, {tokens, 1, behind, false}, prompt_);
    }
    [[nodiscard]] double stepping(std::int64_t answers, std::int64_t context) const {
        ModelStage together = stage_;
        together.batch *= answers;
        return time_of(together, {1, 1, context, true}, step_);
    }
    /// Mean memory bandwidth that passes draw without contention.
    [[nodiscard]] Bandwidth reading_draws(std::int64_t tokens) const {
        return drawn(stage_, {tokens, 1, 0, false}, prompt_);
    }
    [[nodiscard]] Bandwidth stepping_draws(std::int64_t context) const {
        return drawn(stage_, {1, 1, context, true}, step_);
    }
    [[nodiscard]] int slots() const {
        std::int64_t slots = stage_.slots;
        for (const DeviceId device : step_.second) {
            slots = std::min(slots, slots_on(stage_, profile_, device));
        }
        return static_cast<int>(slots);
    }

  private:
    using Placed = std::pair<Graph, Assignment>;

    [[nodiscard]] Bandwidth drawn(const ModelStage& stage, const TokenShare& length, const Placed& placed) const {
        Diagnostics ignored;
        const auto plan = plan_length("", stage, length, profile_, ignored);
        return plan ? drawn_by(*plan, assignment_for(plan->graphs[at(profile_.host)], placed.first, placed.second),
                               profile_)
                    : Bandwidth{};
    }

    [[nodiscard]] double time_of(const ModelStage& stage, const TokenShare& length, const Placed& placed) const {
        Diagnostics ignored;
        const auto plan = plan_length("", stage, length, profile_, ignored);
        const auto time = plan ? objective(plan->problem,
                                           assignment_for(plan->graphs[at(profile_.host)], placed.first, placed.second))
                               : std::nullopt;
        if (!time) {
            throw std::logic_error("passes of a placed stage do not all run where it was placed");
        }
        return in_seconds(*time);
    }

    const ModelStage& stage_;
    const Profile& profile_;
    Placed prompt_, step_;
};

/// Pass times as functions of the pass sizes.
struct PassTimes {
    Surface reading;          ///< by positions read, and positions already in the context
    Surface stepping;         ///< by number of answers, and the context of each
    std::int64_t padded = 0;  ///< padded length of prompt chunks; 0: no padding
    double drafted = 1;       ///< time per token with speculative decoding, relative to a step

    [[nodiscard]] Time operator()(const ChatPass& pass) const {
        const auto answers = static_cast<double>(pass.answers);
        const double context = pass.answers > 0 ? static_cast<double>(pass.contexts) / answers : 0;
        const auto read = static_cast<double>(padded > 0 && pass.read > 0 ? padded : pass.read);
        const auto behind = static_cast<double>(pass.behind);
        if (pass.read == 0) {
            return seconds(stepping(answers, context) * drafted);
        }
        if (pass.answers == 0) {
            return seconds(reading(read, behind));
        }
        // In a mixed pass, rows of answers join the prompt's rows in the products, but each attends to its own context.
        return seconds(reading(read + answers, behind) + stepping(answers, context) - stepping(answers, 1));
    }
};

Surface reading_times(const PlacedPasses& passes, const ChatService& service, const PromptChunks& chunks,
                      std::int64_t longest) {
    std::set<std::int64_t> sizes;
    const std::int64_t most = service.chunk > 0 ? service.chunk : service.prompts.back().tokens;
    for (const TokenShare& prompt : service.prompts) {
        sizes.insert(std::min(prompt.tokens, most));
        if (service.chunk > 0 && prompt.tokens % service.chunk > 0) {
            sizes.insert(prompt.tokens % service.chunk);
        }
    }
    if (service.slots > 1) {
        for (std::int64_t size = 1; size < most; size *= 2) {
            sizes.insert(size);
        }
        sizes.insert(most + service.slots);
    }
    sizes = chunks.padded && service.chunk > 0 ? std::set<std::int64_t>{service.chunk} : sizes;
    Surface times;
    for (const std::int64_t size : sizes) {
        times.add(size, 0, passes.reading(size, 0));
        if (service.chunk > 0 && longest > 2 * size) {
            times.add(size, longest / 2 - size, passes.reading(size, longest / 2 - size));
            times.add(size, longest - size, passes.reading(size, longest - size));
        }
    }
    return times;
}

Surface stepping_times(const PlacedPasses& passes, const ChatService& service, std::int64_t positions) {
    const std::int64_t last = std::max<std::int64_t>(1, positions - 1);
    Surface times;
    for (const std::int64_t answers : counts_up_to(service.slots)) {
        for (const std::int64_t context : std::set<std::int64_t>{1, std::max<std::int64_t>(1, last / 2), last}) {
            times.add(answers, context, passes.stepping(answers, context));
        }
    }
    return times;
}

const ModelStage& model_of(const Scenario& scenario, const StageResult& stage) {
    return *model_stage_of(scenario, stage.name);
}

}  // namespace

bool is_chat(const Stage& stage) {
    const auto* work = std::get_if<ModelStage>(&stage.work);
    return work != nullptr && work->generation && stage.repeat == 1 && work->generation->phase == Phase::kGenerate;
}

bool has_chats(const Scenario& scenario) {
    return scenario.traffic && scenario.stages.size() == 1 && is_chat(scenario.stages.front());
}

ChatService chat_service(const Scenario& scenario, const ModelStage& stage, const Candidate& placed) {
    const Generation& generation = *stage.generation;
    const Profile& profile = profile_of(scenario, stage);
    const PlacedPasses passes(stage, scenario.profile, placed);
    const PromptChunks chunks = chunks_of(stage, profile);
    ChatService service;
    service.slots = passes.slots();
    service.chunk = chunks.most;
    service.prompts = lengths_or(generation.prompts, generation.prompt);
    service.answers = lengths_or(generation.answers, generation.new_tokens);
    service.reading_draws =
        passes.reading_draws(chunks.most > 0 ? std::min(chunks.most, generation.prompt) : generation.prompt);
    service.stepping_draws = passes.stepping_draws(generation.prompt + generation.new_tokens / 2);
    auto times = std::make_shared<PassTimes>();
    times->reading = reading_times(passes, service, chunks, service.prompts.back().tokens);
    times->stepping = stepping_times(passes, service, generation.positions());
    times->padded = chunks.padded ? chunks.most : 0;
    times->drafted = placed.draft ? *placed.generation->step / placed.draft->step : 1;
    if (placed.draft) {
        service.drafter = drafter_of(stage, profile, *placed.draft);
    }
    if (placed.phases) {  // places follow when the service becomes part of a system
        const auto positions = static_cast<double>(generation.prompt);
        service.elsewhere = PromptElsewhere{{}, {}, placed.generation->handover / positions, {}};
    }
    service.time = [times = std::move(times)](const ChatPass& pass) { return (*times)(pass); };
    return service;
}

namespace {

// Chats of a stage under one of its candidates, the other stages as they are placed.
PlacedChats chats_under(const Scenario& scenario, ScenarioResult placed, std::size_t stage, std::size_t candidate,
                        const StreamOptions& options) {
    select(placed.stages[stage], {{candidate, 1}}, model_of(scenario, placed.stages[stage]), scenario.objective);
    const TrafficResult traffic = placed_traffic(scenario, placed, options);
    const std::vector<PlacedChats> all = placed_chats(scenario, placed, traffic);
    return *std::ranges::find(all, stage, &PlacedChats::stage);
}

}  // namespace

std::vector<PlacedChats> simulate_chats(const Scenario& scenario, const ScenarioResult& result,
                                        const StreamOptions& options) {
    std::vector<PlacedChats> all;
    if (!has_chats(scenario)) {
        return all;
    }
    all.push_back(chats_under(scenario, result, 0, *result.stages.front().chosen, options));
    std::ranges::move(simulate_other_chats(scenario, result, options), std::back_inserter(all));
    return all;
}

std::vector<PlacedChats> simulate_other_chats(const Scenario& scenario, const ScenarioResult& result,
                                              const StreamOptions& options) {
    std::vector<PlacedChats> all;
    for (std::size_t s = 0; s < result.stages.size(); ++s) {
        const StageResult& stage = result.stages[s];
        if (!is_chat(*stage_named(scenario, stage.name))) {
            continue;
        }
        for (std::size_t i = 0; i < stage.candidates.size(); ++i) {
            if (i != *stage.chosen && allowed(stage.candidates[i], model_of(scenario, stage))) {
                all.push_back(chats_under(scenario, result, s, i, options));
            }
        }
    }
    return all;
}

std::vector<PlacedChats> placed_chats(const Scenario& scenario, const ScenarioResult& result,
                                      const TrafficResult& traffic) {
    std::vector<PlacedChats> all;
    for (std::size_t i = 0; i < result.stages.size(); ++i) {
        const StageResult& stage = result.stages[i];
        if (!is_chat(*stage_named(scenario, stage.name))) {
            continue;
        }
        const std::size_t service = all.size();
        PlacedChats one{i, *stage.chosen, traffic.system.services[service].slots,
                        chat_traffic(traffic.simulation, service)};
        if (traffic.stability) {
            one.traffic.piling_up = traffic.stability->unstable;
        }
        if (service < traffic.chats.size()) {
            one.traffic.spreads = traffic.chats[service];
        }
        if (traffic.budget) {
            one.traffic.budget_probability = traffic.budget->probability;
        }
        all.push_back(one);
    }
    return all;
}

}  // namespace berth
