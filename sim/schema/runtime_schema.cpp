// Schema of a device's runtime: dispatch, shapes, fusion and the rules of its operators.
#include <limits>

#include "berth/profile_keys.h"
#include "berth/scheme.h"
#include "schema/key_schema.h"
#include "schema/schemas.h"

namespace berth {

namespace {

Part dispatch(Definitions& q) {
    return object_with(keys_of<Runtime>(q, [](auto& v, auto& runtime) { dispatch_keys(v, runtime); }));
}

Part generation(Definitions& q) {
    return object_with(keys_of<Runtime>(q, [](auto& v, auto& runtime) { generation_keys(v, runtime); }));
}

Part own_code(Definitions& q) {
    return object_with(keys_of<OwnCode>(q, [](auto& v, auto& code) { own_code_keys(v, code); }));
}

Part dtypes() {
    Part part = list_of(choice(kDTypeNames), 1);
    part.shape["uniqueItems"] = true;
    return part;
}

Part precisions() {
    Part list = list_of(choice(kSchemeNames), 1);
    list.shape["uniqueItems"] = true;
    const Part map = object_with(
        {required("value", "the list", list), optional("source", "document, table or measurement, in words", text())});
    // The list may be inherited from the extended profile, like the values of numbers.
    return {Json{{"anyOf", Json::array({list.shape, map.shape})}}, map.complete};
}

Part rule(Definitions& q) {
    Part part = object_with({
        required("on", "the device that runs it: this one, or the fallback", text()),
        optional("reason", "why, in words", text()),
        optional("multi_core", "whether the runtime may split it over cores; false if absent", boolean()),
        optional("multi_core_from", "elements of its result; a smaller one stays on one core", integer(kLimitRange)),
        optional("dtypes", "dtypes that it may run in, instead of the runtime's", dtypes()),
        optional("max_bytes", "limit on its result; above, it goes to the device 'else'",
                 q.parameter(Bytes::kDimension)),
        optional("max_m", "limit on a matmul's rows; above, it is cut or goes to the device 'else'",
                 integer(kLimitRange)),
        optional("max_k", "the same for its depth", integer(kLimitRange)),
        optional("max_n", "the same for its columns", integer(kLimitRange)),
        optional("cuts", "dimensions of a matmul that the runtime cuts into pieces above their limits",
                 list_of(choice(kProductDimNames), 1)),
        optional("max_kernel", "limit on the height and width of a convolution's kernel", integer(kLimitRange)),
        optional("cuts_lines", "with 'max_kernel': whether kernels of one row or column are cut into pieces instead",
                 boolean()),
        optional("max_pooled", "limit on the positions that one result of a pooling is made of", integer(kLimitRange)),
        optional(
            "else",
            "the device for operators above the limits, or own_code: the runtime computes them on a core of the host",
            text()),
        optional("on_the_way", "whether kernels convert as they read and write, without a kernel for it", boolean()),
    });
    part.complete.update(all_of(
        {if_then(has("else"), any_of({has("max_bytes"), has("max_m"), has("max_k"), has("max_n"), has("max_kernel"),
                                      has("max_pooled")})),
         if_then(has("cuts_lines"), has("max_kernel")),
         if_then(has("multi_core_from"), all_of({has("multi_core"), at_key("multi_core", {{"const", true}})}))}));
    return part;
}

Part fuses(Definitions& q) {
    const Part pattern = list_of(choice(operator_names()), 2);
    const Part share = q.parameter(Dimension{}, {.allow_zero = true, .allow_spread = true, .per = std::nullopt});
    const Part map = object_with({
        required("pattern", "operators that become one kernel, each reading the previous one", pattern),
        optional("traffic", "share of each epilogue_op's own traffic that remains; 0 if absent", share),
        optional("multi_core", "false keeps the fused kernel on one core", boolean()),
    });
    return list_of(either({pattern, map}));
}

}  // namespace

Part runtime_part(Definitions& q) {
    return object_with(keys_of<Runtime>(
        q, [](auto& v, auto& runtime) { runtime_keys(v, runtime); },
        {
            required("name", "name and version", text()),
            required("dispatch", "costs of starting work", dispatch(q)),
            required("default_cores", "used unless a stage says otherwise; all: as many as the device has",
                     either({integer(kCoreRange), {Json{{"const", "all"}}}})),
            optional("precisions", "schemes that models may be compiled for; absent: all that matrix products support",
                     precisions()),
            optional("own_code", "plain loops on a core of the host for what it has no kernel for", own_code(q)),
            optional("generation", "how it generates text", generation(q)),
            required("dtypes", "dtypes that operators run in, preferred first", dtypes()),
            required("operators", "a rule for each operator that runs or falls back; not listed: runs nowhere",
                     per_row(operator_names(), q.define("operator_rule", rule(q)), Key::Need::kListed)),
            optional("fuses", "sequences of operators that become one kernel", fuses(q)),
        }));
}

}  // namespace berth
