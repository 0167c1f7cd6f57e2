// Networks left out of a fit, and whether a profile's intervals hold for them.
#include "calibration/left_out.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "berth/statistics.h"
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

// Minus the logarithm of the likelihood of rows at a state of the memory, with tails for rows that the model misses.
double cost_at(std::vector<FitRow>& rows, Frequency clock, double sigma, const Profile& profile) {
    constexpr double kDegrees = 4;  // of Student's t
    double cost = 0;
    for (FitRow& row : rows) {
        set_memory_clock(row, clock);
        const double z = std::log(time_of(row, profile) / row.row->measured) / sigma;
        cost += std::log1p(z * z / kDegrees);
    }
    return cost;
}

// The state that the rows of a board say; between 0.2 and 1.5 of the rated one, on a grid of 1 %.
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

// What a row of a class would need as error, beside the spreads of the profile's numbers, to lie just inside.
double needed_error(double off, double sigma, double stated_error) {
    const double of_numbers = sigma * sigma - stated_error * stated_error;
    const double all = off / kNormal95;
    return std::sqrt(std::max(0.0, all * all - of_numbers));
}

struct Inside {
    std::size_t rows = 0, inside = 0;
    [[nodiscard]] double share() const {
        return rows > 0 ? static_cast<double>(inside) / static_cast<double>(rows) : 0;
    }
};

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
                predicted.push_back(in_seconds(time_of(row, fitted)));
                measured.push_back(in_seconds(row.row->measured));
                logs[static_cast<Eigen::Index>(i)] = std::log(predicted.back());
            }
        }
        networks.push_back({name, state, summarise(predicted, measured), 0});
        fit.set_all(best);
    }
    return logs;
}

std::vector<LeftOutClass> check_intervals(std::span<const FitRow> rows, const VectorXd& unseen, const Profile& stated,
                                          std::vector<LeftOutNetwork>& networks) {
    std::map<std::string, Inside> by_network;
    std::map<ErrorClass, Inside> by_class;
    std::map<ErrorClass, std::vector<double>> needed;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto* timed = std::get_if<TimedKernel>(&rows[i].row->work);
        if (rows[i].network.empty() || timed == nullptr) {
            continue;
        }
        const Device& device = stated.devices[static_cast<std::size_t>(rows[i].row->device)];
        const ErrorClass of = error_class(timed->kernel, device);
        const double sigma =
            predict_kernel(stated, rows[i].row->device, timed->kernel, timed->execution, timed->library_call)
                .uncertainty.sigma();
        const double off = std::abs(unseen[static_cast<Eigen::Index>(i)] - std::log(in_seconds(rows[i].row->measured)));
        const bool inside = off <= kNormal95 * sigma;
        for (Inside* count : {&by_network[rows[i].network], &by_class[of]}) {
            count->rows += 1;
            count->inside += inside ? 1 : 0;
        }
        needed[of].push_back(needed_error(off, sigma, std::log1p(error_of(device, of).value)));
    }
    for (LeftOutNetwork& network : networks) {
        network.coverage = by_network[network.name].share();
    }
    std::vector<LeftOutClass> classes;
    for (const auto& [of, count] : by_class) {
        classes.push_back({of, count.rows, count.share(), std::expm1(quantile(needed[of], 0.9).value_or(0))});
    }
    return classes;
}

}  // namespace berth
