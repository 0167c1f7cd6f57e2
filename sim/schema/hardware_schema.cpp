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
                     required("sustained", "reached by all agents together; at most the bandwidth of the bus",
                              q.parameter(Bandwidth::kDimension))});
    return object_with({required("dram", "memory shared by the devices", dram)});
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
                     required("cores", "how many cores it has", integer(kCoreRange)),
                     required("clock", "clock of its cores", q.parameter(Frequency::kDimension)),
                     optional("clocks", "clocks that may be set", list_of(q.quantity(Frequency::kDimension))),
                     required("vector_scale", "rates of its vector units relative to those in 'vector'", number(q)),
                     optional("macs_per_cycle", "per core and dtype; without it, those of the device's matrix",
                              macs_per_cycle(q)),
                     optional("bandwidth", "DRAM bandwidth of one core; without it, that of the device's dma",
                              q.parameter(Bandwidth::kDimension, per(Sharing::kCore)))}),
        1);
}

Part align() {
    const Part columns = either({integer(kCountRange), per_row(kDTypeNames, integer(kCountRange))});
    return object_with(
        {required("m", "rows are padded to multiples of this", integer(kCountRange)),
         required("n", "columns are padded to multiples of this; a map where it depends on the dtype", columns),
         required("k", "depths are padded to multiples of this", integer(kCountRange))});
}

Part core_block() {
    return object_with({required("m", "rows per core from which rows are split, too", integer(kCountRange)),
                        required("n", "columns", integer(kCountRange))});
}

Part matrix(Definitions& q) {
    const Part size = q.parameter(Bytes::kDimension);
    return object_with({
        optional("macs_per_cycle", "per core and dtype; a dtype that is absent is not multiplied", macs_per_cycle(q)),
        required("align", "sizes are padded to multiples of these", align()),
        required("efficiency", "share of the peak that a large problem sustains, up to 100%", q.share()),
        optional("row_tile", "bytes of input rows held at once; weights are read again for each such tile", size),
        optional("library_row_tile", "the same for calls of the runtime's matmul library", size),
        optional("min_rows", "each set of weights takes at least the time of this many rows; 1 if absent",
                 integer(kCountRange)),
        optional("image_channels",
                 "convolutions of at most this many channels share the depth between channels and kernel width",
                 integer(kCountRange)),
        optional("winograd", "factor by which Winograd saves MACs in dense 3x3 convolutions of stride 1", number(q)),
        optional("reserve", "part of the nearest memory that inputs of a dtype occupy beyond the row tile",
                 per_row(kDTypeNames, size)),
        optional("row_piece", "contiguous bytes of an input row: one DMA descriptor per piece and row tile", size),
        optional("wide_output", "write rate of int32 output that is not narrowed", q.parameter(Bandwidth::kDimension)),
        optional("result_buffer", "bytes of int32 output that are buffered without delay", size),
        optional("result_steps", "steps along k, of four bytes of input, that each output block takes in addition",
                 number(q)),
        optional("overlap", "share of the shorter of MACs and memory that the longer hides; the device's if absent",
                 q.share()),
        optional("core_block", "block of a product that one of several cores takes at a time; any share if absent",
                 core_block()),
        optional("weight_only", "dtype at which weights stored at this dtype are multiplied with wider activations",
                 per_row(kDTypeNames, choice(kDTypeNames))),
    });
}

Part vector(Definitions& q) {
    const Part rate = object_with({
        required("per_cycle", "elements per clock cycle and core", number(q)),
        required("traffic", "relative to reading and writing everything once", number(q)),
        optional("call_cycles", "cycles per kernel on one core before rows are distributed", number(q)),
        optional("row_cycles", "cycles per row in addition to its elements", number(q)),
        optional("tail_cycles", "cycles per element of a row beyond its last whole vector of 'lanes'", number(q)),
    });
    std::vector<Key> keys{optional("lanes", "elements of a row that are processed at once", integer(kCountRange))};
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
        optional("row_granule", "lengths that are not a multiple of it incur the factor 'unaligned'",
                 integer(kCountRange)),
        optional("unaligned", "factor on score_bytes for lengths that are not a multiple of row_granule", number(q)),
        optional("skips_masked", "true (the default): scores hidden by a causal mask or a window cost nothing",
                 boolean()),
    });
}

Part dma(Definitions& q) {
    return object_with({
        required("setup", "time per descriptor (one per tile)", q.parameter(Time::kDimension, zero_allowed())),
        required("channels", "descriptors processed at once", integer(kCoreRange)),
        optional("bandwidth", "DRAM bandwidth of one core", q.parameter(Bandwidth::kDimension, per(Sharing::kCore))),
        required("write_cost", "cost of a written byte relative to a read one", number(q)),
        optional("overlap", "share of the shorter of DRAM traffic and all else that the longer hides", q.share()),
        required("limit", "DRAM bandwidth of all cores of the device together",
                 q.parameter(Bandwidth::kDimension, per(Sharing::kDevice))),
    });
}

