// Sections that an architecture takes from another one's file: what is built, and the errors at both places.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph_fixtures.h"
#include "scratch_folder.h"

namespace berth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kOwner =
    "architecture: owner\n"
    "sizes: {width: columns, rounds: blocks, wide: {default: 2, meaning: times}}\n"
    "inputs: {image: {shape: [batch, width]}}\n"
    "sections:\n"
    "  - section: stem\n"
    "    result: relu\n"
    "    operators:\n"
    "      - {name: relu, op: relu, inputs: [image], rows: batch, cols: width, shape: [batch, width]}\n"
    "  - section: block.{i}\n"
    "    repeat: rounds\n"
    "    let: {inner: wide * width}\n"
    "    result: down\n"
    "    operators:\n"
    "      - {name: up, op: matmul, inputs: [input], m: batch, k: width, n: inner, shape: [batch, inner]}\n"
    "      - {name: down, op: matmul, inputs: [up], m: batch, k: inner, n: width, shape: [batch, width]}\n";

/// An architecture with these sections, beside the one that has others to give.
struct Borrower {
    ScratchFolder folder;
    Diagnostics diagnostics;
    std::optional<Model> model;

    explicit Borrower(const std::string& sections) {
        folder.write("owner.yaml", kOwner);
        folder.write("borrower.yaml",
                     "architecture: borrower\nsizes: {width: columns, rounds: blocks}\n"
                     "inputs: {image: {shape: [batch, width]}}\nsections:\n" +
                         sections);
        const auto document = YamlDocument::parse("model: m\narchitecture: borrower\nsizes: {width: 4, rounds: 2}\n",
                                                  "m.yaml", diagnostics);
        model = read_model(document.value().root(diagnostics), folder.path());
    }

    [[nodiscard]] std::string said() const { return folder.relative(diagnostics.text()); }
};

TEST(BorrowedSections, AreBuiltWithTheSizesAndLocalsOfTheirNewPlace) {
    Borrower borrower("  - {section: stem, of: owner}\n  - {section: 'block.{i}', of: owner, let: {wide: 3}}\n");
    ASSERT_TRUE(borrower.model) << borrower.said();
    const Graph graph = lay_out(*borrower.model, {1, 1});
    ASSERT_EQ(graph.operators.size(), 5U);
    EXPECT_EQ(graph.operators.back().name, "block.1.down");
    EXPECT_EQ(totals(graph).parameters, 2 * 2 * 4 * 12);
    EXPECT_THAT(read_by(graph, "block.0.up"), ElementsAre("stem.relu"));
}

TEST(BorrowedSections, ErrorsInTheOtherFileAreToldAtBothPlaces) {
    const Borrower borrower("  - {section: stem, of: owner}\n  - {section: 'block.{i}', of: owner}\n");
    EXPECT_FALSE(borrower.model);
    EXPECT_THAT(borrower.said(), HasSubstr("owner.yaml:11:18: error: unknown symbol 'wide' in 'wide * width'"));
    EXPECT_THAT(
        borrower.said(),
        HasSubstr(
            "borrower.yaml:6:32: error: sections.1.of: section 'block.{i}' of 'owner' does not fit the sizes and names "
            "here (expected those that it uses, as sizes of this file or in 'let')"));
}

TEST(BorrowedSections, MisspeltNamesAndKeysThatDoNotGoWithThem) {
    EXPECT_THAT(
        Borrower("  - {section: stem, of: owners}\n").said(),
        HasSubstr(
            "borrower.yaml:5:25: error: sections.0.of: there is no architecture 'owners' beside this one (did you mean "
            "owner?)"));
    EXPECT_THAT(
        Borrower("  - {section: steam, of: owner}\n").said(),
        HasSubstr(
            "borrower.yaml:5:26: error: sections.0.of: 'owner' has no section 'steam' (expected stem or block.{i}, did "
            "you mean stem?)"));
    EXPECT_THAT(Borrower("  - {section: stem, of: owner, result: relu}\n").said(), HasSubstr("unknown key 'result'"));
    const Borrower twice("  - {section: stem, of: owner}\n");
    const auto third = twice.folder.write("third.yaml",
                                          "architecture: third\nsizes: {width: columns}\n"
                                          "inputs: {image: {shape: [batch, width]}}\nsections:\n"
                                          "  - {section: stem, of: borrower}\n");
    Diagnostics diagnostics;
    const auto document = YamlDocument::load(third, diagnostics);
    EXPECT_FALSE(read_architecture(document.value().root(diagnostics)));
    EXPECT_THAT(diagnostics.text(),
                HasSubstr("third.yaml:5:25: error: sections.0.of: section 'stem' of 'borrower' is itself that of "
                          "another architecture (expected of: owner)"));
}

}  // namespace
}  // namespace berth
