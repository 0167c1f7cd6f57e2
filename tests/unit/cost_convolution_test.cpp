// Convolutions and reshapes compared with hand calculation on a small profile (tests/hardware_fixtures.h): a row tile
// of 128 KiB in a buffer of 384 KiB, and an array of 32 columns with a depth of 32.
#include <gtest/gtest.h>

#include "berth/cost/cost.h"
#include "cost/lowering.h"
#include "hardware_fixtures.h"

namespace berth {
namespace {

using namespace literals;

ConvDims square(std::int64_t in, std::int64_t out, std::int64_t side, std::int64_t kernel, std::int64_t stride = 1) {
    ConvDims dims;
    dims.in_channels = in;
    dims.out_channels = out;
    dims.in_height = dims.in_width = side;
    dims.kernel_height = dims.kernel_width = kernel;
    dims.stride = stride;
    dims.out_height = dims.out_width = side / stride;
    return dims;
}

class ConvolutionCostTest : public testing::Test {
  protected:
    Profile profile_ = *read_board().profile;
    Device& npu_ = profile_.devices[0];

    [[nodiscard]] KernelCost cost(const ConvDims& dims, DType dtype = DType::kInt8, int cores = 1) const {
        Kernel kernel;
        kernel.kind = OperatorKind::kConv2d;
        kernel.dims = dims;
        kernel.input = kernel.weight = kernel.output = dtype;
        return kernel_cost(kernel, npu_, {cores, {}});
    }
    [[nodiscard]] KernelCost reshape(std::int64_t run, std::int64_t out_run) const {
        Kernel kernel;
        kernel.kind = OperatorKind::kReshape;
        kernel.dims = RowsDims{.rows = 992, .cols = 512, .run = run, .out_run = out_run};
        kernel.input = kernel.weight = kernel.output = DType::kFp16;
        return kernel_cost(kernel, npu_, {1, {}});
    }
};

TEST_F(ConvolutionCostTest, EveryTapTakesADepthOfItsOwn) {
    // 80 channels take 96: the vendor's compiler counts 2000 x 512 x 3 x 96 / 512 = 576000 cycles for this layer.
    ConvDims dims;
    dims.in_channels = 80;
    dims.out_channels = 512;
    dims.in_width = dims.out_width = 2000;
    dims.kernel_width = 3;
    EXPECT_DOUBLE_EQ(in_operations(cost(dims, DType::kFp16).padded_macs), 576000.0 * 512);
}

TEST_F(ConvolutionCostTest, GroupsThatFillTheArrayAreBroughtByThemselves) {
    npu_.matrix.layout_block.reset();
    ConvDims grouped = square(256, 256, 14, 3);
    const Time whole = cost(grouped).dma;
    grouped.groups = 4;
    EXPECT_DOUBLE_EQ(cost(grouped).dma / whole, 4);
    grouped.groups = 32;  // four of 8 channels make one product
    EXPECT_DOUBLE_EQ(cost(grouped).dma / whole, 8);
    grouped.groups = 256;  // depthwise: all channels lie along the array's width
    EXPECT_DOUBLE_EQ(cost(grouped).dma / whole, 1);
}

TEST_F(ConvolutionCostTest, ATransposedOneMakesABlockOfResultsFromEachInput) {
    ConvDims spread = square(64, 32, 28, 2, 2);
    spread.transposed = true;
    spread.out_height = spread.out_width = 56;
    // Four results from each input, of one tap each: a kernel of 1x1 with four times the channels.
    const KernelCost direct = cost(square(64, 4 * 32, 28, 1));
    EXPECT_DOUBLE_EQ(in_operations(cost(spread).padded_macs), in_operations(direct.padded_macs));
    EXPECT_DOUBLE_EQ(in_operations(cost(spread).macs), 64.0 * 32 * 4 * 28 * 28);
    EXPECT_DOUBLE_EQ(in_milliseconds(cost(spread).total), in_milliseconds(direct.total));
}

TEST_F(ConvolutionCostTest, AVolumeIsAsManyPicturesAsItsResultIsDeep) {
    ConvDims volume = square(16, 32, 28, 3);
    volume.in_depth = volume.out_depth = 8;
    volume.kernel_depth = 3;
    ConvDims pictures = square(3 * 16, 32, 28, 3);
    pictures.batch = 8;
    EXPECT_DOUBLE_EQ(in_operations(cost(volume).macs), in_operations(cost(pictures).macs));
    EXPECT_DOUBLE_EQ(in_operations(cost(volume).padded_macs), in_operations(cost(pictures).padded_macs));
    EXPECT_LT(in_milliseconds(cost(volume).total), in_milliseconds(cost(pictures).total));  // each slice is read once
}

TEST_F(ConvolutionCostTest, KernelsThatAreComputedAreReadLikeWeights) {
    ConvDims dims = square(64, 64, 28, 3);
    const KernelCost stored = cost(dims);
    dims.weights = false;
    EXPECT_DOUBLE_EQ(in_operations(cost(dims).padded_macs), in_operations(stored.padded_macs));
    EXPECT_DOUBLE_EQ(in_milliseconds(cost(dims).total), in_milliseconds(stored.total));
}

TEST_F(ConvolutionCostTest, AnImagesChannelsShareTheDepthWithTheKernelsWidth) {
    const ConvDims dims = square(3, 64, 224, 7, 2);
    EXPECT_DOUBLE_EQ(in_operations(cost(dims).padded_macs), 112.0 * 112 * 64 * 49 * 32);
    npu_.matrix.image_channels = 4;
    EXPECT_DOUBLE_EQ(in_operations(cost(dims).padded_macs), 112.0 * 112 * 64 * 7 * 32);  // 7 x 3 = 21 of 32
}

TEST_F(ConvolutionCostTest, ADepthwiseConvolutionUsesOneLaneOfTheDepth) {
    ConvDims dims = square(96, 96, 56, 3);
    const KernelCost dense = cost(dims);
    dims.groups = 96;
    const KernelCost depthwise = cost(dims);
    EXPECT_DOUBLE_EQ(in_operations(depthwise.padded_macs), 56.0 * 56 * 9 * 32 * 96);
    EXPECT_DOUBLE_EQ(in_operations(depthwise.macs), 56.0 * 56 * 9 * 96);
    EXPECT_LT(depthwise.total, dense.total);
}

TEST_F(ConvolutionCostTest, GroupsOfFewChannelsShareTheArray) {
    ConvDims grouped = square(128, 128, 28, 3);
    grouped.groups = 32;
    // Eight groups of 4 channels fill a depth and a width of 32; groups of 64 fill it by themselves.
    EXPECT_DOUBLE_EQ(in_operations(cost(grouped).padded_macs), 28.0 * 28 * 4 * (9 * 32) * 32);
    grouped.groups = 2;
    EXPECT_DOUBLE_EQ(in_operations(cost(grouped).padded_macs), 28.0 * 28 * 2 * (9 * 64) * 64);
}

TEST_F(ConvolutionCostTest, OnePassHoldsWholeRowsOfTheInput) {
    // A row takes 56 x 256 B = 14 KiB, 9 of them fit into 128 KiB, which make 7 rows of windows: 8 passes. Two rows are
    // read again at each of the 7 seams. 256 x 256 x 9 B of weights do not fit beside.
    const KernelCost passes = cost(square(256, 256, 56, 3));
    EXPECT_EQ(passes.tile.m, 7 * 56);
    EXPECT_EQ(passes.tile.weight_reads, 8);
    EXPECT_DOUBLE_EQ(in_bytes(passes.traffic.read), 8.0 * 256 * 256 * 9 + (56.0 + 7 * 2) * 56 * 256);
    EXPECT_DOUBLE_EQ(in_bytes(passes.traffic.write), 56.0 * 56 * 256);
}

TEST_F(ConvolutionCostTest, WeightsThatFitAreReadOnceForAllPassesAndImages) {
    ConvDims dims = square(64, 64, 112, 3);  // 36 KiB of weights; a row takes 7 KiB: 18 rows, 16 of windows, 7 passes
    EXPECT_EQ(cost(dims).tile.weight_reads, 1);
    dims.batch = 4;
    EXPECT_DOUBLE_EQ(in_bytes(cost(dims).traffic.read), 64.0 * 64 * 9 + 4.0 * (112 + 6 * 2) * 112 * 64);
}

TEST_F(ConvolutionCostTest, AStrideBeyondTheKernelSkipsNoRowsOfATile) {
    // 28 rows of 14 KiB: 9 windows at once, 2 passes over 512 x 1024 B of weights.
    const KernelCost strided = cost(square(512, 1024, 28, 1, 2));
    EXPECT_EQ(strided.tile.weight_reads, 2);
    EXPECT_DOUBLE_EQ(in_bytes(strided.traffic.read), 2.0 * 512 * 1024 + 28.0 * 28 * 512);
    EXPECT_DOUBLE_EQ(in_bytes(strided.compulsory), 512.0 * 1024 + 28.0 * 28 * 512 + 14.0 * 14 * 1024);
}

// Patches of 16 x 16 on a runtime whose strides end at 7, as its layer table has them: 125 x 125 results at a stride of
// 4, of which every fourth is kept.
TEST_F(ConvolutionCostTest, AStrideBeyondTheRuntimesIsComposed) {
    Runtime runtime;
    Kernel patches;
    patches.kind = OperatorKind::kConv2d;
    patches.dims = square(3, 768, 512, 16, 16);
    EXPECT_FALSE(in_two_strides(patches, runtime)) << "any stride";
    runtime.operators[static_cast<std::size_t>(OperatorKind::kConv2d)].max_stride = 7;
    const auto made = in_two_strides(patches, runtime);
    ASSERT_TRUE(made);
    const auto& dense = std::get<ConvDims>(made->dense.dims);
    EXPECT_EQ(dense.stride, 4);
    EXPECT_EQ(dense.out_height, 125);
    EXPECT_EQ(dense.out_width, 125);
    const auto& kept = std::get<ConvDims>(made->selection.dims);
    EXPECT_EQ(kept.stride, 4);
    EXPECT_TRUE(is_depthwise(kept));
    EXPECT_EQ(std::pair(kept.in_height, kept.out_height), std::pair(std::int64_t{125}, std::int64_t{32}));
    patches.dims = square(3, 768, 518, 14, 14);
    EXPECT_EQ(std::get<ConvDims>(in_two_strides(patches, runtime)->dense.dims).stride, 7);
    patches.dims = square(64, 64, 56, 7, 7);
    EXPECT_FALSE(in_two_strides(patches, runtime));
}

TEST_F(ConvolutionCostTest, TransformedWindowsNeedFewerMacs) {
    const auto padded = [this](const ConvDims& dims) { return in_operations(cost(dims).padded_macs); };
    const double plain = padded(square(64, 64, 56, 3));
    const double strided = padded(square(64, 64, 56, 3, 2));
    npu_.matrix.winograd = Parameter<double>{2.5};
    EXPECT_DOUBLE_EQ(padded(square(64, 64, 56, 3)), plain / 2.5);
    EXPECT_DOUBLE_EQ(padded(square(64, 64, 56, 3, 2)), strided);
    EXPECT_DOUBLE_EQ(padded(square(64, 64, 56, 1)), 56.0 * 56 * 64 * 64);
    ConvDims depthwise = square(64, 64, 56, 3);
    depthwise.groups = 64;
    EXPECT_DOUBLE_EQ(padded(depthwise), 56.0 * 56 * 9 * 32 * 64);
}

TEST_F(ConvolutionCostTest, ALongRowIsCutIntoTheWindowsThatItsTileHolds) {
    // 2000 positions of 1 KiB, 96 of them at once: 47 windows of three with stride two; 22 passes.
    npu_.matrix.row_tile->value = 96_KiB;
    npu_.matrix.min_rows = 16;
    ConvDims dims;
    dims.in_channels = dims.out_channels = 512;
    dims.in_width = 2000;
    dims.out_width = 1000;
    dims.kernel_width = 3;
    dims.stride = 2;
    const KernelCost passes = cost(dims, DType::kFp16);
    EXPECT_EQ(passes.tile.m, 47);
    EXPECT_EQ(passes.tile.weight_reads, 22);
}

TEST_F(ConvolutionCostTest, ImagesOfSeveralLinesMayHaveATileOfTheirOwn) {
    npu_.matrix.row_tile->value = 96_KiB;
    npu_.matrix.image_row_tile = Parameter<Bytes>{192_KiB};
    const ConvDims lines = square(3072, 768, 32, 1);  // 6 KiB per position, 192 KiB per line
    EXPECT_EQ(cost(lines, DType::kFp16, 3).tile.weight_reads, 32);
    EXPECT_EQ(cost(lines, DType::kFp16).tile.weight_reads, 64);  // one core has no lines to share
    ConvDims line = lines;
    line.in_width = line.out_width = 1024;
    line.in_height = line.out_height = 1;
    EXPECT_EQ(cost(line, DType::kFp16).tile.weight_reads, 64);
}

TEST_F(ConvolutionCostTest, FewChannelsTakeTheLeastDepthAndWholeBlocks) {
    npu_.matrix.min_depth = Parameter<Bytes>{128_B};
    npu_.matrix.layout_block = Parameter<Bytes>{16_B};
    const KernelCost point = cost(square(3, 32, 64, 1), DType::kInt8);
    EXPECT_DOUBLE_EQ(in_operations(point.padded_macs), 64.0 * 64 * 128 * 32);
    EXPECT_DOUBLE_EQ(in_bytes(point.compulsory), 64 * 64 * (16 + 32) + 3 * 32);  // 3 channels lie in a block of 16
    EXPECT_DOUBLE_EQ(in_bytes(cost(square(3, 32, 64, 3), DType::kInt8).compulsory),
                     64 * 64 * (3 + 32) + 9 * 3 * 32);  // image channels are stored contiguously
}

TEST_F(ConvolutionCostTest, OneTapAlongALineIsAMatmul) {
    npu_.matrix.min_rows = 16;
    ConvDims dims;
    dims.in_channels = 2048;
    dims.out_channels = 512;
    dims.in_width = dims.out_width = 1000;
    Kernel matmul;
    matmul.kind = OperatorKind::kMatmul;
    matmul.dims = MatmulDims{.m = 1000, .k = 2048, .n = 512};
    matmul.input = matmul.weight = matmul.output = DType::kFp16;
    const KernelCost as_matmul = kernel_cost(matmul, npu_, {1, {}});
    const KernelCost as_convolution = cost(dims, DType::kFp16);
    EXPECT_EQ(as_convolution.tile.weight_reads, as_matmul.tile.weight_reads);
    EXPECT_EQ(as_convolution.padded_macs, as_matmul.padded_macs);
    EXPECT_EQ(as_convolution.traffic.read, as_matmul.traffic.read);
}

TEST_F(ConvolutionCostTest, SeveralCoresShareChannelsOrPositions) {
    const ConvDims dims = square(256, 256, 56, 3);
    const KernelCost one = cost(dims);
    const KernelCost three = cost(dims, DType::kInt8, 3);
    EXPECT_LT(three.total, one.total);
    EXPECT_GE(three.traffic.read, one.compulsory - three.traffic.write);
}

TEST_F(ConvolutionCostTest, AReshapeIsFreeWhileWholeBlocksOfChannelsMove) {
    npu_.matrix.layout_block = Parameter<Bytes>{16_B};  // 8 channels in fp16
    const Time free = npu_.runtime.dispatch_per_kernel.value;
    EXPECT_EQ(reshape(512, 512).total, free);
    EXPECT_EQ(reshape(1536, 64).total, free);
    EXPECT_EQ(reshape(1, 1).total, free);
    EXPECT_GT(reshape(512, 36).total, free);  // 36 is not a multiple of 8
    EXPECT_DOUBLE_EQ(in_bytes(reshape(512, 1).traffic.read), 992.0 * 512 * 2);
    // From rows to blocks each element takes a block of its own.
    EXPECT_NEAR(reshape(1, 512).vector / reshape(512, 1).vector, 8, 1e-9);
    npu_.matrix.layout_block.reset();
    EXPECT_EQ(reshape(512, 36).total, free);
}

TEST_F(ConvolutionCostTest, ATableOfConstantsIsRead) {
    Kernel kernel;
    kernel.kind = OperatorKind::kAdd;
    kernel.dims = RowsDims{.rows = 192, .cols = 64, .affine = true};
    kernel.input = kernel.weight = kernel.output = DType::kFp16;
    const KernelCost row = kernel_cost(kernel, npu_, {1, {}});
    kernel.dims = RowsDims{.rows = 192, .cols = 64, .affine = true, .constant_rows = 192};
    EXPECT_DOUBLE_EQ(in_bytes(kernel_cost(kernel, npu_, {1, {}}).traffic.read - row.traffic.read), 192.0 * 64 * 2);
}

}  // namespace
}  // namespace berth
