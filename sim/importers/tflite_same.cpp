// Operators of TensorFlow Lite with an ONNX equivalent that has the same inputs in the same order.
#include <algorithm>
#include <utility>

#include "importers/tflite_writer.h"

namespace berth {

namespace {

using tflite::BuiltinOperator;

constexpr std::pair<BuiltinOperator, std::string_view> kSame[]{
    {BuiltinOperator::ABS, "Abs"},
    {BuiltinOperator::ADD_N, "Sum"},
    {BuiltinOperator::BROADCAST_TO, "Expand"},
    {BuiltinOperator::CEIL, "Ceil"},
    {BuiltinOperator::COS, "Cos"},
    {BuiltinOperator::CUMSUM, "CumSum"},
    {BuiltinOperator::DENSIFY, "Identity"},
    {BuiltinOperator::DYNAMIC_UPDATE_SLICE, "ScatterND"},
    {BuiltinOperator::ELU, "Elu"},
    {BuiltinOperator::EQUAL, "Equal"},
    {BuiltinOperator::EXP, "Exp"},
    {BuiltinOperator::EXPAND_DIMS, "Unsqueeze"},
    {BuiltinOperator::FAKE_QUANT, "Identity"},
    {BuiltinOperator::FLOOR, "Floor"},
    {BuiltinOperator::FLOOR_DIV, "Div"},
    {BuiltinOperator::FLOOR_MOD, "Mod"},
    {BuiltinOperator::GATHER_ND, "GatherND"},
    {BuiltinOperator::GELU, "Gelu"},
    {BuiltinOperator::GREATER, "Greater"},
    {BuiltinOperator::GREATER_EQUAL, "GreaterOrEqual"},
    {BuiltinOperator::HARD_SWISH, "HardSwish"},
    {BuiltinOperator::L2_NORMALIZATION, "LpNormalization"},
    {BuiltinOperator::LEAKY_RELU, "LeakyRelu"},
    {BuiltinOperator::LESS, "Less"},
    {BuiltinOperator::LESS_EQUAL, "LessOrEqual"},
    {BuiltinOperator::LOCAL_RESPONSE_NORMALIZATION, "LRN"},
    {BuiltinOperator::LOG, "Log"},
    {BuiltinOperator::LOGICAL_AND, "And"},
    {BuiltinOperator::LOGICAL_NOT, "Not"},
    {BuiltinOperator::LOGICAL_OR, "Or"},
    {BuiltinOperator::LOGISTIC, "Sigmoid"},
    {BuiltinOperator::LOG_SOFTMAX, "LogSoftmax"},
    {BuiltinOperator::MAXIMUM, "Max"},
    {BuiltinOperator::MINIMUM, "Min"},
    {BuiltinOperator::NEG, "Neg"},
    {BuiltinOperator::POW, "Pow"},
    {BuiltinOperator::PRELU, "PRelu"},
    {BuiltinOperator::QUANTIZE, "QuantizeLinear"},
    {BuiltinOperator::RANGE, "Range"},
    {BuiltinOperator::RELU, "Relu"},
    {BuiltinOperator::RELU6, "Clip"},
    {BuiltinOperator::RELU_0_TO_1, "Clip"},
    {BuiltinOperator::RELU_N1_TO_1, "Clip"},
    {BuiltinOperator::ROUND, "Round"},
    {BuiltinOperator::SELECT, "Where"},
    {BuiltinOperator::SELECT_V2, "Where"},
    {BuiltinOperator::SHAPE, "Shape"},
    {BuiltinOperator::SIGN, "Sign"},
    {BuiltinOperator::SIN, "Sin"},
    {BuiltinOperator::SOFTMAX, "Softmax"},
    {BuiltinOperator::SQRT, "Sqrt"},
    {BuiltinOperator::TANH, "Tanh"},
    {BuiltinOperator::TILE, "Tile"},
};

}  // namespace

std::string_view same_in_onnx(BuiltinOperator op) {
    const auto found = std::ranges::find(kSame, op, &std::pair<BuiltinOperator, std::string_view>::first);
    return found == std::end(kSame) ? "" : found->second;
}

}  // namespace berth
