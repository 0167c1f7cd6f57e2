// Calibration: fitting the numbers of a profile to measured operators, from the profile's priors to posteriors and
// residuals.
#pragma once

#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/calibration/validation.h"
#include "berth/cost/placement_terms.h"
#include "berth/hardware/load_profile.h"

namespace berth {

/// Unit of cross-validation that is left out of the fit which predicts a row: its shape, or the whole network that it
/// is part of. With networks, layers below 20 us, most of which is the profiler's overhead, do not count, and
/// calibrated numbers start from a weak prior (a factor of two), since the same rows set them.
enum class LeftOut : std::uint8_t { kShape, kNetwork };
inline constexpr std::array<Choice<LeftOut>, 2> kLeftOutNames{
    {{"shape", LeftOut::kShape}, {"network", LeftOut::kNetwork}}};

/// A network whose layers were predicted by a fit of all other networks.
struct LeftOutNetwork {
    std::string name;
    /// Memory clock fitted to its own layers; absent: the profile has no clock of the memory.
    std::optional<Frequency> memory_clock;
    ErrorSummary error;
    double coverage = 0;  ///< share of layers inside the 5-95 % interval of the profile's spreads
};

/// Coverage of the layers of all left-out networks, by error class.
struct LeftOutClass {
    ErrorClass of{};
    std::size_t rows = 0;
    double coverage = 0;
    double needed = 0;  ///< model error of the class that would cover nine of ten (split conformal prediction)
};

/// Coverage of the layers of all left-out networks, by distance of their sizes from those of the other networks.
struct LeftOutDistance {
    EvidenceKind distance{};
    std::size_t rows = 0;
    double coverage = 0;
    double factor = 0;  ///< factor on the profile's standard deviations that would cover nine of ten
};

struct CalibrationOptions {
    /// Paths of numbers to fit, with `*`; empty: every number of the rows' devices that has a spread and affects a row.
    std::vector<std::string> fit;
    int folds = 5;                    ///< folds of the cross-validation
    std::vector<std::string> kept{};  ///< paths that are never changed: a user set them
    LeftOut leave_out = LeftOut::kShape;
    std::vector<MeasuredRow> candidates{};  ///< models that could be timed next; their measured times are not read
};

/// A number before (prior) and after (posterior) the fit. Spreads are relative standard errors (see Parameter).
struct FittedParameter {
    std::string path;
    Dimension dimension;
    double before = 0, spread_before = 0;  ///< SI; the prior is log-normal
    double after = 0, spread_after = 0;
    bool determined = false;  ///< the rows at least halved the standard deviation of its logarithm
    std::string base{};       ///< path of the number that it is a share of; empty: not a share
    double share = 0;         ///< share of `base`, before the fit
    bool per_cycle = false;   ///< `share` is in bytes per cycle of the base, a clock
    Origin origin{};          ///< before the fit; a number that the rows do not determine keeps it
    std::string source{};     ///< before the fit
    bool fitted = true;       ///< false: not fitted, but has to be written
    /// Standard deviation of the logarithm after the fit, over that before.
    [[nodiscard]] double remains() const { return std::log1p(spread_after) / std::log1p(spread_before); }
};

/// A number that was assumed and is overridden by a measured one: the bus carries at least what its cores were measured
/// to draw.
struct FollowingNumber {
    std::string path;
    Dimension dimension;
    double before = 0, after = 0;  ///< SI
    double spread = 0;
    Origin origin{};
    std::string because_of;  ///< path of the measured number
    std::string base{};      ///< as in FittedParameter
    double share = 0;
    bool per_cycle = false;
};

/// A fitted number at a bound set by another number, which cannot be changed: a user set it, or it stands in a list or
/// a datasheet.
struct HeldNumber {
    std::string path, by;
    Dimension dimension;
    double at = 0;         ///< SI
    SourceLocation where;  ///< of the bounding number
};

/// A device's list `clocks` with its fitted clock added.
struct FittedClocks {
    std::string path;
    std::vector<Frequency> clocks;
};

/// Two numbers that the rows hardly separate: one can compensate for the other.
struct Correlation {
    std::string a, b;
    double value = 0;
};

/// Diagnostics of one row of the fit. Repetitions of one work are one row.
struct FittedRow {
    std::string name, op_class;
    std::vector<Time> times;  ///< as measured, of each repetition
    Time measured;            ///< their median
    Time predicted;
    Time unseen;          ///< prediction of a fit without the rows of this shape, or of this network
    std::string network;  ///< network of a layer, if networks were left out
    double leverage = 0;  ///< leverage of the row on its own prediction, 0 to 1
    double weight = 1;    ///< below 1: down-weighted as an outlier, or because its repetitions scatter
    double sigma = 0;     ///< standard deviation of log `predicted` due to the fitted numbers
    DeviceId device = 0;
};

/// Error of a class of operators on a device, from the residuals of unseen rows.
struct FittedError {
    ErrorClass of{};
    Parameter<double> before;
    double after = 0;
    bool of_rows = false;  ///< some row has the class; otherwise it was scaled with the classes that rows have
};

/// What the rows of one device say of the device, apart from its numbers.
struct FittedDevice {
    std::string name;
    std::size_t rows = 0;   ///< measured
    std::size_t works = 0;  ///< without repetitions
    std::vector<FittedError> errors;
    std::vector<MeasuredKind> evidence;  ///< evidence for its numbers, from the profile and from these rows
};

/// A link with fitted numbers, written in full: a list in a profile replaces that of the profile it extends.
struct FittedLink {
    std::string a, b;
    std::vector<FittedParameter> numbers;  ///< paths are the keys of a link; includes numbers that were not fitted
};

/// A network not yet timed: the uncertainty of its time due to the fitted numbers.
struct WorthTiming {
    std::string name;
    Time predicted;
    double sigma = 0;    ///< standard deviation of log time
    double removes = 0;  ///< share of the posterior variance of all fitted numbers that timing it would remove
};

struct Calibration {
    std::vector<FittedParameter> parameters;
    std::vector<Correlation> correlations;  ///< absolute value above 0.9
    std::vector<FittedRow> rows;            ///< one per work
    double sigma = 0;                       ///< typical residual of log time
    ErrorSummary fitted;                    ///< rows as predicted by the fit that includes them
    ErrorSummary unseen;                    ///< the same rows, each predicted by a fit without its shape
    std::vector<FittedDevice> devices;      ///< those with rows, in the profile's order
    std::vector<FittedParameter> probed;    ///< set by memory probes before the fit
    std::vector<FollowingNumber> following;
    std::vector<HeldNumber> held;
    std::vector<FittedClocks> clocks;
    std::vector<FittedLink> links;
    std::vector<WorthTiming> next;  ///< candidates, the most informative first
    std::size_t left_out = 0;       ///< rows that are not fitted: memory probes
    /// Covariance of the logarithms of the fitted parameters, row-major.
    std::vector<double> covariance;
    std::vector<LeftOutNetwork> networks;    ///< only with LeftOut::kNetwork
    std::vector<LeftOutClass> classes;       ///< only with LeftOut::kNetwork
    std::vector<LeftOutDistance> distances;  ///< only with LeftOut::kNetwork
};

/// Sets the numbers that memory and thread probes measure directly: bandwidths of the levels and of DRAM, the capacity
/// left of a shared cache, the cost of waking threads. `kept` are paths that are never changed. Changes the profile and
/// returns the changes, none without such rows.
[[nodiscard]] std::vector<FittedParameter> apply_memory_probes(Profile& profile, std::span<const MeasuredSet> sets,
                                                               const std::vector<std::string>& kept = {});

/// Least squares on the logarithms of the times, with the profile's spreads as priors; outliers are down-weighted
/// (Student's t with 4 degrees of freedom), and repetitions of one work count once, with the scatter of their median
/// as noise. Memory probes come first (apply_memory_probes). Each fold of the
/// cross-validation leaves out whole shapes. The profile is changed to the fitted numbers as written, and remains valid
/// for readers: assumed numbers are overridden by measured ones. Errors: no operators among the rows, a pattern that
/// matches no number, or one that matches a number in a list.
[[nodiscard]] std::optional<Calibration> calibrate(Profile& profile, std::span<const MeasuredSet> sets,
                                                   const CalibrationOptions& options, Diagnostics& diagnostics);

/// A number whose values differ between two calibrations from the same prior.
struct Drift {
    std::string path;
    Dimension dimension;
    double first = 0, second = 0;  ///< SI
    double sigmas = 0;             ///< ln(second / first) over the combined standard error
};
/// Numbers that both calibrations fitted, largest drift first. The shared prior makes this conservative: numbers that
/// neither file determines agree.
[[nodiscard]] std::vector<Drift> drift_between(const Calibration& first, const Calibration& second);

/// Header of a calibrated profile.
struct ProfileText {
    std::string name, base, description;
    std::string source;                           ///< measurements that it was fitted to
    std::vector<ProfileOverride> settings;        ///< overrides under which it was fitted
    std::optional<MachineDescription> machine{};  ///< machine on which the rows were measured
};
/// A profile as YAML that extends `base` by the settings and the fitted numbers, each with its spread and source.
[[nodiscard]] std::string calibrated_profile(const Calibration& calibration, const ProfileText& text);

}  // namespace berth
