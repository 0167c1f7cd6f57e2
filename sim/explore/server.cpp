// Routes of the server, and the checks that refuse requests.
#include "explore/server.h"

#include <fmt/format.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "explore/page_files.h"
#include "explore/timed_server.h"

namespace berth {

namespace {

using namespace std::chrono_literals;

constexpr const char* kLoopback = "127.0.0.1";
constexpr std::size_t kMostBytes = std::size_t{64} * 1024;  // limit on the size of a request
constexpr std::size_t kWorkers = 32;                        // a slow client occupies one worker
constexpr int kForbidden = 403, kUnsupported = 415, kMalformed = 400, kRefused = 422, kFailure = 500;

constexpr std::array<std::pair<std::string_view, const char*>, 3> kTypes{{{".html", "text/html; charset=utf-8"},
                                                                          {".css", "text/css; charset=utf-8"},
                                                                          {".js", "text/javascript; charset=utf-8"}}};

const char* type_of(std::string_view name) {
    const auto type = std::ranges::find_if(kTypes, [name](const auto& row) { return name.ends_with(row.first); });
    return type == kTypes.end() ? "application/octet-stream" : type->second;
}

httplib::Headers page_headers() {
    return {{"Content-Security-Policy",
             "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
             "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
            {"Cross-Origin-Resource-Policy", "same-origin"},
            {"X-Content-Type-Options", "nosniff"},
            {"Referrer-Policy", "no-referrer"},
            {"Cache-Control", "no-store"}};
}

void reply(httplib::Response& response, int status, const Json& json) {
    response.status = status;
    response.set_content(json.dump(-1, ' ', false, Json::error_handler_t::replace), "application/json");
}

void reply_errors(httplib::Response& response, int status, const std::vector<std::string>& errors) {
    reply(response, status, {{"errors", errors}});
}

std::vector<std::string> errors_of(const Diagnostics& diagnostics) {
    std::vector<std::string> errors;
    for (const Diagnostic& each : diagnostics.all()) {
        if (each.severity == Severity::kError) {
            // The path of a setting identifies its control; locations in files are not meaningful on the page.
            constexpr std::string_view kSetting = "--set ";
            const std::string& place = each.where.file_name();
            Diagnostic shown = each;
            shown.where =
                place.starts_with(kSetting) ? SourceLocation(place.substr(kSetting.size())) : SourceLocation();
            errors.push_back(shown.text());
        }
    }
    return errors;
}

// A port can be bound again immediately after its release, but not while another socket listens on it.
void allow_address_again(socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
}

// Whether a Host header is one that a browser on this machine sends for the page.
bool is_loopback_host(const std::string& host, int port) {
    return host == fmt::format("127.0.0.1:{}", port) || host == fmt::format("localhost:{}", port) ||
           (port == 80 && (host == "127.0.0.1" || host == "localhost"));
}

bool is_own_origin(const std::string& origin, int port) {
    constexpr std::string_view kScheme = "http://";
    return origin.starts_with(kScheme) && is_loopback_host(origin.substr(kScheme.size()), port);
}

}  // namespace

ExploreServer::ExploreServer(const Explorer& explorer) : explorer_(explorer), server_(std::make_unique<TimedServer>()) {
    server_->new_task_queue = [] { return new httplib::ThreadPool(kWorkers); };
    server_->set_socket_options(allow_address_again);
    server_->set_address_family(AF_INET);
    server_->set_tcp_nodelay(true);
    server_->set_payload_max_length(kMostBytes);
    server_->set_default_headers(page_headers());
    server_->set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
        return refuses(request, response) ? httplib::Server::HandlerResponse::Handled
                                          : httplib::Server::HandlerResponse::Unhandled;
    });
    server_->set_exception_handler([](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
        reply_errors(response, kFailure, {"internal failure"});
    });
    add_page();
    add_answers();
}

ExploreServer::~ExploreServer() = default;

// Compressed requests are refused, because they may expand far beyond their size, and browsers do not send any.
bool ExploreServer::refuses(const httplib::Request& request, httplib::Response& response) const {
    if (request.get_header_value_count("Host") != 1 || !is_loopback_host(request.get_header_value("Host"), port_)) {
        reply_errors(response, kForbidden, {fmt::format("this page is at http://127.0.0.1:{}/ only", port_)});
    } else if (request.has_header("Origin") && !is_own_origin(request.get_header_value("Origin"), port_)) {
        reply_errors(response, kForbidden, {"pages of other origins are not answered"});
    } else if (request.has_header("Content-Encoding")) {
        reply_errors(response, kUnsupported, {"requests may not be compressed"});
    } else if (request.method == "POST" && request.get_header_value("Content-Type") != "application/json") {
        reply_errors(response, kUnsupported, {"Content-Type has to be application/json"});
    } else {
        return false;
    }
    return true;
}

