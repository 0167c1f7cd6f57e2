// Real kernels on this machine: what is measured keeps to the laws of physics, whatever the machine.
#include <gmock/gmock.h>

#include <cmath>
#include <csignal>
#include <map>
#include <stdexcept>

#include "berth/csv.h"
#include "berth/validation.h"
#include "cli/run_berth.h"
#include "measure/onednn.h"
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
    const auto quickest = shared_quickest_looks();
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
    quickest->cache[0] = 1e-9;  // a machine that was far quicker once
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
    HostPace pace(Time{}, shared_quickest_looks());
    const auto timing = measure(MemoryJob{MemoryAccess::kRead, mebibytes(1), 1}, rules, pace, why);
    ASSERT_TRUE(timing.has_value()) << why;
    EXPECT_LE(timing->least, timing->lower_quartile);
    EXPECT_LE(timing->lower_quartile, timing->median);
    EXPECT_LE(timing->median, timing->upper_quartile);
    EXPECT_GE(timing->runs, 5U);
    EXPECT_GT(timing->pace, 0);
    EXPECT_LE(timing->pace, 1);
    EXPECT_GT(timing->clock, hertz(1e8));
    EXPECT_LT(timing->clock, hertz(1e10));
    KernelJob odd{KernelLibrary::kEigen, OperatorKind::kSoftmax, RowsDims{2, 2}, DType::kFp32};
    EXPECT_FALSE(measure(odd, rules, pace, why).has_value());
    EXPECT_EQ(why, "only fp32 products with constant weights are run with Eigen");
}

TEST(MeasureTiming, AddsUpWhatCallsTakeOneAfterTheOther) {
    HostPace pace(Time{}, shared_quickest_looks());
    std::string order;
    const auto busy = [&order](char name, Time time) {
        return [&order, name, time] {
            order += name;
            for (const auto start = Clock::now(); since(start) < time;) {
            }
        };
    };
    const Calls calls{busy('a', milliseconds(1)), busy('b', microseconds(10)), busy('c', milliseconds(2))};
    const TimingRules rules = TimingRules::of(MeasureSubject::kModels, MeasureExtent::kQuick);
    const Timing timing = time_calls(calls, {}, rules, pace, 1);
    EXPECT_GE(in_milliseconds(timing.least), 3.01);
    EXPECT_LT(in_milliseconds(timing.median), 30);
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
    HostPace pace(milliseconds(100), shared_quickest_looks());
    EXPECT_TRUE(pace.is_patient());
    for (const int threads : {1, 2}) {
        for (const double seen : {pace.glance(threads), pace.surroundings(threads, mebibytes(8))}) {
            EXPECT_GT(seen, 0);
            EXPECT_LE(seen, 1);
        }
    }
    pace.spend(milliseconds(100));
    EXPECT_FALSE(pace.is_patient());
    pace.wait(2, mebibytes(8));  // comes back, whatever the machine does
}

/// One quick profile of this machine, looked at from several sides.
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
};

TEST_F(QuickProfile, IsPossibleAndPredictsWhatItHasNotSeen) {
    const Outcome made = berth({"profile-host", "--quick", "--out", "host", "--name", "mine"});
    ASSERT_EQ(made.status, 0) << made.err;

    // No level is slower than the one behind it by more than noise, and none faster than a cycle allows.
    const CsvTable memory = table("memory.csv");
    double nearest = 0;
    double farthest = 0;
    for (const CsvRow& row : memory.rows) {
        if (row.cells[0].text != "read" || number(memory, row, "cores") != 1) {
            continue;
        }
        const double rate = number(memory, row, "bytes") / number(memory, row, "least_us") / 1e3;
        nearest = nearest == 0 ? rate : nearest;
        farthest = rate;
        EXPECT_LT(rate, 128 * 6);  // two loads of 64 bytes per cycle at 6 GHz
    }
    EXPECT_GT(nearest, farthest);

    // Two pipes of 512 bits, 6 GHz: no processor of today multiplies faster.
    const CsvTable operators = table("fitted.csv");
    std::size_t products = 0;
    for (const CsvRow& row : operators.rows) {
        const std::string& dtype = row.cells[1].text;
        const double least = number(operators, row, "least_us");
        EXPECT_GT(least, 0);
        EXPECT_LE(least, number(operators, row, "measured_us"));
        if (row.cells[0].text == "matmul") {
            ++products;
            const double macs = number(operators, row, "batch") * number(operators, row, "m") *
                                number(operators, row, "k") * number(operators, row, "n");
            const double peak = (dtype == "int8" ? 256 : (dtype == "bf16" ? 1024 : 32)) * 6e3;
            EXPECT_LT(macs / least, peak * number(operators, row, "cores")) << row.line;
        }
    }
    EXPECT_GE(products, 20U);

    // Machines that run tests are busy: the limits only catch what is broken.
    EXPECT_EQ(berth({"check", "host/mine.yaml"}).status, 0);
    const auto json = berth({"validate", "--hardware", "host/mine.yaml", "--device", "cpu", "--measured",
                             "host/unseen.csv", "--format", "json"})
                          .json();
    const auto& all = json.at("sets")[0].at("classes").back().at("model");
    EXPECT_LT(all.at("median").get<double>(), 0.6) << made.out;
    EXPECT_GT(all.at("spearman").get<double>(), 0.8) << made.out;
    const Outcome drawn = berth({"predict", "--hardware", "host/mine.yaml", "--device", "cpu", "--model",
                                 "all-MiniLM-L6-v2", "--tokens", "64", "--format", "json"});
    EXPECT_EQ(drawn.status, 0) << drawn.err;
}

TEST_F(QuickProfile, AFileOfMeasurementsGoesOnWhereItBrokeOff) {
    ASSERT_EQ(berth({"measure", "--of", "memory", "--quick", "--out", "whole.csv"}).status, 0);
    const std::string whole = content_of(folder() / "whole.csv");
    const auto lines = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n'); };
    write("part.csv", whole.substr(0, whole.size() - 200));  // in the middle of a row
    const Outcome resumed = berth({"measure", "--of", "memory", "--quick", "--resume", "--out", "part.csv"});
    EXPECT_EQ(resumed.status, 0) << resumed.err;
    EXPECT_EQ(lines(content_of(folder() / "part.csv")), lines(whole));
    const Outcome other = berth({"measure", "--of", "operators", "--resume", "--out", "part.csv"});
    EXPECT_EQ(other.status, 2);
    EXPECT_THAT(other.err, ::testing::HasSubstr("it was not written by this command with these options"));
    EXPECT_THAT(berth({"measure", "--resume"}).err, ::testing::HasSubstr("there is no file to go on with"));
}

}  // namespace
}  // namespace berth
