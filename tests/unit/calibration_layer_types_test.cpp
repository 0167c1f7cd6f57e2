// Layer type names of the RKNN runtime, and the corresponding operators.
#include <gtest/gtest.h>

#include "calibration/layer_types.h"

namespace berth {
namespace {

using K = OperatorKind;

TEST(LayerTypes, OfConvolutionsNameWhatIsFusedInOrder) {
    const auto epilogue = [](std::string_view name) {
        const auto type = layer_type(name);
        return type && type->form == LayerForm::kProduct ? std::optional(type->epilogue) : std::nullopt;
    };
    EXPECT_EQ(epilogue("Conv"), std::vector<K>{});
    EXPECT_EQ(epilogue("ConvExSwish"), std::vector{K::kSilu});
    EXPECT_EQ(epilogue("ConvExGelu"), std::vector{K::kGelu});
    EXPECT_EQ(epilogue("ConvLeakyRelu"), std::vector{K::kRelu});
    EXPECT_EQ(epilogue("ConvClip"), std::vector{K::kRelu});
    EXPECT_EQ(epilogue("ConvSigmoid"), std::vector{K::kSigmoid});
    EXPECT_EQ(epilogue("ConvReluAdd"), (std::vector{K::kRelu, K::kAdd}));
    EXPECT_EQ(epilogue("ConvAddRelu"), (std::vector{K::kAdd, K::kRelu}));
    EXPECT_EQ(epilogue("ConvElu"), std::vector{K::kSigmoid});
    EXPECT_EQ(epilogue("ConvExSoftplus"), std::vector{K::kSigmoid});
    EXPECT_EQ(epilogue("ConvExSwooshR"), std::vector{K::kSilu});
    EXPECT_EQ(epilogue("DepthwiseConvolutionMish"), std::vector{K::kSilu});  // as the support list writes it
    EXPECT_EQ(epilogue("ConvSomethingNew"), std::nullopt);
    EXPECT_EQ(epilogue("ConvReluReluReluRelu"), std::nullopt);  // more than a kernel can fuse
}

TEST(LayerTypes, OfTheCompilersOwnOperatorsHaveAPrefix) {
    EXPECT_EQ(layer_type("exNorm").value().kind, K::kLayerNorm);
    EXPECT_EQ(layer_type("exSoftmax13").value().kind, K::kSoftmax);
    EXPECT_EQ(layer_type("exMatMul").value().form, LayerForm::kActivations);
    EXPECT_EQ(layer_type("exSDPAttention").value().form, LayerForm::kAttention);
    EXPECT_EQ(layer_type("ConvTranspose").value().form, LayerForm::kTransposed);
    EXPECT_EQ(layer_type("ConvTranposeRelu").value().form, LayerForm::kTransposed);  // the list's spelling
    EXPECT_EQ(layer_type("exSoftmaxMask").value().kind, K::kSoftmax);
    EXPECT_EQ(layer_type("AddRelu").value().kind, K::kAdd);
    EXPECT_EQ(layer_type("MulAdd").value().kind, K::kMul);
    EXPECT_EQ(layer_type("MaxPool").value().kind, K::kPool);
    EXPECT_EQ(layer_type("Resize").value().kind, K::kResize);
}

TEST(LayerTypes, AreNoneForWhatIsNoOperator) {
    EXPECT_FALSE(layer_type("InputOperator"));
    EXPECT_FALSE(layer_type("OutputOperator"));
    EXPECT_FALSE(layer_type(""));
}

TEST(LayerTypes, AreNamedByTheirOperators) {
    EXPECT_EQ(class_name(layer_type("ConvReluAdd").value()), "matmul + relu + add");
    EXPECT_EQ(class_name(layer_type("Concat").value()), "concat");
}

}  // namespace
}  // namespace berth
