// Ranges and lists, grids in order, and points that equal the scenario with the same settings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <thread>

#include "berth/analysis/crossover.h"
#include "berth/analysis/sampling.h"
#include "berth/evaluation/evaluation.h"
#include "berth/report/sweep_report.h"

namespace berth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Library shipped() { return Library{{std::filesystem::path(BERTH_SOURCE_DIR)}}; }

SweepAxis axis(std::string_view text) {
    Diagnostics diagnostics;
    auto parsed = parse_axis(text, 1000, diagnostics);
    EXPECT_TRUE(parsed) << diagnostics.text();
    return parsed.value_or(SweepAxis{});
}

std::string said_of_axis(std::string_view text, std::size_t most = 1000) {
    Diagnostics diagnostics;
    EXPECT_FALSE(parse_axis(text, most, diagnostics));
    return diagnostics.text();
}

Sweep prepared(std::vector<SweepAxis> axes, const std::string& scenario = "rag-rk3588") {
    Diagnostics diagnostics;
    auto sweep = Sweep::prepare({shipped(), scenario, {}}, std::move(axes), 1000, diagnostics);
    if (!sweep) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*sweep);
}

std::string rows_of(const Sweep& sweep, int threads, std::size_t first = 0) {
    std::string text;
    const SweepRows rows(sweep);
    sweep.run(first, sweep.size(), threads, [&](std::size_t at, const SweepPoint& point) {
        rows.add(at, point, text);
        return true;
    });
    return text;
}

TEST(SweepAxis, StepsFactorsAndListsAreWrittenAsSettingsTakeThem) {
    EXPECT_THAT(axis("a.b=16:64:16").values, ElementsAre("16", "32", "48", "64"));
    EXPECT_THAT(axis("a=1:10:4").values, ElementsAre("1", "5", "9"));
    EXPECT_THAT(axis("a=10:1:-4").values, ElementsAre("10", "6", "2"));
    EXPECT_THAT(axis("a=256KiB:2MiB:x2").values, ElementsAre("256KiB", "512KiB", "1024KiB", "2048KiB"));
    EXPECT_THAT(axis("a=8 GB/s:9 GB/s:500MB/s").values, ElementsAre("8 GB/s", "8.5 GB/s", "9 GB/s"));
    EXPECT_THAT(axis("a=8:1:x0.5").values, ElementsAre("8", "4", "2", "1"));
    EXPECT_THAT(axis("a=0.1:0.5:0.1").values, ElementsAre("0.1", "0.2", "0.3", "0.4", "0.5"));
    EXPECT_THAT(axis("a=7:7:1").values, ElementsAre("7"));
    EXPECT_THAT(axis("a=20:30:5GB/s").values, ElementsAre("20GB/s", "25GB/s", "30GB/s"));
    EXPECT_THAT(axis("stages.rerank.dtype=int8,fp16").values, ElementsAre("int8", "fp16"));
    EXPECT_EQ(axis("stages.rerank.dtype=int8,fp16").path, "stages.rerank.dtype");
}

TEST(SweepAxis, MistakesAreTold) {
    EXPECT_EQ(said_of_axis("tokens"),
              "--vary: error: 'tokens' varies nothing (expected PATH=FROM:TO:STEP, PATH=FROM:TO:xFACTOR or "
              "PATH=A,B,...)\n");
    EXPECT_EQ(said_of_axis("a=1:2"), "--vary: error: 'a=1:2' is no range (expected FROM:TO:STEP or FROM:TO:xFACTOR)\n");
    EXPECT_EQ(said_of_axis("a=1:8:-1"),
              "--vary: error: a: steps of -1 do not lead from 1 to 8 (expected a step towards the end of the range)\n");
    EXPECT_EQ(said_of_axis("a=1:8:x1"),
              "--vary: error: a: steps of x1 do not lead from 1 to 8 (expected a factor such as x2)\n");
    EXPECT_EQ(said_of_axis("a=0:8:x2"),
              "--vary: error: a: steps of x2 do not lead from 0 to 8 (expected a factor such as x2)\n");
    EXPECT_THAT(said_of_axis("a=1KiB:8ms:1KiB"), HasSubstr("do not go together"));
    EXPECT_EQ(said_of_axis("a=x,,y"), "--vary: error: a: 'x,,y' has an empty value\n");
    EXPECT_EQ(said_of_axis("a=1:1e9:1", 50),
              "--vary: error: a takes 1000000000 values (expected at most 50; "
              "--max-points raises it)\n");
    EXPECT_THAT(said_of_axis("a=1:b:1"), HasSubstr("error"));
}

