// Pairs of measured rows that are alternatives for the same work.
#include "berth/calibration/choices.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "berth/base/interval.h"
#include "berth/base/statistics.h"
#include "evaluation/stage_choice.h"

namespace berth {

namespace {

// An alternative before its rows are grouped.
struct Way {
    std::string profile, set;
    DeviceId device = 0;
    DType dtype{};
    int cores = 1;
    std::string clock;
    friend auto operator<=>(const Way&, const Way&) = default;
};

using Ways = std::map<Way, std::vector<const ValidatedRow*>>;

Alternative alternative(const Way& way, const std::vector<const ValidatedRow*>& rows, const std::string& device) {
    std::vector<double> measured;
    double noise = 0;
    for (const ValidatedRow* row : rows) {
        measured.push_back(in_seconds(row->measured));
        noise += row->measured_sigma * row->measured_sigma;
    }
    const ValidatedRow& first = *rows.front();
    return {way.profile,
            way.set,
            device,
            way.dtype,
            way.cores,
            seconds(median(measured).value_or(0)),
            first.predicted.median,
            log_normal_sigma(first.predicted),
            std::sqrt(noise) / static_cast<double>(rows.size()),
            first.effects};
}

std::optional<ChoiceOf> what_differs(const Way& a, const Way& b) {
    if (a.profile != b.profile) {
        return ChoiceOf::kRuntime;
    }
    if (a.device != b.device) {
        return ChoiceOf::kDevice;  // rows of the processor and of the accelerator often come from two tables
    }
    if (a.set != b.set) {
        return std::nullopt;
    }
    if (a.clock != b.clock || (a.dtype != b.dtype && a.cores != b.cores)) {
        return std::nullopt;
    }
    return a.dtype != b.dtype ? ChoiceOf::kDType : ChoiceOf::kCores;
}

// Variance of a prediction's logarithm that the profile's numbers do not explain.
double own_variance(const Alternative& one) {
    const double explained = std::inner_product(one.effects.begin(), one.effects.end(), one.effects.begin(), 0.0);
    return std::max(0.0, one.sigma * one.sigma - explained);
}

// Standard deviation of a ratio's logarithm. Under one profile, shared numbers are common causes and model errors are
// independent. Two profiles are treated as independent, which is conservative if they share a chip.
double sigma_of_ratio(const Alternative& a, const Alternative& b) {
    if (a.profile != b.profile || a.effects.size() != b.effects.size() || a.effects.empty()) {
        return std::hypot(a.sigma, b.sigma);
    }
    double variance = own_variance(a) + own_variance(b);
    for (std::size_t i = 0; i < a.effects.size(); ++i) {
        variance += (a.effects[i] - b.effects[i]) * (a.effects[i] - b.effects[i]);
    }
    return std::sqrt(variance);
}

MeasuredChoice choice_between(const std::string& work, ChoiceOf of, bool whole_model, Alternative a, Alternative b) {
    MeasuredChoice choice{work, of, whole_model, std::move(a), std::move(b)};
    if (choice.slower.measured < choice.faster.measured) {
        std::swap(choice.faster, choice.slower);
    }
    const double sigma = sigma_of_ratio(choice.faster, choice.slower);
    const double margin = std::log(choice.predicted_ratio());
    const auto above = [margin](double spread) {
        return spread > 0 ? normal_probability(margin / spread) : margin > 0 ? 1.0 : margin < 0 ? 0.0 : 0.5;
    };
    choice.noise = std::hypot(choice.faster.measured_sigma, choice.slower.measured_sigma);
    choice.probability = above(sigma);
    choice.measured_probability = above(std::hypot(sigma, choice.noise));
    return choice;
}

}  // namespace

bool MeasuredChoice::told_apart() const { return std::log(measured_ratio()) > kNormal95 * noise; }

std::vector<MeasuredChoice> choices_of(std::span<const Validation> validations) {
    std::map<std::string, Ways> works;
    std::map<std::pair<std::string, DeviceId>, std::string> devices;
    for (const Validation& validation : validations) {
        for (std::size_t d = 0; d < validation.devices.size(); ++d) {
            devices[{validation.profile, static_cast<DeviceId>(d)}] = validation.devices[d];
        }
        for (const ValidatedSet& set : validation.sets) {
            for (const ValidatedRow& row : set.rows) {
                if (!row.work.empty()) {
                    works[row.work][{validation.profile, set.name, row.device, row.dtype, row.cores, row.clock}]
                        .push_back(&row);
                }
            }
        }
    }
    std::vector<MeasuredChoice> choices;
    for (const auto& [work, ways] : works) {
        for (auto a = ways.begin(); a != ways.end(); ++a) {
            for (auto b = std::next(a); b != ways.end(); ++b) {
                if (const auto of = what_differs(a->first, b->first)) {
                    choices.push_back(choice_between(
                        work, *of, a->second.front()->tokens > 0,
                        alternative(a->first, a->second, devices.at({a->first.profile, a->first.device})),
                        alternative(b->first, b->second, devices.at({b->first.profile, b->first.device}))));
                }
            }
        }
    }
    return choices;
}

std::vector<ReliabilityBin> reliability_of(std::span<const MeasuredChoice> choices) {
    constexpr std::array kEdges{0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0};
    std::vector<ReliabilityBin> bins;
    for (std::size_t i = 0; i + 1 < kEdges.size(); ++i) {
        bins.push_back({kEdges[i], kEdges[i + 1]});
    }
    for (const MeasuredChoice& choice : choices) {
        const double stated = std::max(choice.measured_probability, 1 - choice.measured_probability);
        const auto inner = std::span(kEdges).subspan(1, kEdges.size() - 2);
        ReliabilityBin& bin = bins[static_cast<std::size_t>(std::ranges::upper_bound(inner, stated) - inner.begin())];
        bin.choices += 1;
        bin.right += choice.measured_probability > 0.5 ? 1 : 0;
        bin.stated += stated;
    }
    for (ReliabilityBin& bin : bins) {
        bin.stated = bin.choices > 0 ? bin.stated / static_cast<double>(bin.choices) : 0;
    }
    return bins;
}

ChoiceCount count_choices(std::span<const MeasuredChoice> choices, double least_ratio, std::optional<ChoiceOf> of,
                          bool told_apart) {
    ChoiceCount count;
    for (const MeasuredChoice& choice : choices) {
        if ((!of || choice.of == *of) && choice.measured_ratio() >= least_ratio &&
            (!told_apart || choice.told_apart())) {
            count.choices += 1;
            count.right += choice.right() ? 1 : 0;
        }
    }
    return count;
}

}  // namespace berth
