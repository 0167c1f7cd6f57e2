// Collection and printing of errors, and suggestion of similar names.
#include "berth/base/diagnostics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

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
    EXPECT_EQ(diagnostics.text(), "a.yaml:1:1: error: bad (2 times, also at 1:2)\n");
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

SourceLocation at(int line, int column = 3) { return SourceLocation("f.yaml", line, column); }

TEST(BaseDiagnosticsSummary, AMessageOfManyPlacesIsGivenOnceWithItsCount) {
    Diagnostics diagnostics;
    for (int i = 0; i < 780; ++i) {
        diagnostics.error(at(i + 5), "unknown key 'layerId' in 'nodes." + std::to_string(i) + "'");
    }
    EXPECT_EQ(diagnostics.text(), "f.yaml:5:3: error: unknown key 'layerId' in 'nodes.0' (780 times)\n");
    EXPECT_EQ(diagnostics.error_count(), 780U);
    EXPECT_EQ(diagnostics.size(), 780U);
}

TEST(BaseDiagnosticsSummary, FewPlacesAreNamed) {
    Diagnostics diagnostics;
    diagnostics.error(at(9), "stages.2.tokens: 0 is out of range", "a whole number");
    diagnostics.error(at(4), "stages.1.tokens: 0 is out of range", "a whole number");
    EXPECT_EQ(
        diagnostics.text(),
        "f.yaml:4:3: error: stages.1.tokens: 0 is out of range (expected a whole number) (2 times, also at 9:3)\n");
}

TEST(BaseDiagnosticsSummary, WhatDiffersInMoreThanAnIndexStaysApart) {
    Diagnostics diagnostics;
    diagnostics.error(at(1), "there is no profile 'rk3588-rknn-2.3.2'");
    diagnostics.error(at(2), "there is no profile 'rk3588-rknn-2.3.1'");
    diagnostics.error(at(3), "'0.5' is too small");
    diagnostics.error(at(4), "'0.7' is too small");
    diagnostics.warning(at(5), "'0.7' is too small");
    diagnostics.error(SourceLocation("g.yaml", 4, 3), "'0.7' is too small");
    EXPECT_EQ(diagnostics.summary().shown.size(), 6U);
}

TEST(BaseDiagnosticsSummary, TwentyAreShownErrorsFirstAndTheRestIsCounted) {
    Diagnostics diagnostics;
    for (int i = 0; i < 15; ++i) {
        diagnostics.warning(at(i + 1), "w" + std::to_string(i));
        diagnostics.error(at(100 + i), "e" + std::to_string(i));
    }
    const DiagnosticSummary summary = diagnostics.summary();
    EXPECT_EQ(summary.shown.size(), 20U);
    EXPECT_EQ(summary.shown.front().first.message, "w0") << "in the order of the file";
    EXPECT_EQ(summary.shown.back().first.message, "e14");
    EXPECT_EQ(summary.rest(), "and 10 more warnings");
    for (int i = 15; i < 22; ++i) {
        diagnostics.error(at(100 + i), "e" + std::to_string(i));
    }
    EXPECT_EQ(diagnostics.summary().rest(), "and 2 more errors and 15 more warnings");
    const std::string text = diagnostics.text();
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 21);
    EXPECT_TRUE(text.ends_with("\nand 2 more errors and 15 more warnings\n"));
}

TEST(BaseNearestName, PartsAreHeldByNames) {
    const std::vector<std::string> names{"all-MiniLM-L6-v2", "ms-marco-MiniLM-L-6-v2", "gpt2", "distilgpt2"};
    EXPECT_EQ(suggested_names("MiniLM-L6", names), "all-MiniLM-L6-v2 or ms-marco-MiniLM-L-6-v2");
    EXPECT_EQ(suggested_names("marco", names), "ms-marco-MiniLM-L-6-v2");
    EXPECT_EQ(suggested_names("gpt", names), "gpt2 or distilgpt2") << "the nearest comes first";
    EXPECT_EQ(suggested_names("gtp2", names), "gpt2");
    EXPECT_EQ(suggested_names("x", names), "");
    EXPECT_EQ(nearest_name("marco", names), "ms-marco-MiniLM-L-6-v2") << "the only one that holds it";
    EXPECT_EQ(nearest_name("minilm", names), "") << "one of several";
}

TEST(BaseNearestName, NamesMatchInAnyCaseIfThereIsOneAlone) {
    const std::vector<std::string> names{"npu", "CPU", "cpu", "Gpu"};
    EXPECT_EQ(find_name("NPU", names), 0U);
    EXPECT_EQ(find_name("cpu", names), 2U) << "the exact one";
    EXPECT_EQ(find_name("Cpu", names), std::nullopt) << "either of two";
    EXPECT_EQ(find_name("gpu", names), 3U);
    EXPECT_EQ(find_name("gp", names), std::nullopt) << "a part is not chosen";
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
