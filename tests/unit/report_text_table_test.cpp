// Tables and sentences fit the given width without truncating a number.
#include "report/text_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "report/text_layout.h"

namespace berth {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::size_t widest_line(const std::string& text) {
    std::size_t widest = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        widest = std::max(widest, display_width(text.substr(at, end - at)));
        at = end + 1;
    }
    return widest;
}

TEST(ReportTextTable, StaysAsItIsWhereItFits) {
    TextTable table;
    table.column("name", Align::kLeft, Fit::kShorten);
    table.column("ms", Align::kRight);
    table.row({"attention.query", "12.5"});
    table.row({"ffn", "3"});
    EXPECT_EQ(table.natural_width(), 21U);
    EXPECT_EQ(table.text(2, {23}),
              "  name               ms\n"
              "  attention.query  12.5\n"
              "  ffn                 3\n");
}

TEST(ReportTextTable, BreaksHeadingsFirst) {
    TextTable table;
    table.column("name", Align::kLeft, Fit::kShorten);
    table.column("sustainable per second", Align::kRight);
    table.row({"attention.query.of.it", "12.5"});
    EXPECT_EQ(table.text(0, {34}),
              "                       sustainable\n"
              "name                    per second\n"
              "attention.query.of.it         12.5\n");
}

TEST(ReportTextTable, CutsNamesInTheMiddleAndBreaksSentences) {
    TextTable table;
    table.column("name", Align::kLeft, Fit::kShorten);
    table.column("ms", Align::kRight);
    table.column("why", Align::kLeft, Fit::kWrap);
    table.row({"layer.0.attention.query", "12.5", "bytes / rate of the link"});
    EXPECT_EQ(table.text(0, {40}),
              "name                       ms  why\n"
              "layer.0.attention.query  12.5  bytes /\n"
              "                               rate of\n"
              "                               the link\n");
}

TEST(ReportTextTable, ANameKeepsItsStartAndItsEnd) {
    TextTable table;
    table.column("name", Align::kLeft, Fit::kShorten);
    table.column("ms", Align::kRight);
    table.row({"layer.0.attention.query", "12.5"});
    EXPECT_EQ(table.text(0, {26}),
              "name                    ms\n"
              "layer.0....ion.query  12.5\n");
}

TEST(ReportTextTable, OptionalColumnsGoLastFirstAndAreNamed) {
    TextTable table;
    table.column("name", Align::kLeft);
    table.column("op", Align::kLeft, Fit::kOptional);
    table.column("ms", Align::kRight);
    table.column("start", Align::kRight, Fit::kOptional);
    table.row({"attention", "matmul", "12.5", "100.25"});
    EXPECT_EQ(table.text(0, {27}),
              "name       op        ms\n"
              "attention  matmul  12.5\n"
              "(no room for: start)\n");
    EXPECT_EQ(table.text(0, {20}),
              "name         ms\n"
              "attention  12.5\n"
              "(no room for: op,\n"
              "start)\n");
}

TEST(ReportTextTable, PutsPathsOnALineOfTheirOwn) {
    TextTable table;
    table.column("number", Align::kLeft, Fit::kOwnLine);
    table.column("value", Align::kRight);
    table.row({"hardware.devices.npu.dma.bandwidth", "7.8 GB/s"});
    table.row({"budget", "1 s"});
    EXPECT_EQ(table.text(0, {36}),
              "number                         value\n"
              "hardware.devices.npu.dma.bandwidth\n"
              "                            7.8 GB/s\n"
              "budget                           1 s\n");
}

TEST(ReportTextTable, BecomesSeveralTablesBeforeItCutsANumber) {
    TextTable table;
    table.column("name", Align::kLeft, Fit::kShorten);
    for (const char* heading : {"first", "second", "third"}) {
        table.column(heading, Align::kRight);
    }
    table.row({"ffn", "1234567.25", "2234567.25", "3234567.25"});
    EXPECT_EQ(table.text(0, {30}),
              "name       first      second\n"
              "ffn   1234567.25  2234567.25\n"
              "\n"
              "name       third\n"
              "ffn   3234567.25\n");
}

