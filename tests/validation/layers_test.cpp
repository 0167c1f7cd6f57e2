// Claims about layers of compiled networks on several boards: tables whose rows set the profile's numbers, each at the
// state of its own board's memory.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "berth/base/statistics.h"
#include "validation/shipped_validation.h"

namespace berth {
namespace {

constexpr double kLeastMicroseconds = 20;  // below that, a layer's time is dominated by the profiler

std::vector<const ValidatedSet*> layer_tables() {
    std::vector<const ValidatedSet*> tables;
    for (const ValidatedSet& set : shipped_validation().sets) {
        if (set.form == RowForm::kCompiledLayers) {
            tables.push_back(&set);
        }
    }
    return tables;
}

struct Errors {
    std::vector<double> relative;
    std::size_t inside = 0;
    void add(const ValidatedSet& set) {
        for (const ValidatedRow& row : set.rows) {
            if (in_microseconds(row.measured) > kLeastMicroseconds) {
                relative.push_back(std::abs(relative_error(row)));
                inside += row.predicted.low <= row.measured && row.measured <= row.predicted.high ? 1U : 0U;
            }
        }
    }
    [[nodiscard]] double mean() const {
        double sum = 0;
        for (const double one : relative) {
            sum += one;
        }
        return sum / static_cast<double>(relative.size());
    }
    [[nodiscard]] double coverage() const { return static_cast<double>(inside) / static_cast<double>(relative.size()); }
};

TEST(LayerTables, AreWithinTheirTargetsTogether) {
    Errors errors;
    for (const ValidatedSet* set : layer_tables()) {
        errors.add(*set);
    }
    const auto target = targets().at("layer_tables");
    EXPECT_GT(errors.relative.size(), 700U);
    EXPECT_LE(errors.mean(), target.at("mean").get<double>());
    EXPECT_LE(median(errors.relative).value(), target.at("median").get<double>());
    EXPECT_GE(errors.coverage(), target.at("coverage").at(0).get<double>());
    EXPECT_LE(errors.coverage(), target.at("coverage").at(1).get<double>());
}

TEST(LayerTables, EachHasAMedianErrorOfAtMostAFifth) {
    for (const ValidatedSet* set : layer_tables()) {
        Errors errors;
        errors.add(*set);
        EXPECT_LE(median(errors.relative).value(), 0.2) << set->name;
    }
}

// `OutputOperator: no operator of a graph, 0.88% of the time`
TEST(LayerTables, MapAllButATwentiethOfTheirTime) {
    for (const ValidatedSet* set : layer_tables()) {
        double share = 0;
        for (const std::string& line : set->left_out) {
            const std::size_t comma = line.rfind(", ");
            ASSERT_NE(comma, std::string::npos) << line;
            share += std::stod(line.substr(comma + 2)) / 100;
        }
        EXPECT_LE(share, 0.05) << set->name;
    }
}

}  // namespace
}  // namespace berth
