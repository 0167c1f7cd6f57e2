// berth schema: output and refusals.
#include "berth/schema/json_schema.h"
#include "cli/run_berth.h"

namespace berth {
namespace {

using Json = nlohmann::json;

class CliSchema : public BerthCommand {};

TEST_F(CliSchema, EachByNameAndAllTogetherInTheSameBytes) {
    const Outcome all = berth({"schema"});
    EXPECT_EQ(all.status, 0) << all.err;
    EXPECT_EQ(all.out, json_schemas());
    EXPECT_EQ(all.json().size(), kSchemaNames.size());
    for (const auto& row : kSchemaNames) {
        const std::string name(row.name);
        const Outcome one = berth({"schema", name, "--format", "json"});
        EXPECT_EQ(one.status, 0) << one.err;
        EXPECT_EQ(one.err, "");
        EXPECT_EQ(one.out, json_schema(row.value));
        EXPECT_EQ(one.out, berth({"schema", name}).out);
        EXPECT_EQ(one.json(), all.json().at(name));
    }
}

TEST_F(CliSchema, AnUnknownNameIsRefusedWithTheNearest) {
    expect_refused({"schema", "modle"},
                   "berth schema: error: there is no schema 'modle' (expected hardware, model, architecture or "
                   "scenario, did you mean model?)\n");
    expect_refused({"schema", "profile"},
                   "berth schema: error: there is no schema 'profile' (expected hardware, model, architecture or "
                   "scenario)\n");
    EXPECT_EQ(berth({"schema", "model", "--format", "text"}).status, 2);
    EXPECT_EQ(berth({"schema", "model", "hardware"}).status, 2);
}

TEST_F(CliSchema, HelpShowsAnExample) {
    const Outcome help = berth({"schema", "--help"});
    EXPECT_EQ(help.status, 0);
    EXPECT_NE(help.out.find("Example: berth schema hardware"), std::string::npos) << help.out;
}

TEST_F(CliSchema, ShippedFilesSayWhereTheirSchemaIs) {
    const std::filesystem::path file = std::string(BERTH_SOURCE_DIR) + "/models/architectures/vit.yaml";
    const std::string text = content_of(file);
    const std::string line = text.substr(0, text.find('\n'));
    const std::string start = "# yaml-language-server: $schema=";
    ASSERT_TRUE(line.starts_with(start)) << line;
    EXPECT_EQ(content_of(file.parent_path() / line.substr(start.size())), json_schema(FileKind::kArchitecture));
}

// berth check validates the top level of a file like every other map.
TEST_F(CliSchema, AnUnknownKeyAtTheTopOfAnArchitectureIsRefused) {
    write("a.yaml", content_of(std::string(BERTH_SOURCE_DIR) + "/models/architectures/vit.yaml") + "chekcs: []\n");
    const Outcome outcome = berth({"check", "a.yaml"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("error: unknown key 'chekcs' (did you mean checks?)"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace berth
