// Two revisions of the same data: a changed decision fails the gate, other changes are only reported.
#include <gmock/gmock.h>

#include <algorithm>
#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <cstdlib>
#include <sstream>

#include "cli/run_berth.h"
#include "hardware_fixtures.h"

namespace berth {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;

bool has_git() { return std::system("git --version >/dev/null 2>&1") == 0; }

/// Folders `old` and `new` with a scenario each, whose only stage takes a few milliseconds on a CPU.
class CliGate : public BerthCommand {
  protected:
    CliGate() {
        for (const std::string folder : {"old", "new"}) {
            write(folder + "/hardware/board.yaml", board_text());
            write(folder + "/scenarios/plain.yaml", scenario("4 ms ± 5%", "10 ms"));
        }
    }

    static std::string scenario(const std::string& takes, const std::string& budget) {
        return "scenario: Plain\nhardware: board\nstages:\n  - {name: search, takes: " + takes +
               ", on: cpu}\nbudget: " + budget + "\n";
    }

    [[nodiscard]] Json compared(const std::vector<std::string>& more = {}) const {
        std::vector<std::string> words{"gate", "old", "new", "--format", "json"};
        words.insert(words.end(), more.begin(), more.end());
        return Json::parse(berth(words).out);
    }

    void git(const std::string& words) const {
        const std::string line = "cd " + shell_word((folder() / "repository").string()) +
                                 " && git -c user.name=a -c user.email=a@b -c init.defaultBranch=main " + words +
                                 " >/dev/null 2>&1";
        ASSERT_EQ(std::system(line.c_str()), 0) << words;
    }
};

const Json& check_of(const Json& comparison, const std::string& scenario, const std::string& kind,
                     const std::string& subject) {
    for (const Json& one : comparison["scenarios"]) {
        for (const Json& check : one["checks"]) {
            const Json about = subject.empty() ? Json() : Json(subject);
            if (one["scenario"] == scenario && check["kind"] == kind && check["subject"] == about) {
                return check;
            }
        }
    }
    throw std::runtime_error("no check of " + subject + " in " + comparison.dump());
}

TEST_F(CliGate, EqualRevisionsPass) {
    const Outcome same = berth({"gate", "old", "new"});
    EXPECT_EQ(same.status, 0) << same.err;
    EXPECT_EQ(same.err, "");
    EXPECT_THAT(same.out, HasSubstr("1 scenario, 0 of them with another answer. Nothing that decides turned."));
}

TEST_F(CliGate, ALostBudgetAndItsProbabilityBlock) {
    write("new/scenarios/plain.yaml", scenario("12 ms ± 5%", "10 ms"));
    const Outcome worse = berth({"gate", "old", "new"});
    EXPECT_EQ(worse.status, 4) << worse.err;
    EXPECT_THAT(worse.err, HasSubstr("plain: budget met by the median: yes -> no"));
    const Json json = compared();
    EXPECT_EQ(json["blocks"], true);
    EXPECT_EQ(check_of(json, "plain", "budget", "meets_budget")["verdict"], "blocks");
    EXPECT_EQ(check_of(json, "plain", "probability", "budget_probability")["verdict"], "blocks");
}

TEST_F(CliGate, ForTheBetterIsSaidOnly) {
    write("old/scenarios/plain.yaml", scenario("12 ms ± 5%", "10 ms"));
    EXPECT_EQ(berth({"gate", "old", "new"}).status, 0);
    EXPECT_EQ(check_of(compared(), "plain", "budget", "meets_budget")["verdict"], "noted");
}

TEST_F(CliGate, ATotalThatMovesWithinItsBudgetBlocksNothing) {
    write("new/scenarios/plain.yaml", scenario("4.5 ms ± 5%", "10 ms"));
    const Outcome moved = berth({"gate", "old", "new"});
    EXPECT_EQ(moved.status, 0) << moved.err;
    EXPECT_THAT(moved.out, HasSubstr("+12.5%"));
}

TEST_F(CliGate, AProbabilityBlocksWhereItFallsBelowWhatIsSure) {
    write("new/scenarios/plain.yaml", scenario("4 ms ± 40%", "10 ms"));
    write("old/scenarios/plain.yaml", scenario("4 ms ± 30%", "10 ms"));
    const double before = check_of(compared(), "plain", "probability", "budget_probability")["before"];
    const double after = check_of(compared(), "plain", "probability", "budget_probability")["after"];
    ASSERT_LT(after, before);
    const std::string between = std::to_string(50 * (before + after)) + "%";
    EXPECT_EQ(berth({"gate", "old", "new", "--sure", between}).status, 4);
    EXPECT_EQ(berth({"gate", "old", "new", "--sure", "50%"}).status, 0);
}

// On the shipped data, a longer bucket list moves the reranker to another device.
TEST_F(CliGate, AMovedDecisionBlocks) {
    const auto question = [](const std::string& buckets) {
        return "scenario: Rerank\nhardware: rk3588-rknn-2.3.2\nstages:\n  - {name: rerank, model: "
               "ms-marco-MiniLM-L-12-v2, dtype: int8, tokens: 122, buckets: " +
               buckets + "}\n";
    };
    write("old/scenarios/rerank.yaml", question("[512]"));
    write("new/scenarios/rerank.yaml", question("[128, 512]"));
    const Outcome moved = berth({"gate", "old", "new", "rerank"});
    EXPECT_EQ(moved.status, 4);
    EXPECT_EQ(moved.err, "berth: rerank: rerank runs on: cpu -> npu\n");
    EXPECT_EQ(check_of(compared({"rerank"}), "rerank", "decision", "rerank")["verdict"], "blocks");
}

TEST_F(CliGate, ScenariosOfOneRevisionAndBrokenOnesAreSaid) {
    write("old/scenarios/gone.yaml", scenario("4 ms", "10 ms"));
    write("new/scenarios/fresh.yaml", scenario("4 ms", "10 ms"));
    const Outcome one_sided = berth({"gate", "old", "new"});
    EXPECT_EQ(one_sided.status, 0) << one_sided.err;
    EXPECT_EQ(
        check_of(Json::parse(berth({"gate", "old", "new", "--format", "json"}).out), "fresh", "runs", "")["before"],
        "absent");
    write("new/scenarios/plain.yaml", "scenario: Plain\nhardware: bord\nstages: []\n");
    const Outcome broken = berth({"gate", "old", "new"});
    EXPECT_EQ(broken.status, 4);
    EXPECT_THAT(broken.err,
                HasSubstr("plain: the scenario: runs -> does not run; new/scenarios/plain.yaml:3:9: error"));
    EXPECT_THAT(broken.out, HasSubstr("3 scenarios, 1 of them with another answer"));
    write("old/scenarios/plain.yaml", "scenario: Plain\nhardware: bord\nstages: []\n");
    EXPECT_EQ(berth({"gate", "old", "new"}).status, 0);  // as broken as before
}

TEST_F(CliGate, ACommitIsARevision) {
    if (!has_git()) {
        GTEST_SKIP() << "there is no git";
    }
    write("repository/hardware/board.yaml", board_text());
    write("repository/scenarios/plain.yaml", scenario("4 ms", "10 ms"));
    git("init");
    git("add .");
    git("commit -m first");
    write("repository/scenarios/plain.yaml", scenario("12 ms", "10 ms"));
    const Outcome turned = berth({"gate", "HEAD", ".", "--format", "json"}, "-u BERTH_DATA -C repository");
    EXPECT_EQ(turned.status, 4) << turned.err;
    EXPECT_EQ(turned.json()["before"], "HEAD");
    write("repository/scenarios/plain.yaml", "scenario: Plain\nhardware: bord\nstages: []\n");
    git("add .");
    git("commit -m second");
    const Outcome broken = berth({"gate", "HEAD~1", "HEAD"}, "-u BERTH_DATA -C repository");
    EXPECT_EQ(broken.status, 4);
    EXPECT_THAT(broken.err, HasSubstr("HEAD:scenarios/plain.yaml:3:9: error"));
    EXPECT_THAT(broken.out, Not(HasSubstr("/tmp")));
}

TEST_F(CliGate, JUnitHasACasePerCheck) {
    write("new/scenarios/plain.yaml", scenario("12 ms ± 5%", "10 ms"));
    write("new/scenarios/a<b&\"c.yaml", scenario("4 ms", "10 ms"));
    ASSERT_EQ(berth({"gate", "old", "new", "--junit", "gate.xml"}).status, 4);
    boost::property_tree::ptree document;
    std::istringstream text(content_of(folder() / "gate.xml"));
    boost::property_tree::read_xml(text, document);
    const auto& suite = document.get_child("testsuites.testsuite");
    EXPECT_EQ(suite.get<int>("<xmlattr>.failures"), 2);
    EXPECT_EQ(suite.get<std::size_t>("<xmlattr>.tests"), suite.count("testcase"));
    const auto failed = std::ranges::count_if(suite, [](const auto& one) { return one.second.count("failure") == 1; });
    EXPECT_EQ(failed, 2);
    const auto skipped = std::ranges::find_if(suite, [](const auto& one) { return one.second.count("skipped") == 1; });
    ASSERT_NE(skipped, suite.end());
    EXPECT_EQ(skipped->second.get<std::string>("<xmlattr>.classname"), "a<b&\"c");
}

TEST_F(CliGate, MarkdownEscapesNames) {
    write("new/scenarios/a|b<i>.yaml", scenario("4 ms", "10 ms"));
    const Outcome made = berth({"gate", "old", "new", "--format", "markdown"});
    EXPECT_EQ(made.status, 0) << made.err;
    EXPECT_THAT(made.out, HasSubstr("### Berth: nothing turned"));
    EXPECT_THAT(made.out, HasSubstr("| a\\|b&lt;i> | the scenario | absent | runs |"));
}

TEST_F(CliGate, BadInputIsRefused) {
    write("empty/readme", "");
    expect_refused(
        {"gate", "old", "new", "plane"},
        "scenario: error: neither old nor new has a scenario 'plane' (expected plain, did you mean plain?)\n");
    expect_refused(
        {"gate", "empty", "new"},
        "empty: error: the folder has none of these folders (expected a folder that holds hardware/, models/ "
        "or scenarios/, or a git revision with them, such as main, HEAD~1 or main:data)\n");
    expect_refused({"gate", "old", "new", "--sure", "120%"},
                   "--sure: error: '120%' is no probability (expected a share above 0 such as 90%)\n");
    const Outcome no_revision = berth({"gate", "no-such", "new"});
    EXPECT_EQ(no_revision.status, 2);
    EXPECT_THAT(no_revision.err, HasSubstr(std::string("no-such: error: is no folder and no revision: ") +
                                           (has_git() ? "fatal" : "git is not on the PATH")));
    const Outcome unwritable = berth({"gate", "old", "new", "--junit", "missing/gate.xml"});
    EXPECT_EQ(unwritable.status, 2);
    EXPECT_EQ(unwritable.out, "");
}

}  // namespace
}  // namespace berth
