// Fitting the numbers of a profile to measured operators: what was believed before, what the rows say, what is left
// open.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "berth/load_profile.h"
#include "berth/placement_terms.h"
#include "berth/validation.h"

namespace berth {

/// What a row is predicted without, to see how far the fit is off on what it did not see: its shape, or the whole
/// network that it is part of. With networks, layers below 20 us, most of which is the profiler, do not count, and
/// numbers that were calibrated start from next to nothing believed (a factor of two), since the same rows set them.
enum class LeftOut : std::uint8_t { kShape, kNetwork };
inline constexpr std::array<Choice<LeftOut>, 2> kLeftOutNames{
    {{"shape", LeftOut::kShape}, {"network", LeftOut::kNetwork}}};

/// A network whose layers were predicted by a fit of all others.
struct LeftOutNetwork {
    std::string name;
    std::optional<Frequency> memory_clock;  ///< that its own layers say; absent: the profile has no state of the memory
    ErrorSummary error;
    double coverage = 0;  ///< share of layers inside the 5-95 % of the profile's spreads, around the prediction
};

/// Layers of all left-out networks by class of error.
struct LeftOutClass {
    ErrorClass of{};
    std::size_t rows = 0;
    double coverage = 0;
    double needed = 0;  ///< the class's error at which nine of ten would be inside (split conformal prediction)
};

/// Layers of all left-out networks by how near their sizes are to those of the others.
struct LeftOutDistance {
    EvidenceKind distance{};
    std::size_t rows = 0;
    double coverage = 0;
    double factor = 0;  ///< on the profile's standard deviations, with which nine of ten would be inside
};

struct CalibrationOptions {
    /// Paths of numbers, with `*`; empty: every number of the rows' devices that has a spread and changes a row.
    std::vector<std::string> fit;
    int folds = 5;                    ///< of the cross-validation
    std::vector<std::string> kept{};  ///< paths that stay whatever the rows say: somebody set them
    LeftOut leave_out = LeftOut::kShape;
    std::vector<MeasuredRow> candidates{};  ///< models that could be timed next; what was measured of them is not read
};

/// A number before and after. Spreads are relative standard errors (see Parameter).
struct FittedParameter {
    std::string path;
    Dimension dimension;
    double before = 0, spread_before = 0;  ///< SI; the prior is log-normal
    double after = 0, spread_after = 0;
    bool determined = false;       ///< the rows at least halved what was open
    std::string base{};            ///< path of the number that it is a share of; empty: it stands for itself
    double share = 0;              ///< of that, before
    std::optional<Origin> kept{};  ///< of a number that was not fitted but has to be written: its kind
    std::string source{};          ///< and its source
};

/// A number that was believed and gave way to one that was measured: the bus carries what its cores were seen to draw.
struct FollowingNumber {
    std::string path;
    Dimension dimension;
    double before = 0, after = 0;  ///< SI
    double spread = 0;
    Origin origin{};
    std::string because_of;  ///< the path of what it gave way to
};

/// A fitted number that another one holds, which may not be moved: it was set, stands in a list or in a datasheet.
struct HeldNumber {
    std::string path, by;
    Dimension dimension;
    double at = 0;         ///< SI
    SourceLocation where;  ///< of the one that holds it
};

/// `clocks` of a device with its fitted clock among them.
struct FittedClocks {
    std::string path;
    std::vector<Frequency> clocks;
};

/// Two numbers that the rows hardly tell apart: one can make up for the other.
struct Correlation {
    std::string a, b;
    double value = 0;
};

/// A row's part in the fit.
struct FittedRow {
    std::string name, op_class;
    Time measured, predicted;
    Time unseen;          ///< predicted by a fit without the rows of this shape, or of this network
    std::string network;  ///< of a layer, where networks were left out
    double leverage = 0;  ///< how far the row decides its own prediction, 0 to 1
    double weight = 1;    ///< below 1: it counts less, as an outlier
    double sigma = 0;     ///< of the logarithm of `predicted`, by the numbers that were fitted
};

/// A link with fitted numbers, in full: lists of a profile replace those of the one it extends.
struct FittedLink {
    std::string a, b;
    std::vector<FittedParameter> numbers;  ///< paths are the keys of a link; those that were not fitted, too
};

/// A network that was not timed: how uncertain its time is by the fitted numbers.
struct WorthTiming {
    std::string name;
    Time predicted;
    double sigma = 0;    ///< of the logarithm
    double removes = 0;  ///< share of the open variance of all fitted numbers together that its time would remove
};

struct Calibration {
    std::vector<FittedParameter> parameters;
    std::vector<Correlation> correlations;  ///< beyond 0.9 either way
    std::vector<FittedRow> rows;
    double sigma = 0;     ///< typical residual of log time
    ErrorSummary fitted;  ///< rows that the fit saw
    ErrorSummary unseen;  ///< the same rows, each predicted without its shape
    ModelError error;     ///< what unseen rows of each class are off by
    std::string device;
    std::vector<MeasuredKind> evidence;   ///< what the device's numbers rest on now: the profile's and these rows
    std::vector<FittedParameter> probed;  ///< set by probes of memory before the fit
    std::vector<FollowingNumber> following;
    std::vector<HeldNumber> held;
    std::vector<FittedClocks> clocks;
    std::vector<FittedLink> links;
    std::vector<WorthTiming> next;  ///< of the candidates, those that would tell most first
    std::size_t left_out = 0;       ///< rows that are not fitted: probes of memory
    /// Of the parameters that were fitted: covariance of their logarithms, row by row.
    std::vector<double> covariance;
    std::vector<LeftOutNetwork> networks;    ///< with LeftOut::kNetwork
    std::vector<LeftOutClass> classes;       ///< the same
    std::vector<LeftOutDistance> distances;  ///< the same
};

/// Takes from probes of memory and threads what they say directly: rates of the levels and of DRAM, what is left of a
/// shared cache, the cost of waking threads; `kept` are paths that stay. Changes the profile; returns what was changed,
/// nothing without such rows.
[[nodiscard]] std::vector<FittedParameter> apply_memory_probes(Profile& profile, std::span<const MeasuredSet> sets,
                                                               const std::vector<std::string>& kept = {});

/// Least squares on the logarithms of the times, with the profile's spreads as priors; outliers count less (Student's t
/// with 4 degrees of freedom). Probes of memory come first (apply_memory_probes). Each fold of the cross-validation
/// leaves out whole shapes. The profile is changed to the fitted numbers, as they are written, and stays one that
/// readers take: what was believed gives way to what was measured. Errors: no operators among the rows, a pattern that
/// matches no number, or one that stands in a list.
[[nodiscard]] std::optional<Calibration> calibrate(Profile& profile, std::span<const MeasuredSet> sets,
                                                   const CalibrationOptions& options, Diagnostics& diagnostics);

/// A number that two calibrations from the same beginning see differently.
struct Drift {
    std::string path;
    Dimension dimension;
    double first = 0, second = 0;  ///< SI
    double sigmas = 0;             ///< ln(second / first) over the standard errors of both together
};
/// Numbers that both fitted, those that moved most first. The prior is part of both, which makes this cautious: numbers
/// that neither file determines agree.
[[nodiscard]] std::vector<Drift> drift_between(const Calibration& first, const Calibration& second);

/// What a calibrated profile says of itself.
struct ProfileText {
    std::string name, base, description;
    std::string source;                           ///< what it was fitted to
    std::vector<ProfileOverride> settings;        ///< under which it was fitted
    std::optional<MachineDescription> machine{};  ///< whose rows they are
};
/// A profile that extends `base` by the settings and the fitted numbers, each with its spread and source.
[[nodiscard]] std::string calibrated_profile(const Calibration& calibration, const ProfileText& text);

}  // namespace berth