TEST(Sweep, TheLastAxisRunsFastest) {
    const Sweep sweep = prepared({axis("stages.rerank.tokens=32,64"), axis("stages.rerank.batch=1,2,4")});
    ASSERT_EQ(sweep.size(), 6U);
    EXPECT_THAT(sweep.values(0), ElementsAre("32", "1"));
    EXPECT_THAT(sweep.values(2), ElementsAre("32", "4"));
    EXPECT_THAT(sweep.values(3), ElementsAre("64", "1"));
}

// Profile numbers are set in place, other values by reading the files again; both equal the scenario with --set.
void expect_points_are_scenarios(const Sweep& sweep, const std::string& name = "rag-rk3588") {
    sweep.run(0, sweep.size(), 1, [&](std::size_t at, const SweepPoint& point) {
        std::vector<Override> settings;
        const auto values = sweep.values(at);
        for (std::size_t a = 0; a < values.size(); ++a) {
            settings.push_back({sweep.axes()[a].path, values[a]});
        }
        Diagnostics diagnostics;
        const auto scenario = load_scenario(shipped(), name, settings, diagnostics);
        const auto result = scenario ? evaluate(*scenario, diagnostics) : std::nullopt;
        EXPECT_TRUE(result) << diagnostics.text();
        if (result) {
            EXPECT_NEAR(*point.total / result->total.latency.median, 1, 1e-13) << at;
            EXPECT_EQ(point.stages.back().chosen,
                      result->stages.back().candidates[*result->stages.back().chosen].placement);
        }
        return true;
    });
}

// 20 MB are too small for either model, 100 MB hold each of the two but not both.
TEST(Sweep, WhetherModelsFitIsAskedAtEveryPoint) {
    const Sweep sweep = prepared({axis("hardware.memory.dram.capacity=20 MB,100 MB,150 MB,16 GB,20 MB"),
                                  axis("stages.rerank.granularity=model,operator")});
    std::size_t fits = 0;
    sweep.run(0, sweep.size(), 1, [&](std::size_t at, const SweepPoint& point) {
        Diagnostics diagnostics;
        const std::vector<Override> settings{{sweep.axes()[0].path, sweep.values(at)[0]},
                                             {sweep.axes()[1].path, sweep.values(at)[1]}};
        const auto scenario = load_scenario(shipped(), "rag-rk3588", settings, diagnostics);
        const auto result = scenario ? evaluate(*scenario, diagnostics) : std::nullopt;
        EXPECT_EQ(point.total.has_value(), result.has_value()) << at;
        EXPECT_EQ(point.why_not.empty(), result.has_value()) << at;
        fits += result ? 1 : 0;
        return true;
    });
    EXPECT_EQ(fits, 4U);
}

TEST(Sweep, APointIsTheScenarioWithItsSettings) {
    expect_points_are_scenarios(
        prepared({axis("hardware.devices.npu.dma.bandwidth=6 GB/s,20 GB/s"),
                  axis("hardware.memory.dram.sustained=5 GB/s,28 GB/s"),
                  axis("hardware.devices.npu.memories.sram.capacity=384 KiB,8 MiB"),
                  axis("stages.rerank.granularity=model,block,operator"), axis("stages.rerank.tokens=64,300")}));
}

// Axes in both orders: a dependent number follows its base unless it is varied itself.
TEST(Sweep, WhatIsAShareOfAVariedNumberMovesWithIt) {
    expect_points_are_scenarios(prepared({axis("hardware.memory.dram.sustained=10 GB/s,15 GB/s"),
                                          axis("hardware.memory.dram.bandwidth=16.9 GB/s,33.8 GB/s,67.6 GB/s"),
                                          axis("hardware.devices.npu.matrix.row_tile=64 KiB,192 KiB"),
                                          axis("hardware.devices.npu.memories.sram.capacity=192 KiB,8 MiB")}));
    expect_points_are_scenarios(prepared({axis("hardware.memory.dram.bandwidth=16.9 GB/s,67.6 GB/s"),
                                          axis("hardware.devices.npu.attention.keeps_scores_from=128 KiB,2 MiB"),
                                          axis("hardware.devices.npu.memories.sram.capacity=192 KiB,8 MiB")}));
}

