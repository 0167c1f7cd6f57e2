// Schemas contain the content of the tables; tests/schema_test.py checks their agreement with the readers.
#include "berth/schema/json_schema.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "berth/graph/scheme.h"
#include "berth/hardware/profile.h"
#include "berth/scenario/scenario.h"

namespace berth {
namespace {

using Json = nlohmann::json;

Json schema_of(FileKind kind) { return Json::parse(json_schema(kind)); }

// Names in a list of choices, without null.
std::set<std::string> texts(const Json& choices) {
    std::set<std::string> names;
    for (const Json& each : choices) {
        if (each.is_string()) {
            names.insert(each);
        }
    }
    return names;
}

template <class Table>
std::set<std::string> names(const Table& table) {
    std::set<std::string> found;
    for (const auto& row : table) {
        found.emplace(row.name);
    }
    return found;
}

TEST(Schema, OperatorsOfAGraphAreThoseOfTheTable) {
    const Json op = schema_of(FileKind::kModel)["properties"]["graph"]["properties"]["operators"]["items"];
    EXPECT_EQ(texts(op["properties"]["op"]["enum"]), names(operator_names()));
    EXPECT_EQ(texts(op["properties"]["category"]["enum"]), names(kCategoryNames));
    std::set<std::string> ruled;
    for (const Json& rule : op["allOf"]) {
        for (const std::string& name : texts(rule["if"]["properties"]["op"]["enum"])) {
            EXPECT_TRUE(ruled.insert(name).second) << name;
            const auto kind = choice_named(operator_names(), name);
            ASSERT_TRUE(kind) << name;
            std::set<std::string> required;
            for (const SizeField& field : size_fields(*kind)) {
                EXPECT_EQ(op["properties"].count(std::string(field.name)), 1U) << name << " " << field.name;
                if (field.required()) {
                    required.emplace(field.name);
                }
            }
            EXPECT_EQ(texts(rule["then"]["required"]), required) << name;
        }
    }
    EXPECT_EQ(ruled, names(operator_names()));
}

TEST(Schema, SizesOfAGraphKeepTheirRange) {
    const Json op = schema_of(FileKind::kModel)["properties"]["graph"]["properties"]["operators"]["items"];
    const Json& sizes = op["properties"];
    EXPECT_EQ(sizes["m"]["minimum"], 1);
    EXPECT_EQ(sizes["m"]["maximum"], kLargestCount);
    EXPECT_EQ(sizes["bias"]["minimum"], 0);
    EXPECT_EQ(sizes["bias"]["maximum"], 1);
    EXPECT_EQ(sizes["window"]["minimum"], 0);
    EXPECT_EQ(sizes["kv_heads"]["description"], "size; of attention: as heads if not given");
    EXPECT_EQ(sizes["table_rows"]["description"], "size; of embedding: needed");
}

TEST(Schema, NamesOfAProfileAndAScenarioAreThoseOfTheTables) {
    const Json profile = schema_of(FileKind::kProfile);
    const Json& device = profile["properties"]["devices"]["additionalProperties"]["properties"];
    EXPECT_EQ(texts(device["kind"]["enum"]), names(kDeviceKindNames));
    EXPECT_EQ(device["vector"]["properties"].size(), kVectorClassCount + 2);  // and `lanes`, `by_host`
    EXPECT_EQ(device["matrix"]["properties"]["macs_per_cycle"]["properties"].size(), kDTypeCount);
    EXPECT_EQ(device["runtime"]["properties"]["operators"]["properties"].size(), kOperatorKindCount);
    EXPECT_EQ(texts(profile["definitions"]["frequency_with_origin"]["properties"]["kind"]["enum"]),
              names(kOriginNames));
    const Json scenario = schema_of(FileKind::kScenario);
    EXPECT_EQ(texts(scenario["properties"]["objective"]["enum"]), names(kObjectives));
    const Json& stage = scenario["properties"]["stages"]["items"]["properties"];
    EXPECT_EQ(texts(stage["dtype"]["enum"]), names(kSchemeNames));
    EXPECT_EQ(texts(stage["granularity"]["enum"]), names(kGranularityNames));
}

TEST(Schema, EveryKeyOfTheTopSaysWhatItIs) {
    for (const auto& row : kSchemaNames) {
        const Json schema = schema_of(row.value);
        EXPECT_EQ(schema["additionalProperties"], false);
        for (const auto& [key, value] : schema["properties"].items()) {
            EXPECT_FALSE(value.value("description", "").empty()) << row.name << " " << key;
        }
    }
}

}  // namespace
}  // namespace berth
