// Calibration with known truth: noisy rows are generated from one profile and fitted from another.
#include <gmock/gmock.h>

#include <cmath>
#include <random>

#include "berth/calibration/calibration.h"
#include "berth/calibration/kernel_rows.h"
#include "berth/report/calibration_report.h"
#include "scenario_fixtures.h"

namespace berth {
namespace {

using namespace berth::literals;

constexpr std::string_view kPath = "devices.cpu.";

/// The shipped general CPU profile as prior, and rows of another CPU of this kind.
class CalibrationFit : public ::testing::Test {
  protected:
    static Library shipped() { return {{std::string(BERTH_SOURCE_DIR)}}; }

    static Profile profile(std::vector<Override> settings = {}) {
        // Rates per cycle matter only multiplied by the clock, which is known here, so each rate is identifiable.
        settings.push_back({"devices.cpu.clock", "{value: 3 GHz, spread: 0.5%}"});
        Diagnostics diagnostics;
        auto loaded = load_hardware(shipped(), "onednn-cpu", settings, SourceLocation("test"), diagnostics);
        EXPECT_TRUE(loaded.has_value()) << diagnostics.text();
        return *loaded;
    }

    static Dims product(std::int64_t m, std::int64_t k, std::int64_t n) {
        MatmulDims d;
        d.m = m;
        d.k = k;
        d.n = n;
        return d;
    }

    struct Work {
        OperatorKind kind;
        Dims dims;
        DType dtype;
    };
    static std::vector<Work> works() {
        std::vector<Work> all;
        for (const std::int64_t m : {1, 4, 32, 128, 400}) {
            for (const std::int64_t k : {64, 384, 1536}) {
                for (const std::int64_t n : {128, 768, 3072}) {
                    all.push_back({OperatorKind::kMatmul, product(m, k, n), DType::kFp32});
                    all.push_back({OperatorKind::kMatmul, product(m, k, n), DType::kInt8});
                }
            }
        }
        for (const std::int64_t rows : {2, 30, 500, 4000}) {
            for (const std::int64_t cols : {48, 400, 1500}) {
                for (const OperatorKind kind :
                     {OperatorKind::kSoftmax, OperatorKind::kGelu, OperatorKind::kLayerNorm}) {
                    all.push_back({kind, RowsDims{rows, cols}, DType::kFp32});
                }
            }
        }
        return all;
    }

    /// Times under `truth`, each multiplied by exp(noise x a standard normal number).
    static MeasuredSet rows(const Profile& truth, double noise, const std::vector<Work>& works) {
        std::mt19937 generator(7);
        std::normal_distribution<double> normal(0, noise);
        MeasuredSet set;
        set.form = RowForm::kOperators;
        for (const Work& work : works) {
            for (const int cores : {1, 2}) {
                std::string why;
                const auto kernel = standalone_kernel({work.kind, work.dims, Scheme(work.dtype)}, truth, 0, why);
                EXPECT_TRUE(kernel.has_value()) << why;
                MeasuredRow row;
                row.op_class = traits(work.kind).name;
                row.work = TimedKernel{*kernel, {cores, std::nullopt}};
                row.measured =
                    kernel_cost(*kernel, truth.devices[0], {cores, std::nullopt}).total * std::exp(normal(generator));
                set.rows.push_back(std::move(row));
            }
        }
        return set;
    }

