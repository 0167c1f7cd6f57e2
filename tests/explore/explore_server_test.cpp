// The server of `berth explore`: answers, refusals and robustness.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "berth/evaluation/evaluation.h"
#include "explore/server.h"
#include "scratch_folder.h"

namespace berth {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kJson = "application/json";
constexpr double kMilli = 1e-3;

ScenarioSource reference() { return {{{BERTH_SOURCE_DIR}}, "rag-rk3588", {}}; }

/// One explorer for all tests, and one server per test.
class Explore : public testing::Test {
  protected:
    Explore() : server_(explorer(), http_server()) {
        Diagnostics diagnostics;
        port_ = server_.bind(0, diagnostics).value_or(0);
        serving_ = std::thread([this] { EXPECT_TRUE(server_.serve()); });
    }
    ~Explore() override {
        server_.stop();
        serving_.join();
    }

    static std::unique_ptr<HttpServer> http_server() { return std::unique_ptr<HttpServer>(berth_make_http_server()); }
    static const Explorer& explorer() {
        static const Explorer kOne = [] {
            Diagnostics diagnostics;
            auto explorer = Explorer::open(reference(), diagnostics);
            EXPECT_TRUE(explorer) << diagnostics.text();
            return *explorer;
        }();
        return kOne;
    }

    [[nodiscard]] httplib::Client client() const {
        httplib::Client client("127.0.0.1", port_);
        client.set_read_timeout(std::chrono::seconds(30));
        return client;
    }
    [[nodiscard]] Json asked(const std::string& path, const Json& request, int status = 200) const {
        const auto result = client().Post(path, request.dump(), kJson);
        EXPECT_TRUE(result) << to_string(result.error());
        EXPECT_EQ(result ? result->status : 0, status) << (result ? result->body : "");
        return result ? Json::parse(result->body) : Json();
    }
    [[nodiscard]] int status_of(const httplib::Headers& headers) const {
        const auto result = client().Post("/api/answer", headers, "{}", kJson);
        return result ? result->status : 0;
    }
    [[nodiscard]] std::string own_host() const { return "127.0.0.1:" + std::to_string(port_); }

    /// A raw connection to the server.
    [[nodiscard]] int connected() const {
        const int made = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port_));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(made, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
        return made;
    }
    static void say(int connection, const std::string& words) {
        static_cast<void>(::send(connection, words.data(), words.size(), MSG_NOSIGNAL));
    }
    /// All bytes received until the server closes the connection.
    static std::string heard(int connection) {
        std::string text;
        char some[4096];
        for (ssize_t got = 0; (got = ::recv(connection, some, sizeof(some), 0)) > 0;) {
            text.append(some, static_cast<std::size_t>(got));
        }
        ::close(connection);
        return text;
    }

    ExploreServer server_;
    int port_ = 0;
    std::thread serving_;
};

TEST_F(Explore, GivesThePageAndWhatBelongsToIt) {
    for (const auto& [path, type] :
         std::vector<std::pair<std::string, std::string>>{{"/", "text/html"},
                                                          {"/index.html", "text/html"},
                                                          {"/explore.css", "text/css"},
                                                          {"/explore.js", "text/javascript"},
                                                          {"/controls.js", "text/javascript"},
                                                          {"/charts.js", "text/javascript"}}) {
        const auto result = client().Get(path);
        ASSERT_TRUE(result) << path;
        EXPECT_EQ(result->status, 200) << path;
        EXPECT_THAT(result->get_header_value("Content-Type"), HasSubstr(type)) << path;
        EXPECT_THAT(result->get_header_value("Content-Security-Policy"), HasSubstr("default-src 'none'"));
        EXPECT_EQ(result->body.find("http://") == std::string::npos || path == "/charts.js", true) << path;
    }
    EXPECT_EQ(client().Get("/../CMakeLists.txt")->status, 404);
    EXPECT_EQ(client().Get("/api/answer")->status, 404);
}

TEST_F(Explore, EveryControlStandsAtItsValue) {
    Diagnostics diagnostics;
    const Json description = Json::parse(client().Get("/api/scenario")->body);
    EXPECT_EQ(description["title"], "RAG query on RK3588");
    EXPECT_GT(description["controls"].size(), 100U);
    for (const Json& control : description["controls"]) {
        const std::string value = control["value"];
        if (control["kind"] != "number") {
            continue;
        }
        EXPECT_LT(control["least"], control["number"]) << control["path"];
        EXPECT_LE(control["number"], control["most"]) << control["path"];
        EXPECT_THAT(value, testing::EndsWith(control["unit"].get<std::string>()));
    }
}

