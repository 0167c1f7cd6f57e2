// The keys of a profile's sections, one row each: name, where it is kept, how it is written, and what it means.
// Readers, schemas, parameters(), what-ifs and the list of keys are visitors of these rows, so that a new key is a row
// here and its use in the cost model.
//
// A visitor has
//   number(key, member, form, meaning)          a Parameter<Q>, which must be there, or an optional one, which may be
//   per_dtype(key, member, need, meaning)       a map from dtypes to numbers: an array of optional parameters
//   count(key, member, range, need, meaning)    a whole number; one that may be absent is what the struct holds then
//   counts(key, member, meaning)                a whole number for all dtypes, or a map from dtypes to whole numbers
//   limit(key, member, meaning)                 the largest size of an operator, a whole number; absent: there is none
//   list(key, member, table, meaning)           names out of a table; absent: what the meaning says
//   text(key, member, need, meaning)            words, or the name of a device
//   flag(key, member, meaning)                  true or false; what the struct holds where it is absent
//   choice(key, member, table, meaning)         a name out of a table, which must be there
// Behind the meaning of a number or count stands what uses it, unless its section does whenever something runs there.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/base/yaml_reader.h"
#include "berth/hardware/profile.h"

namespace berth {

/// What a profile says of a dtype that its array does not multiply.
inline constexpr std::string_view kNotMultiplied = "none";

/// Permitted form of a number. A number of type Operations is a plain number per clock cycle.
enum class NumberForm : std::uint8_t { kPositive, kZeroAllowed, kShare, kFactor, kPerCore, kPerDevice };

struct FormRow {
    NumberForm value;
    bool zero = false;  ///< zero is allowed
    double least = 0;
    double most = std::numeric_limits<double>::infinity();
    std::optional<Sharing> per{};   ///< a rate, optionally followed by "per core"
    std::string_view words = "";    ///< what it is; empty: what its dimension is
    std::string_view example = "";  ///< what is asked for where it is missing; empty: its dimension
};

inline constexpr auto kForms = std::to_array<FormRow>({
    {.value = NumberForm::kPositive},
    {.value = NumberForm::kZeroAllowed, .zero = true},
    {.value = NumberForm::kShare,
     .most = 1,
     .words = "a share above 0 and up to 100%",
     .example = "a share from 0 to 1, such as 80%"},
    {.value = NumberForm::kFactor, .least = 1, .words = "a factor of 1 or more"},
    {.value = NumberForm::kPerCore, .per = Sharing::kCore},
    {.value = NumberForm::kPerDevice,
     .per = Sharing::kDevice,
     .example = "the bandwidth of all cores together, such as 16 GB/s"},
});

[[nodiscard]] constexpr const FormRow& row_of(NumberForm form) {
    return *std::ranges::find(kForms, form, &FormRow::value);
}
static_assert(kForms.size() == static_cast<std::size_t>(NumberForm::kPerDevice) + 1);

enum class KeyNeed : std::uint8_t { kRequired, kOptional };

/// `memory.dram`
template <class Visitor>
void dram_keys(Visitor& v, auto&& dram) {
    v.number("capacity", dram.capacity, NumberForm::kPositive, "size of the memory");
    v.number("rated_clock", dram.rated_clock, NumberForm::kPositive,
             "clock of the memory at which the bandwidths hold; absent: it has one state");
    v.number("clock", dram.clock, NumberForm::kPositive,
             "state that the memory is in, 0.1 to 2 times rated_clock, which it is if absent: all bandwidths of the "
             "DRAM, and of what draws from it (dma.bandwidth, dma.limit, matrix.int32_output), are proportional to it");
    v.number("bandwidth", dram.bandwidth, NumberForm::kPositive, "of the bus");
    v.number("sustained", dram.sustained, NumberForm::kPositive,
             "bandwidth of all agents together, at most that of the bus; no kernel that shares the DRAM draws more");
}

/// `devices.D.matrix.align`
template <class Visitor>
void align_keys(Visitor& v, auto&& matrix) {
    v.count("m", matrix.align_m, kCountRange, KeyNeed::kRequired, "rows are padded to multiples of this",
            UsedBy::kPaddedShape);
    v.counts("n", matrix.align_n, "columns are padded to multiples of this; a map where it depends on the dtype",
             UsedBy::kPaddedShape);
    v.count("k", matrix.align_k, kCountRange, KeyNeed::kRequired, "depths are padded to multiples of this",
            UsedBy::kPaddedShape);
}

/// `devices.D.matrix.core_block`
template <class Visitor>
void core_block_keys(Visitor& v, auto&& block) {
    v.count("m", block.rows, kCountRange, KeyNeed::kRequired, "rows per core from which rows are split, too",
            UsedBy::kSeveralCores);
    v.count("n", block.columns, kCountRange, KeyNeed::kRequired, "columns", UsedBy::kSeveralCores);
}

/// `devices.D.matrix`, besides its macs_per_cycle and weight_only.
template <class Visitor>
void matrix_keys(Visitor& v, auto&& matrix) {
    v.number("efficiency", matrix.efficiency, NumberForm::kShare,
             "share of the peak that a large problem sustains, up to 100%");
    v.number("row_tile", matrix.row_tile, NumberForm::kPositive,
             "bytes of input rows held at once; weights are read again for each such tile; absent: the capacity "
             "decides");
    v.number("image_row_tile", matrix.image_row_tile, NumberForm::kPositive,
             "the same for convolutions over more than one line; absent: row_tile", UsedBy::kConvolution);
    v.number("library_row_tile", matrix.library_row_tile, NumberForm::kPositive,
             "the same for calls of the runtime's matmul library; absent: row_tile", UsedBy::kLibraryCall);
    v.count("min_rows", matrix.min_rows, kCountRange, KeyNeed::kOptional,
            "each set of weights takes at least the time of this many rows; 1 if absent", UsedBy::kPaddedShape);
    v.count("image_channels", matrix.image_channels, kCountRange, KeyNeed::kOptional,
            "convolutions of at most this many channels share the depth between channels and kernel width; absent: "
            "none",
            UsedBy::kConvolution);
    v.number("min_depth", matrix.min_depth, NumberForm::kPositive,
             "least that a row of weights takes of the array's depth; absent: as align.k says");
    v.per_dtype("reserve", matrix.reserve, KeyNeed::kOptional,
                "part of the nearest memory that inputs of a dtype occupy beyond the row tile");
    v.number("winograd", matrix.winograd, NumberForm::kFactor,
             "factor by which Winograd saves MACs in dense 3x3 convolutions of stride 1; absent: it is not used",
             UsedBy::kConvolution);
    v.number("layout_block", matrix.layout_block, NumberForm::kPositive,
             "contiguous bytes of an input row: one DMA descriptor per piece and row tile");
    v.number("int32_output", matrix.int32_output, NumberForm::kPositive,
             "write rate of 32-bit output that is not narrowed", UsedBy::kLibraryCall);
    v.number("fp32_output", matrix.fp32_output, NumberForm::kPositive,
             "that of floating-point output; as int32_output if absent", UsedBy::kLibraryCall);
    v.number("int16_output", matrix.int16_output, NumberForm::kPositive,
             "that of 16-bit output, as of int4 products; as other results if absent", UsedBy::kLibraryCall);
    v.count("result_rows", matrix.result_rows, kCountRange, KeyNeed::kOptional,
            "of products of at most this many rows such output is written as other results; absent: of none",
            UsedBy::kLibraryCall);
    v.number("result_buffer", matrix.result_buffer, NumberForm::kPositive,
             "bytes of int32 output that are buffered without delay; absent: none", UsedBy::kLibraryCall);
    v.number("result_steps", matrix.result_steps, NumberForm::kPositive,
             "steps along k, of four bytes of input, that each output block takes in addition: loading accumulators, "
             "adding the bias, storing; absent: none");
    v.number("overlap", matrix.overlap, NumberForm::kShare,
             "share of the shorter of MACs and memory that the longer hides; the device's if absent");
    v.number("group_scale", matrix.group_scale, NumberForm::kPositive,
             "stored with each group of weights that shares a scale: the scale, and an offset where there is one; 2 B "
             "if absent",
             UsedBy::kGroupedWeights);
    v.number("group_sums", matrix.group_sums, NumberForm::kPositive,
             "partial sums per clock cycle and core that are scaled and added: each result has one per group of its "
             "weights; absent: at no cost",
             UsedBy::kGroupedWeights);
}

/// `devices.D.vector`, besides its classes.
template <class Visitor>
void vector_keys(Visitor& v, auto&& device) {
    v.count("lanes", device.vector_lanes, kCountRange, KeyNeed::kOptional,
            "elements of a row that are processed at once", UsedBy::kPaddedShape);
    v.flag("by_host", device.vector_by_host,
           "whether a core of the host works on elements, so that rates are per cycle of it");
}

/// `devices.D.vector.CLASS`
template <class Visitor>
void vector_rate_keys(Visitor& v, auto&& rate) {
    v.number("per_cycle", rate.per_cycle, NumberForm::kPositive, "elements per clock cycle and core");
    v.number("traffic", rate.traffic, NumberForm::kPositive, "relative to reading and writing everything once");
    v.number("narrow", rate.narrow, NumberForm::kFactor,
             "factor by which elements of 8 bits are faster: vectors of so many bytes hold more of them, tables look "
             "them up at once; absent: 1",
             UsedBy::kNarrowElements);
    v.number("call_cycles", rate.call_cycles, NumberForm::kPositive,
             "cycles per kernel on one core before its rows are distributed, not for fused operators; absent: none");
    v.number("row_cycles", rate.row_cycles, NumberForm::kPositive,
             "cycles per row in addition to its elements (reductions, a root); absent: none");
    v.number("tail_cycles", rate.tail_cycles, NumberForm::kPositive,
             "cycles per element of a row beyond its last whole vector of 'lanes'; absent: as all others");
}

/// `devices.D.attention`
template <class Visitor>
void attention_keys(Visitor& v, auto&& attention) {
    v.number("score_bytes", attention.score_bytes, NumberForm::kPositive,
             "DRAM traffic per score element that does not stay on chip, whatever its dtype");
    v.number("per_cycle", attention.per_cycle, NumberForm::kPositive,
             "score elements per clock cycle and core beyond the MACs");
    v.number("per_head", attention.per_head, NumberForm::kPositive,
             "time of each head whose scores do not stay on chip, besides these; absent: none");
    v.number("layout_cycles", attention.layout_cycles, NumberForm::kPositive,
             "cycles of a core of the host per element of new queries, keys and values, to turn them, sort them by "
             "head and put them into the cache; absent: none");
    v.count("row_granule", attention.row_granule, kCountRange, KeyNeed::kOptional,
            "lengths that are not a multiple of it incur the factor 'unaligned'");
    v.number("unaligned", attention.unaligned, NumberForm::kFactor,
             "factor on score_bytes for lengths that are not a multiple of row_granule");
    v.flag("skips_masked", attention.skips_masked,
           "true (the default): scores hidden by a causal mask or a window cost nothing; false: whole tiles are "
           "computed, masked or not");
    v.flag("keeps_scores", attention.keeps_scores,
           "true (the default): the runtime leaves scores on chip where a tile of their rows fits in the last memory "
           "level; false: they always pass the DRAM");
    v.number("keeps_scores_from", attention.keeps_scores_from, NumberForm::kPositive,
             "least capacity of that level for which the runtime does so; absent: any");
}

/// `devices.D.dma`, besides its bandwidth, which a cluster may have instead.
template <class Visitor>
void dma_keys(Visitor& v, auto&& device) {
    v.number("setup", device.dma.setup, NumberForm::kZeroAllowed, "time per descriptor (one per tile)");
    v.count("channels", device.dma.channels, kCoreRange, KeyNeed::kRequired, "descriptors processed at once");
    v.number("write_cost", device.dma.write_cost, NumberForm::kPositive,
             "cost of a written byte relative to a read one");
    v.number("overlap", device.dma.overlap, NumberForm::kShare,
             "share of the shorter of DRAM traffic and all else that the longer hides; absent: as between engines and "
             "caches");
    v.number("limit", device.dram_limit, NumberForm::kPerDevice,
             "DRAM bandwidth of all cores of the device together; at most that of the bus, unless the device has its "
             "own memory");
}

/// `devices.D.memories.NAME`
template <class Visitor>
void memory_level_keys(Visitor& v, auto&& level) {
    v.number("capacity", level.capacity, NumberForm::kPositive, "its size");
    v.choice("per", level.share, kMemoryShareNames, "what each instance belongs to");
    v.number("bandwidth", level.bandwidth, NumberForm::kPerCore, "per core");
    v.number("coherence_transfer", level.coherence_transfer, NumberForm::kPerCore,
             "coherence transfer: rate at which a core reads from another core's cache, for the share of its inputs "
             "that other cores produced; absent: free",
             UsedBy::kSeveralCores);
    v.number("co_runners", level.co_runners, NumberForm::kPerDevice,
             "fill rate of other users of a shared cache: a kernel running t seconds sees its working set enlarged by "
             "rate x t; 0 if absent");
    v.flag("keeps_tensors", level.keeps_tensors, "whether a tensor may stay here from one kernel to the next");
    v.choice("weights", level.weights, kWeightsKeptNames,
             "weights that a memory which keeps tensors still has at the next pass: all if everything fits, else none; "
             "none, as each call starts with an empty one; or as many as fit beside the activations, the rest being "
             "read again. Not for caches; absent: all_or_none");
}

/// `devices.D`: numbers of the device itself.
template <class Visitor>
void device_keys(Visitor& v, auto&& device) {
    v.number("capacity", device.capacity, NumberForm::kPositive,
             "memory available to models on it: its own, or the part of DRAM that it can address; absent: all of DRAM");
    v.number("overlap", device.overlap, NumberForm::kShare,
             "share of the shorter terms that the longest hides: time = dispatch + longest + (1 - overlap) x the "
             "others");
}

/// `devices.D.runtime`, besides its name, default_cores, dtypes, precisions, operators and fuses.
template <class Visitor>
void runtime_keys(Visitor& v, auto&& runtime) {
    v.choice("shapes", runtime.shapes, kShapeRuleNames, "static: inputs are padded to buckets");
    v.count("pad_width_to", runtime.pad_width_to, kCountRange, KeyNeed::kOptional,
            "widths are rounded up to this; 1 if absent", UsedBy::kPaddedShape);
    v.choice("quantization", runtime.quantization, kQuantizationSchemeNames,
             "static: scales are known at compile time; dynamic: each int8 matmul quantises its input");
    v.flag("keeps_scores", runtime.keeps_scores,
           "attention as its parts: whether a compiler for static shapes tiles its rows, so that scores stay on chip; "
           "true if absent");
    v.flag("moves_heads", runtime.moves_heads,
           "attention as its parts: whether queries, keys, values and the result are transposed between rows of all "
           "heads and heads; false if absent");
}

/// `devices.D.runtime.operators.OP`: where it runs.
template <class Visitor>
void operator_place_keys(Visitor& v, auto&& rule) {
    v.text("on", rule.fallback, KeyNeed::kRequired, "the device that runs it: this one, or the fallback");
    v.text("reason", rule.reason, KeyNeed::kOptional, "why, in words");
}

/// Largest size of a dimension of a product that a rule allows.
[[nodiscard]] auto& most_of(auto& rule, ProductDim dim) {
    return rule.product_limits[static_cast<std::size_t>(dim)].most;
}

/// `devices.D.runtime.operators.OP`: how it runs, where that is this device.
template <class Visitor>
void operator_rule_keys(Visitor& v, auto&& rule) {
    v.flag("multi_core", rule.multi_core, "whether the runtime may split it over cores; false if absent");
    v.count("multi_core_from", rule.multi_core_from, kLimitRange, KeyNeed::kOptional,
            "elements of its result; a smaller one stays on one core");
    v.list("dtypes", rule.dtypes, kDTypeNames, "dtypes that it may run in, instead of the runtime's");
    v.number("max_bytes", rule.max_bytes, NumberForm::kPositive,
             "limit on its result; above, it goes to the device 'else'");
    v.limit("max_m", most_of(rule, ProductDim::kM),
            "limit on a matmul's rows; above, it is cut or goes to the device 'else'");
    v.limit("max_k", most_of(rule, ProductDim::kK), "the same for its depth");
    v.limit("max_n", most_of(rule, ProductDim::kN), "the same for its columns");
    v.flag("as_convolution", rule.as_convolution,
           "of matmul: with weights it runs as a convolution, which shares cores as conv2d does and has none of these "
           "limits; false if absent");
    v.list("cuts", rule.product_limits, kProductDimNames,
           "dimensions of a matmul that the runtime cuts into pieces above their limits");
    v.limit("max_kernel", rule.max_kernel, "limit on the height and width of a convolution's kernel");
    v.limit("max_depthwise_kernel", rule.max_depthwise_kernel,
            "the same for convolutions with a filter per channel, where it is lower");
    v.limit("max_kernel_depth", rule.max_kernel_depth,
            "limit on the depth of the kernel of a convolution of volumes; 1: none runs here");
    v.flag("weights_only", rule.weights_only,
           "of matmul: a product of two activations goes to the device 'else'; false if absent");
    v.flag("cuts_lines", rule.cuts_lines,
           "with 'max_kernel': whether kernels of one row or column are cut into pieces instead");
    v.count(
        "max_stride", rule.max_stride, kLimitRange, KeyNeed::kOptional,
        "largest stride of a convolution: one of a larger stride runs at the largest divisor of that within it, and "
        "the results between are dropped");
    v.limit("max_pooled", rule.max_pooled, "limit on the positions that one result of a pooling is made of");
    v.text("else", rule.fallback, KeyNeed::kOptional,
           "the device for operators above the limits, or own_code: the runtime computes them on a core of the host");
    v.flag("on_the_way", rule.on_the_way, "whether kernels convert as they read and write, without a kernel for it");
}

/// `devices.D.runtime.dispatch`
template <class Visitor>
void dispatch_keys(Visitor& v, auto&& runtime) {
    v.number("per_kernel", runtime.dispatch_per_kernel, NumberForm::kZeroAllowed, "for each kernel");
    v.number("repeated", runtime.dispatch_repeated, NumberForm::kPositive,
             "for each kernel that is called repeatedly by itself, as in measurements; absent: per_kernel",
             UsedBy::kSingleCall);
    v.number("cold", runtime.dispatch_cold, NumberForm::kPositive,
             "for each kernel whose code and descriptors are not cached; absent: per_kernel", UsedBy::kSingleCall);
    v.number(
        "wake_up", runtime.wake_up, NumberForm::kPositive,
        "waking of the thread that waits for a single, cold call of the matmul library: as long as the call itself, "
        "at most this; absent: none",
        UsedBy::kSingleCall);
    v.number("profiled", runtime.dispatch_profiled, NumberForm::kPositive,
             "for each layer in tables of the runtime's profiler, which waits for each by itself; absent: per_kernel",
             UsedBy::kProfiledLayer);
    v.number("profiled_v1", runtime.dispatch_profiled_v1, NumberForm::kPositive,
             "the same in tables of version 1 of the runtime; absent: profiled", UsedBy::kProfiledLayer);
    v.number("fork_join_v1", runtime.fork_join_v1, NumberForm::kPositive,
             "for each layer on several cores in tables of version 1 of the runtime; absent: fork_join",
             UsedBy::kProfiledLayer);
    v.number("per_graph", runtime.dispatch_per_graph, NumberForm::kZeroAllowed, "for each call");
    v.number("fork_join", runtime.fork_join, NumberForm::kZeroAllowed, "for each kernel on several cores",
             UsedBy::kSeveralCores);
    v.number("host_cycles", runtime.dispatch_host_cycles, NumberForm::kPositive,
             "cycles of a core of the host for each kernel, besides per_kernel: this part follows the host's clock; "
             "absent: none");
}

/// `devices.D.runtime.own_code`
template <class Visitor>
void own_code_keys(Visitor& v, auto&& code) {
    v.number("macs_per_cycle", code.macs_per_cycle, NumberForm::kPositive,
             "multiply-accumulates per cycle of one core of the host");
    v.number("elements_per_cycle", code.elements_per_cycle, NumberForm::kPositive,
             "elements read and written per cycle of one core of the host");
}

/// `devices.D.runtime.generation`
template <class Visitor>
void generation_keys(Visitor& v, auto&& runtime) {
    v.count("prompt_chunk", runtime.prompt_chunk, kCountRange, KeyNeed::kOptional,
            "most tokens of a prompt that one pass reads, which static shapes pad the last ones to; absent: all");
    v.count(
        "cache_length", runtime.cache_length, kCountRange, KeyNeed::kOptional,
        "positions of a cache that is compiled in: each pass attends to all of them, filled or not; absent: as many "
        "as there are");
    v.count("answers", runtime.answers, kCountRange, KeyNeed::kOptional,
            "most answers of which one pass makes a token each, beside reading a prompt (continuous batching); absent: "
            "one answer after another");
    v.number("sampling_cycles", runtime.sampling_cycles, NumberForm::kPositive,
             "cycles of a core of the host per word of the vocabulary, to choose a token from the scores of all words; "
             "absent: none");
}

/// `devices.D.energy`
template <class Visitor>
void energy_keys(Visitor& v, auto&& energy) {
    v.per_dtype("per_mac", energy.per_mac, KeyNeed::kRequired, "energy of a multiply-accumulate by dtype");
    v.number("per_vector_element", energy.per_vector_element, NumberForm::kPositive,
             "of one element in the vector unit");
    v.number("per_dram_byte", energy.per_dram_byte, NumberForm::kPositive, "of a byte from or to DRAM");
    v.number("static_power", energy.static_power, NumberForm::kPositive, "power drawn at all times");
}

/// `devices.D.error`
template <class Visitor>
void error_keys(Visitor& v, auto&& error) {
    v.number("matmul", error.matmul, NumberForm::kPositive, "of matrix products and convolutions", UsedBy::kModelError);
    v.number("attention", error.attention, NumberForm::kPositive, "of fused attention", UsedBy::kModelError);
    v.number("vector", error.vector, NumberForm::kPositive, "of all operators on the vector unit", UsedBy::kModelError);
    v.number("handover", error.handover, NumberForm::kPositive, "of handing tensors between devices",
             UsedBy::kModelError);
    v.number("library", error.library, NumberForm::kPositive,
             "of calls of the runtime's matmul library; absent: as matmul", UsedBy::kModelError);
}

/// `links.N`, besides the two devices.
template <class Visitor>
void link_keys(Visitor& v, auto&& link) {
    v.number("per_crossing", link.per_crossing, NumberForm::kZeroAllowed, "time of driver submit and wait");
    v.number("transfer", link.transfer, NumberForm::kPositive, "rate of copying, if memory is not shared");
    v.number("cache_maintenance", link.cache_maintenance, NumberForm::kPositive,
             "rate of flushing and invalidating the tensor; absent: it is not needed");
    v.number("layout_change", link.layout_change, NumberForm::kPositive,
             "rate of converting it to the device's own layout; absent: it is not needed");
}

/// A key as documented for authors of profiles.
struct ProfileKey {
    std::string path;  ///< `devices.D.matrix.row_tile`; D, CLASS, NAME, DTYPE, OP and N stand for what a profile names
    std::string kind;  ///< "a size such as 384 KiB", "a whole number", "core, cluster or device"
    KeyNeed need{};
    std::string_view meaning;
    UsedBy used_by = UsedBy::kAlways;
};
/// The keys of the sections above, in the order of a profile. Keys that no row describes (names, cores, clocks,
/// clusters, macs_per_cycle, weight_only, default_cores, precisions, fuses, evidence, correlations) are not among them.
[[nodiscard]] std::vector<ProfileKey> profile_keys();
/// Keys of the rule of an operator that limit what runs on the device; what exceeds one of them goes elsewhere.
[[nodiscard]] std::vector<std::string> operator_limits();
/// What uses the key, or every key of the section, at a path of a profile such as `devices.npu.matrix.winograd`; a key
/// without a row is always used.
[[nodiscard]] UsedBy used_by(std::string_view path);

}  // namespace berth
