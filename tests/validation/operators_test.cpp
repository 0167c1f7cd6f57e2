// Claims about single operators: library matmuls and the layers of a compiled encoder.
#include <gtest/gtest.h>

#include <cmath>

#include "validation/shipped_validation.h"

namespace berth {
namespace {

const ValidatedSet& library_calls() { return set_of(RowForm::kMatmulLibrary, RowUse::kFitted); }
const ValidatedSet& cold_calls() { return set_of(RowForm::kMatmulLibrary, RowUse::kUnseen); }
const ValidatedSet& layers() { return set_of(RowForm::kCompiledLayers, RowUse::kFitted); }

TEST(LibraryMatmuls, AreFarCloserThanARooflineWouldBe) {
    for (const ValidatedSet* set : {&library_calls(), &cold_calls()}) {
        for (const ClassSummary& summary : set->classes) {
            EXPECT_LT(*summary.model.mean_error, 0.6 * *summary.roofline.mean_error) << set->name;
        }
    }
}

TEST(LibraryMatmuls, AreRankedAsMeasured) {
    for (const ValidatedSet* set : {&library_calls(), &cold_calls()}) {
        for (const ClassSummary& summary : set->classes) {
            EXPECT_GE(*summary.model.spearman, 0.9) << set->name;
        }
    }
}

TEST(LibraryMatmuls, OfInt8AndFp16AreWithinAThirdOnAverage) {
    for (const ValidatedSet* set : {&library_calls(), &cold_calls()}) {
        for (const ClassSummary& summary : set->classes) {
            if (summary.dtype == DType::kInt8 || summary.dtype == DType::kFp16) {
                EXPECT_LE(*summary.model.mean_error, 1.0 / 3.0) << set->name;
            }
        }
    }
}

// Noise of single calls, some 25 us, hides less of long ones. One bandwidth, one state of the memory and one time of
// waking hold for all three dtypes.
TEST(LibraryMatmuls, ThatAreLongAndSingleAreWithinATwelfthOnAverage) {
    double error = 0;
    int rows = 0;
    for (const ValidatedRow& row : cold_calls().rows) {
        if (row.measured > microseconds(400)) {
            error += std::abs(row.predicted.median / row.measured - 1);
            ++rows;
        }
    }
    ASSERT_GT(rows, 300);
    EXPECT_LE(error / rows, 1.0 / 12.0);
}

// Read off the published sweep: with K=4096 in fp16, 16 rows fill 128 KiB, and 32 rows read all weights twice.
TEST(LibraryMatmuls, TakeTwiceAsLongWhereASecondTileOfRowsReadsTheWeightsAgain) {
    const ValidatedRow& one_tile = row_named(cold_calls(), "m=16,k=4096,n=4096", DType::kFp16);
    const ValidatedRow& two_tiles = row_named(cold_calls(), "m=32,k=4096,n=4096", DType::kFp16);
    const double measured = two_tiles.measured / one_tile.measured;
    const double predicted = two_tiles.predicted.median / one_tile.predicted.median;
    EXPECT_GT(measured, 1.6);
    EXPECT_NEAR(predicted, measured, 0.25 * measured);
}

TEST(EncoderLayers, HaveASmallMedianError) {
    EXPECT_LE(*all_rows(layers()).model.median_error, targets().at("median_error_of_encoder_layers").get<double>());
}

TEST(EncoderLayers, AreCloserThanTheVendorsCompilerExpectedThem) {
    int compared = 0;
    for (const ClassSummary& summary : layers().classes) {
        if (summary.vendor) {
            ++compared;
            EXPECT_LT(*summary.model_beside->mean_error, *summary.vendor->mean_error) << summary.op_class;
        }
    }
    EXPECT_GE(compared, 3);
}

TEST(EncoderLayers, AddUpToTheMeasuredTime) {
    Time predicted, measured;
    for (const ValidatedRow& row : layers().rows) {
        predicted += row.predicted.median;
        measured += row.measured;
    }
    EXPECT_NEAR(predicted / measured, 1.0, 0.15);
}

// Four rows copy between row-major tensors; one moves whole blocks of channels and takes 1 us.
TEST(WholeEncoder, IsWithinItsTargetAtEveryClockAndCoreCount) {
    const ValidatedSet& whole = set_of(RowForm::kModelTotals, RowUse::kFitted);
    EXPECT_EQ(whole.rows.size(), 3U);
    const double target = targets().at("whole_encoder");
    for (const ValidatedRow& row : whole.rows) {
        EXPECT_NEAR(row.predicted.median / row.measured, 1, target) << row.name;
    }
}

TEST(EncoderLayers, ReshapesThatCopyAreToldFromThoseThatDoNot) {
    int copies = 0;
    for (const ValidatedRow& row : layers().rows) {
        if (row.op_class != traits(OperatorKind::kReshape).name) {
            continue;
        }
        if (row.measured < microseconds(10)) {
            EXPECT_LT(row.predicted.median, microseconds(10)) << row.name;
        } else {
            ++copies;
            EXPECT_LT(std::abs(relative_error(row)), 0.3) << row.name;
        }
    }
    EXPECT_EQ(copies, 4);
}

TEST(EncoderLayers, OfAttentionHardlyFollowTheClock) {
    const auto time_at = [](std::string_view clock) {
        for (const ValidatedRow& row : layers().rows) {
            if (row.op_class == traits(OperatorKind::kAttention).name && row.name.ends_with(clock)) {
                return row.predicted.median;
            }
        }
        throw std::runtime_error("no attention at this clock");
    };
    const double slowdown = time_at("1 core, 300 MHz") / time_at("1 core, 1000 MHz");
    EXPECT_GT(slowdown, 1.2);
    EXPECT_LT(slowdown, 2.0);  // the clock is 3.3 times lower
}

}  // namespace
}  // namespace berth
