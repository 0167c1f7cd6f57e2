// Predicts networks left out of a fit, and checks whether a profile's intervals cover them.
#include "calibration/left_out.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "berth/base/statistics.h"
#include "evaluation/work.h"

namespace berth {

namespace {

using Eigen::VectorXd;

std::vector<std::string> networks_of(std::span<const FitRow> rows) {
    std::vector<std::string> names;
    for (const FitRow& row : rows) {
        if (!row.network.empty() && std::ranges::find(names, row.network) == names.end()) {
            names.push_back(row.network);
        }
    }
    return names;
}

std::vector<FitRow> rows_of_network(std::span<const FitRow> rows, const std::string& network) {
    std::vector<FitRow> own;
    std::ranges::copy_if(rows, std::back_inserter(own), [&](const FitRow& row) { return row.network == network; });
    return own;
}

void set_memory_clock(FitRow& row, Frequency clock) {
    for (CountedKernel& one : row.kernels) {
        one.execution.memory_clock = clock;
    }
}

// Negative log-likelihood of rows at a memory clock, with heavy tails for outliers.
double cost_at(std::vector<FitRow>& rows, Frequency clock, double sigma, const Profile& profile) {
    double cost = 0;
    for (FitRow& row : rows) {
        set_memory_clock(row, clock);
        cost += unlikelihood(std::log(time_of(row, profile) / row.measured) / sigma);
    }
    return cost;
}

// Maximum-likelihood memory clock of a board's rows; a grid of 1 % between 0.2 and 1.5 of the rated clock.
std::optional<Frequency> state_said_by(std::vector<FitRow> rows, double sigma, const Profile& profile) {
    if (!profile.dram.rated_clock) {
        return std::nullopt;
    }
    const Frequency rated = profile.dram.rated_clock->value;
    constexpr double kLeast = 0.2;
    constexpr double kMost = 1.5;
    Frequency best = rated;
    double least = std::numeric_limits<double>::infinity();
    for (double share = kLeast; share <= kMost; share *= 1.01) {
        if (const double cost = cost_at(rows, rated * share, sigma, profile); cost < least) {
            least = cost;
            best = rated * share;
        }
    }
    return best;
}

VectorXd all_but(std::span<const FitRow> rows, const std::string& network) {
    VectorXd use(static_cast<Eigen::Index>(rows.size()));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        use[static_cast<Eigen::Index>(i)] = rows[i].network == network ? 0 : 1;
    }
    return use;
}

// Model error that a row needs in addition to the spreads of the numbers to lie at the edge of its interval.
double needed_error(double off, double sigma, double stated_error) {
    const double of_numbers = sigma * sigma - stated_error * stated_error;
    const double all = off / kNormal95;
    return std::sqrt(std::max(0.0, all * all - of_numbers));
}

// Number of rows inside their interval, and the error that each row needs.
struct Inside {
    std::size_t rows = 0, inside = 0;
    std::vector<double> needed;
    void add(double off, double sigma, double need) {
        rows += 1;
        inside += off <= kNormal95 * sigma ? 1 : 0;
        needed.push_back(need);
    }
    [[nodiscard]] double share() const {
        return rows > 0 ? static_cast<double>(inside) / static_cast<double>(rows) : 0;
    }
    [[nodiscard]] double nine_of_ten() const { return quantile(needed, 0.9).value_or(0); }
};

// Evidence for each network from the layers of all others.
std::map<std::string, std::vector<MeasuredKind>> evidence_of_others(std::span<const FitRow> rows) {
    std::map<std::string, std::vector<MeasuredKind>> others;
    for (const std::string& name : networks_of(rows)) {
        std::vector<MeasuredKind>& measured = others[name];
        for (const FitRow& row : rows) {
            const auto* timed = std::get_if<TimedKernel>(&row.row->work);
            if (row.network != name && timed != nullptr) {
                add_evidence(measured, *timed);
            }
        }
    }
    return others;
}

}  // namespace

VectorXd predict_networks_left_out(Fit& fit, std::span<const FitRow> rows, const Profile& fitted,
                                   std::vector<LeftOutNetwork>& networks) {
    const std::vector<double> best = fit.logs();
    VectorXd logs =
        VectorXd::Constant(static_cast<Eigen::Index>(rows.size()), std::numeric_limits<double>::quiet_NaN());
    for (const std::string& name : networks_of(rows)) {
        fit.run(all_but(rows, name));
        const auto state = state_said_by(rows_of_network(rows, name), fit.sigma(), fitted);
        std::vector<double> predicted;
        std::vector<double> measured;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (rows[i].network == name) {
                FitRow row = rows[i];
                if (state) {
                    set_memory_clock(row, *state);
                }
                const double alone = in_seconds(time_of(row, fitted));
                for (const Time time : row.times) {
                    predicted.push_back(alone);
                    measured.push_back(in_seconds(time));
                }
                logs[static_cast<Eigen::Index>(i)] = std::log(alone);
            }
        }
        networks.push_back({name, state, summarise(predicted, measured), 0});
        fit.set_all(best);
    }
    return logs;
}

void check_intervals(std::span<const FitRow> rows, const VectorXd& unseen, const Profile& stated, Calibration& result) {
    std::map<std::string, Inside> by_network;
    std::map<ErrorClass, Inside> by_class;
    std::map<EvidenceKind, Inside> by_distance;
    const auto others = evidence_of_others(rows);
    Profile as_told = stated;  // with the evidence of all other networks
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto* timed = std::get_if<TimedKernel>(&rows[i].row->work);
        if (rows[i].network.empty() || timed == nullptr) {
            continue;
        }
        const DeviceId id = rows[i].row->device;
        as_told.devices[static_cast<std::size_t>(id)].evidence = others.at(rows[i].network);
        const Device& device = as_told.devices[static_cast<std::size_t>(id)];
        const Kernel& kernel = timed->kernel;
        const ErrorClass of = error_class(kernel, device);
        const double sigma = predict_kernel(as_told, id, kernel, timed->execution).uncertainty.sigma();
        const double stated_error = std::log1p(error_of(device, of).value);
        const EvidenceKind distance =
            evidence_for(kernel.kind, kernel.input, kernel.dims, timed->execution.cores, others.at(rows[i].network));
        for (const Time time : rows[i].times) {  // each is a layer of its own, which an interval covers or not
            const double off = std::abs(unseen[static_cast<Eigen::Index>(i)] - std::log(in_seconds(time)));
            by_network[rows[i].network].add(off, sigma, 0);
            by_class[of].add(off, sigma, needed_error(off, sigma, stated_error));
            by_distance[distance].add(off, sigma, off / (kNormal95 * sigma));
        }
    }
    for (LeftOutNetwork& network : result.networks) {
        network.coverage = by_network[network.name].share();
    }
    for (const auto& [of, count] : by_class) {
        result.classes.push_back({of, count.rows, count.share(), std::expm1(count.nine_of_ten())});
    }
    for (const auto& [distance, count] : by_distance) {
        result.distances.push_back({distance, count.rows, count.share(), count.nine_of_ten()});
    }
}

}  // namespace berth
