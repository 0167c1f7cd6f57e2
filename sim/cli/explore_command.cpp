// berth explore: a page with sliders, served on this machine until interrupted.
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "base/loaded_module.h"
#include "cli/command.h"
#include "cli/machine_check.h"
#include "explore/server.h"

namespace berth {

namespace {

constexpr int kDefaultPort = 8477;
constexpr int kMostPort = 65535;

struct ExploreOptions {
    ScenarioOptions scenario;
    int port = kDefaultPort;
    bool open = false;
};

sigset_t ending_signals() {
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGINT);
    ::sigaddset(&signals, SIGTERM);
    return signals;
}

void open_browser(const std::string& url, Diagnostics& diagnostics) {
    std::string program = "xdg-open", address = url;
    char* words[] = {program.data(), address.data(), nullptr};
    pid_t child = 0;
    if (::posix_spawnp(&child, program.c_str(), nullptr, nullptr, words, ::environ) != 0) {
        diagnostics.warning(SourceLocation("--open"), "there is no xdg-open to open a browser with",
                            "the address in a browser of your own");
    }
}

// Signals are blocked in all threads, and this thread waits for the first; a second one ends the program by default.
ExitStatus serve_until_interrupted(ExploreServer& server) {
    const sigset_t signals = ending_signals();
    std::atomic<bool> ending = false;
    bool served = true;
    std::thread serving([&server, &served, &ending] {
        served = server.serve();
        if (!ending) {
            ::kill(::getpid(), SIGTERM);  // the server failed
        }
    });
    int signal = 0;
    ::sigwait(&signals, &signal);
    ending = true;
    ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
    server.stop();
    serving.join();
    return served ? ExitStatus::kFine : ExitStatus::kInternalFailure;
}

std::unique_ptr<HttpServer> loaded_http_server(Diagnostics& diagnostics) {
    std::string why_not;
    const auto make = function_of_module<MakeHttpServer>("berth_http.so", kMakeHttpServer, why_not);
    if (make == nullptr) {
        diagnostics.error(SourceLocation("berth explore"), fmt::format("there is no HTTP server: {}", why_not),
                          "the whole program beside the module, as ./dev build or cmake --install make it");
        return nullptr;
    }
    return std::unique_ptr<HttpServer>(make());
}

ExitStatus explore(const ExploreOptions& options, Invocation& invocation) {
    Diagnostics diagnostics;
    const auto scenario = load(options.scenario, invocation, diagnostics);
    const auto explorer =
        scenario ? Explorer::open(base_of(options.scenario, invocation.library), diagnostics) : std::nullopt;
    auto http = explorer ? loaded_http_server(diagnostics) : nullptr;
    if (!http) {
        return answer(std::nullopt, diagnostics);
    }
    const sigset_t signals = ending_signals();
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    ExploreServer server(*explorer, std::move(http));
    const auto port = server.bind(options.port, diagnostics);
    if (!port) {
        return answer(std::nullopt, diagnostics);
    }
    const std::string url = fmt::format("http://127.0.0.1:{}/", *port);
    if (options.open) {
        open_browser(url, diagnostics);
    }
    const ExitStatus told = answer(fmt::format("{} is at {} (Ctrl-C ends it)\n", scenario->name, url), diagnostics);
    return told == ExitStatus::kFine ? serve_until_interrupted(server) : told;
}

}  // namespace

void add_explore(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<ExploreOptions>();
    CLI::App* command = app.add_subcommand("explore", "Serves a page on this machine whose sliders change a scenario");
    add_scenario_options(*command, options->scenario);
    add_value(*command, "--port", options->port, "N", "Port to listen on; 0: any that is free")
        ->check(CLI::Range(0, kMostPort))
        ->capture_default_str();
    command->add_flag("--open", options->open, "Also open the page in a browser");
    command->footer("Example: berth explore rag-rk3588 --set stages.rerank.tokens=200 --port 0");
    command->callback([options, &invocation] { invocation.status = explore(*options, invocation); });
}

}  // namespace berth
