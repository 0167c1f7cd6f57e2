// An ONNX file as it stands: nodes, constants and values with their shapes; weights by their dims only.
// Message numbers: github.com/onnx/onnx, onnx/onnx.proto.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "berth/diagnostics.h"

namespace berth {

/// Element types of ONNX that are told apart here; the numbers are those of the file.
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

/// No tensor has more elements along one axis, nor more axes.
inline constexpr std::int64_t kLargestSize = std::int64_t{1} << 31U;
inline constexpr std::size_t kMostAxes = 64;

/// A constant. Small ones keep their values, since shapes and factors are among them.
struct OnnxTensor {
    std::string_view name;
    OnnxType type = OnnxType::kUndefined;
    std::vector<std::int64_t> dims;
    std::optional<std::vector<double>> values;
};

struct OnnxGraph;

struct OnnxAttribute {
    std::string_view name;
    std::string_view refers_to;  ///< in a function: the attribute of the caller that it stands for
    std::optional<std::int64_t> integer;
    std::optional<float> real;
    std::string_view text;
    std::vector<std::int64_t> integers;
    std::vector<double> reals;
    std::optional<OnnxTensor> tensor;
    std::shared_ptr<const OnnxGraph> graph;  ///< the body of a loop, a branch of a condition
};

struct OnnxNode {
    std::string_view name, op, domain;
    std::vector<std::string_view> inputs, outputs;  ///< an empty name: not given
    std::vector<OnnxAttribute> attributes;

    [[nodiscard]] const OnnxAttribute* attribute(std::string_view wanted) const;
    [[nodiscard]] std::int64_t integer(std::string_view wanted, std::int64_t otherwise) const;
    /// Empty if there is none.
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
    std::optional<std::vector<OnnxDim>> shape;
};

/// Of the whole model, or of a body within it, which sees the values around it.
struct OnnxGraph {
    std::string_view name;
    std::vector<OnnxNode> nodes;
    std::vector<OnnxTensor> constants;
    std::vector<OnnxValue> inputs, outputs, values;
};

/// An operator that the file itself defines.
struct OnnxFunction {
    std::string_view name, domain;
    std::vector<std::string_view> inputs, outputs;
    std::vector<OnnxNode> nodes;
    std::vector<OnnxAttribute> defaults;  ///< of attributes that a caller may leave out
};

struct OnnxFile {
    OnnxGraph graph;
    std::vector<OnnxFunction> functions;
    std::shared_ptr<const void> content;  ///< keeps alive what the views point into
};

/// A node takes about a kilobyte by the time that it is an operator.
inline constexpr std::size_t kMostOnnxNodes = 250'000;

/// Maps the file into memory and reads all but the data of large constants. Errors: it cannot be opened, is no ONNX
/// model (the pointer that Git LFS leaves in its place, for one), is cut off, has more than kMostOnnxNodes nodes.
[[nodiscard]] std::optional<OnnxFile> read_onnx_file(const std::filesystem::path& path, Diagnostics& diagnostics);
/// Whether bytes are a mapped file, of which pages may be given back.
enum class OnnxBytes : std::uint8_t { kInMemory, kMapped };
/// The same from bytes, which must outlive the result; `name` stands for the file in messages.
[[nodiscard]] std::optional<OnnxFile> parse_onnx(std::string_view bytes, const std::string& name,
                                                 Diagnostics& diagnostics, OnnxBytes kept = OnnxBytes::kInMemory);

}  // namespace berth
