// HTTP server of one loopback port, as the page's server sees it. The HTTP library is in a module that is loaded on
// demand, because it and the cryptography that it links take longer to start than most answers of the command.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace berth {

struct HttpRequest {
    std::string method, body;                           ///< the body is empty while a request is checked
    std::multimap<std::string, std::string> headers{};  ///< names in lower case

    [[nodiscard]] bool has(const std::string& header) const { return headers.contains(header); }
    /// The first value; empty if there is none.
    [[nodiscard]] std::string value(const std::string& header) const {
        const auto found = headers.lower_bound(header);
        return found == headers.end() || found->first != header ? "" : found->second;
    }
};

struct HttpReply {
    int status = 200;
    std::string content, type;
};

class HttpServer {
  public:
    using Handler = std::function<HttpReply(const HttpRequest&)>;
    /// The reply to a refused request; absent where the request may be answered.
    using Check = std::function<std::optional<HttpReply>(const HttpRequest&)>;

    HttpServer() = default;
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;
    virtual ~HttpServer() = default;

    /// Headers of every reply.
    virtual void always_send(const std::map<std::string, std::string>& headers) = 0;
    /// Runs before the body of a request is read.
    virtual void check_first(Check check) = 0;
    virtual void get(const std::string& path, Handler handler) = 0;
    virtual void post(const std::string& path, Handler handler) = 0;

    /// The bound port of the loopback interface; 0 selects any free port. Absent, with the reason in `errno`, if the
    /// port is not available.
    [[nodiscard]] virtual std::optional<int> bind(int port) = 0;
    /// Serves until stop(); false on a failure. Requests in progress are completed before it returns.
    virtual bool serve() = 0;
    [[nodiscard]] virtual bool is_serving() const = 0;
    virtual void stop() = 0;
};

/// Entry point of the loaded module.
inline constexpr const char* kMakeHttpServer = "berth_make_http_server";
using MakeHttpServer = HttpServer* (*)();

}  // namespace berth

extern "C" berth::HttpServer* berth_make_http_server();
