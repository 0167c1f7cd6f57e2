// Machines far from the prior: rows are generated with a number at ten times or a tenth of the prior's value, then
// fitted from that prior. The written profile is valid and predicts its rows.
#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "berth/base/quantity_text.h"
#include "berth/base/statistics.h"
#include "berth/calibration/calibration.h"
#include "berth/hardware/load_profile.h"
#include "berth/hardware/number_orders.h"

namespace berth {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kEach = 14;        // measured rows per row whose shape is used
constexpr std::size_t kEachProbe = 3;    // the same for memory probes
constexpr std::size_t kEachEncoder = 5;  // the same for whole models

const Library& shipped() {
    static const Library kLibrary{{std::string(BERTH_SOURCE_DIR)}};
    return kLibrary;
}

const Profile& prior() {
    static const Profile kPrior = [] {
        Diagnostics diagnostics;
        auto loaded = load_hardware(shipped(), "onednn-cpu", {}, SourceLocation("test"), diagnostics);
        if (!loaded) {
            throw std::runtime_error(diagnostics.text());
        }
        return *loaded;
    }();
    return kPrior;
}

/// Shapes of the measurements of a real machine; their times are replaced.
const std::vector<MeasuredSet>& shapes() {
    static const std::vector<MeasuredSet> kShapes = [] {
        std::vector<MeasuredSet> sets;
        const fs::path folder = fs::path(BERTH_SOURCE_DIR) / "hardware" / "measured" / "x86-avx512-vnni";
        for (const auto& [file, each] : {std::pair{"memory.csv", kEachProbe}, std::pair{"fitted.csv", kEach},
                                         std::pair{"model_fitted.csv", kEachEncoder}}) {
            Diagnostics diagnostics;
            auto set = load_measured_file(shipped(), folder / file, DeviceId{0}, prior(), diagnostics);
            if (!set) {
                throw std::runtime_error(diagnostics.text());
            }
            std::vector<MeasuredRow> thinned;
            for (std::size_t i = 0; i < set->rows.size(); i += each) {
                thinned.push_back(set->rows[i]);
            }
            set->rows = std::move(thinned);
            sets.push_back(std::move(*set));
        }
        return sets;
    }();
    return kShapes;
}

/// Paths of the numbers that a fit may change.
std::vector<std::string> fitted_paths() {
    Profile copy = prior();
    std::vector<std::string> paths;
    for (const ParameterView& view : parameters(copy)) {
        const bool in_list = view.path.find(".fuses.") != std::string::npos;
        if (view.spread > 0 && view.value > 0 && view.dimension != Bytes::kDimension && !in_list &&
            view.path.find(".error.") == std::string::npos) {
            paths.push_back(view.path);
        }
    }
    return paths;
}

struct Change {
    std::string path;
    double factor = 1;
};

double value_of(Profile& profile, const std::string& path) {
    const auto views = parameters(profile);
    return std::ranges::find(views, path, &ParameterView::path)->value;
}

void set_value(Profile& profile, const std::string& path, double value) {
    const auto views = parameters(profile);
    const auto view = std::ranges::find(views, path, &ParameterView::path);
    view->set(std::clamp(value, view->least, view->most));
}

/// The prior with these changes; numbers that bound them change with them, as on a real machine.
Profile machine_with(const std::vector<Change>& changes) {
    Profile truth = prior();
    std::vector<std::string> moved;
    for (const Change& change : changes) {
        set_value(truth, change.path, value_of(truth, change.path) * change.factor);
        moved.push_back(change.path);
    }
    const auto is_moved = [&moved](const std::string& path) { return std::ranges::find(moved, path) != moved.end(); };
    const auto orders = number_orders(truth);
    for (std::size_t pass = 0; pass < orders.size(); ++pass) {
        for (const NumberOrder& order : orders) {
            const double lesser = value_of(truth, order.lesser);
            const double greater = value_of(truth, order.greater);
            if (lesser <= greater) {
                continue;
            }
            if (is_moved(order.lesser)) {
                set_value(truth, order.greater, lesser);
                moved.push_back(order.greater);
            } else {
                set_value(truth, order.lesser, greater);
                moved.push_back(order.lesser);
            }
        }
    }
    return truth;
}

/// Measurements that a machine with this profile would give.
std::vector<MeasuredSet> measured_on(const Profile& truth) {
    std::vector<MeasuredSet> sets = shapes();
    Diagnostics diagnostics;
    const auto predicted = validate(truth, sets, diagnostics);
    if (!predicted) {
        throw std::runtime_error(diagnostics.text());
    }
    for (std::size_t s = 0; s < sets.size(); ++s) {
        for (std::size_t i = 0; i < sets[s].rows.size(); ++i) {
            sets[s].rows[i].measured = predicted->sets[s].rows[i].predicted.median;
        }
    }
    return sets;
}

std::optional<Profile> read_back(const Calibration& calibration, std::string& text, Diagnostics& diagnostics) {
    text = calibrated_profile(calibration, {"mine", "onednn-cpu", "", "rows.csv", {}, std::nullopt});
    auto document = YamlDocument::parse(text, "mine.yaml", diagnostics);
    return document ? load_profile(std::move(*document), profiles_in({fs::path(BERTH_SOURCE_DIR) / "hardware"}), {},
                                   diagnostics)
                    : std::nullopt;
}

/// Median error of operators and models, and the error of the worst tenth.
std::pair<double, double> errors_on(const Profile& profile, const std::vector<MeasuredSet>& sets) {
    Diagnostics diagnostics;
    const auto validation = validate(profile, sets, diagnostics);
    if (!validation) {
        throw std::runtime_error(diagnostics.text());
    }
    std::vector<double> errors;
    for (const ValidatedSet& set : validation->sets) {
        for (const ValidatedRow& row : set.rows) {
            if (set.form != RowForm::kMemory) {
                errors.push_back(std::abs(std::log(row.predicted.median / row.measured)));
            }
        }
    }
    return {*median(errors), *quantile(errors, 0.9)};
}

std::string words(const std::vector<Change>& changes) {
    std::string text;
    for (const Change& change : changes) {
        text += change.path + " x " + std::to_string(change.factor) + "\n";
    }
    return text;
}

/// Fits the prior to the rows of such a machine, and describes faults of the result.
std::string complaints(const std::vector<Change>& changes, double median_error, double most_error) {
    const auto sets = measured_on(machine_with(changes));
    Profile profile = prior();
    Diagnostics diagnostics;
    const CalibrationOptions options{{}, 2};
    const auto calibration = calibrate(profile, sets, options, diagnostics);
    if (!calibration) {
        return "not fitted: " + diagnostics.text();
    }
    std::string text;
    const auto written = read_back(*calibration, text, diagnostics);
    if (!written) {
        return "not read back: " + diagnostics.text() + text;
    }
    std::string found;
    if (!std::isfinite(calibration->unseen.median_error.value_or(NAN)) ||
        !std::isfinite(calibration->fitted.mean_error.value_or(NAN))) {
        found += "no accuracy is reported\n";
    }
    const auto [middle, worst] = errors_on(*written, sets);
    if (middle > median_error || worst > most_error) {
        found += "predicts its rows within " + std::to_string(middle) + " and " + std::to_string(worst) + "\n";
    }
    return found;
}

// One number at a time, on both sides of the prior.
TEST(FarMachines, GiveAProfileThatPredictsItsRows) {
    for (const std::string& path : fitted_paths()) {
        for (const double factor : {10.0, 0.1}) {
            const std::vector<Change> changes{{path, factor}};
            EXPECT_EQ(complaints(changes, 0.03, 0.1), "") << words(changes);
        }
    }
}

// Any several numbers together: the profile is accepted by the reader, and its accuracy is reported.
RC_GTEST_PROP(FarMachines, GiveAProfileWhateverTheyAre, ()) {
    const auto paths = fitted_paths();
    std::vector<Change> changes;
    for (const std::string& path : *rc::gen::container<std::set<std::string>>(rc::gen::elementOf(paths))) {
        changes.push_back({path, *rc::gen::element(10.0, 0.1)});
    }
    constexpr double kAny = std::numeric_limits<double>::infinity();  // several changes may leave uninformative rows
    const std::string found = complaints(changes, kAny, kAny);
    RC_LOG() << words(changes) << found;
    RC_ASSERT(found.empty());
}

// Fits observe the same order constraints between numbers as the reader: for any factor on a number of a shipped
// profile, the profile is refused exactly if an order constraint or a bound of the number is violated.
TEST(NumberOrders, AreWhatReadersRefuse) {
    for (const std::string name : {"onednn-cpu", "rk3588-rknn-2.3.2", "rk3588-ncnn", "x86-avx512-vnni"}) {
        Diagnostics none;
        auto profile = load_hardware(shipped(), name, {}, SourceLocation("test"), none);
        ASSERT_TRUE(profile.has_value()) << none.text();
        for (const ParameterView& view : parameters(*profile)) {
            if (view.path.find("links.") == 0 || view.path.find(".fuses.") != std::string::npos || view.value == 0) {
                continue;
            }
            for (const double factor : {30.0, 1 / 30.0}) {
                const double value = view.value * factor;
                const bool of_core = view.path.starts_with("devices.") && view.path.ends_with(".bandwidth");
                const std::string text = quantity_text(value, view.dimension) + (of_core ? " per core" : "");
                view.set(value);
                bool broken = value > view.most || value < view.least;
                for (const NumberOrder& order : number_orders(*profile)) {
                    broken = broken ||
                             (order.refused && value_of(*profile, order.lesser) > value_of(*profile, order.greater));
                }
                for (const Device& device : profile->devices) {
                    const Bytes nearest = device.memories.front().capacity.value;
                    broken = broken || nearest < largest_tile(device);
                }
                const double state = relative_clock(state_of(profile->dram));
                broken = broken || state < kLeastDramClock || state > kMostDramClock;
                view.set(view.value);
                Diagnostics diagnostics;
                const auto read =
                    load_hardware(shipped(), name, {{view.path, text}}, SourceLocation("test"), diagnostics);
                EXPECT_EQ(!read.has_value(), broken) << name << ": " << view.path << " = " << text << "\n"
                                                     << diagnostics.text();
            }
        }
    }
}

}  // namespace
}  // namespace berth
