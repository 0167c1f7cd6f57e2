// Conversion of YAML to types: values, locations, and the exact text of every error.
#include <gtest/gtest.h>

#include "berth/base/atomic_file.h"
#include "berth/base/kept_documents.h"
#include "berth/base/yaml_reader.h"
#include "scratch_folder.h"

namespace berth {
namespace {

using namespace literals;

enum class Colour { kRed, kGreen };
constexpr std::array<Choice<Colour>, 2> kColours{{{"red", Colour::kRed}, {"green", Colour::kGreen}}};

/// A document from text, with the diagnostics of parsing and reading.
struct Reading {
    explicit Reading(std::string_view text) : document(YamlDocument::parse(text, "t.yaml", diagnostics)) {}
    [[nodiscard]] YamlNode root() { return document.value().root(diagnostics); }

    Diagnostics diagnostics;
    std::optional<YamlDocument> document;
};

TEST(BaseYaml, ReadsPlainValues) {
    Reading reading("name: npu\ncores: 3\nshare: 0.5\nstatic: true\nquoted: \"12\"\ncolour: green\n");
    const YamlNode root = reading.root();
    EXPECT_EQ(root.require("name").text(), "npu");
    EXPECT_EQ(root.require("cores").integer(), 3);
    EXPECT_EQ(root.require("share").number(), 0.5);
    EXPECT_EQ(root.require("static").boolean(), true);
    EXPECT_EQ(root.require("quoted").integer(), 12);
    EXPECT_EQ(root.require("colour").enumeration(kColours), Colour::kGreen);
    EXPECT_EQ(root.find("other"), std::nullopt);
    root.reject_unknown_keys();
    EXPECT_TRUE(reading.diagnostics.empty()) << reading.diagnostics.text();
}

TEST(BaseYaml, KnowsPathsAndPlaces) {
    Reading reading("devices:\n  npu:\n    memories: [{name: \"sram\"}, {name: dram}]\n");
    const auto items = reading.root().require("devices").require("npu").require("memories").sequence();
    ASSERT_EQ(items.size(), 2U);
    const YamlNode name = items[0].require("name");
    EXPECT_EQ(name.path(), "devices.npu.memories.0.name");
    EXPECT_EQ(name.where(), SourceLocation("t.yaml", 3, 23));
    EXPECT_EQ(name.content_where(), SourceLocation("t.yaml", 3, 24)) << "after the quote";
    EXPECT_EQ(items[1].require("name").content_where(), SourceLocation("t.yaml", 3, 39));
}

TEST(BaseYaml, EntriesKeepTheOrderOfTheFile) {
    Reading reading("zeta: 1\nalpha: 2\nmiddle:\n");
    const auto entries = reading.root().entries();
    ASSERT_EQ(entries.size(), 3U);
    EXPECT_EQ(entries[0].key, "zeta");
    EXPECT_EQ(entries[1].key, "alpha");
    EXPECT_EQ(entries[1].key_where, SourceLocation("t.yaml", 2, 1));
    EXPECT_EQ(entries[1].value.integer(), 2);
    EXPECT_TRUE(entries[2].value.is_null());
    EXPECT_TRUE(entries[2].value.entries().empty());
    EXPECT_TRUE(entries[2].value.sequence().empty());
    EXPECT_EQ(entries[2].value.find("any"), std::nullopt);
    EXPECT_TRUE(reading.diagnostics.empty()) << "nothing is an empty map and an empty list";
}

TEST(BaseYaml, ReportsWrongKindsOfValues) {
    Reading reading("a: [1]\nb: {x: 1}\nc: word\nd: 12x\ne: yes\nf: gren\ng: 9\nh: -0.5\ni: 99999999999999999999\n");
    const YamlNode root = reading.root();
    EXPECT_EQ(root.require("a").text(), std::nullopt);
    EXPECT_TRUE(root.require("b").sequence().empty());
    EXPECT_EQ(root.require("c").find("x"), std::nullopt);
    EXPECT_TRUE(root.require("c").entries().empty());
    EXPECT_EQ(root.require("d").integer({1, 8}), std::nullopt);
    EXPECT_EQ(root.require("d").number(), std::nullopt);
    EXPECT_EQ(root.require("e").boolean(), std::nullopt);
    EXPECT_EQ(root.require("f").enumeration(kColours), std::nullopt);
    EXPECT_EQ(root.require("g").integer({1, 8}), std::nullopt);
    EXPECT_EQ(root.require("h").number({.min = 0}), std::nullopt);
    EXPECT_EQ(root.require("i").integer(), std::nullopt);
    EXPECT_EQ(reading.diagnostics.text(),
              "t.yaml:1:4: error: a: found a list (expected a text)\n"
              "t.yaml:2:4: error: b: found a map (expected a list)\n"
              "t.yaml:3:4: error: c: found a single value (expected a map)\n"
              "t.yaml:4:4: error: d: '12x' is not a whole number (expected a whole number from 1 to 8)\n"
              "t.yaml:4:4: error: d: '12x' is not a number (expected a number)\n"
              "t.yaml:5:4: error: e: 'yes' is not a truth value (expected true or false, did you mean true?)\n"
              "t.yaml:6:4: error: f: unknown value 'gren' (expected red or green, did you mean green?)\n"
              "t.yaml:7:4: error: g: 9 is out of range (expected a whole number from 1 to 8)\n"
              "t.yaml:8:4: error: h: -0.5 is out of range (expected a number of at least 0)\n"
              "t.yaml:9:4: error: i: 99999999999999999999 is out of range (expected a whole number)\n");
}

TEST(BaseYaml, AMissingKeyIsOneErrorHoweverMuchIsReadFromIt) {
    Reading reading("npu: {cores: 3}\nempty:\n");
    const YamlNode npu = reading.root().require("npu");
    const YamlNode clock = npu.require("clock", "a frequency such as 1 GHz");
    EXPECT_FALSE(clock.exists());
    EXPECT_EQ(clock.parameter<Frequency>(), std::nullopt);
    EXPECT_EQ(clock.require("deeper").text(), std::nullopt);
    EXPECT_EQ(clock.enumeration(kColours), std::nullopt);
    EXPECT_TRUE(clock.entries().empty());
    EXPECT_TRUE(clock.sequence().empty());
    clock.reject_unknown_keys();
    EXPECT_FALSE(reading.root().require("empty", "a map").exists());
    EXPECT_EQ(reading.diagnostics.text(),
              "t.yaml:1:6: error: npu: missing key 'clock' (expected a frequency such as 1 GHz)\n"
              "t.yaml:2:1: error: empty: no value is given (expected a map)\n");
}

TEST(BaseYaml, RejectsUnknownKeysOnce) {
    Reading reading("memory: 1\nnpu:\n  memroy: 2\n  clock: 1 GHz\n  xyz: 3\nother: 4\n");
    const YamlNode root = reading.root();
    (void)root.find("memory");
    for (int pass = 0; pass < 2; ++pass) {
        const YamlNode npu = root.require("npu");
        (void)npu.find("memory");
        (void)npu.find("clock");
        npu.reject_unknown_keys();
        root.reject_unknown_keys();
    }
    EXPECT_EQ(reading.diagnostics.text(),
              "t.yaml:3:3: error: unknown key 'memroy' in 'npu' (did you mean memory?)\n"
              "t.yaml:5:3: error: unknown key 'xyz' in 'npu' (expected memory or clock)\n"
              "t.yaml:6:1: error: unknown key 'other' (expected memory or npu)\n");
}

TEST(BaseYaml, ReadsQuantitiesAndParameters) {
    Reading reading(
        "a: 30 us\n"
        "b: 7.8 GB/s \u00b1 10%\n"
        "c: {value: 7.8 GB/s per core, spread: 390 MB/s, source: \"measured: M=1\", kind: calibrated}\n"
        "d: 0 B\n"
        "e: 80%\n"
        "f: {value: 1 GHz}\n");
    const YamlNode root = reading.root();
    EXPECT_EQ(root.require("a").quantity<Time>(), 30_us);
    const auto b = root.require("b").parameter<Bandwidth>();
    ASSERT_TRUE(b.has_value());
    EXPECT_EQ(b->value, 7.8_GBps);
    EXPECT_DOUBLE_EQ(b->spread, 0.1);
    EXPECT_NEAR(b->log_sigma(), std::log(1.1), 1e-15);
    EXPECT_EQ(b->origin, Origin::kAssumed);
    EXPECT_EQ(b->where, SourceLocation("t.yaml", 2, 4));
    const auto c = root.require("c").parameter<Bandwidth>({.allow_per = true});
    ASSERT_TRUE(c.has_value()) << reading.diagnostics.text();
    EXPECT_DOUBLE_EQ(c->spread, 0.05);
    EXPECT_EQ(c->source, "measured: M=1");
    EXPECT_EQ(c->origin, Origin::kCalibrated);
    EXPECT_EQ(c->per, Sharing::kCore);
    EXPECT_EQ(root.require("d").quantity<Bytes>({.allow_zero = true}), Bytes{});
    EXPECT_EQ(root.require("e").quantity<double>(), 0.8);
    EXPECT_EQ(root.require("f").parameter<Frequency>()->value, 1_GHz);
    EXPECT_TRUE(reading.diagnostics.empty()) << reading.diagnostics.text();
}

TEST(BaseYaml, ScalingKeepsProvenance) {
    Reading reading("macs: {value: 1024, spread: 5%, source: manual, kind: datasheet}\n");
    const auto macs = reading.root().require("macs").parameter<double>();
    ASSERT_TRUE(macs.has_value()) << reading.diagnostics.text();
    const Parameter<Operations> per_cycle = scaled(*macs, 1_op);
    EXPECT_EQ(per_cycle.value, 1024_op);
    EXPECT_DOUBLE_EQ(per_cycle.spread, 0.05);
    EXPECT_EQ(per_cycle.origin, Origin::kDatasheet);
    EXPECT_EQ(per_cycle.source, "manual");
}

TEST(BaseYaml, ReportsImpossibleAndMisplacedQuantities) {
    Reading reading(
        "a: 0 GB/s\n"
        "b: -3 us\n"
        "c: 1 GHz\n"
        "d: 7.8 GB/s per core\n"
        "e: 30 us \u00b1 10%\n"
        "f: {value: 1 GHz, kind: guessed, sauce: x}\n"
        "g: {value: 1 GHz \u00b1 5%, spread: 10%}\n"
        "h: {value: 1 GHz, spread: 3 ms}\n"
        "i: {spread: 3%}\n"
        "j: 5 mb\n");
    const YamlNode root = reading.root();
    EXPECT_EQ(root.require("a").parameter<Bandwidth>(), std::nullopt);
    EXPECT_EQ(root.require("b").quantity<Time>({.allow_zero = true}), std::nullopt);
    EXPECT_EQ(root.require("c").quantity<Bytes>(), std::nullopt);
    EXPECT_EQ(root.require("d").parameter<Bandwidth>(), std::nullopt);
    EXPECT_EQ(root.require("e").quantity<Time>(), std::nullopt);
    EXPECT_EQ(root.require("f").parameter<Frequency>(), std::nullopt);
    EXPECT_EQ(root.require("g").parameter<Frequency>(), std::nullopt);
    EXPECT_EQ(root.require("h").parameter<Frequency>(), std::nullopt);
    EXPECT_EQ(root.require("i").parameter<Frequency>(), std::nullopt);
    EXPECT_EQ(root.require("j").quantity<Bytes>(), std::nullopt);
    EXPECT_EQ(
        reading.diagnostics.text(),
        "t.yaml:1:4: error: a: '0 GB/s' is zero (expected more than zero)\n"
        "t.yaml:2:4: error: b: '-3 us' is negative (expected zero or more)\n"
        "t.yaml:3:4: error: c: GHz is a frequency, not a size in bytes (expected a size in bytes such as 384 KiB)\n"
        "t.yaml:4:4: error: d: '7.8 GB/s per core' says 'per core', which has no meaning here\n"
        "t.yaml:5:4: error: e: '30 us \u00b1 10%' has a spread, which has no meaning here\n"
        "t.yaml:6:25: error: f.kind: unknown value 'guessed' (expected datasheet, measured, calibrated, assumed or "
        "inherited)\n"
        "t.yaml:6:34: error: unknown key 'sauce' in 'f' (did you mean source?)\n"
        "t.yaml:7:33: error: g.spread: the spread is given twice, here and in the value\n"
        "t.yaml:8:27: error: h.spread: the spread '3 ms' is a time, and the value is a frequency (expected a spread "
        "such as 10%)\n"
        "t.yaml:9:4: error: i: missing key 'value' (expected a frequency such as 1 GHz)\n"
        "t.yaml:10:4: error: j: 'mb' is not a unit (expected a size in bytes such as 384 KiB, did you mean MB?)\n");
}

TEST(BaseYaml, LoadersCanAddTheirOwnErrors) {
    Reading reading("tile: 5 MB\n");
    reading.root().require("tile").error("does not fit", "at most 4 MB");
    reading.root().warning("looks odd");
    EXPECT_EQ(reading.diagnostics.text(),
              "t.yaml:1:1: warning: looks odd\nt.yaml:1:7: error: tile: does not fit (expected at most 4 MB)\n");
}

TEST(BaseYaml, ReportsSyntaxErrorsWithTheirPlace) {
    Reading reading("a: 1\nb: [1, 2\nc: 3\n");
    EXPECT_FALSE(reading.document.has_value());
    ASSERT_EQ(reading.diagnostics.size(), 1U);
    EXPECT_EQ(reading.diagnostics.all()[0].where.line, 3);
    EXPECT_EQ(reading.diagnostics.all()[0].message.substr(0, 16), "not valid YAML: ");
}

TEST(BaseYaml, ReportsRepeatedKeysAndOddDocuments) {
    Reading repeated("a: 1\nb: {x: 1, x: 2}\na: 3\n");
    EXPECT_FALSE(repeated.document.has_value());
    EXPECT_EQ(repeated.diagnostics.text(),
              "t.yaml:2:11: error: the key 'x' appears twice\nt.yaml:3:1: error: the key 'a' appears twice\n");
    Reading two("a: 1\n---\nb: 2\n");
    EXPECT_EQ(two.diagnostics.size(), 1U);
    EXPECT_EQ(two.diagnostics.all()[0].message, "text after the end of the document");
    Reading stray(", a");
    EXPECT_EQ(stray.diagnostics.text(),
              "t.yaml:1:1: error: text after the end of the document (expected a single document)\n");
    Reading listed("[a, b]: 1\n");
    EXPECT_EQ(listed.diagnostics.text(), "t.yaml:1:1: error: a key must be a single word or text\n");
    Reading circle("a: &a [*a]\n");
    EXPECT_EQ(circle.diagnostics.text(), "t.yaml:1:8: error: an alias within the very value that it names\n");
    Reading deep(std::string(5000, '['));
    EXPECT_FALSE(deep.document.has_value());
    EXPECT_TRUE(deep.diagnostics.has_errors());
}

TEST(BaseYaml, AliasesShareTheirAnchor) {
    Reading reading("a: &rate 3 GB/s\nb: *rate\n");
    const auto b = reading.root().require("b");
    EXPECT_EQ(b.quantity<Bandwidth>(), 3_GBps);
    EXPECT_EQ(b.where().line, 1) << "the place of the value itself";
}

TEST(BaseYaml, AnEmptyDocumentIsAnEmptyMap) {
    Reading reading("# nothing\n");
    ASSERT_TRUE(reading.document.has_value());
    EXPECT_FALSE(reading.root().require("profile").exists());
    EXPECT_EQ(reading.diagnostics.text(), "t.yaml:1:1: error: missing key 'profile'\n");
}

TEST(BaseYaml, KeptDocumentsAreThoseOfTheFirstTime) {
    const ScratchFolder folder;
    const auto file = folder / "kept.yaml";
    Diagnostics diagnostics;
    KeptDocuments kept;
    EXPECT_FALSE(kept.load(file, diagnostics));  // missing files are not cached
    ASSERT_TRUE(write_file(file, "a: 1\n", diagnostics));
    const auto a_of = [&](const std::optional<YamlDocument>& document) {
        return document.value().root(diagnostics).require("a").integer();
    };
    auto first = kept.load(file, diagnostics);
    EXPECT_EQ(a_of(first), 1);
    ASSERT_TRUE(first->set("a", "2", diagnostics));
    ASSERT_TRUE(write_file(file, "a: 3\n", diagnostics));
    EXPECT_EQ(a_of(kept.load(file, diagnostics)), 1);  // unaffected by changes of a copy or of the file
}

TEST(BaseYaml, AMissingFileSuggestsASimilarOne) {
    const ScratchFolder folder;
    folder.write("rk3588.yaml", "a: 1\n");
    Diagnostics diagnostics;
    EXPECT_TRUE(YamlDocument::load(folder / "rk3588.yaml", diagnostics).has_value());
    EXPECT_TRUE(diagnostics.empty());
    EXPECT_FALSE(YamlDocument::load(folder / "rk3558.yaml", diagnostics).has_value());
    EXPECT_EQ(folder.relative(diagnostics.text()),
              "rk3558.yaml: error: cannot open the file: No such file or directory (did you mean rk3588.yaml?)\n");
}

}  // namespace
}  // namespace berth