TEST(Sweep, NumbersThatRuntimesShareMoveInAll) {
    const std::string name = "voice-rk3588-two-runtimes";
    expect_points_are_scenarios(
        prepared({axis("runtimes.rk3588-rkllm-1.3.0.devices.npu.dma.limit=15 GB/s,20 GB/s"),
                  axis("hardware.memory.dram.bandwidth=30 GB/s,33.8 GB/s"),
                  axis("hardware.memory.dram.clock=1 GHz,2112 MHz"), axis("hardware.devices.npu.clock=500 MHz,1 GHz"),
                  axis("stages.answer.prompt=64,128")},
                 name),
        name);
}

TEST(Sweep, ThreadsAndRestartsDoNotShow) {
    const Sweep sweep = prepared(
        {axis("stages.rerank.buckets=[128],[512]"), axis("hardware.devices.npu.dma.bandwidth=5GB/s:30GB/s:x1.1")});
    const std::string rows = rows_of(sweep, 1);
    EXPECT_EQ(rows, rows_of(sweep, 3));
    std::string both;
    const SweepRows writer(sweep);
    sweep.write(
        0, 7, 2, [&](std::size_t at, const SweepPoint& point, std::string& text) { writer.add(at, point, text); },
        [&](std::size_t behind, const std::string& text) {
            EXPECT_EQ(behind, 7U);
            both += text;
            return true;
        });
    EXPECT_EQ(rows, both + rows_of(sweep, 2, 7));
}

// Helpers take chunks of the work, here on separate threads: the text is the same, and they end with the sweep.
TEST(Sweep, HelpersDoNotShow) {
    Diagnostics diagnostics;
    const auto sweep = Sweep::prepare(
        {shipped(), "rag-rk3588", {}},
        {axis("stages.rerank.tokens=64,600,128"), axis("hardware.devices.npu.dma.bandwidth=3GB/s:27.9GB/s:100MB/s"),
         axis("hardware.links.0.per_crossing=10us,20us,30us,40us")},
        3000, diagnostics);
    ASSERT_TRUE(sweep) << diagnostics.text();
    ASSERT_EQ(sweep->size(), 3000U);
    const SweepRows rows(*sweep);
    const auto row = [&](std::size_t at, const SweepPoint& point, std::string& text) { rows.add(at, point, text); };
    std::atomic<int> helped = 0;
    const SweepHelpers helpers{2, [&](SweepWork& work) {
                                   sweep->help(
                                       2, row,
                                       [&](int) {
                                           auto chunk = work.next();
                                           while (!chunk && !work.over()) {
                                               std::this_thread::yield();
                                               chunk = work.next();
                                           }
                                           return chunk;
                                       },
                                       [&](int, const SweepChunk& chunk, const std::string& text) {
                                           ++helped;
                                           work.done(chunk, text);
                                       });
                               }};
    const auto patient = [&](std::size_t at, const SweepPoint& point, std::string& text) {
        while (helped == 0) {  // ensures that helpers get some of the work
            std::this_thread::yield();
        }
        row(at, point, text);
    };
    std::string text;
    sweep->write(
        0, sweep->size(), 1, patient,
        [&](std::size_t, const std::string& part) {
            text += part;
            return true;
        },
        helpers);
    EXPECT_EQ(text, rows_of(*sweep, 1));
    int taken = 0;
    sweep->write(
        0, sweep->size(), 1, row, [&](std::size_t, const std::string&) { return ++taken < 2; }, helpers);
    EXPECT_EQ(taken, 2);
}

TEST(Sweep, APointThatCannotRunSaysWhy) {
    const Sweep sweep = prepared({axis("stages.rerank.tokens=100,600,200")});
    std::vector<std::string> reasons;
    sweep.run(0, sweep.size(), 1, [&](std::size_t, const SweepPoint& point) {
        reasons.push_back(point.why_not);
        EXPECT_EQ(point.total.has_value(), point.why_not.empty());
        return true;
    });
    EXPECT_EQ(reasons[0], "");
    EXPECT_THAT(reasons[1], HasSubstr("600"));
    EXPECT_EQ(reasons[2], "");
}