    static const FittedParameter& found(const Calibration& calibration, const std::string& name) {
        const auto at = std::ranges::find(calibration.parameters, std::string(kPath) + name, &FittedParameter::path);
        if (at == calibration.parameters.end()) {
            throw std::runtime_error("not fitted: " + name);
        }
        return *at;
    }
    static bool fitted(const Calibration& calibration, const std::string& name) {
        return std::ranges::any_of(calibration.parameters,
                                   [&](const FittedParameter& one) { return one.path == std::string(kPath) + name; });
    }
};

const std::vector<Override> kTruth{{"devices.cpu.matrix.macs_per_cycle.fp32", "{value: 17, spread: 60%}"},
                                   {"devices.cpu.vector.softmax.per_cycle", "{value: 0.6, spread: 50%}"},
                                   {"devices.cpu.vector.activation.per_cycle", "{value: 0.5, spread: 50%}"},
                                   {"devices.cpu.memories.l3.bandwidth", "{value: 55 GB/s per core, spread: 40%}"},
                                   {"devices.cpu.runtime.dispatch.per_kernel", "{value: 0.9 us, spread: 100%}"}};

TEST_F(CalibrationFit, FindsTheTruthWithinItsStandardErrors) {
    const Profile truth = profile(kTruth);
    const MeasuredSet set = rows(truth, 0.03, works());
    Profile start = profile();
    Diagnostics diagnostics;
    const auto calibration = calibrate(start, std::vector{set}, {}, diagnostics);
    ASSERT_TRUE(calibration.has_value()) << diagnostics.text();
    Profile copy = truth;
    for (const ParameterView& view : parameters(copy)) {
        if (!fitted(*calibration, view.path.substr(std::min(kPath.size(), view.path.size())))) {
            continue;
        }
        const FittedParameter& one = found(*calibration, view.path.substr(kPath.size()));
        // Three standard errors: among some twenty numbers one beyond two is to be expected.
        EXPECT_LT(std::abs(std::log(one.after / view.value)), 3 * std::log1p(one.spread_after) + 0.005) << one.path;
    }
    EXPECT_NEAR(found(*calibration, "vector.softmax.per_cycle").after, 0.6, 0.03);
    EXPECT_NEAR(calibration->sigma, 0.03, 0.012);
    EXPECT_LT(*calibration->unseen.mean_error, 0.04);
    EXPECT_TRUE(found(*calibration, "vector.softmax.per_cycle").determined);
}

TEST_F(CalibrationFit, WhatTheRowsDoNotTouchStaysAndIsNotNamed) {
    const Profile truth = profile(kTruth);
    const std::vector<Work> only{{OperatorKind::kGelu, RowsDims{4000, 1500}, DType::kFp32},
                                 {OperatorKind::kGelu, RowsDims{900, 1500}, DType::kFp32}};
    Profile start = profile();
    Diagnostics diagnostics;
    const auto calibration = calibrate(start, std::vector{rows(truth, 0.01, only)}, {}, diagnostics);
    ASSERT_TRUE(calibration.has_value()) << diagnostics.text();
    EXPECT_FALSE(fitted(*calibration, "matrix.efficiency"));
    EXPECT_FALSE(fitted(*calibration, "vector.softmax.per_cycle"));
    // Only the product of rate and clock is identifiable, and both priors share the correction.
    EXPECT_TRUE(fitted(*calibration, "clock"));
    const bool named = std::ranges::any_of(calibration->correlations, [](const Correlation& pair) {
        return pair.a == "devices.cpu.clock" && pair.b == "devices.cpu.vector.activation.per_cycle";
    });
    EXPECT_TRUE(named || !found(*calibration, "clock").determined);
}

TEST_F(CalibrationFit, OutliersCountLess) {
    const Profile truth = profile(kTruth);
    MeasuredSet set = rows(truth, 0.02, works());
    for (std::size_t i = 0; i < set.rows.size(); i += 12) {
        set.rows[i].measured = set.rows[i].measured * 30.0;  // outlier: another program occupied the core
    }
    Profile start = profile();
    Diagnostics diagnostics;
    const auto calibration = calibrate(start, std::vector{set}, {}, diagnostics);
    ASSERT_TRUE(calibration.has_value()) << diagnostics.text();
    EXPECT_NEAR(found(*calibration, "vector.softmax.per_cycle").after, 0.6, 0.04);
    EXPECT_LT(calibration->rows[0].weight, 0.05);
    EXPECT_GT(calibration->rows[1].weight, 0.3);
}

TEST_F(CalibrationFit, TheWrittenProfilePredictsAsTheFitDid) {
    const MeasuredSet set = rows(profile(kTruth), 0.03, works());
    Profile start = profile();
    Diagnostics diagnostics;
    const auto calibration = calibrate(start, std::vector{set}, {}, diagnostics);
    ASSERT_TRUE(calibration.has_value()) << diagnostics.text();
    const std::string text =
        calibrated_profile(*calibration, {"mine", "onednn-cpu", "a test", "rows.csv", {{"devices.cpu.cores", "2"}}});
    auto document = YamlDocument::parse(text, "mine.yaml", diagnostics);
    ASSERT_TRUE(document.has_value()) << diagnostics.text();
    auto loaded = load_profile(std::move(*document),
                               profiles_in({std::filesystem::path(BERTH_SOURCE_DIR) / "hardware"}), {}, diagnostics);
    ASSERT_TRUE(loaded.has_value()) << diagnostics.text() << text;
    const auto& timed = std::get<TimedKernel>(set.rows[40].work);
    const double written = in_seconds(kernel_cost(timed.kernel, loaded->devices[0], timed.execution).total);
    EXPECT_NEAR(written / in_seconds(calibration->rows[40].predicted), 1, 0.005);  // four digits are written
    // Calibrated are only numbers that the rows determine: not the clock, which was known before.
    ASSERT_TRUE(found(*calibration, "vector.softmax.per_cycle").determined);
    ASSERT_FALSE(found(*calibration, "clock").determined);
    for (const ParameterView& view : parameters(*loaded)) {
        if (view.path == std::string(kPath) + "vector.softmax.per_cycle") {
            EXPECT_EQ(view.origin, Origin::kCalibrated);
        } else if (view.path == std::string(kPath) + "clock") {
            EXPECT_EQ(view.origin, Origin::kAssumed);
        }
    }
    EXPECT_EQ(evidence_for(timed.kernel.kind, timed.kernel.input, timed.kernel.dims, timed.execution.cores,
                           *loaded->devices[0].evidence),
              EvidenceKind::kNear);
    EXPECT_THAT(calibration_text(*calibration), ::testing::HasSubstr("devices.cpu.vector.softmax.per_cycle"));
}

TEST_F(CalibrationFit, WhatRowsTellTogetherIsNotUncertainTwice) {
    // The clock is also unknown: rows determine its product with a rate, but neither factor.
    const Override open{"devices.cpu.clock", "{value: 3 GHz, spread: 20%}"};
    const MeasuredSet set = rows(profile(kTruth), 0.03, works());
    Diagnostics diagnostics;
    auto start = load_hardware(shipped(), "onednn-cpu", {open}, SourceLocation("test"), diagnostics);
    ASSERT_TRUE(start.has_value()) << diagnostics.text();
    const auto calibration = calibrate(*start, std::vector{set}, {}, diagnostics);
    ASSERT_TRUE(calibration.has_value()) << diagnostics.text();
    auto document = YamlDocument::parse(calibrated_profile(*calibration, {"mine", "onednn-cpu", "", "rows.csv", {}}),
                                        "mine.yaml", diagnostics);
    ASSERT_TRUE(document.has_value()) << diagnostics.text();
    auto written = load_profile(std::move(*document),
                                profiles_in({std::filesystem::path(BERTH_SOURCE_DIR) / "hardware"}), {}, diagnostics);
    ASSERT_TRUE(written.has_value()) << diagnostics.text();
    for (Parameter<double>* error : {&written->devices[0].error.matmul, &written->devices[0].error.vector}) {
        error->value = 0;  // only the uncertainty of the numbers remains
    }
    Profile apart = *written;
    apart.correlations = {};
    for (const std::string_view op_class : {"matmul", "gelu"}) {
        const auto row = std::find_if(set.rows.rbegin(), set.rows.rend(),
                                      [op_class](const MeasuredRow& one) { return one.op_class == op_class; });
        ASSERT_NE(row, set.rows.rend());
        const auto& timed = std::get<TimedKernel>(row->work);
        const auto sigma = [&timed](const Profile& profile) {
            return predict_kernel(profile, 0, timed.kernel, timed.execution).uncertainty.sigma();
        };
        EXPECT_LT(sigma(*written), 0.045) << op_class << ": rows are good to 3 %";
        EXPECT_GT(sigma(apart), 2 * sigma(*written)) << op_class;
    }
}

TEST_F(CalibrationFit, ModelsFurtherOffThanTheirOperatorsWidenTheErrors) {
    Diagnostics diagnostics;
    auto start = load_hardware(shipped(), "x86-avx512-vnni", {}, SourceLocation("test"), diagnostics);
    ASSERT_TRUE(start.has_value()) << diagnostics.text();
    const auto shipped_sets = load_measured_sets(shipped(), "x86-avx512-vnni", *start, diagnostics);
    ASSERT_TRUE(shipped_sets.has_value()) << diagnostics.text();
    const auto file = [&shipped_sets](std::string_view name) {
        return *std::ranges::find(*shipped_sets, name, &MeasuredSet::file);
    };
    MeasuredSet encoder = file("model_fitted.csv");
    for (std::size_t i = 0; i < encoder.rows.size(); ++i) {
        encoder.rows[i].measured = encoder.rows[i].measured * (i % 2 == 0 ? 1.5 : 1 / 1.5);
    }
    const CalibrationOptions one{{"devices.cpu.matrix.efficiency"}, 2};
    const auto error = [&](const std::vector<MeasuredSet>& sets) {
        Profile profile = *start;
        const auto errors = calibrate(profile, sets, one, diagnostics)->devices.front().errors;
        return std::ranges::find(errors, ErrorClass::kMatmul, &FittedError::of)->after;
    };
    EXPECT_GT(error({file("fitted.csv"), encoder}), 3 * error({file("fitted.csv")}));
}

TEST_F(CalibrationFit, DriftNamesWhatMovedBeyondTheErrors) {
    std::vector<Override> later = kTruth;
    later.push_back({"devices.cpu.vector.activation.per_cycle", "{value: 0.35, spread: 50%}"});
    std::vector<Calibration> fits;
    for (const auto& settings : {kTruth, later}) {
        Profile start = profile();
        Diagnostics diagnostics;
        fits.push_back(*calibrate(start, std::vector{rows(profile(settings), 0.03, works())}, {}, diagnostics));
    }
    const auto drift = drift_between(fits[0], fits[1]);
    EXPECT_EQ(drift.front().path, "devices.cpu.vector.activation.per_cycle");
    EXPECT_LT(drift.front().sigmas, -3);
    EXPECT_THAT(drift_text(drift), ::testing::HasSubstr("devices.cpu.vector.activation.per_cycle"));
    EXPECT_THAT(drift_text(drift_between(fits[0], fits[0])), ::testing::StartsWith("0 of "));
}

TEST_F(CalibrationFit, RefusesWhatCannotBeFitted) {
    const MeasuredSet set = rows(profile(), 0.01, {works().front()});
    for (const auto& [pattern, message] : std::vector<std::pair<std::string, std::string>>{
             {"devices.gpu.*", "no number of the profile is called 'devices.gpu.*'"},
             {"devices.cpu.memories.l3.capacity", "'devices.cpu.memories.l3.capacity' cannot be fitted"}}) {
        Profile start = profile();
        Diagnostics diagnostics;
        EXPECT_FALSE(calibrate(start, std::vector{set}, {{pattern}}, diagnostics).has_value());
        EXPECT_THAT(diagnostics.text(), ::testing::HasSubstr(message));
    }
    Profile start = profile();
    Diagnostics diagnostics;
    EXPECT_FALSE(calibrate(start, {}, {}, diagnostics).has_value());
    EXPECT_THAT(diagnostics.text(), ::testing::HasSubstr("there are no operators to fit to"));
}

TEST_F(CalibrationFit, ProbesOfMemorySetTheLevels) {
    Profile start = profile();
    MeasuredSet set;
    set.form = RowForm::kMemory;
    const auto add = [&set](ProbeKind kind, double kib, int cores, double rate) {
        MeasuredRow row;
        row.work = MemoryProbe{kind, kibibytes(kib), cores};
        row.measured = kind == ProbeKind::kForkJoin ? microseconds(1.5) : kibibytes(kib) / gigabytes_per_second(rate);
        set.rows.push_back(std::move(row));
    };
    for (double kib = 16; kib <= 256 * 1024; kib *= 2) {
        const double rate = kib <= 512 ? 100 : (kib <= 8192 ? 70 : 20);
        add(ProbeKind::kRead, kib, 1, rate);
        add(ProbeKind::kRead, kib, 2, rate * 1.5);
    }
    add(ProbeKind::kForkJoin, 0, 2, 0);
    const auto noted = apply_memory_probes(start, std::vector{set});
    const Device& cpu = start.devices[0];
    EXPECT_DOUBLE_EQ(in_gigabytes_per_second(cpu.memories[1].bandwidth->value), 100);
    EXPECT_DOUBLE_EQ(in_gigabytes_per_second(cpu.memories[2].bandwidth->value), 70);
    EXPECT_DOUBLE_EQ(in_gigabytes_per_second(cpu.clusters[0].bandwidth.value), 20);
    EXPECT_DOUBLE_EQ(in_gigabytes_per_second(cpu.dram_limit.value), 30);
    // The geometric mean of 8 MiB at 70 GB/s and 16 MiB at 20 GB/s.
    EXPECT_NEAR(in_mebibytes(cpu.memories[2].capacity.value), 8 * std::sqrt(2.0), 0.005);  // four digits are kept
    EXPECT_DOUBLE_EQ(in_microseconds(cpu.runtime.fork_join.value), 1.5);
    EXPECT_EQ(noted.size(), 6U);
}

}  // namespace
}  // namespace berth
