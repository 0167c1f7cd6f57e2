// Converts convolutions, matrix products, pooling and arithmetic of TensorFlow Lite to ONNX.
#include <algorithm>
#include <cstring>
#include <span>

#include "importers/tflite_writer.h"

namespace berth {

namespace {

using tflite::ActivationFunctionType;
using tflite::BuiltinOperator;
using tflite::Padding;

/// Axis permutations from the kernel layouts of TensorFlow to [out, in, window...] of ONNX.
const Shape kOutputFirst{0, 3, 1, 2};  ///< [out, height, width, in]
const Shape kOutputLast{3, 0, 1, 2};   ///< [1, height, width, out]; transposed convolution: [out, height, width, in]
const Shape kVolume{4, 3, 0, 1, 2};    ///< [depth, height, width, in, out]; transposed convolution: [..., out, in]

void add_window(OnnxNode& node, Padding padding, Shape strides, Shape dilations) {
    node.attributes.push_back(attribute_of("channels_last", 1));
    node.attributes.push_back(attribute_of("strides", std::move(strides)));
    node.attributes.push_back(attribute_of("dilations", std::move(dilations)));
    if (padding == Padding::SAME) {
        node.attributes.push_back(attribute_of("auto_pad", std::string_view("SAME_UPPER")));
    }
}

/// Number of groups of a convolution; 0 if the channels are not divisible.
std::int64_t groups_of(std::int64_t channels, std::int64_t per_kernel) {
    return per_kernel < 1 || channels % per_kernel != 0 ? 0 : channels / per_kernel;
}

bool conv_2d(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_Conv2DOptions();
    const Shape from = step.shape(0), kernel = step.shape(1);
    const std::int64_t groups = from.size() == 4 && kernel.size() == 4 ? groups_of(from[3], kernel[3]) : 0;
    if (options == nullptr || groups == 0) {
        return false;
    }
    OnnxNode& node =
        step.add_activated("Conv", {step.in(0), step.in(1), step.in(2)}, options->fused_activation_function());
    add_window(node, options->padding(), {options->stride_h(), options->stride_w()},
               {options->dilation_h_factor(), options->dilation_w_factor()});
    node.attributes.push_back(attribute_of("kernel_axes", kOutputFirst));
    node.attributes.push_back(attribute_of("group", groups));
    return true;
}

bool depthwise_conv_2d(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_DepthwiseConv2DOptions();
    const Shape from = step.shape(0), kernel = step.shape(1);
    if (options == nullptr || from.size() != 4 || kernel.size() != 4 || kernel[0] != 1 || from[3] < 1 ||
        kernel[3] % from[3] != 0) {
        return false;
    }
    OnnxNode& node =
        step.add_activated("Conv", {step.in(0), step.in(1), step.in(2)}, options->fused_activation_function());
    add_window(node, options->padding(), {options->stride_h(), options->stride_w()},
               {options->dilation_h_factor(), options->dilation_w_factor()});
    node.attributes.push_back(attribute_of("kernel_axes", kOutputLast));
    node.attributes.push_back(attribute_of("group", from[3]));
    return true;
}

bool conv_3d(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_Conv3DOptions();
    const Shape from = step.shape(0), kernel = step.shape(1);
    const std::int64_t groups = from.size() == 5 && kernel.size() == 5 ? groups_of(from[4], kernel[3]) : 0;
    if (options == nullptr || groups == 0) {
        return false;
    }
    OnnxNode& node =
        step.add_activated("Conv", {step.in(0), step.in(1), step.in(2)}, options->fused_activation_function());
    add_window(node, options->padding(), {options->stride_d(), options->stride_h(), options->stride_w()},
               {options->dilation_d_factor(), options->dilation_h_factor(), options->dilation_w_factor()});
    node.attributes.push_back(attribute_of("kernel_axes", kVolume));
    node.attributes.push_back(attribute_of("group", groups));
    return true;
}

/// Sets the output size of a transposed convolution between batch and channels, if the file states it.
void add_output_shape(OnnxNode& node, const std::optional<Shape>& made) {
    if (made && made->size() > 2) {
        node.attributes.push_back(attribute_of("output_shape", Shape(made->begin() + 1, made->end() - 1)));
    }
}

bool transpose_conv(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_TransposeConvOptions();
    if (options == nullptr || step.shape(2).size() != 4 || step.shape(1).size() != 4) {
        return false;
    }
    OnnxNode& node =
        step.add_activated("ConvTranspose", {step.in(2), step.in(1), step.in(3)}, options->fused_activation_function());
    add_window(node, options->padding(), {options->stride_h(), options->stride_w()}, {1, 1});
    node.attributes.push_back(attribute_of("kernel_axes", kOutputLast));
    add_output_shape(node, step.integers(0));
    return true;
}

bool conv_3d_transpose(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_Conv3DOptions();
    if (options == nullptr || step.shape(2).size() != 5 || step.shape(1).size() != 5) {
        return false;
    }
    OnnxNode& node =
        step.add_activated("ConvTranspose", {step.in(2), step.in(1), step.in(3)}, options->fused_activation_function());
    add_window(node, options->padding(), {options->stride_d(), options->stride_h(), options->stride_w()}, {1, 1, 1});
    node.attributes.push_back(attribute_of("kernel_axes", kVolume));
    add_output_shape(node, step.integers(0));
    return true;
}

/// MediaPipe's transposed convolution with a bias. Its options are: padding (1: same), horizontal stride, vertical
/// stride.
bool transpose_conv_with_bias(const TfliteStep& step) {
    std::array<std::int32_t, 3> options{};
    const auto* bytes = step.source().custom_options();
    if (bytes == nullptr || bytes->size() < sizeof options || step.shape(0).size() != 4 || step.shape(1).size() != 4) {
        return false;
    }
    std::memcpy(options.data(), bytes->data(), sizeof options);
    OnnxNode& node = step.add("ConvTranspose");
    add_window(node, options[0] == 1 ? Padding::SAME : Padding::VALID, {options[2], options[1]}, {1, 1});
    node.attributes.push_back(attribute_of("kernel_axes", kOutputLast));
    return true;
}

template <bool kMax>
bool pool_2d(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_Pool2DOptions();
    if (options == nullptr) {
        return false;
    }
    OnnxNode& node =
        step.add_activated(kMax ? "MaxPool" : "AveragePool", {step.in(0)}, options->fused_activation_function());
    add_window(node, options->padding(), {options->stride_h(), options->stride_w()}, {1, 1});
    node.attributes.push_back(attribute_of("kernel_shape", Shape{options->filter_height(), options->filter_width()}));
    return true;
}

/// Rows [..., in] times weights [out, in]. All axes but the last are flattened unless the options keep them.
bool fully_connected(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_FullyConnectedOptions();
    const Shape from = step.shape(0), weights = step.shape(1);
    if (options == nullptr || weights.size() != 2 || from.empty()) {
        return false;
    }
    std::string_view rows = step.in(0);
    if (from.back() != weights[1] || (from.size() > 2 && !options->keep_num_dims())) {
        rows = step.between("rows");
        step.add("Reshape", {step.in(0), step.constant({-1, weights[1]})}, rows);
    }
    OnnxNode& node =
        step.given(2) ? step.add_activated("Gemm", {rows, step.in(1), step.in(2)}, options->fused_activation_function())
                      : step.add_activated("MatMul", {rows, step.in(1)}, options->fused_activation_function());
    node.attributes.push_back(attribute_of("transB", 1));
    return true;
}

bool batch_matmul(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_BatchMatMulOptions();
    OnnxNode& node = step.add("MatMul");
    node.attributes.push_back(attribute_of("transA", options != nullptr && options->adj_x() ? 1 : 0));
    node.attributes.push_back(attribute_of("transB", options != nullptr && options->adj_y() ? 1 : 0));
    return true;
}

bool arithmetic(const TfliteStep& step, std::string_view op, ActivationFunctionType activation) {
    step.add_activated(op, {step.in(0), step.in(1)}, activation);
    return true;
}
bool add(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_AddOptions();
    return arithmetic(step, "Add",
                      options == nullptr ? ActivationFunctionType::NONE : options->fused_activation_function());
}
bool subtract(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_SubOptions();
    return arithmetic(step, "Sub",
                      options == nullptr ? ActivationFunctionType::NONE : options->fused_activation_function());
}
bool multiply(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_MulOptions();
    return arithmetic(step, "Mul",
                      options == nullptr ? ActivationFunctionType::NONE : options->fused_activation_function());
}
bool divide(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_DivOptions();
    return arithmetic(step, "Div",
                      options == nullptr ? ActivationFunctionType::NONE : options->fused_activation_function());
}

bool square(const TfliteStep& step) {
    step.add("Mul", {step.in(0), step.in(0)}, step.out());
    return true;
}

/// (a - b) squared, as norms use it.
bool squared_difference(const TfliteStep& step) {
    const std::string_view difference = step.between("difference");
    step.add("Sub", {step.in(0), step.in(1)}, difference);
    step.add("Mul", {difference, difference}, step.out());
    return true;
}

bool reciprocal_root(const TfliteStep& step) {
    const std::string_view root = step.between("root");
    step.add("Sqrt", {step.in(0)}, root);
    step.add("Reciprocal", {root}, step.out());
    return true;
}

/// Weights stored at half precision are not integers.
bool dequantize(const TfliteStep& step) {
    const bool half = step.type(0) == OnnxType::kFloat16 || step.type(0) == OnnxType::kBfloat16;
    step.add(half ? "Cast" : "DequantizeLinear", {step.in(0)}, step.out());
    return true;
}

bool unequal(const TfliteStep& step) {
    step.add("Equal");
    return true;
}

constexpr TfliteRow kProducts[]{
    {BuiltinOperator::ADD, add},
    {BuiltinOperator::AVERAGE_POOL_2D, pool_2d<false>},
    {BuiltinOperator::BATCH_MATMUL, batch_matmul},
    {BuiltinOperator::CONV_2D, conv_2d},
    {BuiltinOperator::CONV_3D, conv_3d},
    {BuiltinOperator::CONV_3D_TRANSPOSE, conv_3d_transpose},
    {BuiltinOperator::DEPTHWISE_CONV_2D, depthwise_conv_2d},
    {BuiltinOperator::DEQUANTIZE, dequantize},
    {BuiltinOperator::DIV, divide},
    {BuiltinOperator::FULLY_CONNECTED, fully_connected},
    {BuiltinOperator::MAX_POOL_2D, pool_2d<true>},
    {BuiltinOperator::MUL, multiply},
    {BuiltinOperator::NOT_EQUAL, unequal},
    {BuiltinOperator::RSQRT, reciprocal_root},
    {BuiltinOperator::SQUARE, square},
    {BuiltinOperator::SQUARED_DIFFERENCE, squared_difference},
    {BuiltinOperator::SUB, subtract},
    {BuiltinOperator::TRANSPOSE_CONV, transpose_conv},
};

}  // namespace

std::span<const TfliteRow> tflite_product_rows() { return kProducts; }

TfliteRule tflite_custom_rule(std::string_view name) {
    return name == "Convolution2DTransposeBias" ? transpose_conv_with_bias : nullptr;
}

}  // namespace berth
