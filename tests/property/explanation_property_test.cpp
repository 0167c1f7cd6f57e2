// Printed explanations of kernels are consistent: each formula evaluates to its term, and the rule of the terms to the
// total.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <filesystem>
#include <set>

#include "berth/cost/cost_breakdown.h"
#include "berth/cost/plan.h"
#include "berth/evaluation/evaluation.h"
#include "berth/report/report.h"
#include "berth/scenario/scenario.h"
#include "printed_formula.h"
#include "random_kernels.h"

namespace berth::explanations {
namespace {

using Json = nlohmann::json;

Library shipped() { return {{std::filesystem::path(BERTH_SOURCE_DIR)}}; }

std::vector<std::string> names_in(const char* folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(BERTH_SOURCE_DIR) / folder)) {
        if (entry.path().extension() == ".yaml") {
            names.push_back(entry.path().stem().string());
        }
    }
    std::ranges::sort(names);
    return names;
}

KernelPrediction prediction_of(const Kernel& kernel, const Device& device, const Execution& execution) {
    KernelPrediction prediction;
    prediction.cost = kernel_cost(kernel, device, execution);
    prediction.latency = {prediction.cost.total, prediction.cost.total, prediction.cost.total};
    prediction.kernel = kernel;
    return prediction;
}

/// Checks of one printed explanation; `wrong` describes the first inconsistency.
class Checked {
  public:
    explicit Checked(const Json& printed) : printed_(printed) {}

    std::string wrong() {
        for (const Json& term : printed_["terms"]) {
            check(term, term["time_ms"].get<double>() / 1e3);
            values_[term["name"]] = term["value"];
            for (const Json& part : term["parts"]) {
                check(part, std::nullopt);
            }
            check_inputs(term, term["parts"]);
        }
        for (const Json& part : printed_["rule_parts"]) {
            check(part, std::nullopt);
        }
        const Json rule{{"name", "total"},
                        {"formula", printed_["rule"]},
                        {"filled_in", printed_["rule_filled_in"]},
                        {"inputs", printed_["rule_inputs"]},
                        {"value", ""}};
        check(rule, printed_["kernel_ms"].get<double>() / 1e3);
        for (const Json& input : printed_["rule_inputs"]) {
            if (const auto term = values_.find(input["name"]);
                term != values_.end() && term->second != input["value"]) {
                say("the rule takes " + input["name"].get<std::string>() + " for " + input["value"].get<std::string>());
            }
        }
        return wrong_;
    }

  private:
    void say(const std::string& what) { wrong_ = wrong_.empty() ? what : wrong_; }

    void check(const Json& line, std::optional<double> wanted) {
        const std::string value = line["value"];
        const double printed = value.empty() ? *wanted : PrintedFormula().value(value).value_or(-1);
        if (wanted && std::abs(printed - *wanted) > 2e-5 * *wanted) {
            say(line["name"].get<std::string>() + " is printed as " + value);
        }
        const std::string found = wrong_in(line["formula"], line["filled_in"], line["inputs"], printed);
        if (!found.empty()) {
            say(line["name"].get<std::string>() + ": " + found);
        }
    }

    // The value of a name equals the part that is explained under this name.
    void check_inputs(const Json& term, const Json& parts) {
        for (const Json& part : parts) {
            for (const Json& input : term["inputs"]) {
                if (input["name"] == part["name"] && input["value"] != part["value"]) {
                    say(part["name"].get<std::string>() + " has two values");
                }
            }
        }
    }

    const Json& printed_;
    std::map<std::string, std::string> values_;
    std::string wrong_;
};

bool same(const KernelCost& a, const KernelCost& b) {
    return a.total == b.total && a.bound == b.bound && a.cores == b.cores && a.traffic.read == b.traffic.read &&
           a.traffic.write == b.traffic.write && a.co_runner_misses == b.co_runner_misses &&
           std::ranges::all_of(kTimeTerms, [&](const TimeTerm& term) { return a.*term.time == b.*term.time; });
}

