// The longest input of a model, from the checks of its architecture.
#include <algorithm>
#include <string>

#include "berth/graph/model.h"

namespace berth {

namespace {

constexpr std::int64_t kNoLimit = std::int64_t{1} << 24;

bool takes_input_of(const Model& model, std::int64_t tokens) {
    Symbols symbols = model.sizes;
    symbols["batch"] = 1;
    symbols["tokens"] = static_cast<double>(tokens);
    symbols["context"] = 0;
    return std::all_of(model.architecture->checks.begin(), model.architecture->checks.end(),
                       [&](const SizeCheck& check) {
                           const auto used = check.law.symbols();
                           if (!std::all_of(used.begin(), used.end(),
                                            [&](const std::string& name) { return symbols.contains(name); })) {
                               return true;
                           }
                           Diagnostics ignored;
                           const auto holds = check.law.evaluate(symbols, ignored);
                           return holds && *holds != 0;
                       });
}

}  // namespace

std::optional<std::int64_t> longest_input(const Model& model) {
    if (!depends_on_tokens(*model.architecture)) {
        return 1;
    }
    if (takes_input_of(model, kNoLimit)) {
        return std::nullopt;
    }
    std::int64_t good = 0;
    std::int64_t bad = kNoLimit;
    while (bad - good > 1) {
        const std::int64_t middle = good + (bad - good) / 2;
        (takes_input_of(model, middle) ? good : bad) = middle;
    }
    return good > 0 ? std::optional(good) : std::nullopt;
}

}  // namespace berth
