// Evidence: reading of the measured sizes of a device, and distance of an operator from them.
#include <gtest/gtest.h>

#include <algorithm>

#include "berth/evaluation/evaluation.h"
#include "evaluation/sensitivities.h"
#include "hardware_fixtures.h"

namespace berth {
namespace {

MeasuredKind products_of_a_board() {
    return {OperatorKind::kMatmul,
            DType::kFp16,
            EvidenceForm::kPlain,
            {{16, 1024}, {64, 4096}, {64, 4096}, {65536, 1 << 30}},
            2};
}

EvidenceKind of_product(std::int64_t m, std::int64_t k, std::int64_t n, DType dtype = DType::kFp16,
                        std::int64_t cores = 1) {
    const std::vector<MeasuredKind> measured{products_of_a_board()};
    return evidence_for(OperatorKind::kMatmul, dtype, MatmulDims{1, m, k, n}, cores, measured);
}

TEST(Evidence, IsNearWithinAFactorOfTwoOfEachSize) {
    EXPECT_EQ(of_product(128, 512, 512), EvidenceKind::kNear);
    EXPECT_EQ(of_product(8, 64, 8192), EvidenceKind::kNear);
    EXPECT_EQ(of_product(7, 512, 512), EvidenceKind::kElsewhere);
    EXPECT_EQ(of_product(128, 512, 8193), EvidenceKind::kElsewhere);
}

TEST(Evidence, OfTheLargestOfEachSizeTogetherIsFar) {
    EXPECT_EQ(of_product(1024, 1024, 1024), EvidenceKind::kNear);
    EXPECT_EQ(of_product(1024, 4096, 4096), EvidenceKind::kElsewhere) << "eight times the largest product";
}

TEST(Evidence, OnMoreCoresThanWereMeasuredIsFar) {
    EXPECT_EQ(of_product(128, 512, 512, DType::kFp16, 2), EvidenceKind::kNear);
    EXPECT_EQ(of_product(128, 512, 512, DType::kFp16, 3), EvidenceKind::kElsewhere);
}

TEST(Evidence, OfOneMeasuredSizeReachesNoOther) {
    const auto of_head = [](std::int64_t width) {
        const std::vector<MeasuredKind> measured{{OperatorKind::kAttention,
                                                  DType::kFp16,
                                                  EvidenceForm::kPlain,
                                                  {{3, 24}, {7450, 1048576}, {64, 64}, {1 << 20, 1 << 30}},
                                                  0}};
        return evidence_for(OperatorKind::kAttention, DType::kFp16, AttentionDims{1, 12, 12, 512, 512, width}, 1,
                            measured);
    };
    EXPECT_EQ(of_head(64), EvidenceKind::kNear);
    EXPECT_EQ(of_head(32), EvidenceKind::kElsewhere);
    EXPECT_EQ(of_head(80), EvidenceKind::kElsewhere);
}

TEST(Evidence, TellsFormsApart) {
    AttentionDims heads{1, 12, 12, 512, 512, 64};
    EXPECT_EQ(evidence_form(heads), EvidenceForm::kPlain);
    heads.window = 128;
    EXPECT_EQ(evidence_form(heads), EvidenceForm::kMasked);
    heads.window = 0;
    heads.causal = true;
    EXPECT_EQ(evidence_form(heads), EvidenceForm::kMasked);
    heads.seq = 1;  // the last query sees every key
    EXPECT_EQ(evidence_form(heads), EvidenceForm::kPlain);
    ConvDims conv;
    conv.in_channels = conv.out_channels = 64;
    EXPECT_EQ(evidence_form(conv), EvidenceForm::kPlain);
    conv.groups = 64;
    EXPECT_EQ(evidence_form(conv), EvidenceForm::kGrouped);
    const std::vector<MeasuredKind> plain{{OperatorKind::kConv2d, DType::kInt8, EvidenceForm::kPlain, {}, 0}};
    EXPECT_EQ(evidence_for(OperatorKind::kConv2d, DType::kInt8, conv, 1, plain), EvidenceKind::kAssumed);
}

TEST(Evidence, IsOfOneKindAndDType) {
    EXPECT_EQ(of_product(128, 512, 512, DType::kInt8), EvidenceKind::kAssumed);
    const std::vector<MeasuredKind> inside_networks{{OperatorKind::kMatmul, DType::kFp16, EvidenceForm::kPlain, {}, 0}};
    EXPECT_EQ(evidence_for(OperatorKind::kMatmul, DType::kFp16, MatmulDims{1, 128, 512, 512}, 1, inside_networks),
              EvidenceKind::kElsewhere);
    EXPECT_EQ(evidence_for(OperatorKind::kAdd, DType::kFp16, RowsDims{128, 512}, 1, inside_networks),
              EvidenceKind::kAssumed);
}

TEST(Evidence, OfAConvolutionCountsPositionsDepthAndChannels) {
    ConvDims conv;
    conv.in_channels = 64;
    conv.groups = 2;
    conv.kernel_height = conv.kernel_width = 3;
    conv.out_channels = 128;
    conv.out_height = conv.out_width = 20;
    EXPECT_EQ(evidence_sizes(conv), (std::vector<std::int64_t>{400, 288, 128, 400 * 288 * 128}));
}

// Effect of the model errors of products on one product's time, if products of 128 rows were measured.
double error_of_product(std::int64_t m, const std::string& kind, const std::string& evidence) {
    const ProfileReading board = read_board(
        {{"devices.npu.error.matmul", "{value: 20%, kind: " + kind + "}"}, {"devices.npu.evidence", evidence}});
    EXPECT_TRUE(board.profile) << board.complaints;
    Kernel kernel;
    kernel.kind = OperatorKind::kMatmul;
    kernel.dims = MatmulDims{1, m, 512, 512};
    kernel.input = kernel.weight = kernel.output = DType::kFp16;
    const Uncertainty found = predict_kernel(*board.profile, 0, kernel, {1, std::nullopt}).uncertainty;
    const auto numbers = uncertain_numbers(*board.profile);
    const auto place = std::ranges::find(numbers, "devices.npu.error.matmul") - numbers.begin();
    return found.effect.at(static_cast<std::size_t>(place));
}

constexpr const char* kOneProduct = "[{op: matmul, dtype: fp16, sizes: [[128, 128], [512, 512], [512, 512]]}]";

TEST(Evidence, WidensTheErrorOfWhatWasMeasuredElsewhere) {
    const double near = error_of_product(128, "calibrated", kOneProduct);
    EXPECT_NEAR(error_of_product(1024, "calibrated", kOneProduct) / near, 1.5, 1e-9);
}

TEST(Evidence, LeavesErrorsThatAreOfAnyKernel) {
    const double near = error_of_product(128, "calibrated", kOneProduct);
    EXPECT_NEAR(error_of_product(1024, "assumed", kOneProduct) / near, 1, 1e-9);
    EXPECT_NEAR(error_of_product(1024, "calibrated", "[{op: matmul, dtype: fp16}]") / near, 1, 1e-9);
    EXPECT_NEAR(error_of_product(1024, "calibrated", "[]") / near, 1, 1e-9);
}

// What a product was measured for elsewhere depends on which number decides here: rows limited by weights do not show
// the rate of the array.
std::optional<EvidenceKind> evidence_of_product(const std::string& rate_kind) {
    const ProfileReading board =
        read_board({{"devices.npu.matrix.macs_per_cycle.fp16", "{value: 512, spread: 200%, kind: " + rate_kind + "}"},
                    {"devices.npu.evidence", "[{op: matmul, dtype: fp16}]"}});
    EXPECT_TRUE(board.profile) << board.complaints;
    Kernel kernel;
    kernel.kind = OperatorKind::kMatmul;
    kernel.dims = MatmulDims{1, 512, 512, 512};
    kernel.input = kernel.weight = kernel.output = DType::kFp16;
    return kernel_evidence(*board.profile, 0, kernel, {1, std::nullopt});
}

TEST(Evidence, RestsOnTheLeastCertainNumber) {
    EXPECT_EQ(evidence_of_product("calibrated"), EvidenceKind::kElsewhere);
    EXPECT_EQ(evidence_of_product("assumed"), EvidenceKind::kAssumed);
}

}  // namespace
}  // namespace berth