Part memories(Definitions& q) {
    const Part level = object_with({
        required("capacity", "its size", q.parameter(Bytes::kDimension)),
        required("per", "what each instance belongs to", choice(kMemoryShareNames)),
        optional("bandwidth", "per core", q.parameter(Bandwidth::kDimension, per(Sharing::kCore))),
        optional("others", "fill rate of other users of a shared cache; 0 if absent",
                 q.parameter(Bandwidth::kDimension, per(Sharing::kDevice))),
        optional("exchange", "coherence transfer: rate at which a core reads from another core's cache",
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
         required("static_power", "power drawn at all times", q.parameter(Power::kDimension))});
}

Part error(Definitions& q) {
    const Part share = number(q);
    return object_with({required("matmul", "of matrix products and convolutions", share),
                        required("attention", "of fused attention", share),
                        required("vector", "of all operators on the vector unit", share),
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
        optional("cores", "how many cores it has; or 'clusters' instead", integer(kCoreRange)),
        optional("clock", "clock of its cores", q.parameter(Frequency::kDimension)),
        optional("clocks", "clocks that may be set", list_of(q.quantity(Frequency::kDimension))),
        optional("clusters", "cores of different kinds, instead of 'cores' and 'clock'", clusters(q)),
        required("matrix", "the multiplier array, or the SIMD units in matrix products", matrix(q)),
        required("vector", "rates of element-wise work by class of operator", vector(q)),
        optional("attention", "attention as one operator of the runtime; without it: two matmuls and a softmax", fused),
        required("memories", "on-chip memory, nearest first", memories(q)),
        optional("capacity", "memory available to models on it; all of DRAM if absent", q.parameter(Bytes::kDimension)),
        required("dma", "copies between DRAM and the device", dma(q)),
        required("overlap", "share of the shorter terms that the longest hides", q.share()),
        required("runtime", "the software that runs kernels on it", runtime_part(q)),
        optional("energy", "without it no energy is predicted", energy(q)),
        required("error", "errors of predictions against measurements, by class; they widen every interval", error(q)),
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
        required("per_crossing", "time of driver submit and wait", q.parameter(Time::kDimension, zero_allowed())),
        optional("transfer", "rate of copying, if memory is not shared", rate),
        optional("cache_maintenance", "rate of flushing and invalidating the tensor", rate),
        optional("layout_change", "rate of converting it to the device's own layout", rate),
    }));
}

Part machine(Definitions& q) {
    const Part count = integer({0, std::numeric_limits<std::int32_t>::max()});
    const Part clock = q.quantity(Frequency::kDimension);
    const Part cache = object_with({
        required("level", "1 is the nearest", integer(kCoreRange)),
        required("size", "of one of them", q.quantity(Bytes::kDimension)),
        optional("shared_by", "logical processors that share one", integer(kCountRange)),
    });
    const Part day{Json{{"type", "string"}, {"pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}}};
    return object_with({
        required("processor", "its name as the system gives it", text()),
        optional("vendor", "as the processor names it", text()),
        optional("family", "number of the processor's family", count),
        optional("model", "number of the processor's model", count),
        optional("stepping", "number of its stepping or revision", count),
        optional("microcode", "revision of its microcode", text()),
        optional("instructions", "SIMD extensions", list_of(text())),
        optional("cores", "that the measurements could use", integer(kLimitRange)),
        optional("threads_per_core", "logical processors per core", integer(kLimitRange)),
        optional("base_clock", "nominal clock", clock),
        optional("highest_clock", "that the system allows", clock),
        optional("clock", "measured", clock),
        optional("caches", "data caches", list_of(cache)),
        optional("memory", "that the measurements could use", q.quantity(Bytes::kDimension)),
        optional("memory_kind", "such as DDR5", text()),
        optional("virtual", "whether it is a virtual machine", boolean()),
        optional("system", "kernel and architecture", text()),
        optional("libraries", "that ran the kernels, with their versions", list_of(text())),
        optional("compiler", "of the kernels that are not from a library", text()),
        optional("measured", "the day, YYYY-MM-DD", day),
    });
}

Part correlations() {
    const Part value{Json{{"type", "number"}, {"minimum", -1}, {"maximum", 1}}};
    const Part triangle = list_of(list_of(value, 1), 1);
    return object_with({
        required("of", "paths of numbers that have a spread, such as devices.cpu.clock", list_of(text(), 2)),
        required("rows", "for each number but the first, its correlations with the previous ones", triangle),
    });
}

}  // namespace

Json hardware_schema() {
    Definitions definitions;
    const Part top = object_with({
        required("profile", "the profile's name, that of its file", text()),
        optional("description", "a text for readers of the file", text()),
        optional(
            "extends",
            "the profile to start from, a name or a path that ends in .yaml; this file then has only the differences",
            text()),
        optional("machine", "whose measurements it rests on; compared with the machine that uses it",
                 machine(definitions)),
        required("memory", "memory outside the devices", memory(definitions)),
        required("host", "the device where inputs come from and results go to", text()),
        required("devices", "devices by name", map_of(device(definitions), 1)),
        optional("links", "costs of handing a tensor from one device to another", links(definitions)),
        optional("correlations", "numbers with correlated errors, as a calibration writes them", correlations()),
    });
    Json shape = top.shape;
    shape["required"] = Json::array({"profile"});
    shape["if"] = has("extends");
    shape["then"] = true;
    shape["else"] = top.complete;
    return document("Berth hardware profile", shape, definitions.json());
}

}  // namespace berth