TEST(Sweep, WhatDoesNotLoadIsToldBeforeItStarts) {
    const auto said = [](std::vector<SweepAxis> axes, std::size_t most) {
        Diagnostics diagnostics;
        EXPECT_FALSE(Sweep::prepare({shipped(), "rag-rk3588", {}}, std::move(axes), most, diagnostics));
        return diagnostics.text();
    };
    EXPECT_THAT(said({axis("hardware.devices.npu.dma.bandwith=1GB/s,2GB/s")}, 100), HasSubstr("bandwith"));
    EXPECT_THAT(said({axis("hardware.devices.npu.dma.bandwidth=1ms,2ms")}, 100),
                HasSubstr("hardware.devices.npu.dma.bandwidth:1:1: error: ms is a time, not a bandwidth"));
    EXPECT_EQ(said({axis("stages.rerank.tokens=1:500:1"), axis("stages.rerank.batch=1,2")}, 700),
              "--vary: error: there are more points than asked for (expected at most 700; --max-points raises it)\n");
}

// Of 2^k points, one lies in each stratum of every dimension; of a Sobol sequence's first two dimensions, also one in
// each cell of a grid of 2^j by 2^(k - j).
TEST(Sampling, PointsAreSpreadEvenly) {
    constexpr std::size_t kPoints = 256;
    const auto cell = [](double at, std::size_t cells) {
        return static_cast<std::size_t>(at * static_cast<double>(cells));
    };
    for (const SamplingPlan plan : {SamplingPlan::kLatinHypercube, SamplingPlan::kSobol}) {
        for (std::size_t dimension = 0; dimension < kMostSobolDimensions; ++dimension) {
            const auto coordinates = sample_coordinates({plan, kPoints, 7}, dimension);
            std::vector<int> seen(kPoints);
            for (const double at : coordinates) {
                ++seen[cell(at, kPoints)];
            }
            EXPECT_EQ(std::ranges::count(seen, 1), kPoints) << dimension;
            EXPECT_EQ(coordinates, sample_coordinates({plan, kPoints, 7}, dimension));
            EXPECT_NE(coordinates, sample_coordinates({plan, kPoints, 8}, dimension));
        }
    }
    const auto x = sample_coordinates({SamplingPlan::kSobol, kPoints, 3}, 0);
    const auto y = sample_coordinates({SamplingPlan::kSobol, kPoints, 3}, 1);
    for (std::size_t across = 1; across <= kPoints; across *= 2) {
        std::vector<int> seen(kPoints);
        for (std::size_t i = 0; i < kPoints; ++i) {
            ++seen[cell(x[i], across) * (kPoints / across) + cell(y[i], kPoints / across)];
        }
        EXPECT_EQ(std::ranges::count(seen, 1), kPoints) << across;
    }
}

// The first points in three dimensions as Joe and Kuo print them for new-joe-kuo-6.21201. The first is all zeroes, so
// that it shows the shift that the seed makes.
TEST(Sampling, SobolPointsAreThoseOfThePublishedDirectionNumbers) {
    const std::vector<std::vector<double>> published{{0, 0.5, 0.75, 0.25, 0.375, 0.875, 0.625, 0.125},
                                                     {0, 0.5, 0.25, 0.75, 0.375, 0.875, 0.125, 0.625},
                                                     {0, 0.5, 0.25, 0.75, 0.625, 0.125, 0.875, 0.375}};
    const auto bits = [](double at) { return static_cast<std::uint32_t>(std::ldexp(at, 32)); };
    for (std::size_t dimension = 0; dimension < published.size(); ++dimension) {
        const auto coordinates = sample_coordinates({SamplingPlan::kSobol, 8, 5}, dimension);
        for (std::size_t i = 0; i < coordinates.size(); ++i) {
            const std::uint32_t unshifted = bits(coordinates[i]) ^ bits(coordinates[0]);
            EXPECT_EQ(std::ldexp(unshifted, -32), published[dimension][i]) << dimension << " " << i;
        }
    }
}

