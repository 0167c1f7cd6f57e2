// Assigns names, constants and shapes to a TensorFlow Lite graph, and converts its operators one by one.
#include "importers/tflite_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "importers/onnx_products.h"

namespace berth {

namespace {

using tflite::ActivationFunctionType;
using tflite::BuiltinOperator;
using tflite::TensorType;

/// Constants of up to this many elements keep their values: shapes, axes, factors.
constexpr std::int64_t kMostNumbers = 1024;

Shape shape_of(const tflite::Tensor& tensor) {
    return tensor.shape() == nullptr ? Shape{} : Shape(tensor.shape()->begin(), tensor.shape()->end());
}

template <class T>
std::vector<double> numbers(const flatbuffers::Vector<std::uint8_t>& bytes) {
    std::vector<double> result;
    for (std::size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
        T value{};
        std::memcpy(&value, bytes.data() + at, sizeof(T));
        result.push_back(static_cast<double>(value));
    }
    return result;
}

std::vector<double> numbers(TensorType type, const flatbuffers::Vector<std::uint8_t>& bytes) {
    switch (type) {
        case TensorType::FLOAT32:
            return numbers<float>(bytes);
        case TensorType::INT32:
            return numbers<std::int32_t>(bytes);
        case TensorType::INT64:
            return numbers<std::int64_t>(bytes);
        case TensorType::BOOL:
            return numbers<std::uint8_t>(bytes);
        default:
            return {};  // shapes use no other type
    }
}

std::string_view activation_name(ActivationFunctionType activation) {
    switch (activation) {
        case ActivationFunctionType::RELU:
            return "Relu";
        case ActivationFunctionType::RELU6:
        case ActivationFunctionType::RELU_N1_TO_1:
            return "Clip";
        case ActivationFunctionType::TANH:
            return "Tanh";
        case ActivationFunctionType::SIGN_BIT:
            return "Sign";
        case ActivationFunctionType::NONE:
            break;
    }
    return "";
}

TfliteRule rule_of(BuiltinOperator op) {
    static const auto kRules = [] {
        std::unordered_map<BuiltinOperator, TfliteRule> all;
        for (const auto rows :
             {tflite_product_rows(), tflite_layout_rows(), tflite_recurrent_rows(), tflite_body_rows()}) {
            for (const TfliteRow& row : rows) {
                all.emplace(row.op, row.rule);
            }
        }
        return all;
    }();
    const auto found = kRules.find(op);
    return found == kRules.end() ? nullptr : found->second;
}

void add_operator(const TfliteStep& step) {
    const BuiltinOperator kind = step.kind();
    if (const std::string_view same = same_in_onnx(kind); !same.empty()) {
        step.add(same);
        return;
    }
    const TfliteRule rule = kind == BuiltinOperator::CUSTOM
                                ? tflite_custom_rule(name_of(step.writer().context().model, step.source()))
                                : rule_of(kind);
    if (rule == nullptr || !rule(step)) {
        step.add_unknown();
    }
}

}  // namespace

OnnxType onnx_type(TensorType type) {
    switch (type) {
        case TensorType::FLOAT32:
            return OnnxType::kFloat;
        case TensorType::FLOAT16:
            return OnnxType::kFloat16;
        case TensorType::BFLOAT16:
            return OnnxType::kBfloat16;
        case TensorType::FLOAT64:
            return OnnxType::kDouble;
        case TensorType::INT4:
            return OnnxType::kInt4;
        case TensorType::INT8:
            return OnnxType::kInt8;
        case TensorType::UINT8:
            return OnnxType::kUint8;
        case TensorType::INT32:
            return OnnxType::kInt32;
        case TensorType::INT64:
            return OnnxType::kInt64;
        case TensorType::UINT32:
            return OnnxType::kUint32;
        case TensorType::UINT64:
            return OnnxType::kUint64;
        case TensorType::BOOL:
            return OnnxType::kBool;
        default:
            return OnnxType::kUndefined;
    }
}

OnnxAttribute attribute_of(std::string_view name, std::int64_t value) {
    OnnxAttribute attribute;
    attribute.name = name;
    attribute.integer = value;
    return attribute;
}

OnnxAttribute attribute_of(std::string_view name, Shape values) {
    OnnxAttribute attribute;
    attribute.name = name;
    attribute.integers = std::move(values);
    return attribute;
}

OnnxAttribute attribute_of(std::string_view name, std::string_view text) {
    OnnxAttribute attribute;
    attribute.name = name;
    attribute.text = text;
    return attribute;
}

TfliteWriter::TfliteWriter(TfliteContext& context, const tflite::SubGraph& graph, std::string_view prefix,
                           const std::vector<std::string_view>& given)
    : context_(context), graph_(graph) {
    name_tensors(prefix, given);
    mark_made();
}

/// Converters join the names of fused operators by semicolons; the first belongs to the result.
void TfliteWriter::name_tensors(std::string_view prefix, const std::vector<std::string_view>& given) {
    const unsigned count = graph_.tensors() == nullptr ? 0 : graph_.tensors()->size();
    names_.resize(count);
    std::unordered_set<std::string_view> taken(given.begin(), given.end());
    for (std::size_t i = 0; i < given.size() && graph_.inputs() != nullptr && i < graph_.inputs()->size(); ++i) {
        names_[at(graph_.inputs()->Get(static_cast<unsigned>(i)))] = given[i];
    }
    for (unsigned i = 0; i < count; ++i) {
        if (!names_[i].empty()) {
            continue;
        }
        const auto* text = graph_.tensors()->Get(i)->name();
        std::string_view name = text == nullptr ? "" : text->string_view();
        name = name.substr(0, name.find(';'));
        if (!prefix.empty()) {
            name = context_.keep(fmt::format("{}{}", prefix, name.empty() ? "tensor" : name));
        }
        if (name.empty() || taken.contains(name)) {
            name = context_.keep(fmt::format("{}#{}", name.empty() ? "tensor" : name, i));
        }
        taken.insert(name);
        names_[i] = name;
    }
}

void TfliteWriter::mark_made() {
    made_.assign(names_.size(), false);
    const auto mark = [this](const flatbuffers::Vector<std::int32_t>* indices) {
        for (unsigned i = 0; indices != nullptr && i < indices->size(); ++i) {
            made_[at(indices->Get(i))] = true;
        }
    };
    mark(graph_.inputs());
    for (unsigned i = 0; graph_.operators() != nullptr && i < graph_.operators()->size(); ++i) {
        mark(graph_.operators()->Get(i)->outputs());
    }
}

std::optional<std::vector<double>> TfliteWriter::data(std::int32_t index) const {
    const tflite::Tensor& from = tensor(index);
    const std::int64_t elements = elements_of(shape_of(from));
    const auto* buffers = context_.model.buffers();
    if (!constant(index) || elements > kMostNumbers || from.buffer() == 0 || buffers == nullptr) {
        return std::nullopt;
    }
    const auto* bytes = buffers->Get(from.buffer())->data();
    auto result = bytes == nullptr ? std::vector<double>{} : numbers(from.type(), *bytes);
    return static_cast<std::int64_t>(result.size()) == elements && elements > 0 ? std::optional(std::move(result))
                                                                                : std::nullopt;
}

OnnxValue TfliteWriter::value_of(std::int32_t index, bool input) const {
    const tflite::Tensor& from = tensor(index);
    OnnxValue value;
    value.name = name(index);
    value.type = onnx_type(from.type());
    const auto* signature = from.shape_signature();
    const Shape shape = shape_of(from);
    if (!input && context_.resized && !context_.open_axes) {
        return value;  // it is unknown which sizes depend on those of the inputs
    }
    value.shape.emplace();
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        const bool open = signature != nullptr && signature->size() == shape.size() &&
                          signature->Get(static_cast<unsigned>(axis)) < 0;
        // Interpreters run the batch that the file states. A text length of one token is only a placeholder for an open
        // size.
        const bool unsaid = open && (input ? axis > 0 : context_.resized);
        value.shape->push_back({unsaid ? std::nullopt : std::optional(shape[axis]), ""});
    }
    return value;
}

