// Hardware profiles: memory, devices and their engines, links.
#include <limits>

#include "berth/profile.h"
#include "schema/schemas.h"

namespace berth {

namespace {

constexpr QuantityForm zero_allowed() { return {.allow_zero = true, .allow_spread = true, .per = std::nullopt}; }
constexpr QuantityForm per(Sharing sharing) { return {.allow_zero = false, .allow_spread = true, .per = sharing}; }

Part number(Definitions& q) { return q.parameter(Dimension{}); }

Part memory(Definitions& q) {
    const Part dram =
        object_with({required("capacity", "size of the memory", q.parameter(Bytes::kDimension)),
                     required("bandwidth", "of the bus", q.parameter(Bandwidth::kDimension)),
                     required("sustained", "what all agents together reach; at most the bandwidth of the bus",
                              q.parameter(Bandwidth::kDimension))});
    return object_with({required("dram", "the memory that devices share", dram)});
}

Part macs_per_cycle(Definitions& q) {
    Part part = per_row(kDTypeNames, number(q));
    std::vector<Json> given;
    for (const auto& row : kDTypeNames) {
        given.push_back(has(row.name));
    }
    part.complete.update(any_of(given));
    return part;
}

Part clusters(Definitions& q) {
    return list_of(
        object_with({required("name", "of the cluster", text()),
                     required("cores", "how many cores it has", integer(kPositive)),
                     required("clock", "what they run at", q.parameter(Frequency::kDimension)),
                     optional("clocks", "what the clock may be set to", list_of(q.quantity(Frequency::kDimension))),
                     required("vector_scale", "rates of its vector units relative to those in 'vector'", number(q)),
                     optional("macs_per_cycle", "per core and dtype; without it, those of the device's matrix",
                              macs_per_cycle(q)),
                     optional("bandwidth", "DRAM bandwidth of one core; without it, that of the device's dma",
                              q.parameter(Bandwidth::kDimension, per(Sharing::kCore)))}),
        1);
}

Part align() {
    const Part columns = either({integer(kPositive), per_row(kDTypeNames, integer({1, kLargestCount}))});
    return object_with(
        {required("m", "rows are padded to multiples of this", integer(kPositive)),
         required("n", "columns are padded to multiples of this; a map where it depends on the dtype", columns),
         required("k", "depths are padded to multiples of this", integer(kPositive))});
}

Part core_block() {
    return object_with({required("m", "rows per core from which rows are shared, too", integer(kPositive)),
                        required("n", "columns", integer(kPositive))});
}

Part matrix(Definitions& q) {
    const Part size = q.parameter(Bytes::kDimension);
    return object_with({
        optional("macs_per_cycle", "per core and dtype; a dtype that is absent is not multiplied", macs_per_cycle(q)),
        required("align", "sizes are padded to multiples of these", align()),
        required("efficiency", "share of the peak that a large problem sustains, up to 100%", q.share()),
        optional("row_tile", "bytes of input rows held at once, after which weights are read again", size),
        optional("library_row_tile", "the same for calls of the runtime's matmul library", size),
        optional("min_rows", "rows that a set of weights must meet in the array; 1 if absent", integer(kPositive)),
        optional("image_channels",
                 "convolutions of at most this many channels share the depth between channels and kernel width",
                 integer(kPositive)),
        optional("winograd", "factor by which dense 3x3 convolutions of stride 1 need fewer MACs", number(q)),
        optional("reserve", "what inputs of a dtype take of the nearest memory beyond the row tile",
                 per_row(kDTypeNames, size)),
        optional("row_piece", "bytes of an input row that lie together: one DMA descriptor per piece and row tile",
                 size),
        optional("wide_output", "rate at which 32-bit results leave, where they are not narrowed",
                 q.parameter(Bandwidth::kDimension)),
        optional("result_buffer", "of those, what delays nothing", size),
        optional("result_steps", "steps along k, of four bytes of input, that each block of results takes besides",
                 number(q)),
        optional("overlap", "share of the shorter of MACs and memory that the longer hides; the device's if absent",
                 q.share()),
        optional("core_block", "what one of several cores takes of a product at a time; any share if absent",
                 core_block()),
        optional("weight_only",
                 "weights stored at this dtype beside wider activations are multiplied at the dtype given",
                 per_row(kDTypeNames, choice(kDTypeNames))),
    });
}

Part vector(Definitions& q) {
    const Part rate = object_with({
        required("per_cycle", "elements per clock cycle and core", number(q)),
        required("traffic", "relative to reading and writing everything once", number(q)),
        optional("call_cycles", "that a kernel takes on one core before rows are shared out", number(q)),
        optional("row_cycles", "that a row takes besides its elements", number(q)),
        optional("tail_cycles", "of each element of a row beyond its last whole vector of 'lanes'", number(q)),
    });
    std::vector<Key> keys{optional("lanes", "elements of a row that are worked on at once", integer(kPositive))};
    std::vector<Json> with_tail;
    for (const auto& row : kVectorClassNames) {
        keys.push_back(required(row.name, "", rate));
        with_tail.push_back(at_key(row.name, has("tail_cycles")));
    }
    Part part = object_with(keys);
    part.complete.update(if_then(any_of(with_tail), has("lanes")));
    return part;
}

Part attention(Definitions& q) {
    return object_with({
        required("score_bytes", "DRAM traffic per score element", q.parameter(Bytes::kDimension)),
        required("per_cycle", "score elements per clock cycle and core beyond the MACs", number(q)),
        optional("row_granule", "lengths that are no multiple of it pay the factor 'unaligned'", integer(kPositive)),
        optional("unaligned", "factor on score_bytes of lengths that are no multiple of row_granule", number(q)),
        optional("skips_masked", "true (the default): scores that a mask or a window hides cost nothing", boolean()),
    });
}

Part dma(Definitions& q) {
    return object_with({
        required("setup", "per descriptor, that is per tile", q.parameter(Time::kDimension, zero_allowed())),
        required("channels", "how many work at once", integer(kPositive)),
        optional("bandwidth", "DRAM bandwidth of one core", q.parameter(Bandwidth::kDimension, per(Sharing::kCore))),
        required("write_cost", "a written byte relative to a read one", number(q)),
        optional("overlap", "share of the shorter of DRAM traffic and all else that the longer hides", q.share()),
        required("limit", "DRAM bandwidth of all cores of the device together",
                 q.parameter(Bandwidth::kDimension, per(Sharing::kDevice))),
    });
}

Part memories(Definitions& q) {
    const Part level = object_with({
        required("capacity", "its size", q.parameter(Bytes::kDimension)),
        required("per", "what has one of these", choice(kMemoryShareNames)),
        optional("bandwidth", "per core", q.parameter(Bandwidth::kDimension, per(Sharing::kCore))),
        optional("others", "at which other programs or machines bring lines of theirs in; absent: nobody does",
                 q.parameter(Bandwidth::kDimension, per(Sharing::kDevice))),
        optional("exchange", "at which a core gets what lies in another one's caches",
                 q.parameter(Bandwidth::kDimension, per(Sharing::kCore))),
        optional("keeps_tensors", "whether a tensor may stay here from one kernel to the next", boolean()),
    });
    return map_of(level, 1);
}

Part energy(Definitions& q) {
    const Part per_operation = q.parameter(EnergyPerOperation::kDimension);
    return object_with(
        {required("per_mac", "energy of a multiply-accumulate by dtype", per_row(kDTypeNames, per_operation)),
         required("per_vector_element", "of one element in the vector unit", per_operation),
         required("per_dram_byte", "of a byte from or to DRAM", q.parameter(EnergyPerByte::kDimension)),
         required("static_power", "drawn whatever runs", q.parameter(Power::kDimension))});
}

Part error(Definitions& q) {
    const Part share = number(q);
    return object_with({required("matmul", "of matrix products and convolutions", share),
                        required("attention", "of fused attention", share),
                        required("vector", "of everything on the vector unit", share),
                        required("handover", "of handing tensors between devices", share)});
}

// Cores stand at the device, or in clusters, which may leave rates to it.
void add_core_rules(Part& device) {
    const Json in_each = {{"items", has("macs_per_cycle")}};
    const Json own_macs = if_then_else(at_key("matrix", has("macs_per_cycle")), true, at_key("clusters", in_each));
    const Json own_bandwidth =
        if_then_else(at_key("dma", has("bandwidth")), true, at_key("clusters", {{"items", has("bandwidth")}}));
    const Json single =
        all_of({has_all({"cores", "clock"}), at_key("matrix", has("macs_per_cycle")), at_key("dma", has("bandwidth"))});
    device.complete.update(if_then_else(has("clusters"), all_of({own_macs, own_bandwidth}), single));
    device.shape.update(
        if_then(has("clusters"), has_none({"cores", "clock", "clocks"}, "stands at the device and in 'clusters'")));
}

// Which granule makes the factor needed, and which leaves it without a meaning.
void add_granule_rule(Part& attention) {
    const Json above_one = all_of({has("row_granule"), at_key("row_granule", {{"not", {{"enum", {1, "1"}}}}})});
    attention.complete.update(if_then_else(above_one, has("unaligned"),
                                           has_none({"unaligned"}, "has no meaning without a 'row_granule' above 1")));
}

Part device(Definitions& q) {
    Part fused = attention(q);
    add_granule_rule(fused);
    Part part = object_with({
        required("kind", "what it is", choice(kDeviceKindNames)),
        optional("enabled", "false leaves the device out, with its links; not for the host", boolean()),
        optional("cores", "how many cores it has; or 'clusters' instead", integer(kPositive)),
        optional("clock", "what its cores run at", q.parameter(Frequency::kDimension)),
        optional("clocks", "what the clock may be set to", list_of(q.quantity(Frequency::kDimension))),
        optional("clusters", "cores of different kinds, instead of 'cores' and 'clock'", clusters(q)),
        required("matrix", "the array of multipliers, or the SIMD units as far as they multiply", matrix(q)),
        required("vector", "rates of element-wise work by class of operator", vector(q)),
        optional("attention", "attention as one operator of the runtime; without it: two matmuls and a softmax", fused),
        required("memories", "on-chip memory, nearest first", memories(q)),
        optional("capacity", "memory that models on it may fill; all that there is if absent",
                 q.parameter(Bytes::kDimension)),
        required("dma", "copies between DRAM and the device", dma(q)),
        required("overlap", "share of the shorter terms that the longest hides", q.share()),
        required("runtime", "the software that runs kernels on it", runtime_part(q)),
        optional("energy", "without it no energy is predicted", energy(q)),
        required("error", "how far predictions were from measured rows by class; widens every interval", error(q)),
    });
    add_core_rules(part);
    return part;
}

Part links(Definitions& q) {
    const Part rate = q.parameter(Bandwidth::kDimension);
    Part ends = list_of(text(), 2);
    ends.shape["maxItems"] = 2;
    return list_of(object_with({
        required("between", "two device names; the link counts in both directions", ends),
        required("per_crossing", "driver submit and wait", q.parameter(Time::kDimension, zero_allowed())),
        optional("transfer", "rate of copying, where memory is not shared", rate),
        optional("cache_maintenance", "rate of flushing and invalidating what is handed over", rate),
        optional("layout_change", "rate of bringing it into the device's own layout", rate),
    }));
}

Part correlations() {
    const Part value{Json{{"type", "number"}, {"minimum", -1}, {"maximum", 1}}};
    const Part triangle = list_of(list_of(value, 1), 1);
    return object_with({
        required("of", "paths of numbers that have a spread, such as devices.cpu.clock", list_of(text(), 2)),
        required("rows", "for each number but the first its correlations with those before it", triangle),
    });
}

}  // namespace

Json hardware_schema() {
    Definitions definitions;
    const Part top = object_with({
        required("profile", "the profile's name, that of its file", text()),
        optional("description", "a text, for whoever reads the file", text()),
        optional("extends", "the profile to start from; then only what differs stands here", text()),
        required("memory", "memory outside the devices", memory(definitions)),
        required("host", "the device where inputs come from and results go to", text()),
        required("devices", "devices by name", map_of(device(definitions), 1)),
        optional("links", "what handing a tensor from one device to another costs", links(definitions)),
        optional("correlations", "numbers whose errors go together, as a calibration leaves them", correlations()),
    });
    Json shape = top.shape;
    shape["required"] = Json::array({"profile"});
    shape["if"] = has("extends");
    shape["then"] = true;
    shape["else"] = top.complete;
    return document("Berth hardware profile", shape, definitions.json());
}

}  // namespace berth
