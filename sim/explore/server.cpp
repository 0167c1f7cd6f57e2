// Routes of the server, and the checks that refuse requests.
#include "explore/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <thread>
#include <utility>

#include "explore/page_files.h"

namespace berth {

namespace {

using namespace std::chrono_literals;

constexpr int kFine = 200, kForbidden = 403, kUnsupported = 415, kMalformed = 400, kRefused = 422, kFailure = 500;

constexpr std::array<std::pair<std::string_view, const char*>, 3> kTypes{{{".html", "text/html; charset=utf-8"},
                                                                          {".css", "text/css; charset=utf-8"},
                                                                          {".js", "text/javascript; charset=utf-8"}}};

const char* type_of(std::string_view name) {
    const auto type = std::ranges::find_if(kTypes, [name](const auto& row) { return name.ends_with(row.first); });
    return type == kTypes.end() ? "application/octet-stream" : type->second;
}

std::map<std::string, std::string> page_headers() {
    return {{"Content-Security-Policy",
             "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
             "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
            {"Cross-Origin-Resource-Policy", "same-origin"},
            {"X-Content-Type-Options", "nosniff"},
            {"Referrer-Policy", "no-referrer"},
            {"Cache-Control", "no-store"}};
}

HttpReply json_reply(int status, const Json& json) {
    return {status, json.dump(-1, ' ', false, Json::error_handler_t::replace), "application/json"};
}

HttpReply error_reply(int status, const std::vector<std::string>& errors) {
    return json_reply(status, {{"errors", errors}});
}

HttpServer::Handler guarded(HttpServer::Handler handler) {
    return [handler = std::move(handler)](const HttpRequest& request) {
        try {
            return handler(request);
        } catch (...) {
            return error_reply(kFailure, {"internal failure"});
        }
    };
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

ExploreServer::ExploreServer(const Explorer& explorer, std::unique_ptr<HttpServer> server)
    : explorer_(explorer), server_(std::move(server)) {
    server_->always_send(page_headers());
    server_->check_first([this](const HttpRequest& request) { return refusal(request); });
    add_page();
    add_answers();
}

// Compressed requests are refused, because they may expand far beyond their size, and browsers do not send any.
std::optional<HttpReply> ExploreServer::refusal(const HttpRequest& request) const {
    if (request.headers.count("host") != 1 || !is_loopback_host(request.value("host"), port_)) {
        return error_reply(kForbidden, {fmt::format("this page is at http://127.0.0.1:{}/ only", port_)});
    }
    if (request.has("origin") && !is_own_origin(request.value("origin"), port_)) {
        return error_reply(kForbidden, {"pages of other origins are not answered"});
    }
    if (request.has("content-encoding")) {
        return error_reply(kUnsupported, {"requests may not be compressed"});
    }
    if (request.method == "POST" && request.value("content-type") != "application/json") {
        return error_reply(kUnsupported, {"Content-Type has to be application/json"});
    }
    return std::nullopt;
}

void ExploreServer::add_page() {
    for (const CarriedFile& file : explore_page_files()) {
        const auto give = [&file](const HttpRequest&) {
            return HttpReply{kFine, std::string(file.content), type_of(file.name)};
        };
        server_->get(fmt::format("/{}", file.name), give);
        if (file.name == "index.html") {
            server_->get("/", give);
        }
    }
    server_->get("/api/scenario",
                 guarded([this](const HttpRequest&) { return json_reply(kFine, explorer_.description()); }));
}

void ExploreServer::add_answers() {
    post("/api/answer", &ExploreServer::answer);
    post("/api/silent", &ExploreServer::silent);
    post("/api/map", &ExploreServer::map);
    post("/api/scenario-file", &ExploreServer::scenario_file);
    post("/api/report", &ExploreServer::report);
}

void ExploreServer::post(const std::string& path, Answer made) {
    server_->post(path, guarded([this, made](const HttpRequest& request) {
                      const Json asked = Json::parse(request.body, nullptr, false);
                      if (!asked.is_object()) {
                          return error_reply(kMalformed, {"the request is no JSON object"});
                      }
                      Diagnostics diagnostics;
                      const auto answered = (this->*made)(asked, diagnostics);
                      return answered ? json_reply(kFine, *answered) : error_reply(kRefused, errors_of(diagnostics));
                  }));
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
    if (const auto bound = server_->bind(port)) {
        port_ = *bound;
        return bound;
    }
    const int why = errno;
    diagnostics.error(SourceLocation("--port"),
                      why == EADDRINUSE ? fmt::format("port {} is in use", port)
                                        : fmt::format("cannot listen on port {}: {}", port, std::strerror(why)),
                      "another one, or --port 0 for any that is free");
    return std::nullopt;
}

bool ExploreServer::serve() {
    const bool served = server_->serve();
    ended_ = true;
    return served;
}

void ExploreServer::stop() {
    while (!server_->is_serving() && !ended_) {
        std::this_thread::sleep_for(1ms);
    }
    server_->stop();
}

}  // namespace berth
