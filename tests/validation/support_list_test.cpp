// The rules of the NPU profiles compared with the vendor's list of supported operators.
#include <gtest/gtest.h>

#include <map>

#include "berth/base/csv.h"
#include "validation/shipped_validation.h"

namespace berth {
namespace {

struct ListedOperator {
    std::string dtypes, cores, limits;
};
using SupportList = std::map<std::string, ListedOperator>;

bool said_to_share(const ListedOperator& line) { return line.cores == "yes" || line.cores.starts_with("RK3576 yes"); }

SupportList support_list(const std::string& path) {
    Diagnostics diagnostics;
    const auto path_here = std::string(BERTH_SOURCE_DIR) + "/hardware/measured/" + path;
    const auto text = read_file(path_here, diagnostics);
    const auto table = text ? parse_csv(*text, path_here, diagnostics) : std::nullopt;
    if (!table) {
        throw std::runtime_error(diagnostics.text());
    }
    SupportList list;
    for (const CsvRow& row : table->rows) {
        list[row.cells[1].text] = {row.cells[3].text, row.cells[4].text, row.cells[5].text};
    }
    return list;
}

/// Operators of this project, and the line of the list that covers most of them.
const std::vector<std::pair<OperatorKind, std::string>>& lines() {
    static const std::vector<std::pair<OperatorKind, std::string>> kLines{
        {OperatorKind::kConv2d, "Convolution"},
        {OperatorKind::kAttention, "exSDPAttention"},
        {OperatorKind::kSoftmax, "exSoftmax13"},
        {OperatorKind::kLayerNorm, "exNorm"},
        {OperatorKind::kRmsNorm, "exNorm"},
        {OperatorKind::kGelu, "exGelu"},
        {OperatorKind::kSilu, "exSwish"},
        {OperatorKind::kRelu, "Relu"},
        {OperatorKind::kTanh, "Tanh"},
        {OperatorKind::kSigmoid, "Sigmoid"},
        {OperatorKind::kAdd, "Add"},
        {OperatorKind::kTranspose, "Transpose"},
        {OperatorKind::kReshape, "Reshape"},
        {OperatorKind::kResize, "Resize"},
    };
    return kLines;
}

class SupportOf : public testing::TestWithParam<std::pair<const char*, const char*>> {
  protected:
    [[nodiscard]] static Device npu() {
        Diagnostics diagnostics;
        const auto profile =
            load_hardware(shipped_library(), GetParam().first, {}, SourceLocation("test"), diagnostics);
        return profile->devices[static_cast<std::size_t>(*device_named(*profile, "npu"))];
    }
    [[nodiscard]] static SupportList list() { return support_list(GetParam().second); }
};

TEST_P(SupportOf, OperatorsAreThoseOfTheList) {
    const Device device = npu();
    for (const auto& [kind, line] : lines()) {
        const OperatorRule& rule = device.runtime.operators[static_cast<std::size_t>(kind)];
        ASSERT_TRUE(list().contains(line)) << line;
        EXPECT_TRUE(rule.supported) << line;
        const bool int8 = list().at(line).dtypes.find("int8") != std::string::npos;
        const bool has_int8 = std::ranges::find(rule.dtypes, DType::kInt8) != rule.dtypes.end();
        EXPECT_EQ(has_int8, int8) << line;
    }
}

TEST_P(SupportOf, OperatorsAreSharedByCoresWhereTheListSaysSo) {
    const Device device = npu();
    for (const auto& [kind, line] : lines()) {
        EXPECT_EQ(device.runtime.operators[static_cast<std::size_t>(kind)].multi_core, said_to_share(list().at(line)))
            << line;
    }
}

TEST_P(SupportOf, FusedActivationsAreSharedByCoresWhereTheListSaysSo) {
    const std::vector<std::pair<OperatorKind, std::string>> activations{{OperatorKind::kSilu, "ConvolutionSwish"},
                                                                        {OperatorKind::kSigmoid, "ConvolutionSigmoid"},
                                                                        {OperatorKind::kRelu, "ConvolutionRelu"},
                                                                        {OperatorKind::kAdd, "ConvolutionAdd"}};
    const Device device = npu();
    for (const auto& [kind, line] : activations) {
        const auto rule =
            std::ranges::find(device.runtime.fuses, std::vector{OperatorKind::kConv2d, kind}, &FusionRule::pattern);
        ASSERT_NE(rule, device.runtime.fuses.end()) << line;
        EXPECT_EQ(rule->multi_core, said_to_share(list().at(line))) << line;
    }
}

TEST_P(SupportOf, ProductsOfActivationsAreThoseOfTheList) {
    const OperatorRule rule = npu().runtime.operators[static_cast<std::size_t>(OperatorKind::kMatmul)];
    EXPECT_EQ(rule.multi_core, said_to_share(list().at("exMatMul")));
    EXPECT_TRUE(rule.as_convolution) << "with weights they are Convolution";
    EXPECT_EQ(list().at("exMatMul").limits, "k<=8192");
    EXPECT_EQ(rule.product_limits[static_cast<std::size_t>(ProductDim::kK)].most, 8192);
}

TEST_P(SupportOf, DepthIsLimitedWhereTheListSaysSo) {
    EXPECT_EQ(list().at("Convolution").limits, "");
    // A larger global pooling runs as window pooling, for which the list states no size.
    EXPECT_EQ(list().at("AveragePool").limits.find("height<=7"), std::string::npos);
    EXPECT_FALSE(npu().runtime.operators[static_cast<std::size_t>(OperatorKind::kPool)].max_pooled);
}

INSTANTIATE_TEST_SUITE_P(
    Chips, SupportOf,
    testing::Values(std::pair{"rk3588-rknn-2.3.2", "rk3588-rknn-2.3.2/rk3588_operator_support.csv"},
                    std::pair{"rk3576-rknn-2.3.2", "rk3576-rknn-2.3.2/rk3576_operator_support.csv"}));

TEST(SupportList, LargePatchesAreComputedByTheRuntimesOwnCode) {
    Diagnostics diagnostics;
    const Profile profile = shipped_profile();
    ModelStage stage;
    auto model = load_model(shipped_library(), "clip-vit-b-32-image", {}, SourceLocation("test"), diagnostics);
    ASSERT_TRUE(model);
    stage.model = std::move(*model);
    stage.precision.dtype = DType::kFp16;
    stage.tokens = {{1, 1}};
    const auto candidate = evaluate_on(profile, stage, *device_named(profile, "npu"), diagnostics);
    ASSERT_TRUE(candidate) << diagnostics.text();
    const OperatorResult& patches = candidate->operators.front();
    EXPECT_FALSE(patches.fell_back) << "it stays in the call";
    EXPECT_EQ(candidate->operators[1].handover, Time{}) << "nothing is handed back";
    ASSERT_TRUE(patches.kernel);
    EXPECT_TRUE(patches.kernel->own_code);
    EXPECT_NE(patches.reason.find("its kernel is 32 x 32, the limit is 31"), std::string::npos) << patches.reason;
}

}  // namespace
}  // namespace berth