// A control shows the scenario's value, so setting it to that value changes nothing.
TEST_F(Explore, SettingAControlToItsValueChangesNothing) {
    for (const Control& control : explorer().controls()) {
        if (control.value.empty()) {
            continue;
        }
        EXPECT_THAT(why_not_set(control, control.value), IsEmpty()) << control.path;
        auto source = reference();
        add_setting(control, control.value, source.settings);
        Diagnostics diagnostics;
        const auto scenario = load_scenario(source.library, source.scenario, source.settings, diagnostics);
        ASSERT_TRUE(scenario) << control.path << ": " << diagnostics.text();
        const auto result = evaluate(*scenario, diagnostics);
        ASSERT_TRUE(result) << control.path << ": " << diagnostics.text();
        EXPECT_NEAR(result->total.latency.median / Time::from_si(kMilli), 379.830, 0.001) << control.path;
    }
}

TEST_F(Explore, AnswersAsRunDoes) {
    const Json answer = asked("/api/answer", {{"settings", {{"stages.rerank.buckets", "[128, 512]"}}}});
    auto source = reference();
    source.settings.push_back({"stages.rerank.buckets", "[128, 512]"});
    Diagnostics diagnostics;
    const auto scenario = load_scenario(source.library, source.scenario, source.settings, diagnostics);
    const auto result = evaluate(*scenario, diagnostics);
    EXPECT_NEAR(answer["total"]["latency_ms"], result->total.latency.median / Time::from_si(kMilli), 1e-3);
    EXPECT_EQ(answer["stages"][2]["chosen"], "npu");
    EXPECT_EQ(answer["command"], "berth run rag-rk3588 --set 'stages.rerank.buckets=[128, 512]'");
    EXPECT_EQ(answer["title"], "RAG query on RK3588, with stages.rerank.buckets=[128, 512] (was [512])");
    EXPECT_NEAR(answer["timeline"]["lanes"].back()["bars"].back()["to"], answer["total"]["latency_ms"], 0.01);
    for (const Json& roofline : answer["rooflines"]) {
        const double most = roofline["roofs"][0]["gmacs_per_s"];
        for (const Json& point : roofline["points"]) {
            EXPECT_LE(point["gmacs_per_s"], 2.5 * most) << point;
        }
    }
}

// A stage without a map of cores: both entries must be set together.
TEST_F(Explore, SetsEntriesOfAMapTogether) {
    const Json answer =
        asked("/api/answer", {{"settings", {{"stages.rerank.cores.cpu", "4"}, {"stages.rerank.cores.npu", "3"}}}});
    EXPECT_EQ(answer["command"], "berth run rag-rk3588 --set 'stages.rerank.cores={npu: 3, cpu: 4}'");
}

TEST_F(Explore, TellsChangesWithoutEffect) {
    const Json told = asked(
        "/api/silent",
        {{"settings",
          {{"stages.rerank.buckets", "[128, 512]"}, {"hardware.devices.npu.energy.per_mac.int4", "0.1 pJ/MAC"}}}});
    ASSERT_EQ(told["warnings"].size(), 1U) << told;
    EXPECT_EQ(told["warnings"][0]["path"], "hardware.devices.npu.energy.per_mac.int4");
    EXPECT_THAT(told["warnings"][0]["text"].get<std::string>(), HasSubstr("no effect"));
}