void TfliteWriter::add_constants() {
    for (std::int32_t i = 0; i < static_cast<std::int32_t>(names_.size()); ++i) {
        if (constant(i)) {
            result_.constants.push_back({name(i), onnx_type(tensor(i).type()), shape_of(tensor(i)), data(i)});
        }
    }
}

void TfliteWriter::add_values() {
    const auto each = [](const flatbuffers::Vector<std::int32_t>* indices, const auto& take) {
        for (unsigned i = 0; indices != nullptr && i < indices->size(); ++i) {
            take(indices->Get(i));
        }
    };
    each(graph_.inputs(), [this](std::int32_t i) { result_.inputs.push_back(value_of(i, true)); });
    each(graph_.outputs(), [this](std::int32_t i) { result_.outputs.push_back(value_of(i, false)); });
    for (std::int32_t i = 0; i < static_cast<std::int32_t>(names_.size()); ++i) {
        if (!constant(i)) {
            result_.values.push_back(value_of(i, false));
        }
    }
}

OnnxGraph TfliteWriter::write() {
    result_.name = graph_.name() == nullptr ? "" : graph_.name()->string_view();
    for (unsigned i = 0; graph_.operators() != nullptr && i < graph_.operators()->size(); ++i) {
        const TfliteStep step(*this, *graph_.operators()->Get(i));
        if (step.outputs() > 0) {  // the other operators set states, which are constants here
            add_operator(step);
        }
    }
    add_constants();
    add_values();
    return std::move(result_);
}

