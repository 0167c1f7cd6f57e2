// How errors are collected and printed, and which name is called near.
#include "berth/diagnostics.h"

#include <gtest/gtest.h>

namespace berth {
namespace {

TEST(BaseDiagnostics, PrintsEachPartOnlyWhereItIsKnown) {
    const SourceLocation where("npu.yaml", 3, 7);
    EXPECT_EQ((Diagnostic{where, Severity::kError, "bad", "", ""}).text(), "npu.yaml:3:7: error: bad");
    EXPECT_EQ((Diagnostic{where, Severity::kError, "bad", "good", ""}).text(),
              "npu.yaml:3:7: error: bad (expected good)");
    EXPECT_EQ((Diagnostic{where, Severity::kWarning, "bad", "", "best"}).text(),
              "npu.yaml:3:7: warning: bad (did you mean best?)");
    EXPECT_EQ((Diagnostic{where, Severity::kError, "bad", "good", "best"}).text(),
              "npu.yaml:3:7: error: bad (expected good, did you mean best?)");
    EXPECT_EQ((Diagnostic{SourceLocation("npu.yaml", 3), Severity::kError, "bad", "", ""}).text(),
              "npu.yaml:3: error: bad");
    EXPECT_EQ((Diagnostic{SourceLocation("npu.yaml"), Severity::kError, "bad", "", ""}).text(), "npu.yaml: error: bad");
    EXPECT_EQ((Diagnostic{SourceLocation(), Severity::kError, "bad", "", ""}).text(), "error: bad");
}

TEST(BaseDiagnostics, SortsByPlaceAndKeepsTheOrderOfEqualPlaces) {
    Diagnostics diagnostics;
    diagnostics.error(SourceLocation("b.yaml", 1, 1), "sixth");
    diagnostics.error(SourceLocation("a.yaml", 10, 1), "fifth");
    diagnostics.error(SourceLocation("a.yaml", 9, 2), "third");
    diagnostics.warning(SourceLocation("a.yaml", 9, 2), "fourth");
    diagnostics.error(SourceLocation("a.yaml", 9, 1), "second");
    diagnostics.error(SourceLocation("a.yaml"), "first");
    EXPECT_EQ(diagnostics.text(),
              "a.yaml: error: first\n"
              "a.yaml:9:1: error: second\n"
              "a.yaml:9:2: error: third\n"
              "a.yaml:9:2: warning: fourth\n"
              "a.yaml:10:1: error: fifth\n"
              "b.yaml:1:1: error: sixth\n");
    EXPECT_EQ(diagnostics.all().front().message, "sixth");
}

TEST(BaseDiagnostics, KeepsRepeatsOnceButCountsThemAsErrors) {
    Diagnostics diagnostics;
    EXPECT_TRUE(diagnostics.empty());
    diagnostics.error(SourceLocation("a.yaml", 1, 1), "bad");
    diagnostics.error(SourceLocation("a.yaml", 1, 1), "bad");
    diagnostics.error(SourceLocation("a.yaml", 1, 2), "bad");
    EXPECT_EQ(diagnostics.size(), 2U);
    EXPECT_EQ(diagnostics.error_count(), 3U);
    EXPECT_EQ(diagnostics.text(), "a.yaml:1:1: error: bad\na.yaml:1:2: error: bad\n");
}

TEST(BaseDiagnostics, WarningsAreNoErrors) {
    Diagnostics diagnostics;
    diagnostics.warning(SourceLocation("a.yaml"), "odd");
    EXPECT_FALSE(diagnostics.has_errors());
    EXPECT_FALSE(diagnostics.empty());
    diagnostics.error(SourceLocation("a.yaml"), "odd");
    EXPECT_TRUE(diagnostics.has_errors());
    EXPECT_EQ(diagnostics.size(), 2U) << "same words, other severity";
}

TEST(BaseDiagnostics, MergeAddsWhatIsNew) {
    Diagnostics a;
    a.error(SourceLocation("a.yaml", 1, 1), "one");
    Diagnostics b;
    b.error(SourceLocation("a.yaml", 1, 1), "one");
    b.warning(SourceLocation("a.yaml", 2, 1), "two");
    a.merge(b);
    a.merge(a);
    EXPECT_EQ(a.size(), 2U);
    EXPECT_EQ(a.error_count(), 2U);
}

TEST(BaseDiagnostics, ShiftedMovesOnlyKnownColumns) {
    EXPECT_EQ(SourceLocation("a", 2, 5).shifted(3), SourceLocation("a", 2, 8));
    EXPECT_EQ(SourceLocation("a", 2, 0).shifted(3), SourceLocation("a", 2, 0));
    EXPECT_FALSE(SourceLocation("a", 2, 5) == SourceLocation("b", 2, 5));
}

TEST(BaseNearestName, CountsEditsAndSwaps) {
    EXPECT_EQ(edit_distance("", ""), 0U);
    EXPECT_EQ(edit_distance("abc", ""), 3U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
    EXPECT_EQ(edit_distance("memroy", "memory"), 1U);
    EXPECT_EQ(edit_distance("ca", "abc"), 3U) << "restricted: a swapped pair is not edited again";
}

TEST(BaseNearestName, FindsWhatIsCloseAndNothingElse) {
    const std::vector<std::string> names{"memory", "devices", "links", "clock", "npu"};
    EXPECT_EQ(nearest_name("memroy", names), "memory");
    EXPECT_EQ(nearest_name("Devices", names), "devices");
    EXPECT_EQ(nearest_name("clk", names), "clock");
    EXPECT_EQ(nearest_name("gpu", names), "npu");
    EXPECT_EQ(nearest_name("bandwidth", names), "");
    EXPECT_EQ(nearest_name("x", std::vector<std::string>{"y"}), "");
    EXPECT_EQ(nearest_name("", names), "");
    EXPECT_EQ(nearest_name("ab", std::vector<std::string>{"ac", "ad"}), "ac") << "the first of equals";
    EXPECT_EQ(nearest_name("ad", std::vector<std::string>{"ac", "ad"}), "ad");
}

TEST(BaseNearestName, ListsNames) {
    EXPECT_EQ(list_of(std::vector<std::string>{}), "");
    EXPECT_EQ(list_of(std::vector<std::string>{"a"}), "a");
    EXPECT_EQ(list_of(std::vector<std::string>{"a", "b", "c"}), "a, b or c");
}

}  // namespace
}  // namespace berth
