// Bounds of fitted numbers, and adjustments of others that would violate them.
#pragma once

#include <string>
#include <vector>

#include "berth/calibration/calibration.h"
#include "berth/hardware/number_orders.h"

namespace berth {

/// Keeps a profile valid while its numbers are fitted. Where two numbers bound each other, an assumed number yields to
/// a measured one, and a number that must not move bounds the fitted one.
class NumberBounds {
  public:
    /// `fitted` and `probed` are paths of numbers determined by the rows; `kept` those that must not change. The
    /// profile's current values are the assumed ones.
    NumberBounds(Profile& profile, const std::vector<std::string>& fitted, const std::vector<std::string>& probed,
                 const std::vector<std::string>& kept);

    /// Lower and upper bound of a fitted number (SI), from its own range and from kept numbers.
    [[nodiscard]] double least(const std::string& path) const { return at(path).least; }
    [[nodiscard]] double most(const std::string& path) const { return at(path).most; }
    /// Value beyond which a number has no effect under the initial profile, such as a limit above the sustained memory
    /// bandwidth.
    [[nodiscard]] double no_use_beyond(const std::string& path) const;
    /// Pairs of fitted numbers, the first of which must not exceed the second.
    [[nodiscard]] const std::vector<NumberOrder>& between_fitted() const { return between_fitted_; }

    /// Adjusts the yielding numbers to the current fitted values; those that need not yield return to their assumed
    /// values.
    void follow(const std::vector<double>& fitted);
    /// Numbers that have yielded.
    [[nodiscard]] std::vector<FollowingNumber> moved() const;
    /// Fitted and probed numbers that are at the bound set by a kept number.
    [[nodiscard]] std::vector<HeldNumber> held(const std::vector<double>& fitted) const;

  private:
    struct Node {
        ParameterView view;
        double believed = 0, now = 0;
        double least = 0, most = 0;
        int fitted = -1;  ///< position among the fitted numbers, or -1
        bool probed = false, kept = false;
        int base = -1;        ///< number that it is a share of, or -1
        int held_by = -1;     ///< kept number that sets its upper bound
        int because_of = -1;  ///< number that it has yielded to
        [[nodiscard]] bool follows() const { return fitted < 0 && !kept; }
        [[nodiscard]] bool measured() const { return fitted >= 0 || probed; }
    };
    struct Order {
        int lesser = 0, greater = 0;
    };

    [[nodiscard]] const Node& at(const std::string& path) const;
    [[nodiscard]] int place(const std::string& path) const;
    [[nodiscard]] bool moves_with(const Node& number, int other) const;
    [[nodiscard]] double moved_by_base(const Node& number) const;
    void bound_by_kept();
    void raise();
    void lower();

    std::vector<Node> nodes_;
    std::vector<Order> orders_;  ///< in order from the cores to the bus
    std::vector<NumberOrder> between_fitted_;
};

/// Numbers in lists (clusters, fusion rules) cannot be overridden in a profile that extends another. Links are few, so
/// all of them are written again.
[[nodiscard]] bool in_list(const std::string& path);

/// The value rounded to the four digits that profiles are written with.
[[nodiscard]] double as_written(double si, Dimension dimension);

}  // namespace berth