std::string in_one_line(const std::string& text) {
    std::string line;
    for (const char c : text) {
        const char one = c == '\n' ? ' ' : c;
        if (one != ' ' || !line.ends_with(' ')) {
            line += one;
        }
    }
    return line;
}

// The text contains the same formulas.
std::string missing_in(const std::string& text, const Json& printed) {
    const std::string line = in_one_line(text);
    const auto missing = [&line](const std::string& part) {
        return line.find(part) == std::string::npos ? "the text lacks " + part : std::string();
    };
    std::string first = missing(printed["rule"]) + missing(printed["rule_filled_in"]);
    for (const Json& term : printed["terms"]) {
        if (first.empty() && term["time_ms"].get<double>() > 0) {
            first = missing(term["formula"]) + missing(term["filled_in"]);
        }
    }
    return first;
}

std::string wrong_about(const Kernel& kernel, const Device& device, const Execution& execution) {
    const KernelPrediction prediction = prediction_of(kernel, device, execution);
    if (!same(explain_cost(kernel, device, execution).cost, prediction.cost)) {
        return "explained and counted differently";
    }
    const Json printed = Json::parse(kernel_json(kernel, prediction, device, execution));
    const std::string text = kernel_text(kernel, prediction, device, execution);
    const std::string wrong = Checked(printed).wrong() + missing_in(text, printed);
    return wrong.empty() ? "" : wrong + "\n" + text;
}

/// Variants of a kernel: unmodified, and as in operator tables: called repeatedly, with cold caches, by the library.
std::vector<Kernel> variants(const Kernel& kernel, const Device& device) {
    std::vector<Kernel> all{kernel};
    const double evicted = evicted_share(operands_of(kernel), keeping_capacity(device, device.cores()), device.kind);
    Kernel hot = kernel;
    hot.cache = CacheState::kHot;
    hot.evicted = evicted < 1 ? evicted : 0;
    hot.input_on_chip = hot.output_on_chip = hot.weights_on_chip = evicted < 1;
    all.push_back(hot);
    Kernel cold = kernel;
    cold.cache = CacheState::kCold;
    cold.evicted = 0;
    cold.input_on_chip = cold.output_on_chip = cold.weights_on_chip = false;
    all.push_back(cold);
    if (kernel.kind == OperatorKind::kMatmul && kernel.epilogue_length == 0) {
        Kernel call = cold;
        call.library_call = call.keeps_accumulators = true;
        all.push_back(call);
    }
    return all;
}

/// Checks the explanations of kernels, and counts them.
class ShippedKernels {
  public:
    /// Checks all variants on all cores, and the unmodified kernel on one core.
    void check(const Kernel& kernel, const Device& device, const std::string& profile) {
        for (const Kernel& variant : variants(kernel, device)) {
            add_up(variant, device, device.cores(), profile);
        }
        if (device.cores() > 1) {
            add_up(kernel, device, 1, profile);
        }
    }
    std::size_t count = 0;

  private:
    void add_up(const Kernel& kernel, const Device& device, int cores, const std::string& profile) {
        ++count;
        EXPECT_EQ(wrong_about(kernel, device, {cores, std::nullopt}), "") << profile << " " << device.name;
    }
};

