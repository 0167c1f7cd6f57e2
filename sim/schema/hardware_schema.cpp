// Schema of hardware profiles: memory, devices with their engines, links.
#include <limits>

#include "base/mapped.h"
#include "berth/hardware/profile_keys.h"
#include "schema/key_schema.h"
#include "schema/schemas.h"

namespace berth {

namespace {

constexpr QuantityForm per(Sharing sharing) { return {.allow_zero = false, .allow_spread = true, .per = sharing}; }

Part number(Definitions& q) { return q.parameter(Dimension{}); }

Part memory(Definitions& q) {
    const Part dram = object_with(keys_of<Dram>(q, [](auto& v, auto& memory) { dram_keys(v, memory); }));
    return object_with({required("dram", "memory shared by the devices", dram)});
}

Part macs_per_cycle(Definitions& q) {
    Part rate = q.parameter(Dimension{}, {.allow_unit = false});
    rate.shape = Json{{"anyOf", Json::array({rate.shape, Json{{"const", std::string(kNotMultiplied)}}})}};
    Part part = per_row(kDTypeNames, rate);
    auto given = mapped(kDTypeNames, [](const auto& row) { return has(row.name); });
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

Part align(Definitions& q) {
    return object_with(keys_of<MatrixEngine>(q, [](auto& v, auto& matrix) { align_keys(v, matrix); }));
}

Part core_block(Definitions& q) {
    return object_with(keys_of<CoreBlock>(q, [](auto& v, auto& block) { core_block_keys(v, block); }));
}

Part matrix(Definitions& q) {
    return object_with(keys_of<MatrixEngine>(
        q, [](auto& v, auto& matrix) { matrix_keys(v, matrix); },
        {
            optional("macs_per_cycle", "per core and dtype; a dtype that is absent, or none, is not multiplied",
                     macs_per_cycle(q)),
            required("align", "sizes are padded to multiples of these", align(q)),
            optional("core_block", "block of a product that one of several cores takes at a time; any share if absent",
                     core_block(q)),
            optional("weight_only", "dtype at which weights stored at this dtype are multiplied with wider activations",
                     per_row(kDTypeNames, choice(kDTypeNames))),
        }));
}

Part vector(Definitions& q) {
    const Part rate = object_with(keys_of<VectorRate>(q, [](auto& v, auto& rates) { vector_rate_keys(v, rates); }));
    std::vector<Key> keys = keys_of<Device>(q, [](auto& v, auto& device) { vector_keys(v, device); });
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
    return object_with(keys_of<AttentionEngine>(q, [](auto& v, auto& engine) { attention_keys(v, engine); }));
}

Part dma(Definitions& q) {
    return object_with(keys_of<Device>(q, [](auto& v, auto& device) { dma_keys(v, device); },
                                       {optional("bandwidth", "DRAM bandwidth of one core",
                                                 q.parameter(Bandwidth::kDimension, per(Sharing::kCore)))}));
}

Part memories(Definitions& q) {
    return map_of(object_with(keys_of<MemoryLevel>(q, [](auto& v, auto& level) { memory_level_keys(v, level); })), 1);
}

Part energy(Definitions& q) {
    return object_with(keys_of<EnergyModel>(q, [](auto& v, auto& model) { energy_keys(v, model); }));
}

Part error(Definitions& q) {
    return object_with(keys_of<ModelError>(q, [](auto& v, auto& errors) { error_keys(v, errors); }));
}

// The number of sizes depends on the kind of operator.
Part evidence() {
    Part range = list_of(integer({1, kLargestCount}), 2);
    range.shape["maxItems"] = 2;
    return list_of(object_with({
        required("op", "a kind of operator", choice(operator_names())),
        required("dtype", "what it ran at", choice(kDTypeNames)),
        optional("form", "of convolutions and attention, where it is not plain", choice(kEvidenceFormNames)),
        optional("cores", "the most cores that worked on one; absent: any number", integer(kCoreRange)),
        optional("sizes", "the least and the most of each size; absent: inside whole networks only", list_of(range, 2)),
    }));
}

// Cores are described at the device or in clusters. Clusters may take rates from the device.
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

// The factor `unaligned` is required with a row granule above 1, and has no meaning otherwise.
void add_granule_rule(Part& attention) {
    const Json above_one = all_of({has("row_granule"), at_key("row_granule", {{"not", {{"enum", {1, "1"}}}}})});
    attention.complete.update(if_then_else(above_one, has("unaligned"),
                                           has_none({"unaligned"}, "has no meaning without a 'row_granule' above 1")));
}

Part device(Definitions& q) {
    Part fused = attention(q);
    add_granule_rule(fused);
    std::vector<Key> keys{
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
        required("dma", "copies between DRAM and the device", dma(q)),
        required("runtime", "the software that runs kernels on it", runtime_part(q)),
        optional("energy", "without it no energy is predicted", energy(q)),
        required("error", "errors of predictions against measurements, by class; they widen every interval", error(q)),
        optional("evidence",
                 "operators that were measured, and the range of their sizes; predictions of others are less "
                 "certain",
                 evidence()),
    };
    Part part = object_with(keys_of<Device>(
        q, [](auto& v, auto& device) { device_keys(v, device); }, std::move(keys)));
    add_core_rules(part);
    return part;
}

Part links(Definitions& q) {
    Part ends = list_of(text(), 2);
    ends.shape["maxItems"] = 2;
    return list_of(object_with(
        keys_of<Link>(q, [](auto& v, auto& link) { link_keys(v, link); },
                      {required("between", "two device names; the link counts in both directions", ends)})));
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
        optional("extends",
                 "the profile to start from, a name or a path that ends in .yaml, or a list of them of which each goes "
                 "before the next; this file then has only the differences",
                 either({text(), list_of(text(), 1)})),
        optional("chip", "the chip; numbers of a profile of another one that this extends are inherited", text()),
        optional("archetype", "true for a kind of chip: whoever extends it inherits its numbers", boolean()),
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
