// What numbers of a profile that are fitted may be, and which others give way to them.
#pragma once

#include <string>
#include <vector>

#include "berth/calibration.h"
#include "berth/number_orders.h"

namespace berth {

/// Keeps a profile such that readers take it while numbers of it are fitted: a number that was believed gives way to
/// what was measured; one that may not be moved holds what is fitted.
class NumberBounds {
  public:
    /// `fitted` and `probed` are paths of what the rows say; `kept` what stays whatever they say. Values of the profile
    /// at this moment are what was believed.
    NumberBounds(Profile& profile, const std::vector<std::string>& fitted, const std::vector<std::string>& probed,
                 const std::vector<std::string>& kept);

    /// The least and the most that a fitted number may be (SI), from its own range and from numbers that are kept.
    [[nodiscard]] double least(const std::string& path) const { return at(path).least; }
    [[nodiscard]] double most(const std::string& path) const { return at(path).most; }
    /// Where a number stops to have an effect, as the profile was: a limit above what the memory sustains, say.
    [[nodiscard]] double no_use_beyond(const std::string& path) const;
    /// Pairs of fitted numbers, the first of which may not be more than the second.
    [[nodiscard]] const std::vector<NumberOrder>& between_fitted() const { return between_fitted_; }

    /// Sets what gives way to the fitted numbers as the profile has them now; back to what was believed where it need
    /// not.
    void follow(const std::vector<double>& fitted);
    /// What has given way.
    [[nodiscard]] std::vector<FollowingNumber> moved() const;
    /// Fitted and probed numbers that stand at another one that is kept.
    [[nodiscard]] std::vector<HeldNumber> held(const std::vector<double>& fitted) const;

  private:
    struct Node {
        ParameterView view;
        double believed = 0, now = 0;
        double least = 0, most = 0;
        int fitted = -1;  ///< its place among the fitted, or -1
        bool probed = false, kept = false;
        int held_by = -1;     ///< the kept number that its most is from
        int because_of = -1;  ///< the number that it gives way to
        [[nodiscard]] bool follows() const { return fitted < 0 && !kept; }
        [[nodiscard]] bool measured() const { return fitted >= 0 || probed; }
    };
    struct Order {
        int lesser = 0, greater = 0;
    };

    [[nodiscard]] const Node& at(const std::string& path) const;
    [[nodiscard]] int place(const std::string& path) const;
    void bound_by_kept();
    void raise();
    void lower();

    std::vector<Node> nodes_;
    std::vector<Order> orders_;  ///< from the cores to the bus
    std::vector<NumberOrder> between_fitted_;
};

/// Numbers in lists (clusters, fusion rules) cannot be written into a profile that extends another; of links, which are
/// few, all are written again.
[[nodiscard]] bool in_list(const std::string& path);

/// The value as a profile has it written: four digits.
[[nodiscard]] double as_written(double si, Dimension dimension);

}  // namespace berth
