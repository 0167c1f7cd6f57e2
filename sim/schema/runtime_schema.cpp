// Schema of a device's runtime: dispatch, shapes, fusion and the rules of its operators.
#include <limits>

#include "base/mapped.h"
#include "berth/graph/scheme.h"
#include "berth/hardware/profile_keys.h"
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

Part precisions() {
    const Part list = list_of_different(choice(kSchemeNames));
    const Part map = object_with(
        {required("value", "the list", list), optional("source", "document, table or measurement, in words", text())});
    // The list may be inherited from the extended profile, like the values of numbers.
    return {Json{{"anyOf", Json::array({list.shape, map.shape})}}, map.complete};
}

Part rule(Definitions& q) {
    Part part = object_with(keys_of<OperatorRule>(q, [](auto& v, auto& each) {
        operator_place_keys(v, each);
        operator_rule_keys(v, each);
    }));
    part.complete.update(all_of(
        {if_then(has("else"), any_of(mapped(operator_limits(), has))), if_then(has("cuts_lines"), has("max_kernel")),
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
            required("dtypes", "dtypes that operators run in, preferred first", list_of_different(choice(kDTypeNames))),
            required("operators", "a rule for each operator that runs or falls back; not listed: runs nowhere",
                     per_row(operator_names(), q.define("operator_rule", rule(q)), Key::Need::kListed)),
            optional("fuses", "sequences of operators that become one kernel", fuses(q)),
        }));
}

}  // namespace berth
