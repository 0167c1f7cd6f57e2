// What serves chats: passes of one model at a few sizes as the cost model has them, and straight lines between.
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <utility>

#include "base/index.h"
#include "berth/evaluation.h"
#include "berth/runtimes.h"
#include "evaluation/phases.h"
#include "evaluation/stage_choice.h"
#include "evaluation/work.h"

namespace berth {

namespace {

/// A function of one number, known at some of them; beyond them the last line goes on.
class Line {
  public:
    void add(std::int64_t at, double value) { known_[at] = value; }
    [[nodiscard]] double operator()(double at) const {
        if (known_.size() == 1) {
            return known_.begin()->second;
        }
        auto after = known_.lower_bound(static_cast<std::int64_t>(std::ceil(at)));
        after = after == known_.end() ? std::prev(after) : after;
        after = after == known_.begin() ? std::next(after) : after;
        const auto before = std::prev(after);
        const double step = static_cast<double>(after->first - before->first);
        return before->second + (after->second - before->second) * (at - static_cast<double>(before->first)) / step;
    }

  private:
    std::map<std::int64_t, double> known_;
};

/// A function of a count and of a context.
class Surface {
  public:
    void add(std::int64_t count, std::int64_t context, double value) { lines_[count].add(context, value); }
    [[nodiscard]] double operator()(double count, double context) const {
        Line line;
        const auto after = lines_.lower_bound(static_cast<std::int64_t>(std::ceil(count)));
        for (auto one = after == lines_.begin() ? after : std::prev(after); one != lines_.end(); ++one) {
            line.add(one->first, one->second(context));
            if (static_cast<double>(one->first) >= count) {
                break;
            }
        }
        return line(count);
    }

  private:
    std::map<std::int64_t, Line> lines_;
};

// 1, 2, 3, 4, 6, 8, 12, 16 and so on up to `most`, and `most` itself.
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

/// Times of the passes of a placed stage.
class PlacedPasses {
  public:
    PlacedPasses(const ModelStage& stage, const Profile& hardware, const Candidate& candidate)
        : stage_(stage), profile_(under(hardware, stage.runtime)) {
        Diagnostics ignored;  // it has been laid out before
        auto lengths = plan_passes("", stage, hardware, ignored);
        if (!lengths) {
            throw std::logic_error("a stage that was placed cannot be laid out");
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
    [[nodiscard]] int slots() const {
        std::int64_t slots = stage_.slots;
        for (const DeviceId device : step_.second) {
            slots = std::min(slots, slots_on(stage_, profile_, device));
        }
        return static_cast<int>(slots);
    }

  private:
    using Placed = std::pair<Graph, Assignment>;

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

/// What passes take by their sizes.
struct PassTimes {
    Surface reading;          ///< by positions read, and those behind them
    Surface stepping;         ///< by answers, and the context of each
    std::int64_t padded = 0;  ///< length of all pieces of a prompt; 0: they are as long as they are
    bool apart = false;       ///< steps run on other devices than prompts: no pass does both
    double handover = 0;      ///< s per position of a prompt, on its way to where tokens are made
    double drafted = 1;       ///< share of a step's time that tokens take which were drafted

    [[nodiscard]] Time operator()(const ChatPass& pass) const {
        const auto answers = static_cast<double>(pass.answers);
        const double context = pass.answers > 0 ? static_cast<double>(pass.contexts) / answers : 0;
        const auto read = static_cast<double>(padded > 0 && pass.read > 0 ? padded : pass.read);
        const auto behind = static_cast<double>(pass.behind);
        if (pass.read == 0) {
            return seconds(stepping(answers, context) * drafted);
        }
        double time = handover * static_cast<double>(pass.read);
        if (pass.answers == 0) {
            time += reading(read, behind);
        } else if (apart) {
            time += reading(read, behind) + stepping(answers, context);
        } else {
            // Rows of answers go through the products with those of the prompt, and attend each to its own context.
            time += reading(read + answers, behind) + stepping(answers, context) - stepping(answers, 1);
        }
        return seconds(time);
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

const ModelStage& chatting(const Scenario& scenario) { return std::get<ModelStage>(scenario.stages.front().work); }

// How likely the load is 1 or more where all passes take so many times as long together.
std::optional<double> probability_of_piling_up(const ChatTraffic& traffic, double sigma) {
    if (!traffic.load) {
        return std::nullopt;
    }
    return sigma > 0 ? normal_probability(std::log(*traffic.load) / sigma) : (*traffic.load < 1 ? 0.0 : 1.0);
}

}  // namespace

bool has_chats(const Scenario& scenario) {
    const auto* stage = scenario.stages.size() == 1 ? std::get_if<ModelStage>(&scenario.stages.front().work) : nullptr;
    return scenario.traffic && stage != nullptr && stage->generation && scenario.stages.front().repeat == 1 &&
           stage->generation->phase == Phase::kGenerate;
}

ChatService chat_service(const Scenario& scenario, const ScenarioResult& result, std::size_t candidate) {
    const ModelStage& stage = chatting(scenario);
    const Generation& generation = *stage.generation;
    const Candidate& placed = result.stages.front().candidates[candidate];
    const Profile& profile = profile_of(scenario, stage);
    const PlacedPasses passes(stage, scenario.profile, placed);
    const PromptChunks chunks = chunks_of(stage, profile);
    ChatService service;
    service.slots = passes.slots();
    service.chunk = chunks.most;
    service.prompts = lengths_or(generation.prompts, generation.prompt);
    service.answers = lengths_or(generation.answers, generation.new_tokens);
    auto times = std::make_shared<PassTimes>();
    times->reading = reading_times(passes, service, chunks, service.prompts.back().tokens);
    times->stepping = stepping_times(passes, service, generation.positions());
    times->padded = chunks.padded ? chunks.most : 0;
    times->apart = placed.phases.has_value();
    times->handover = in_seconds(placed.generation->handover) / static_cast<double>(generation.prompt);
    times->drafted = placed.draft ? *placed.generation->step / placed.draft->step : 1;
    service.time = [times = std::move(times)](const ChatPass& pass) { return (*times)(pass); };
    return service;
}

std::vector<PlacedChats> simulate_chats(const Scenario& scenario, const ScenarioResult& result,
                                        const std::function<void(const SimulationProgress&)>& progress) {
    std::vector<PlacedChats> all;
    if (!has_chats(scenario)) {
        return all;
    }
    const StageResult& stage = result.stages.front();
    SimulationOptions options;
    options.requests = scenario.traffic->requests;
    options.warm_up = scenario.traffic->warm_up;
    options.seed = scenario.traffic->seed;
    options.deadline = scenario.budget;
    options.precision = kStreamPrecision;
    options.progress = progress;
    for (std::size_t i = 0; i < stage.candidates.size(); ++i) {
        if (!allowed(stage.candidates[i], chatting(scenario))) {
            continue;
        }
        const ChatService service = chat_service(scenario, result, i);
        PlacedChats one{i, service.slots, simulate_chats(service, scenario.traffic->arrivals, options)};
        one.traffic.piling_up = probability_of_piling_up(one.traffic, stage.candidates[i].uncertainty.sigma());
        all.insert(i == *stage.chosen ? all.begin() : all.end(), one);
    }
    return all;
}

}  // namespace berth