// Rows of the same first name are told apart in every part of the table.
TEST(ReportTextTable, EveryTableRepeatsTheNamesThatTellItsRowsApart) {
    TextTable table;
    table.columns(Align::kLeft, {"op", "dtype", "unit"});
    for (const char* heading : {"first", "second"}) {
        table.column(heading, Align::kRight);
    }
    table.row({"ffn", "fp16", "us", "1234567.25", "2234567.25"});
    table.row({"ffn", "int8", "us", "3234567.25", "4234567.25"});
    EXPECT_EQ(table.text(0, {30}),
              "op   dtype  unit       first\n"
              "ffn  fp16   us    1234567.25\n"
              "ffn  int8   us    3234567.25\n"
              "\n"
              "op   dtype      second\n"
              "ffn  fp16   2234567.25\n"
              "ffn  int8   4234567.25\n");
}

TEST(ReportTextTable, SharesItsColumnsEvenlyOverTables) {
    TextTable table;
    table.column("name", Align::kLeft);
    for (const char* heading : {"one", "two", "three", "four"}) {
        table.column(heading, Align::kRight);
    }
    table.row({"ffn", "11111", "22222", "33333", "44444"});
    EXPECT_EQ(table.text(0, {29}),
              "name    one    two\n"
              "ffn   11111  22222\n"
              "\n"
              "name  three   four\n"
              "ffn   33333  44444\n");
}

TEST(ReportTextTable, HoldsEveryNumberAtEveryWidth) {
    TextTable table;
    table.column("operator of the model", Align::kLeft, Fit::kShorten);
    table.column("bound", Align::kLeft);
    table.column("time per request", Align::kRight);
    table.column("what it is made of", Align::kLeft, Fit::kWrap);
    table.column("number", Align::kLeft, Fit::kOwnLine);
    table.column("share of all", Align::kRight);
    table.row({"layer.11.attention.output", "compute", "184.25 ms", "overheads and the longest term", "a.b.c.d.e.f",
               "99.125%"});
    for (std::size_t columns = 40; columns <= 130; ++columns) {
        const std::string text = table.text(2, {columns});
        EXPECT_LE(widest_line(text), columns) << text;
        for (const char* number : {"184.25 ms", "99.125%", "a.b.c.d.e.f", "compute"}) {
            EXPECT_THAT(text, HasSubstr(number)) << columns;
        }
    }
}

TEST(ReportTextTable, RefusesRowsOfAnotherLength) {
    TextTable table;
    table.column("name", Align::kLeft);
    EXPECT_THROW(table.row({"a", "b"}), std::logic_error);
}

TEST(ReportTextLayout, WrapsAtSpacesWithAHangingIndent) {
    EXPECT_EQ(wrapped("one two three four", 2, {11}), "  one two\n  three\n  four\n");
    EXPECT_EQ(wrapped("one two three four", 0, {11}, 2), "one two\n  three\n  four\n");
    EXPECT_EQ(wrapped("", 4, {80}), "\n");
    EXPECT_EQ(wrapped("a.path.that.is.longer then", 0, {10}), "a.path.that.is.longer\nthen\n");
}

TEST(ReportTextLayout, KeepsANumberWithItsUnit) {
    EXPECT_EQ(wrapped("it takes 12 ms, or", 0, {12}), "it takes\n12 ms, or\n");
    EXPECT_EQ(wrapped("it takes (12 GB/s).", 0, {14}), "it takes\n(12 GB/s).\n");
    EXPECT_EQ(wrapped("it holds 12 tokens", 0, {12}), "it holds 12\ntokens\n");
}

TEST(ReportTextLayout, KeepsSentencesReadableOnWideTerminals) {
    std::string words;
    for (int i = 0; i < 60; ++i) {
        words += "word ";
    }
    EXPECT_LE(widest_line(wrapped(words, 0, {250})), kMostReadable);
}

TEST(ReportTextLayout, ShortensInTheMiddle) {
    EXPECT_EQ(shortened("layer.0.attention.query", 13), "layer...query");
    EXPECT_EQ(shortened("layer", 5), "layer");
    EXPECT_EQ(shortened("größe.der.schicht", 9), "grö...cht");
    EXPECT_THAT(shortened("abcdefgh", 3), Not(HasSubstr("a")));
}

TEST(ReportTextTable, MarkdownShowsCellsAsTheyAre) {
    TextTable table;
    table.column("a|b", Align::kLeft);
    table.column("path", Align::kRight, Fit::kOwnLine);
    table.row({"1*2 <i> of\nx_y, _z [k](l) <=3 & &lt;", "stages.a|b<1>"});
    EXPECT_EQ(table.markdown(),
              "| a\\|b | path |\n"
              "| --- | ---: |\n"
              "| 1\\*2 &lt;i> of<br>x_y, \\_z [k\\](l) <=3 & &amp;lt; | `stages.a\\|b<1>` |\n");
}

}  // namespace
}  // namespace berth
