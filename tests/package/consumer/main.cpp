// Where should each stage run? Usage: consumer DATA, the folder that holds hardware/, models/ and scenarios/.
#include <berth/base/quantity_text.h>
#include <berth/evaluation/evaluation.h>

#include <cstdio>

int main(int count, char** words) {
    const berth::Library library{{count > 1 ? words[1] : "."}};
    berth::Diagnostics diagnostics;
    const auto scenario =
        berth::load_scenario(library, "rag-rk3588", {{"stages.rerank.buckets", "[128, 512]"}}, diagnostics);
    const auto result = scenario ? berth::evaluate(*scenario, diagnostics) : std::nullopt;
    std::fputs(diagnostics.text().c_str(), stderr);
    if (!result) {
        return 2;
    }
    for (const berth::StageResult& stage : result->stages) {
        const std::string place = stage.chosen ? stage.candidates[*stage.chosen].placement : "fixed time";
        std::printf("%s: %s, %s\n", stage.name.c_str(), place.c_str(), berth::to_text(stage.latency.median).c_str());
    }
}