Shape TfliteStep::shape(std::size_t i) const { return given(i) ? shape_of(writer_.tensor(index(i))) : Shape{}; }

Shape TfliteStep::made_shape(std::size_t i) const { return shape_of(made(i)); }

std::optional<Shape> TfliteStep::integers(std::size_t i) const {
    const auto data = given(i) ? writer_.data(index(i)) : std::nullopt;
    if (!data) {
        return std::nullopt;
    }
    Shape result;
    std::ranges::transform(*data, std::back_inserter(result), whole_number);
    return result;
}

OnnxType TfliteStep::type(std::size_t i) const {
    return given(i) ? onnx_type(writer_.tensor(index(i)).type()) : OnnxType::kUndefined;
}

std::string_view TfliteStep::between(std::string_view suffix) const {
    return writer_.context().keep(fmt::format("{}/{}", out(), suffix));
}

std::string_view TfliteStep::constant(const Shape& numbers) const {
    const auto name = writer_.context().keep(fmt::format("{}/list{}", out(), writer_.result().constants.size()));
    OnnxTensor list;
    list.name = name;
    list.type = OnnxType::kInt64;
    list.dims = {static_cast<std::int64_t>(numbers.size())};
    list.values = std::vector<double>(numbers.begin(), numbers.end());
    writer_.result().constants.push_back(std::move(list));
    return name;
}

OnnxNode& TfliteStep::add(std::string_view op, std::vector<std::string_view> inputs, std::string_view output) const {
    while (!inputs.empty() && inputs.back().empty()) {
        inputs.pop_back();
    }
    OnnxNode& node = writer_.result().nodes.emplace_back();
    node.op = op;
    node.inputs = std::move(inputs);
    node.outputs = {output};
    return node;
}

OnnxNode& TfliteStep::add(std::string_view op) const {
    std::vector<std::string_view> all;
    for (std::size_t i = 0; i < inputs(); ++i) {
        all.push_back(in(i));
    }
    return add(op, std::move(all), out());
}

OnnxNode& TfliteStep::add_activated(std::string_view op, std::vector<std::string_view> inputs,
                                    ActivationFunctionType activation) const {
    const std::string_view after = activation_name(activation);
    const std::string_view linear = after.empty() ? out() : between("linear");
    add(op, std::move(inputs), linear);
    const std::size_t at = writer_.result().nodes.size() - 1;
    if (!after.empty()) {
        add(after, {linear}, out());
    }
    return writer_.result().nodes[at];
}

void TfliteStep::add_unknown() const {
    OnnxNode& node = add(name_of(writer_.context().model, op_));
    if (kind() != BuiltinOperator::CUSTOM) {
        node.domain = kTfliteDomain;
    }
    for (std::size_t i = 1; i < outputs(); ++i) {
        node.outputs.push_back(out(i));
    }
}

}  // namespace berth
