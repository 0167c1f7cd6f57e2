// Laws of generating text: a longer context is never faster, a prompt and its steps add up, groups share their cache.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "berth/evaluation/evaluation.h"

namespace berth {
namespace {

const Library kLibrary{{BERTH_SOURCE_DIR}};

const Profile& phone() {
    static const Profile profile = [] {
        Diagnostics diagnostics;
        return load_hardware(kLibrary, "rk3588-rkllm-1.3.0", {}, SourceLocation("test"), diagnostics).value();
    }();
    return profile;
}

const Model& small_model() {
    static const Model model = [] {
        Diagnostics diagnostics;
        return load_model(kLibrary, "smollm2-135m", {}, SourceLocation("test"), diagnostics).value();
    }();
    return model;
}

Candidate generated(const Model& model, Generation generation, DeviceId device = 0) {
    ModelStage stage;
    stage.model = model;
    stage.precision.dtype = DType::kInt8;
    stage.generation = generation;
    stage.tokens = {{generation.prompt, 1}};
    Diagnostics diagnostics;
    const auto candidate = evaluate_on(phone(), stage, device, diagnostics);
    RC_ASSERT(candidate.has_value());
    return *candidate;
}

RC_GTEST_PROP(Generation, MoreContextIsNeverFaster, ()) {
    const auto context = *rc::gen::inRange<std::int64_t>(1, 4000);
    const auto more = *rc::gen::inRange<std::int64_t>(0, 4000);
    const DeviceId device = *rc::gen::inRange(0, 2);
    const auto shorter = generated(small_model(), {Phase::kDecode, context, 1}, device);
    const auto longer = generated(small_model(), {Phase::kDecode, context + more, 1}, device);
    RC_ASSERT(longer.latency.median >= shorter.latency.median * (1 - 1e-12));
    RC_ASSERT(longer.generation->kv_cache >= shorter.generation->kv_cache);
}

RC_GTEST_PROP(Generation, ALongerPromptIsNeverFaster, ()) {
    const auto prompt = *rc::gen::inRange<std::int64_t>(1, 512);
    const auto more = *rc::gen::inRange<std::int64_t>(0, 512);
    const auto shorter = generated(small_model(), {Phase::kPrefill, prompt, 0});
    const auto longer = generated(small_model(), {Phase::kPrefill, prompt + more, 0});
    // Rows that fill a tile better may be slightly faster.
    RC_ASSERT(longer.latency.median >= shorter.latency.median * 0.97);
}

RC_GTEST_PROP(Generation, IsThePromptAndItsSteps, ()) {
    const auto prompt = *rc::gen::inRange<std::int64_t>(1, 300);
    const auto tokens = *rc::gen::inRange<std::int64_t>(1, 300);
    const auto whole = generated(small_model(), {Phase::kGenerate, prompt, tokens});
    const auto first = generated(small_model(), {Phase::kPrefill, prompt, 0});
    const auto step = generated(small_model(), {Phase::kDecode, prompt, tokens});
    const Time sum = first.latency.median + step.latency.median * static_cast<double>(tokens);
    RC_ASSERT(std::abs(whole.latency.median / sum - 1) < 1e-9);
    RC_ASSERT(std::abs(whole.generation->first_token->median / first.latency.median - 1) < 1e-9);
    RC_ASSERT(std::abs(*whole.generation->step / step.latency.median - 1) < 1e-9);
    Time classes = whole.handover;
    for (const auto& [category, time] : whole.by_category) {
        classes += time;
    }
    RC_ASSERT(std::abs(classes / whole.latency.median - 1) < 1e-9);
}

// The sum over sampled steps equals that over all steps.
RC_GTEST_PROP(Generation, FewStepsStandForAll, ()) {
    const auto prompt = *rc::gen::inRange<std::int64_t>(1, 1000);
    const auto tokens = *rc::gen::inRange<std::int64_t>(5, 24);
    Time each;
    for (std::int64_t i = 0; i < tokens; ++i) {
        each += generated(small_model(), {Phase::kDecode, prompt + i, 1}).latency.median;
    }
    const Time mean = generated(small_model(), {Phase::kDecode, prompt, tokens}).latency.median;
    RC_ASSERT(std::abs(mean * static_cast<double>(tokens) / each - 1) < 2e-3);
}

RC_GTEST_PROP(Generation, HeadsThatShareKeysDivideTheCache, ()) {
    Model grouped = small_model();
    const auto group = *rc::gen::element(1, 3, 9);
    grouped.sizes["heads"] = 9;
    grouped.sizes["kv_heads"] = 9.0 / group;
    Model single = grouped;
    single.sizes["kv_heads"] = 9;
    const Generation generation{Phase::kDecode, *rc::gen::inRange<std::int64_t>(1, 2000), 1};
    RC_ASSERT(generated(grouped, generation).generation->kv_cache * static_cast<double>(group) ==
              generated(single, generation).generation->kv_cache);
}

}  // namespace
}  // namespace berth
