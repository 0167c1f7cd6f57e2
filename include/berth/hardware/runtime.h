// The runtime of a device: dispatch costs, fusion rules, supported operators, shapes and precisions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "berth/base/choice.h"
#include "berth/base/diagnostics.h"
#include "berth/base/parameter.h"
#include "berth/base/units.h"
#include "berth/graph/operators.h"
#include "berth/graph/scheme.h"

namespace berth {

enum class ShapeRule : std::uint8_t { kStatic, kDynamic };
inline constexpr std::array<Choice<ShapeRule>, 2> kShapeRuleNames{
    {{"static", ShapeRule::kStatic}, {"dynamic", ShapeRule::kDynamic}}};

/// static: scales are known when compiling; dynamic: each quantised matmul first measures and quantises its input.
enum class QuantizationScheme : std::uint8_t { kStatic, kDynamic };
inline constexpr std::array<Choice<QuantizationScheme>, 2> kQuantizationSchemeNames{
    {{"static", QuantizationScheme::kStatic}, {"dynamic", QuantizationScheme::kDynamic}}};

/// Dimensions of a product, m x k by k x n.
enum class ProductDim : std::uint8_t { kM, kK, kN };
inline constexpr std::array<Choice<ProductDim>, 3> kProductDimNames{
    {{"m", ProductDim::kM}, {"k", ProductDim::kK}, {"n", ProductDim::kN}}};
inline constexpr std::size_t kProductDimCount = kProductDimNames.size();

/// Largest size of one dimension of a product, and whether a runtime cuts a larger product into pieces.
struct ProductLimit {
    std::optional<std::int64_t> most;
    bool cut = false;  ///< else a larger product falls back
    [[nodiscard]] bool falls_back() const { return most && !cut; }
};

/// How a runtime treats one kind of operator.
struct OperatorRule {
    bool supported = false;
    bool multi_core = false;
    bool on_the_way = false;           ///< conversion fused into the kernels around it: it has none of its own
    std::int64_t multi_core_from = 1;  ///< elements of its result; a smaller result stays on one core
    /// Dtypes that it may run at; an operator of another dtype runs at one of these. Never empty where it is supported.
    std::vector<DType> dtypes;
    std::optional<Parameter<Bytes>> max_bytes;                  ///< largest result; a larger one falls back
    std::array<ProductLimit, kProductDimCount> product_limits;  ///< for a matmul, by ProductDim
    std::optional<std::int64_t> max_kernel;  ///< largest height and width of a convolution's kernel; else it falls back
    std::optional<std::int64_t> max_depthwise_kernel;  ///< the same with a filter per channel; absent: `max_kernel`
    /// largest stride of a convolution; one of a larger stride runs at a smaller one, and its results are selected
    std::int64_t max_stride = kLargestCount;
    std::optional<std::int64_t> max_kernel_depth;  ///< largest depth of the kernel of a convolution of volumes
    bool weights_only = false;                     ///< of a matmul: a product of two activations falls back
    std::optional<std::int64_t> max_pooled;        ///< most positions pooled into one result; above, it falls back
    bool as_convolution = false;  ///< of a matmul: with weights it is a convolution, whose cores and limits it has
    bool cuts_lines = false, own_code = false;  ///< above the limits: kernels of one row are cut; own code computes
    std::optional<std::string> fallback;        ///< device by name; absent: an unsupported operator cannot run
    std::string reason;                         ///< why, in the profile's words
    SourceLocation where;
};

/// A chain of operators fused into one kernel: the first kind followed by others, each reading the one before.
struct FusionRule {
    std::vector<OperatorKind> pattern;
    /// Remaining traffic of each epilogue_op, as a share of its unfused traffic; absent: 0.
    std::optional<Parameter<double>> traffic;
    bool multi_core = true;  ///< the fused kernel may still be split over cores
    SourceLocation where;
};

/// Rates of a runtime's plain loops on a host core, for operators that it has no kernel for.
struct OwnCode {
    Parameter<Operations> macs_per_cycle, elements_per_cycle;  ///< elements read and written
};

/// Precision schemes that a runtime compiles models for, and the source of this.
struct OfferedPrecisions {
    std::vector<Scheme> schemes;  ///< at least one
    std::string source;
};

struct Runtime {
    std::string name;
    /// Absent: every scheme whose dtypes its matrix products take.
    std::optional<OfferedPrecisions> precisions;
    std::vector<DType> dtypes;  ///< dtypes of operators without dtypes of their own, the preferred one first
    Parameter<Time> dispatch_per_kernel;
    /// Dispatch of a kernel called repeatedly by itself, its code and descriptors in the caches; absent: per_kernel.
    std::optional<Parameter<Time>> dispatch_repeated;
    /// Dispatch of a kernel whose code and descriptors are in memory, not in the caches; absent: per_kernel.
    std::optional<Parameter<Time>> dispatch_cold;
    std::optional<Parameter<Time>> wake_up;  ///< most that waking adds to a single call that was waited for
    /// Dispatch per layer while the runtime's profiler times each layer by itself; absent: per_kernel.
    std::optional<Parameter<Time>> dispatch_profiled;
    /// Dispatch per profiled layer, and fork-join per layer on several cores, in version 1 of the runtime; absent: as
    /// later.
    std::optional<Parameter<Time>> dispatch_profiled_v1, fork_join_v1;
    Parameter<Time> dispatch_per_graph;  ///< once per call: segment submit and wait, session overhead
    Parameter<Time> fork_join;           ///< per kernel that runs on more than one core
    /// Host-core cycles per kernel, on top of dispatch time that does not depend on the host's clock; absent: none.
    std::optional<Parameter<double>> dispatch_host_cycles;
    std::optional<OwnCode> own_code;  ///< required where an operator rule uses it
    std::int64_t prompt_chunk = 0;    ///< most prompt positions per pass; 0: all of them
    /// Length of a compiled-in KV cache: each pass attends to all its positions, filled or not. 0: only to filled ones.
    std::int64_t cache_length = 0;
    /// Most answers that one pass decodes, a token each, beside reading a prompt (continuous batching; Yu et al., OSDI
    /// 2022). 1: one answer after another.
    std::int64_t answers = 1;
    /// Host-core cycles per word of the vocabulary for choosing a token from the scores of all words; absent: none.
    std::optional<Parameter<double>> sampling_cycles;
    ShapeRule shapes = ShapeRule::kDynamic;
    std::int64_t pad_width_to = 1;
    QuantizationScheme quantization = QuantizationScheme::kStatic;
    int default_cores = 1;
    /// Whether attention as separate operators transposes queries, keys, values and the result between the row layout
    /// of all heads, as products make and take them, and a layout by head.
    bool moves_heads = false;
    bool keeps_scores = true;  ///< attention as separate operators: tiles of its scores stay on chip between them
    std::vector<FusionRule> fuses;
    std::array<OperatorRule, kOperatorKindCount> operators;
};

}  // namespace berth
