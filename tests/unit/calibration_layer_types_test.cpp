// What layers of the RKNN runtime are called, and the operators that they are.
#include <gtest/gtest.h>

#include "calibration/layer_types.h"

namespace berth {
namespace {

using K = OperatorKind;

TEST(LayerTypes, OfConvolutionsNameWhatIsFusedInOrder) {
    const auto followers = [](std::string_view name) {
        const auto type = layer_type(name);
        return type && type->form == LayerForm::kProduct ? std::optional(type->followers) : std::nullopt;
    };
    EXPECT_EQ(followers("Conv"), std::vector<K>{});
    EXPECT_EQ(followers("ConvExSwish"), std::vector{K::kSilu});
    EXPECT_EQ(followers("ConvExGelu"), std::vector{K::kGelu});
    EXPECT_EQ(followers("ConvLeakyRelu"), std::vector{K::kRelu});
    EXPECT_EQ(followers("ConvClip"), std::vector{K::kRelu});
    EXPECT_EQ(followers("ConvSigmoid"), std::vector{K::kSigmoid});
    EXPECT_EQ(followers("ConvReluAdd"), (std::vector{K::kRelu, K::kAdd}));
    EXPECT_EQ(followers("ConvAddRelu"), (std::vector{K::kAdd, K::kRelu}));
    EXPECT_EQ(followers("ConvSomethingNew"), std::nullopt);
    EXPECT_EQ(followers("ConvReluReluReluRelu"), std::nullopt);  // more than a kernel holds
}

TEST(LayerTypes, OfTheCompilersOwnOperatorsHaveAPrefix) {
    EXPECT_EQ(layer_type("exNorm").value().kind, K::kLayerNorm);
    EXPECT_EQ(layer_type("exSoftmax13").value().kind, K::kSoftmax);
    EXPECT_EQ(layer_type("exMatMul").value().form, LayerForm::kActivations);
    EXPECT_EQ(layer_type("exSDPAttention").value().form, LayerForm::kAttention);
    EXPECT_EQ(layer_type("ConvTranspose").value().form, LayerForm::kTransposed);
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
