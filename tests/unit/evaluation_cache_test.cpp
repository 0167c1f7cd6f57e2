// Storage of keys and values: every device that generates text reads every cache that a scenario may ask for.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "berth/evaluation/evaluation.h"
#include "scenario_fixtures.h"

namespace berth {
namespace {

// A short answer of a small decoder on a device, under the first of the usual schemes that it runs; absent: none.
std::optional<ModelStage> answering(const Profile& profile, DeviceId device) {
    for (const std::string_view scheme : {"int8", "w4a16", "w4a16_g32", "fp16"}) {
        Diagnostics diagnostics;
        ModelStage stage;
        stage.model = load_model(kShipped, "qwen2-0.5b", {}, SourceLocation("m"), diagnostics).value();
        stage.precision.dtype = std::ranges::find(kSchemeNames, scheme, &Choice<Scheme>::name)->value;
        stage.generation = Generation{Phase::kGenerate, 64, 8};
        stage.tokens = {{64, 1}};
        if (evaluate_on(profile, stage, device, diagnostics)) {
            return stage;
        }
    }
    return std::nullopt;
}

// Wider storage takes more bytes, and reading them no less time.
void expect_all_caches(const Profile& profile, DeviceId device, ModelStage stage) {
    std::vector<std::pair<double, Candidate>> by_size;
    for (const auto& [name, storage] : kCacheNames) {
        Diagnostics diagnostics;
        stage.precision.cache = storage;
        const auto candidate = evaluate_on(profile, stage, device, diagnostics);
        ASSERT_TRUE(candidate) << profile.name << ", " << name << ": " << diagnostics.text();
        by_size.emplace_back(in_bytes(stored_size(storage.dtype, storage.group)), *candidate);
    }
    std::ranges::stable_sort(by_size, {}, &std::pair<double, Candidate>::first);
    for (std::size_t i = 1; i < by_size.size(); ++i) {
        const auto& [narrow, before] = by_size[i - 1];
        const auto& [wide, after] = by_size[i];
        EXPECT_NEAR(after.generation->kv_cache / before.generation->kv_cache, wide / narrow, 1e-9) << profile.name;
        EXPECT_LE(before.latency.median, after.latency.median * (1 + 1e-9)) << profile.name << ", " << wide;
    }
}

TEST(CacheStorage, EveryDeviceReadsEveryCache) {
    std::set<std::string> tried;
    for (const auto& entry : std::filesystem::directory_iterator(std::string(BERTH_SOURCE_DIR) + "/hardware")) {
        if (entry.path().extension() != ".yaml") {
            continue;
        }
        Diagnostics diagnostics;
        const auto profile =
            load_hardware(kShipped, entry.path().stem().string(), {}, SourceLocation("test"), diagnostics);
        ASSERT_TRUE(profile) << diagnostics.text();
        for (std::size_t d = 0; d < profile->devices.size(); ++d) {
            if (const auto stage = answering(*profile, static_cast<DeviceId>(d))) {
                expect_all_caches(*profile, static_cast<DeviceId>(d), *stage);
                tried.insert(profile->name);
            }
        }
    }
    for (const char* name : {"rk3588-rkllm-1.3.0", "rk3588-rkllm-ggml", "rk3588-ggml", "x86-ggml",
                             "raspberry-pi-5-ggml", "snapdragon-x-elite-genie"}) {
        EXPECT_TRUE(tried.contains(name)) << name;
    }
}

// What a cache holds is converted on the way, so attention multiplies at its own dtype.
TEST(CacheStorage, AWiderCacheCostsItsBytesAlone) {
    const auto step_with = [](const std::string& cache) {
        const Answered all = answered("chat-rk3588", {{"stages.answer.cache", cache}});
        const StageResult& stage = all.result->stages.front();
        const Candidate& chosen = stage.candidates[*stage.chosen];
        return *std::ranges::find(chosen.operators, "layer.0.attention.scores", &OperatorResult::name);
    };
    const OperatorResult narrow = step_with("fp16");
    const OperatorResult wide = step_with("fp32");
    EXPECT_EQ(wide.ran_at, narrow.ran_at);
    EXPECT_EQ(wide.macs, narrow.macs);
    EXPECT_EQ(wide.cost->compute, narrow.cost->compute);
    EXPECT_GT(wide.dram_bytes, narrow.dram_bytes);
}

}  // namespace
}  // namespace berth