void ExploreServer::add_page() {
    for (const CarriedFile& file : explore_page_files()) {
        const auto give = [&file](const httplib::Request&, httplib::Response& response) {
            response.set_content(file.content.data(), file.content.size(), type_of(file.name));
        };
        server_->Get(fmt::format("/{}", file.name), give);
        if (file.name == "index.html") {
            server_->Get("/", give);
        }
    }
    server_->Get("/api/scenario", [this](const httplib::Request&, httplib::Response& response) {
        reply(response, 200, explorer_.description());
    });
}

void ExploreServer::add_answers() {
    post("/api/answer", &ExploreServer::answer);
    post("/api/silent", &ExploreServer::silent);
    post("/api/map", &ExploreServer::map);
    post("/api/scenario-file", &ExploreServer::scenario_file);
    post("/api/report", &ExploreServer::report);
}

void ExploreServer::post(const std::string& path, Answer made) {
    server_->Post(path, [this, made](const httplib::Request& request, httplib::Response& response) {
        const Json asked = Json::parse(request.body, nullptr, false);
        if (!asked.is_object()) {
            reply_errors(response, kMalformed, {"the request is no JSON object"});
            return;
        }
        Diagnostics diagnostics;
        const auto answered = (this->*made)(asked, diagnostics);
        if (answered) {
            reply(response, 200, *answered);
        } else {
            reply_errors(response, kRefused, errors_of(diagnostics));
        }
    });
}

namespace {

/// The settings of a request; absent, with errors, if they do not match the controls of the page.
std::optional<std::vector<Override>> settings_in(const Json& request, const Explorer& explorer,
                                                 Diagnostics& diagnostics) {
    const auto given = request.find("settings");
    auto settings = explorer.settings_of(given == request.end() ? Json::object() : *given, diagnostics);
    return diagnostics.has_errors() ? std::nullopt : std::optional(std::move(settings));
}

}  // namespace

std::optional<Json> ExploreServer::answer(const Json& request, Diagnostics& diagnostics) {
    const auto settings = settings_in(request, explorer_, diagnostics);
    return settings ? explorer_.answer(*settings, diagnostics) : std::nullopt;
}

std::optional<Json> ExploreServer::silent(const Json& request, Diagnostics& diagnostics) {
    const auto settings = settings_in(request, explorer_, diagnostics);
    return settings ? std::optional(explorer_.silent(*settings)) : std::nullopt;
}

std::optional<Json> ExploreServer::map(const Json& request, Diagnostics& diagnostics) {
    const auto settings = settings_in(request, explorer_, diagnostics);
    const auto asked = request.find("map");
    const auto question = explorer_.map_question(asked == request.end() ? Json() : *asked, diagnostics);
    return settings && question ? explorer_.map(*settings, *question, diagnostics) : std::nullopt;
}

std::optional<Json> ExploreServer::scenario_file(const Json& request, Diagnostics& diagnostics) {
    const auto settings = settings_in(request, explorer_, diagnostics);
    return settings ? std::optional(Json{{"text", explorer_.scenario_file(*settings)}}) : std::nullopt;
}

std::optional<Json> ExploreServer::report(const Json& request, Diagnostics& diagnostics) {
    const auto settings = settings_in(request, explorer_, diagnostics);
    const std::lock_guard one_at_a_time(one_report_);
    auto page = settings ? explorer_.report(*settings, diagnostics) : std::nullopt;
    return page ? std::optional(Json{{"text", std::move(*page)}}) : std::nullopt;
}

std::optional<int> ExploreServer::bind(int port, Diagnostics& diagnostics) {
    if (port == 0) {
        port_ = server_->bind_to_any_port(kLoopback);
    } else {
        port_ = server_->bind_to_port(kLoopback, port) ? port : -1;
    }
    if (port_ > 0) {
        return port_;
    }
    const int why = errno;
    diagnostics.error(SourceLocation("--port"),
                      why == EADDRINUSE ? fmt::format("port {} is in use", port)
                                        : fmt::format("cannot listen on port {}: {}", port, std::strerror(why)),
                      "another one, or --port 0 for any that is free");
    return std::nullopt;
}

bool ExploreServer::serve() {
    const bool served = server_->listen_after_bind();
    ended_ = true;
    return served;
}

void ExploreServer::stop() {
    while (!server_->is_running() && !ended_) {
        std::this_thread::sleep_for(1ms);
    }
    server_->stop();
}

}  // namespace berth
