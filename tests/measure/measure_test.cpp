// Real kernels on this machine: measurements are physically plausible on any machine.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <map>
#include <stdexcept>

#include "berth/base/csv.h"
#include "berth/calibration/validation.h"
#include "cli/run_berth.h"
#include "kernels/onednn.h"
#include "measure/timing.h"

namespace berth {
namespace {

TEST(OwnProcess, HandsOnWholeLinesUntilOneIsNotTaken) {
    Diagnostics diagnostics;
    std::string taken;
    const auto count = [](const TakeLine& give) {
        for (int i = 0; i < 3 && give(std::to_string(i) + ",\n"); ++i) {
        }
    };
    const auto take = [&taken](const std::string& line) {
        taken += line;
        return true;
    };
    EXPECT_TRUE(in_own_process(count, take, diagnostics));
    EXPECT_EQ(taken, "0,\n1,\n2,\n");
    taken.clear();
    EXPECT_FALSE(in_own_process(
        count, [&](const std::string& line) { return take(line) && line != "1,\n"; }, diagnostics));
    EXPECT_EQ(taken, "0,\n1,\n");
    EXPECT_FALSE(diagnostics.has_errors());
}

TEST(OwnProcess, SaysHowItEnded) {
    Diagnostics diagnostics;
    const TakeLine any = [](const std::string&) { return true; };
    EXPECT_FALSE(in_own_process([](const TakeLine&) { std::raise(SIGKILL); }, any, diagnostics));
    EXPECT_FALSE(in_own_process([](const TakeLine&) { throw std::runtime_error("no kernel"); }, any, diagnostics));
    EXPECT_THAT(diagnostics.text(), ::testing::HasSubstr("the kernels' process was ended by signal 9"));
    EXPECT_THAT(diagnostics.text(), ::testing::HasSubstr("the kernels' process ended with status 3"));
}

TEST(HostPace, RemembersWhatOtherProcessesSaw) {
    const auto quickest = shared_quickest_probes();
    Diagnostics diagnostics;
    const auto look = [&](const TakeLine&) {
        HostPace pace(Time{}, quickest);
        static_cast<void>(pace.surroundings(1, mebibytes(8)));
    };
    ASSERT_TRUE(in_own_process(
        look, [](const std::string&) { return true; }, diagnostics));
    EXPECT_GT(quickest->core, 0);
    EXPECT_LT(quickest->core, 1);
    EXPECT_GT(quickest->cache[0], 0);
    quickest->cache[0] = 1e-9;  // a machine that was once far quicker
    HostPace pace(Time{}, quickest);
    EXPECT_LT(pace.surroundings(1, mebibytes(8)), kUndisturbed);
}

TEST(MeasureKernels, StayWithinTheirTensors) {
    using dnnl::memory;
    for (const std::int64_t m : {1, 3, 17}) {
        for (const std::int64_t n : {1, 15, 64, 209}) {
            for (const auto type : {memory::data_type::f32, memory::data_type::u8}) {
                OneDnn library;
                const memory in = library.tensor({m, 126}, type);
                const memory out = library.tensor(
                    {m, n}, type == memory::data_type::u8 ? memory::data_type::s32 : memory::data_type::f32);
                library.run(library.product(in, out, true, {}));
                library.run(library.softmax(library.tensor({m, n}, memory::data_type::f32),
                                            library.tensor({m, n}, memory::data_type::f32)));
                EXPECT_TRUE(library.intact()) << m << " x " << n;
            }
        }
    }
}

TEST(MeasureKernels, ProductsAreRight) {
    OneDnn library;
    const auto a = library.tensor({3, 5}, dnnl::memory::data_type::f32);
    const auto b = library.tensor({5, 2}, dnnl::memory::data_type::f32);
    const auto c = library.tensor({3, 2}, dnnl::memory::data_type::f32);
    const auto wrap = [&library](const dnnl::memory& of, std::int64_t rows, std::int64_t columns) {
        return library.view(of, {1, rows, columns}, {rows * columns, columns, 1});
    };
    library.run(library.batched_product(wrap(a, 3, 5), wrap(b, 5, 2), wrap(c, 3, 2), 0.5F));
    const auto at = [](const dnnl::memory& of, std::size_t i) {
        return static_cast<const float*>(of.get_data_handle())[i];
    };
    float expected = 0;
    for (std::size_t k = 0; k < 5; ++k) {
        expected += 0.5F * at(a, 5 + k) * at(b, 2 * k + 1);
    }
    EXPECT_NEAR(at(c, 3), expected, 1e-5);
}

TEST(MeasureJobs, AreTheSameForTheSameSeedAndOthersForAnother) {
    const auto names = [](std::uint32_t seed) {
        std::string all;
        for (const MeasureJob& job : operator_jobs(MeasureExtent::kFull, seed, 2)) {
            all += measurement_row(job, 1, {});
        }
        return all;
    };
    EXPECT_EQ(names(2), names(2));
    EXPECT_NE(names(2), names(3));
}

TEST(MeasureTiming, KnowsWhatASleepTakes) {
    TimingRules rules = TimingRules::of(MeasureSubject::kMemory, MeasureExtent::kQuick);
    std::string why;
    HostPace pace(Time{}, shared_quickest_probes());
    const auto timing = measure(MemoryJob{MemoryAccess::kRead, mebibytes(1), 1}, rules, pace, why);
    ASSERT_TRUE(timing.has_value()) << why;
    EXPECT_LE(timing->least, timing->lower_quartile);
    EXPECT_LE(timing->lower_quartile, timing->median);
    EXPECT_LE(timing->median, timing->upper_quartile);
    EXPECT_GE(timing->runs, 3U) << "of five samples three undisturbed ones are enough";
    EXPECT_GT(timing->pace, 0);
    EXPECT_LE(timing->pace, 1);
    EXPECT_GT(timing->clock, hertz(1e8));
    EXPECT_LT(timing->clock, hertz(1e10));
    KernelJob odd{KernelLibrary::kEigen, OperatorKind::kSoftmax, RowsDims{2, 2}, DType::kFp32};
    EXPECT_FALSE(measure(odd, rules, pace, why).has_value());
    EXPECT_EQ(why, "only fp32 products with constant weights are run with Eigen");
}

TEST(MeasureTiming, AddsUpWhatCallsTakeOneAfterTheOther) {
    HostPace pace(Time{}, shared_quickest_probes());
    std::string order;
    std::map<char, Time> longest;  // a busy machine may delay a call arbitrarily
    const auto busy = [&order, &longest](char name, Time time) {
        return [&order, &longest, name, time] {
            order += name;
            const auto start = Clock::now();
            while (since(start) < time) {
            }
            longest[name] = std::max(longest[name], since(start));
        };
    };
    const Calls calls{busy('a', milliseconds(1)), busy('b', microseconds(10)), busy('c', milliseconds(2))};
    const TimingRules rules = TimingRules::of(MeasureSubject::kModels, MeasureExtent::kQuick);
    const Timing timing = time_calls(calls, {}, rules, pace, 1);
    EXPECT_GE(in_milliseconds(timing.least), 3.01);
    // Besides the calls there is the overhead of a function call, and interruptions between two clock readings.
    const Time most = longest['a'] + longest['b'] + longest['c'];
    EXPECT_LE(timing.least, most + milliseconds(1));
    EXPECT_LE(timing.least, timing.lower_quartile);
    EXPECT_LE(timing.lower_quartile, timing.median);
    EXPECT_LE(timing.median, timing.upper_quartile);
    EXPECT_GE(timing.runs, 3U);
    for (std::size_t i = 0; i < order.size(); ++i) {
        ASSERT_EQ(order[i], "abc"[i % 3]);
    }
    std::size_t emptied = 0;
    order.clear();
    const Timing cold = time_calls(
        calls, [&emptied] { ++emptied; }, rules, pace, 1);
    EXPECT_GE(in_milliseconds(cold.least), 3.01);
    EXPECT_LE(emptied, order.size() / 3) << "once before each turn, not before each call";
    EXPECT_GE(emptied, cold.runs);
}

TEST(HostPace, WaitsNoLongerThanItsPatienceLasts) {
    HostPace pace(milliseconds(100), shared_quickest_probes());
    EXPECT_TRUE(pace.is_patient());
    for (const int threads : {1, 2}) {
        for (const double seen : {pace.probe(threads), pace.surroundings(threads, mebibytes(8))}) {
            EXPECT_GT(seen, 0);
            EXPECT_LE(seen, 1);
        }
    }
    pace.spend(milliseconds(100));
    EXPECT_FALSE(pace.is_patient());
    pace.wait(2, mebibytes(8));  // returns, whatever the machine does
}

/// Checks of one quick profile of this machine. The machine may be any, and busy, so the checks must hold for all
/// measurements.
class QuickProfile : public BerthCommand {
  protected:
    CsvTable table(const std::string& name) {
        Diagnostics diagnostics;
        auto parsed = parse_csv(content_of(folder() / "host" / name), name, diagnostics);
        EXPECT_TRUE(parsed.has_value()) << diagnostics.text();
        return parsed.value_or(CsvTable{});
    }
    static double number(const CsvTable& table, const CsvRow& row, std::string_view column) {
        return std::stod(row.cells[*table.column(column)].text);
    }
    /// Median error of a profile on rows, and the median over rows of the interquartile range of each row's samples.
    std::pair<double, double> error_and_noise(const std::string& profile, const std::string& name) {
        const auto json = berth({"validate", "--hardware", profile, "--device", "cpu", "--measured", "host/" + name,
                                 "--format", "json"})
                              .json();
        const CsvTable rows = table(name);
        std::vector<double> apart;
        for (const CsvRow& row : rows.rows) {
            apart.push_back((number(rows, row, "three_quarters_us") - number(rows, row, "quarter_us")) /
                            number(rows, row, "measured_us"));
        }
        std::ranges::nth_element(apart, apart.begin() + static_cast<std::ptrdiff_t>(apart.size() / 2));
        return {json.at("sets")[0].at("classes").back().at("model").at("median").get<double>(),
                apart[apart.size() / 2]};
    }
};

// Implausible values: a time of zero, a median below the minimum, and rates ten times those of today's largest cores.
void expect_physical(const CsvTable& table, const CsvRow& row, double bytes, double macs) {
    const auto number = [&](std::string_view column) { return std::stod(row.cells[*table.column(column)].text); };
    const double least = number("least_us");
    ASSERT_GT(least, 0) << row.line;
    EXPECT_LE(least, number("quarter_us")) << row.line;
    EXPECT_LE(number("quarter_us"), number("measured_us")) << row.line;
    EXPECT_LE(number("measured_us"), number("three_quarters_us")) << row.line;
    EXPECT_GE(number("runs"), 3) << row.line;
    EXPECT_GT(number("pace"), 0) << row.line;
    EXPECT_LE(number("pace"), 1) << row.line;
    EXPECT_LT(bytes / least, 1e7 * number("cores")) << row.line;
    EXPECT_LT(macs / least, 1e8 * number("cores")) << row.line;
}

TEST_F(QuickProfile, IsPossibleAndPredictsWhatItHasNotSeen) {
    const Outcome made = berth({"profile-host", "--quick", "--out", "host", "--name", "mine"});
    ASSERT_EQ(made.status, 0) << made.err;
    for (const std::string name : {"memory.csv", "fitted.csv", "unseen.csv"}) {
        const CsvTable rows = table(name);
        EXPECT_GE(rows.rows.size(), 10U) << name;
        for (const CsvRow& row : rows.rows) {
            const bool product = row.cells[0].text == "matmul";
            const bool array = name == "memory.csv" && row.cells[0].text != "fork_join";
            expect_physical(rows, row, array ? number(rows, row, "bytes") : 0,
                            product ? number(rows, row, "batch") * number(rows, row, "m") * number(rows, row, "k") *
                                          number(rows, row, "n")
                                    : 0);
        }
    }
    const Outcome checked = berth({"check", "host/mine.yaml"});
    EXPECT_EQ(checked.status, 0) << checked.out << checked.err;
    EXPECT_THAT(made.out, ::testing::HasSubstr("Predictions of mine beside measurements"));

    // The fit explains its rows no worse than the prior, apart from the spread of a row's own samples.
    write("before.yaml", "profile: before\nextends: onednn-cpu\n");
    const auto [fitted, noise] = error_and_noise("host/mine.yaml", "fitted.csv");
    const auto [believed, same_noise] = error_and_noise("before.yaml", "fitted.csv");
    EXPECT_TRUE(std::isfinite(fitted) && std::isfinite(believed));
    EXPECT_LE(fitted, believed + 2 * noise + 0.05) << made.out;
    EXPECT_EQ(noise, same_noise);
    EXPECT_TRUE(std::isfinite(error_and_noise("host/mine.yaml", "unseen.csv").first));

    const auto asked = [this](const std::string& environment) {
        return berth({"predict", "--hardware", "host/mine.yaml", "--device", "cpu", "--model", "all-MiniLM-L6-v2",
                      "--tokens", "64", "--format", "json"},
                     environment);
    };
    const Outcome here = asked("-u BERTH_DATA -u BERTH_MACHINE");
    EXPECT_EQ(here.status, 0) << here.err;
    EXPECT_EQ(here.err, "") << "it is this machine's";
    EXPECT_TRUE(here.json().at("warnings").empty());

    // Rows are kept: another run without --resume puts them aside, and a fit of them alone gives a profile again.
    const Outcome again = berth({"calibrate", "--hardware", "onednn-cpu", "--measured", "host/memory.csv", "--measured",
                                 "host/fitted.csv", "--out", "host/again.yaml", "--format", "json"});
    EXPECT_EQ(again.status, 0) << again.err;
    EXPECT_TRUE(again.json().at("unseen").at("median").is_number());
    EXPECT_EQ(berth({"check", "host/again.yaml"}).status, 0);
    EXPECT_THAT(content_of(folder() / "host" / "again.yaml"), ::testing::HasSubstr("\nmachine:\n  processor: "));
}

TEST_F(QuickProfile, RefusesBeforeItMeasures) {
    write("own.yaml", "profile: own\nextends: onednn-cpu\n");
    write("board.yaml", "profile: board\nextends: rk3588-rknn-2.3.2\n");
    const auto refused = [this](const std::vector<std::string>& more) {
        std::vector<std::string> words{"profile-host", "--quick", "--out", "."};
        words.insert(words.end(), more.begin(), more.end());
        const auto before = files();
        const Outcome outcome = berth(words);
        EXPECT_EQ(outcome.status, 2);
        EXPECT_EQ(files(), before);
        return outcome.err;
    };
    EXPECT_THAT(refused({"--base", "own.yaml", "--name", "own"}),
                ::testing::HasSubstr("would be written over the profile that it extends"));
    EXPECT_THAT(refused({"--base", "no-such-profile"}), ::testing::HasSubstr("there is no hardware 'no-such-profile'"));
    EXPECT_THAT(refused({"--base", "board.yaml"}), ::testing::HasSubstr("stands at the device and in 'clusters'"));
}

TEST_F(QuickProfile, AFileOfMeasurementsGoesOnWhereItBrokeOff) {
    ASSERT_EQ(berth({"measure", "--of", "memory", "--quick", "--out", "whole.csv"}).status, 0);
    const std::string whole = content_of(folder() / "whole.csv");
    const auto lines = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n'); };
    write("part.csv", whole.substr(0, whole.size() - 200));  // cut within a row
    const Outcome resumed = berth({"measure", "--of", "memory", "--quick", "--resume", "--out", "part.csv"});
    EXPECT_EQ(resumed.status, 0) << resumed.err;
    EXPECT_EQ(lines(content_of(folder() / "part.csv")), lines(whole));
    const Outcome other = berth({"measure", "--of", "operators", "--resume", "--out", "part.csv"});
    EXPECT_EQ(other.status, 2);
    EXPECT_THAT(other.err, ::testing::HasSubstr("it was not written by this command with these options"));
    EXPECT_THAT(berth({"measure", "--resume"}).err, ::testing::HasSubstr("it needs the file to continue"));
}

}  // namespace
}  // namespace berth