// Every kernel of the scenarios' models, lowered for every device that supports its dtypes.
void check_models(const std::vector<ModelStage>& stages, const std::string& name, ShippedKernels& kernels) {
    Diagnostics diagnostics;
    const auto profile = load_hardware(shipped(), name, {}, SourceLocation("test"), diagnostics);
    ASSERT_TRUE(profile) << diagnostics.text();
    std::vector<std::pair<std::string, Kernel>> known;
    for (const ModelStage& stage : stages) {
        for (std::size_t d = 0; d < profile->devices.size(); ++d) {
            const Device& device = profile->devices[d];
            const std::int64_t tokens = stage.buckets.empty() || device.runtime.shapes == ShapeRule::kDynamic
                                            ? stage.tokens.front().tokens
                                            : stage.buckets.back();
            auto graph = instantiate(stage.model, Workload{stage.batch, tokens, 0}, diagnostics);
            ASSERT_TRUE(graph && apply_precision(*graph, stage.precision, diagnostics)) << diagnostics.text();
            const DevicePlan plan = plan_device(*graph, *profile, static_cast<DeviceId>(d), {device.cores(), {}});
            for (const Kernel& kernel : plan.kernels) {
                const std::pair one{device.name, kernel};
                if (std::ranges::find(known, one) == known.end()) {
                    known.push_back(one);
                    kernels.check(kernel, device, name);
                }
            }
        }
    }
}

std::string identity(const ModelStage& stage) {
    std::string text = stage.model.name + "/" + std::to_string(stage.batch) + "/" +
                       std::to_string(stage.tokens.front().tokens) + "/" +
                       std::to_string(stage.buckets.empty() ? 0 : stage.buckets.back()) + "/" +
                       std::to_string(static_cast<int>(stage.precision.dtype.weights)) + "/" +
                       std::to_string(static_cast<int>(stage.precision.dtype.activations));
    for (const PrecisionRule& rule : stage.precision.rules) {
        text += "/" + rule.pattern;
    }
    return text;
}

std::vector<ModelStage> shipped_stages() {
    std::vector<ModelStage> stages;
    std::set<std::string> seen;
    for (const std::string& name : names_in("scenarios")) {
        Diagnostics diagnostics;
        const auto scenario = load_scenario(shipped(), name, {}, diagnostics);
        EXPECT_TRUE(scenario) << diagnostics.text();
        for (const Stage& stage : scenario ? scenario->stages : std::vector<Stage>()) {
            const auto* work = std::get_if<ModelStage>(&stage.work);
            if (work != nullptr && seen.insert(identity(*work)).second) {
                stages.push_back(*work);
            }
        }
    }
    return stages;
}

class ExplanationsOn : public testing::TestWithParam<std::string> {};

TEST_P(ExplanationsOn, OfAllKernelsOfShippedScenariosAddUp) {
    ShippedKernels kernels;
    check_models(shipped_stages(), GetParam(), kernels);
    EXPECT_GT(kernels.count, 100U);
}