TEST(Sampling, ValuesOfRangesAndLists) {
    Diagnostics diagnostics;
    const std::vector<double> coordinates{0, 0.25, 0.5, 0.999};
    const auto values = [&](std::string_view text) {
        const auto axis = sampled_axis(text, coordinates, diagnostics).value();
        std::vector<std::string> taken;
        for (const std::uint32_t value : axis.order) {
            taken.push_back(axis.values[value]);
        }
        return taken;
    };
    EXPECT_THAT(values("a=1:4"), ElementsAre("1", "2", "3", "4"));
    EXPECT_THAT(values("a=8 GB/s:12 GB/s"), ElementsAre("8 GB/s", "9 GB/s", "10 GB/s", "11.996 GB/s"));
    EXPECT_THAT(values("a=1 KiB:256 KiB"), ElementsAre("1 KiB", "4 KiB", "16 KiB", "254.58436318 KiB"));
    EXPECT_THAT(values("a=int8,fp16"), ElementsAre("int8", "int8", "fp16", "fp16"));
    EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.text();
    EXPECT_FALSE(parse_sampling("halton:10", 1, 100, diagnostics));
    EXPECT_FALSE(parse_sampling("lhs:1000", 1, 100, diagnostics));
    EXPECT_EQ(diagnostics.text(),
              "--sample: error: 'halton:10' is no sample (expected lhs:N or sobol:N, with a number of points)\n"
              "--sample: error: there are more points than asked for (expected at most 100; --max-points raises it)\n");
}

TEST(Sampling, ASampledPointIsTheScenarioWithItsSettings) {
    Diagnostics diagnostics;
    const Sampling sampling{SamplingPlan::kSobol, 16, 1};
    std::vector<SweepAxis> axes;
    for (const char* text : {"stages.rerank.tokens=16:512", "hardware.devices.npu.dma.bandwidth=6 GB/s:20 GB/s",
                             "stages.rerank.dtype=int8,fp16"}) {
        axes.push_back(sampled_axis(text, sample_coordinates(sampling, axes.size()), diagnostics).value());
    }
    const Sweep sweep = prepared(std::move(axes));
    ASSERT_EQ(sweep.size(), 16U);
    const std::string rows = rows_of(sweep, 2);
    const std::string at_five = rows_of(sweep, 1, 5);
    EXPECT_EQ(rows.substr(rows.size() - at_five.size()), at_five);
    std::vector<SweepAxis> alone;
    const auto values = sweep.values(5);
    for (std::size_t a = 0; a < values.size(); ++a) {
        alone.push_back({sweep.axes()[a].path, {values[a]}, {}});
    }
    EXPECT_EQ(rows_of(prepared(std::move(alone)), 1), at_five.substr(0, at_five.find('\n') + 1));
}

CrossoverQuestion tokens_of_the_reranker(double from, double to) {
    return {{shipped(), "rag-rk3588", {}}, {"stages.rerank.tokens", from, to, "", true}, "rerank", {"npu", "cpu"}};
}

TEST(Crossover, NeighboursDisagree) {
    Diagnostics diagnostics;
    const auto answer = find_crossovers(tokens_of_the_reranker(16, 512), diagnostics);
    ASSERT_TRUE(answer) << diagnostics.text();
    ASSERT_EQ(answer->crossings.size(), 1U);
    const Crossing& crossing = answer->crossings.front();
    EXPECT_EQ(crossing.above, crossing.below + 1);
    EXPECT_FALSE(crossing.first_below);  // the NPU's time is the same for every length in a bucket
    for (const double tokens : {crossing.below, crossing.above}) {
        const auto there = find_crossovers(tokens_of_the_reranker(tokens, tokens + 1), diagnostics);
        ASSERT_TRUE(there);
        EXPECT_EQ(there->points.front().first_wins(), tokens == crossing.above);
    }
    ASSERT_TRUE(crossing.sure_below && crossing.sure_above);
    EXPECT_LT(*crossing.sure_below, crossing.below);
    EXPECT_GT(*crossing.sure_above, crossing.above);
}

TEST(Crossover, AQuantityIsNarrowedDown) {
    Diagnostics diagnostics;
    const auto range = parse_range("hardware.devices.npu.dma.bandwidth=2 GB/s:27 GB/s", diagnostics);
    ASSERT_TRUE(range);
    EXPECT_FALSE(range->whole);
    const auto answer = find_crossovers(
        {{shipped(), "rag-rk3588", {{"stages.rerank.tokens", "250"}}}, *range, "rerank", {"cpu", "npu"}}, diagnostics);
    ASSERT_TRUE(answer) << diagnostics.text();
    for (const Crossing& crossing : answer->crossings) {
        EXPECT_LT(std::abs(crossing.above - crossing.below), 2e-4 * crossing.above);
    }
}