TEST_F(Explore, MapsWhereTheChoiceChanges) {
    const Json map = asked("/api/map", {{"settings", Json::object()},
                                        {"map",
                                         {{"stage", "rerank"},
                                          {"across", "stages.rerank.tokens"},
                                          {"up", "hardware.memory.dram.clock"},
                                          {"columns", 5},
                                          {"rows", 3},
                                          {"sure", true}}}});
    const std::size_t columns = map["across"]["values"].size(), rows = map["up"]["values"].size();
    ASSERT_EQ(map["cells"].size(), columns * rows);
    EXPECT_EQ(columns, 5U);
    const auto& values = map["across"]["values"];
    const auto here = std::find(values.begin(), values.end(), "122");
    ASSERT_NE(here, values.end()) << "the scenario itself is one of the cells";
    const auto& ups = map["up"]["values"];
    const auto row = std::find(ups.begin(), ups.end(), "1850 MHz");
    ASSERT_NE(row, ups.end());
    const Json& cell = map["cells"][static_cast<std::size_t>(row - ups.begin()) * columns +
                                    static_cast<std::size_t>(here - values.begin())];
    EXPECT_EQ(map["placements"][cell[0].get<std::size_t>()], "cpu");
    EXPECT_NEAR(cell[1], 379.830, 0.001);
    EXPECT_EQ(cell[2], false);
    const Json answer = asked("/api/answer", {{"settings", Json::object()}});
    EXPECT_NEAR(cell[3], answer["stages"][2]["confidence"].get<double>(), 1e-5);
}

// Every cell equals the scenario's answer with its two values, whether or not the scenario is read again for them.
TEST_F(Explore, CellsOfAMapAreAnswers) {
    for (const auto& [across, up] : std::vector<std::pair<std::string, std::string>>{
             {"stages.rerank.tokens", "stages.rerank.batch"},
             {"stages.embed.repeat", "hardware.devices.npu.clock"},
             {"hardware.devices.npu.dma.bandwidth", "stages.rerank.tokens"}}) {
        const Json map = asked(
            "/api/map", {{"settings", {{"stages.rerank.buckets", "[64, 128]"}}},
                         {"map", {{"stage", "rerank"}, {"across", across}, {"up", up}, {"columns", 3}, {"rows", 3}}}});
        const auto& columns = map["across"]["values"];
        const auto& rows = map["up"]["values"];
        for (std::size_t i = 0; i < map["cells"].size(); ++i) {
            const Json answer = asked("/api/answer", {{"settings",
                                                       {{"stages.rerank.buckets", "[64, 128]"},
                                                        {across, columns[i % columns.size()]},
                                                        {up, rows[i / columns.size()]}}}});
            EXPECT_NEAR(map["cells"][i][1], answer["total"]["latency_ms"].get<double>(), 1e-3) << across << " " << i;
            EXPECT_EQ(map["placements"][map["cells"][i][0].get<std::size_t>()], answer["stages"][2]["chosen"]);
        }
    }
}

TEST_F(Explore, RefusesMapsOfWhatIsNoNumber) {
    for (const auto& [across, up] : std::vector<std::pair<std::string, std::string>>{
             {"stages.rerank.dtype", "budget"}, {"budget", "budget"}, {"nothing", "budget"}}) {
        const Json refused = asked("/api/map", {{"map", {{"stage", "rerank"}, {"across", across}, {"up", up}}}}, 422);
        EXPECT_FALSE(refused["errors"].empty());
    }
}

// The exported scenario file gives the same answer.
TEST_F(Explore, ExportsAScenarioWithTheSameAnswer) {
    const Json settings{{"stages.rerank.buckets", "[128, 512]"},
                        {"hardware.devices.npu.dma.bandwidth", "60% of memory.dram.bandwidth per core"},
                        {"hardware.devices.npu.memories.sram.keeps_tensors", "true"},
                        {"stages.embed.on", "cpu"}};
    const Json answer = asked("/api/answer", {{"settings", settings}});
    const std::string text = asked("/api/scenario-file", {{"settings", settings}})["text"];
    const ScratchFolder folder;
    const std::string file = folder.write("explored.yaml", text).string();
    Diagnostics diagnostics;
    const auto scenario = load_scenario(reference().library, file, {}, diagnostics);
    ASSERT_TRUE(scenario) << diagnostics.text() << text;
    const auto result = evaluate(*scenario, diagnostics);
    EXPECT_NEAR(answer["total"]["latency_ms"], result->total.latency.median / Time::from_si(kMilli), 1e-3);
}

TEST_F(Explore, ExportsTheReportOfTheState) {
    const std::string page = asked("/api/report", {{"settings", {{"stages.rerank.buckets", "[128, 512]"}}}})["text"];
    EXPECT_THAT(page, HasSubstr("<!doctype html>"));
    EXPECT_THAT(page, HasSubstr("berth run rag-rk3588 --set"));
    EXPECT_THAT(page, HasSubstr("160 ms"));
}

