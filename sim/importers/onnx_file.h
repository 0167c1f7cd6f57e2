// An ONNX file as parsed: nodes, constants and values with their shapes. Weights are kept as dims only. Message
// numbers: github.com/onnx/onnx, onnx/onnx.proto.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "berth/base/diagnostics.h"

namespace berth {

/// The ONNX element types that this importer distinguishes; the numbers are those of the file format.
enum class OnnxType : std::int32_t {
    kUndefined = 0,
    kFloat = 1,
    kUint8 = 2,
    kInt8 = 3,
    kInt32 = 6,
    kInt64 = 7,
    kBool = 9,
    kFloat16 = 10,
    kDouble = 11,
    kUint32 = 12,
    kUint64 = 13,
    kBfloat16 = 16,
    kUint4 = 21,
    kInt4 = 22,
};

/// Upper limits of a tensor: elements along one axis, and number of axes.
inline constexpr std::int64_t kLargestSize = std::int64_t{1} << 31U;
inline constexpr std::size_t kMostAxes = 64;

/// A constant. Small ones keep their values, because shapes and factors are among them.
struct OnnxTensor {
    std::string_view name;
    OnnxType type = OnnxType::kUndefined;
    std::vector<std::int64_t> dims;
    std::optional<std::vector<double>> values;
};

struct OnnxGraph;

struct OnnxAttribute {
    std::string_view name;
    std::string_view refers_to;  ///< within a function: the caller's attribute that supplies the value
    std::optional<std::int64_t> integer;
    std::optional<float> real;
    std::string_view text;
    std::vector<std::int64_t> integers;
    std::vector<double> reals;
    std::optional<OnnxTensor> tensor;
    std::shared_ptr<const OnnxGraph> graph;  ///< body of a loop or branch of a condition
};

struct OnnxNode {
    std::string_view name, op, domain;
    std::vector<std::string_view> inputs, outputs;  ///< an empty name: not given
    std::vector<OnnxAttribute> attributes;

    [[nodiscard]] const OnnxAttribute* attribute(std::string_view wanted) const;
    [[nodiscard]] std::int64_t integer(std::string_view wanted, std::int64_t otherwise) const;
    /// Empty if the node has no such attribute.
    [[nodiscard]] std::vector<std::int64_t> integers(std::string_view wanted) const;
};

/// A size of an input: known, named (`sequence_length`), or neither.
struct OnnxDim {
    std::optional<std::int64_t> value;
    std::string_view name;
};

struct OnnxValue {
    std::string_view name;
    OnnxType type = OnnxType::kUndefined;
    std::optional<std::vector<OnnxDim>> shape;  ///< of a sequence: that of its elements
    bool sequence = false;
};

/// The graph of the model, or a body nested in it, which also sees the values of the enclosing graphs.
struct OnnxGraph {
    std::string_view name;
    std::vector<OnnxNode> nodes;
    std::vector<OnnxTensor> constants;
    std::vector<OnnxValue> inputs, outputs, values;
};

/// An operator that the file itself defines as a function.
struct OnnxFunction {
    std::string_view name, domain;
    std::vector<std::string_view> inputs, outputs;
    std::vector<OnnxNode> nodes;
    std::vector<OnnxAttribute> defaults;  ///< default values of attributes that a caller may omit
};

struct OnnxFile {
    OnnxGraph graph;
    std::vector<OnnxFunction> functions;
    std::shared_ptr<const void> content;  ///< owns the bytes that the views point into
};

/// Limit on nodes: one takes about a kilobyte by the time that it is an operator.
inline constexpr std::size_t kMostOnnxNodes = 250'000;

/// Maps the file into memory and reads everything but the data of large constants. Null, with an error, if it cannot be
/// opened, is not an ONNX model (for example a Git LFS pointer), is truncated, or has more than kMostOnnxNodes nodes.
[[nodiscard]] std::optional<OnnxFile> read_onnx_file(const std::filesystem::path& path, Diagnostics& diagnostics);
/// Where the bytes are: in ordinary memory, or in a mapped file whose pages may be released.
enum class OnnxBytes : std::uint8_t { kInMemory, kMapped };
/// Same as read_onnx_file() for bytes in memory, which must outlive the result; `name` stands for the file in messages.
[[nodiscard]] std::optional<OnnxFile> parse_onnx(std::string_view bytes, const std::string& name,
                                                 Diagnostics& diagnostics, OnnxBytes kept = OnnxBytes::kInMemory);

/// Moves nodes behind those whose results they read; those that already stand so keep their order.
void put_in_order(std::vector<OnnxNode>& nodes);

}  // namespace berth