// The cells of a map have the times of single points: along one range, and at both ends of the other.
TEST(Crossover, AMapIsManyCrossovers) {
    Diagnostics diagnostics;
    CrossoverQuestion question = tokens_of_the_reranker(16, 512);
    const auto up = parse_range("hardware.devices.npu.dma.bandwidth=6 GB/s:22 GB/s", diagnostics);
    const auto map = map_crossovers(question, *up, 2, diagnostics);
    ASSERT_TRUE(map) << diagnostics.text();
    ASSERT_EQ(map->cells.size(), 33U * 33U);
    EXPECT_EQ(map->up.values.front(), "6 GB/s");
    question.base.settings.push_back({"hardware.devices.npu.dma.bandwidth", "22 GB/s"});
    const auto last = find_crossovers(question, diagnostics);
    ASSERT_TRUE(last && last->points.size() == 33U);
    for (std::size_t i = 0; i < 33; ++i) {
        const CrossoverMap::Cell& cell = map->at(i, 32);
        EXPECT_NEAR(*cell.first / last->points[i].first->median, 1, 1e-12);
        EXPECT_NEAR(*cell.second / last->points[i].second->median, 1, 1e-12);
        EXPECT_EQ(cell.first_wins(), last->points[i].first_wins());
        EXPECT_EQ(cell.first_is_faster, last->points[i].first_is_faster);
        EXPECT_EQ(cell.sure(), std::abs(*cell.first_is_faster - 0.5) >= 0.4);
    }
    EXPECT_EQ(map->subject, "ms-marco-MiniLM-L-12-v2 on rk3588-rknn-2.3.2");
}

TEST(Crossover, StepsSayWhatIsLookedAt) {
    Diagnostics diagnostics;
    const auto stepped = parse_stepped_range("stages.rerank.tokens=100:400:100", 10, diagnostics);
    ASSERT_TRUE(stepped) << diagnostics.text();
    EXPECT_THAT(range_values(*stepped), ElementsAre(100, 200, 300, 400));
    EXPECT_TRUE(stepped->whole);
    CrossoverQuestion question = tokens_of_the_reranker(100, 400);
    const auto all = find_crossovers(question, diagnostics);
    question.range = *stepped;
    const auto answer = find_crossovers(question, diagnostics);
    ASSERT_TRUE(all && answer) << diagnostics.text();
    EXPECT_EQ(answer->points.size(), 4U);
    ASSERT_EQ(answer->crossings.size(), 1U);  // the same position, independent of earlier evaluations
    EXPECT_EQ(answer->crossings.front().above, all->crossings.front().above);
    const auto factors = parse_stepped_range("a.b=2 GB/s:9 GB/s:x2", 10, diagnostics);
    ASSERT_TRUE(factors);
    EXPECT_THAT(range_values(*factors), ElementsAre(2, 4, 8));
    EXPECT_FALSE(parse_stepped_range("a=1:1000:1", 10, diagnostics));
    EXPECT_FALSE(parse_stepped_range("a=1:2:3:4", 10, diagnostics));
    EXPECT_EQ(diagnostics.text(),
              "--vary: error: a takes 1000 values (expected at most 10)\n"
              "--vary: error: 'a=1:2:3:4' is no range (expected PATH=FROM:TO or PATH=FROM:TO:STEP)\n");
}

TEST(Crossover, MistakesAreTold) {
    const auto said = [](std::string_view text) {
        Diagnostics diagnostics;
        EXPECT_FALSE(parse_range(text, diagnostics));
        return diagnostics.text();
    };
    EXPECT_EQ(said("a=1:2:3"), "--vary: error: 'a=1:2:3' is no range (expected PATH=FROM:TO)\n");
    EXPECT_EQ(said("a=5:2"), "--vary: error: a: nothing lies between 5 and 2 (expected the smaller one first)\n");
    Diagnostics diagnostics;
    CrossoverQuestion question = tokens_of_the_reranker(16, 512);
    question.stage = "rerrank";
    question.between.second = "gpu";
    EXPECT_FALSE(find_crossovers(question, diagnostics));
    EXPECT_EQ(
        diagnostics.text(),
        "--between: error: no device 'gpu' (expected npu or cpu, did you mean npu?)\n"
        "--stage: error: no stage 'rerrank' that runs a model (expected embed or rerank, did you mean rerank?)\n");
}

}  // namespace
}  // namespace berth