TEST_F(Explore, RefusesWhatMayNotBeSet) {
    for (const auto& [path, value, said] : std::vector<std::array<std::string, 3>>{
             {"stages.rerank.model", "/etc/passwd", "a path of this page"},
             {"stages.rerank.tokens", "lengths.csv", "a whole number"},
             {"stages.rerank.tokens", "0", "a whole number"},
             {"stages.rerank.buckets", "{a: 1}", "whole numbers"},
             {"stages.rerank.dtype", "int3", "fp16, int8"},
             {"hardware.devices.npu.clock", "1 GB/s", "a number before ' GHz'"},
             {"hardware.devices.npu.enabled", "maybe", "true or false"},
             {"hardware.devices.npu.clock", "-1 GHz", "zero"},
             {"hardware.devices.npu.clock", "-1 GHz", "hardware.devices.npu.clock: error"},
             {"stages.rerank.tokens", "513", "smaller than the 513 tokens"}}) {
        const Json refused = asked("/api/answer", {{"settings", {{path, value}}}}, 422);
        EXPECT_THAT(refused.dump(), HasSubstr(said)) << path << "=" << value;
    }
    EXPECT_THAT(asked("/api/answer", {{"settings", {{"stages.rerank.tokens", 5}}}}, 422).dump(), HasSubstr("a text"));
    EXPECT_THAT(asked("/api/answer", {{"settings", 5}}, 422).dump(), HasSubstr("no map"));
}

TEST_F(Explore, AnswersItsOwnHostAlone) {
    EXPECT_EQ(status_of({}), 200);
    EXPECT_EQ(status_of({{"Host", "localhost:" + std::to_string(port_)}}), 200);
    for (const std::string& host :
         std::vector<std::string>{"example.org", "127.0.0.1", "127.0.0.1:1", "localhost.example.org", ""}) {
        EXPECT_EQ(status_of({{"Host", host}}), 403) << host;
    }
    const int without = connected();
    say(without, "GET / HTTP/1.1\r\n\r\n");
    EXPECT_THAT(heard(without), HasSubstr("403"));
    const int twice = connected();
    say(twice, "GET / HTTP/1.1\r\nHost: " + own_host() + "\r\nHost: example.org\r\n\r\n");
    EXPECT_THAT(heard(twice), HasSubstr("403"));
}

TEST_F(Explore, AnswersItsOwnOriginAlone) {
    EXPECT_EQ(status_of({{"Origin", "http://" + own_host()}}), 200);
    for (const std::string& origin : std::vector<std::string>{"http://example.org", "null", "https://" + own_host(),
                                                              "http://" + own_host() + ".example.org"}) {
        EXPECT_EQ(status_of({{"Origin", origin}}), 403) << origin;
    }
    const auto preflight = client().Options("/api/answer");
    EXPECT_THAT(preflight->get_header_value("Access-Control-Allow-Origin"), IsEmpty());
}

