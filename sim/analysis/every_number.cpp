// Tries every number on its own, in addition to the existing settings only.
#include "berth/analysis/every_number.h"

#include <algorithm>
#include <memory>

#include "analysis/explained_silence.h"
#include "analysis/first_error.h"

namespace berth {

namespace {

// Text of the first error without its location, which depends on where the file lies.
std::string placeless_error(const Diagnostics& diagnostics) {
    Diagnostic placeless = first_error(diagnostics);
    placeless.where = SourceLocation();
    constexpr std::string_view kError = "error: ";
    return placeless.message.empty() ? "" : placeless.text().substr(kError.size());
}

class NumberTrials {
  public:
    NumberTrials(const SweepBase& base, Scenario scenario) : base_(base), unchanged_(std::move(scenario)) {}

    [[nodiscard]] LazyAnswer& unchanged() { return unchanged_; }

    [[nodiscard]] SetNumber set(const WrittenNumber& number, const std::string& value) {
        SetNumber tried{value, std::nullopt, false, ""};
        auto settings = base_.settings;
        settings.push_back({number.path, value});
        Diagnostics diagnostics;
        LazyAnswer changed(load_scenario(base_.library, base_.scenario, settings, diagnostics));
        if (changed.totals() == nullptr) {
            tried.said = diagnostics.has_errors() ? placeless_error(diagnostics) : why_not(settings);
            return tried;
        }
        tried.total = changed.totals()->total.latency.median;
        const AnswerDifference difference = compared(unchanged_, changed);
        tried.moves = difference.chosen;
        if (!difference.chosen) {
            tried.said = difference.none() ? explained().text(number.path, changed) : moved_text(difference.others);
        } else if (!numbers_differ(in_seconds(*tried.total), in_seconds(unchanged_.totals()->total.latency.median))) {
            tried.said = "moves " + moved_parts(unchanged_, changed);
        }
        return tried;
    }

  private:
    [[nodiscard]] std::string why_not(const std::vector<Override>& settings) const {
        Diagnostics diagnostics;
        const auto scenario = load_scenario(base_.library, base_.scenario, settings, diagnostics);
        static_cast<void>(scenario ? evaluate(*scenario, diagnostics) : std::nullopt);
        return placeless_error(diagnostics);
    }

    ExplainedSilence& explained() {
        if (!explained_) {
            explained_ = std::make_unique<ExplainedSilence>(unchanged_);
        }
        return *explained_;
    }

    const SweepBase& base_;
    LazyAnswer unchanged_;
    std::unique_ptr<ExplainedSilence> explained_;
};

}  // namespace

std::optional<EveryNumber> try_every_number(const SweepBase& base, const std::vector<double>& factors,
                                            Diagnostics& diagnostics) {
    SweepBase remembering = base;
    if (!remembering.library.kept) {
        remembering.library.kept = std::make_shared<KeptDocuments>();
    }
    const auto numbers = written_numbers(remembering, diagnostics);
    auto scenario = load_scenario(remembering.library, remembering.scenario, remembering.settings, diagnostics);
    const auto result = scenario && numbers ? evaluate(*scenario, diagnostics) : std::nullopt;
    if (!result) {
        return std::nullopt;
    }
    EveryNumber every{result->scenario, factors, result->total.latency.median, {}};
    NumberTrials trials(remembering, std::move(*scenario));
    for (const WrittenNumber& number : *numbers) {
        NumberTried tried{number, {}, {}};
        for (const double factor : factors) {
            const std::string value = times_factor(number.value, factor, number.whole);
            if (value != number.value) {
                tried.set.push_back(trials.set(number, value));
            } else {
                tried.left_out.push_back({factor, number.whole ? "a whole number, which rounds up to what it is"
                                                               : "zero, which stays zero"});
            }
        }
        every.numbers.push_back(std::move(tried));
    }
    return every;
}

}  // namespace berth