INSTANTIATE_TEST_SUITE_P(Shipped, ExplanationsOn, testing::ValuesIn(names_in("hardware")), [](const auto& one) {
    std::string name = one.param;
    std::erase_if(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
    return name;
});

template <class Q>
void maybe(std::optional<Parameter<Q>>& parameter, Q value) {
    if (*rc::gen::arbitrary<bool>()) {
        parameter = Parameter<Q>{value};
    }
}

/// The CPU of the board with some of the rules that a profile may have.
Device any_cpu() {
    Device device = board_with_all_rules().devices[1];
    maybe(device.matrix.winograd, 2.25);
    maybe(device.matrix.result_steps, 3.7);
    maybe(device.matrix.overlap, 0.88);
    maybe(device.dma.overlap, 0.217);
    if (*rc::gen::arbitrary<bool>()) {
        device.matrix.core_block = CoreBlock{32, 64};
    }
    device.vector_lanes = 16;
    device.overlap.value = 0.81;
    device.dma.write_cost.value = *rc::gen::element(0.7, 1.0, 1.3);
    for (VectorRate& rate : device.vector) {
        maybe(rate.row_cycles, 37.5);
        maybe(rate.tail_cycles, 4.25);
        maybe(rate.call_cycles, 812.0);
    }
    maybe(device.memories.back().coherence_transfer, gigabytes_per_second(17.15));
    maybe(device.memories.back().co_runners, gigabytes_per_second(6.925));
    maybe(device.runtime.dispatch_repeated, microseconds(1.3));
    maybe(device.runtime.dispatch_cold, microseconds(8.7));
    return device;
}

/// The NPU of the board with the features of runtimes for language models.
Device any_npu() {
    Device device = board_with_all_rules().devices[0];
    maybe(device.runtime.dispatch_host_cycles, 41700.0);
    maybe(device.runtime.sampling_cycles, 7.9);
    maybe(device.runtime.wake_up, microseconds(61.3));
    maybe(device.attention->layout_cycles, 7.3);
    maybe(device.matrix.group_sums, operations(3.7));
    maybe(device.matrix.group_scale, bytes(8));
    device.vector_by_host = *rc::gen::arbitrary<bool>();
    return device;
}

void cut_some(Kernel& kernel) {
    if (kernel.kind == OperatorKind::kMatmul && *rc::gen::arbitrary<bool>()) {
        kernel.cut.pieces = {*rc::gen::inRange(1, 3), *rc::gen::inRange(1, 4), *rc::gen::inRange(1, 3)};
        kernel.weight_group = *rc::gen::element(0, 128);
    }
}

Kernel any_kernel(const Device& device) {
    Kernel kernel = any_npu_kernel();
    while (kernel.kind == OperatorKind::kAttention && !device.attention) {
        kernel = any_npu_kernel();
    }
    if (device.kind == DeviceKind::kNpu) {
        cut_some(kernel);
    }
    if (device.kind == DeviceKind::kCpu) {
        kernel.input = kernel.weight = kernel.output = *rc::gen::element(DType::kInt8, DType::kFp32);
        kernel.library_call = kernel.keeps_accumulators = false;
    }
    kernel.chooses_token = *rc::gen::arbitrary<bool>();
    const std::int64_t elements = output_elements(kernel.kind, kernel.dims);
    kernel.epilogue_length = *rc::gen::inRange<std::uint8_t>(0, Kernel::kMaxEpilogue + 1);
    for (std::size_t i = 0; i < kernel.epilogue_length; ++i) {
        kernel.epilogue[i] = {*rc::gen::element(OperatorKind::kGelu, OperatorKind::kAdd, OperatorKind::kLayerNorm),
                              RowsDims{std::max<std::int64_t>(1, elements / 384), 384}, 0.33};
    }
    kernel.input_on_chip = *rc::gen::arbitrary<bool>();
    kernel.output_on_chip = *rc::gen::arbitrary<bool>();
    kernel.weights_on_chip = *rc::gen::arbitrary<bool>();
    kernel.evicted = *rc::gen::element(0.0, 0.3173, 1.0);
    kernel.cache = *rc::gen::element(CacheState::kGraph, CacheState::kHot, CacheState::kCold);
    return kernel;
}

RC_GTEST_PROP(Explanations, OfAnyKernelAddUp, ()) {
    const Device device = *rc::gen::arbitrary<bool>() ? any_cpu() : any_npu();
    const Kernel kernel = any_kernel(device);
    const int cores = *rc::gen::inRange(1, device.cores() + 1);
    RC_ASSERT(wrong_about(kernel, device, {cores, std::nullopt}) == "");
}

RC_GTEST_PROP(Explanations, AreOfNoKernelThatDrawsMoreThanTheMemorySustains, ()) {
    Device device = *rc::gen::arbitrary<bool>() ? any_cpu() : any_npu();
    device.bus = Parameter<Bandwidth>{gigabytes_per_second(*rc::gen::element(0.3, 1.0, 4.0, 12.0))};
    const Kernel kernel = any_kernel(device);
    const Execution execution{*rc::gen::inRange(1, device.cores() + 1), std::nullopt};
    const KernelCost cost = kernel_cost(kernel, device, execution);
    RC_ASSERT((cost.traffic.read + cost.traffic.write) / cost.total <= device.bus->value * (1 + 1e-9));
    RC_ASSERT(wrong_about(kernel, device, execution) == "");
}

}  // namespace
}  // namespace berth::explanations
