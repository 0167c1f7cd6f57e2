// Splitting of CSV, and its messages about invalid tables.
#include "berth/base/csv.h"

#include <gtest/gtest.h>

namespace berth {
namespace {

std::vector<std::string> texts(const CsvRow& row) {
    std::vector<std::string> all;
    for (const CsvCell& cell : row.cells) {
        all.push_back(cell.text);
    }
    return all;
}

using Texts = std::vector<std::string>;

TEST(BaseCsv, SplitsCellsAndKnowsWhereTheyStand) {
    Diagnostics diagnostics;
    const auto table = parse_csv("op,m , k\nmatmul, 128,\n\nadd,,7\n", "rows.csv", diagnostics);
    ASSERT_TRUE(table) << diagnostics.text();
    EXPECT_EQ(texts(table->header), (Texts{"op", "m", "k"}));
    ASSERT_EQ(table->rows.size(), 2U);
    EXPECT_EQ(texts(table->rows[0]), (Texts{"matmul", "128", ""}));
    EXPECT_EQ(table->rows[0].cells[1].where.text(), "rows.csv:2:9");
    EXPECT_EQ(table->rows[0].line, "matmul, 128,");
    EXPECT_EQ(texts(table->rows[1]), (Texts{"add", "", "7"}));
    EXPECT_EQ(table->rows[1].cells[2].where.text(), "rows.csv:4:6");
    EXPECT_EQ(table->column("k"), 2U);
    EXPECT_EQ(table->column("n"), std::nullopt);
}

TEST(BaseCsv, TakesQuotesWindowsLineEndsAndAByteOrderMark) {
    Diagnostics diagnostics;
    const auto table = parse_csv("\xEF\xBB\xBFname,x\r\n\"a, \"\"b\"\"\" ,1\r\n\"\",2", "rows.csv", diagnostics);
    ASSERT_TRUE(table) << diagnostics.text();
    EXPECT_EQ(texts(table->header), (Texts{"name", "x"}));
    EXPECT_EQ(texts(table->rows[0]), (Texts{"a, \"b\"", "1"}));
    EXPECT_EQ(table->rows[0].line, "\"a, \"\"b\"\"\" ,1");
    EXPECT_EQ(texts(table->rows[1]), (Texts{"", "2"}));
}

TEST(BaseCsv, ReportsEveryBadRow) {
    Diagnostics diagnostics;
    EXPECT_FALSE(parse_csv("a,b,a\n1,2\n\"1,2,3\n\"1\"x,2,3\n", "rows.csv", diagnostics));
    EXPECT_EQ(diagnostics.text(),
              "rows.csv:1:5: error: column 'a' appears twice\n"
              "rows.csv:2:1: error: the row has 2 cells (expected 3, as in the header)\n"
              "rows.csv:3:1: error: the quote is not closed\n"
              "rows.csv:3:1: error: the row has 1 cells (expected 3, as in the header)\n"
              "rows.csv:4:4: error: text after a quoted cell (expected a comma)\n");
}

TEST(BaseCsv, AnEmptyFileHasNoHeader) {
    Diagnostics diagnostics;
    EXPECT_FALSE(parse_csv("\n  \n", "rows.csv", diagnostics));
    EXPECT_EQ(diagnostics.text(), "rows.csv: error: no header (expected a first line with the names of the columns)\n");
}

}  // namespace
}  // namespace berth