// A form of a foreign page can send text but no JSON, and compressed content may expand far beyond its size.
TEST_F(Explore, ReadsUncompressedJsonAlone) {
    EXPECT_EQ(client().Post("/api/answer", "{}", "text/plain")->status, 415);
    EXPECT_EQ(status_of({{"Content-Encoding", "gzip"}}), 415);
    for (const std::string& body :
         std::vector<std::string>{"", "{", "[]", "5", std::string(10'000, '['), std::string("\xff\xfe")}) {
        EXPECT_EQ(client().Post("/api/answer", body, kJson)->status, 400) << body.substr(0, 20);
    }
}

// Bytes after a refused request on the same connection are not read as another request.
TEST_F(Explore, ReadsOneRequestOfAConnection) {
    const std::string hidden = "POST /api/answer HTTP/1.1\r\nHost: " + own_host() +
                               "\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    const int connection = connected();
    say(connection, "POST /api/answer HTTP/1.1\r\nHost: example.org\r\nContent-Type: text/plain\r\nContent-Length: " +
                        std::to_string(hidden.size()) + "\r\n\r\n" + hidden);
    const std::string said = heard(connection);
    EXPECT_THAT(said, HasSubstr("403"));
    EXPECT_THAT(said, Not(HasSubstr("headline")));
}

TEST_F(Explore, SurvivesMalformedRequests) {
    for (const std::string& words :
         std::vector<std::string>{"\r\n\r\n", "nonsense\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
                                  "\x16\x03\x01", "POST /api/answer HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                                  "POST /api/answer HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"}) {
        const int connection = connected();
        say(connection, words);
        ::shutdown(connection, SHUT_WR);
        static_cast<void>(heard(connection));
    }
    EXPECT_EQ(status_of({}), 200);
}

TEST_F(Explore, SurvivesOversizedRequests) {
    const auto large = client().Post("/api/answer", std::string(1'000'000, ' '), kJson);
    EXPECT_TRUE(!large || large->status == 413);
    const auto long_path = client().Get("/" + std::string(100'000, 'a'));
    EXPECT_TRUE(!long_path || long_path->status == 414);
    const int connection = connected();
    say(connection, "GET / HTTP/1.1\r\nHost: " + own_host() + "\r\nX: " + std::string(1'000'000, 'x') + "\r\n\r\n");
    ::shutdown(connection, SHUT_WR);
    static_cast<void>(heard(connection));
    EXPECT_EQ(status_of({}), 200);
}

// Each slow client occupies a worker until its time limit; other clients are answered meanwhile.
TEST_F(Explore, SurvivesSlowClients) {
    std::vector<int> slow;
    for (int i = 0; i < 20; ++i) {
        slow.push_back(connected());
        say(slow.back(), i % 2 == 0 ? "POST /api/ans"
                                    : "POST /api/answer HTTP/1.1\r\nHost: " + own_host() +
                                          "\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{");
    }
    EXPECT_EQ(status_of({}), 200);
    for (const int connection : slow) {
        static_cast<void>(heard(connection));  // ends, because the server closes the connection
    }
    EXPECT_EQ(status_of({}), 200);
}

// Clients that send a byte now and then occupy all workers for a limited time only.
TEST_F(Explore, AnswersBesideClientsThatNeverFinish) {
    constexpr int kClients = 40;
    constexpr auto kMost = std::chrono::seconds(20);
    std::vector<int> slow;
    for (int i = 0; i < kClients; ++i) {
        slow.push_back(connected());
        say(slow.back(), "GET / HTTP/1.1\r\nX: ");
    }
    std::atomic<bool> answered = false;
    const auto start = std::chrono::steady_clock::now();
    std::thread drips([&] {
        while (!answered && std::chrono::steady_clock::now() - start < kMost) {
            std::ranges::for_each(slow, [](int connection) { say(connection, "x"); });
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
        }
    });
    EXPECT_EQ(status_of({}), 200);
    EXPECT_LT(std::chrono::steady_clock::now() - start, kMost) << "it was answered because the others gave up";
    answered = true;
    drips.join();
    std::ranges::for_each(slow, [](int connection) { static_cast<void>(heard(connection)); });
}

// Ten concurrent pages: each gets the answer to its own request.
TEST_F(Explore, AnswersManyAtOnce) {
    constexpr int kClients = 10, kEach = 10;
    std::vector<std::thread> pages;
    std::vector<double> totals(kClients);
    for (int page = 0; page < kClients; ++page) {
        pages.emplace_back([this, page, &totals] {
            for (int i = 0; i < kEach; ++i) {
                const std::string tokens = std::to_string(50 + page);
                const double total =
                    asked("/api/answer", {{"settings", {{"stages.rerank.tokens", tokens}}}})["total"]["latency_ms"];
                EXPECT_TRUE(i == 0 || total == totals[static_cast<std::size_t>(page)]);
                totals[static_cast<std::size_t>(page)] = total;
            }
        });
    }
    for (std::thread& page : pages) {
        page.join();
    }
    EXPECT_TRUE(std::is_sorted(totals.begin(), totals.end())) << "more tokens take longer on the CPU";
}

TEST_F(Explore, SaysWhenItsPortIsTaken) {
    ExploreServer second(explorer(), http_server());
    Diagnostics diagnostics;
    EXPECT_FALSE(second.bind(port_, diagnostics));
    EXPECT_THAT(diagnostics.text(), HasSubstr("port " + std::to_string(port_) + " is in use"));
    EXPECT_THAT(diagnostics.text(), HasSubstr("--port 0"));
}

}  // namespace
}  // namespace berth
