// Implements the server over cpp-httplib.
#include "http/http_server.h"

#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "http/timed_server.h"

namespace berth {

namespace {

constexpr const char* kLoopback = "127.0.0.1";
constexpr std::size_t kMostBytes = std::size_t{64} * 1024;  // limit on the size of a request
constexpr std::size_t kWorkers = 32;                        // a slow client occupies one worker

// A port can be bound again immediately after its release, but not while another socket listens on it.
void allow_address_again(socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
}

HttpRequest request_of(const httplib::Request& given) {
    HttpRequest request{given.method, given.body};
    for (const auto& [name, value] : given.headers) {
        std::string lower = name;
        std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
        request.headers.emplace(std::move(lower), value);
    }
    return request;
}

void fill(httplib::Response& response, const HttpReply& reply) {
    response.status = reply.status;
    response.set_content(reply.content, reply.type);
}

httplib::Server::Handler answering(HttpServer::Handler handler) {
    return [handler = std::move(handler)](const httplib::Request& request, httplib::Response& response) {
        fill(response, handler(request_of(request)));
    };
}

class HttplibServer : public HttpServer {
  public:
    HttplibServer() {
        server_.new_task_queue = [] { return new httplib::ThreadPool(kWorkers); };
        server_.set_socket_options(allow_address_again);
        server_.set_address_family(AF_INET);
        server_.set_tcp_nodelay(true);
        server_.set_payload_max_length(kMostBytes);
    }

    void always_send(const std::map<std::string, std::string>& headers) override {
        server_.set_default_headers(httplib::Headers(headers.begin(), headers.end()));
    }
    void check_first(Check check) override {
        server_.set_pre_routing_handler(
            [check = std::move(check)](const httplib::Request& request, httplib::Response& response) {
                const auto refusal = check(request_of(request));
                if (!refusal) {
                    return httplib::Server::HandlerResponse::Unhandled;
                }
                fill(response, *refusal);
                return httplib::Server::HandlerResponse::Handled;
            });
    }
    void get(const std::string& path, Handler handler) override { server_.Get(path, answering(std::move(handler))); }
    void post(const std::string& path, Handler handler) override { server_.Post(path, answering(std::move(handler))); }

    [[nodiscard]] std::optional<int> bind(int port) override {
        const int bound = port == 0                               ? server_.bind_to_any_port(kLoopback)
                          : server_.bind_to_port(kLoopback, port) ? port
                                                                  : -1;
        return bound > 0 ? std::optional(bound) : std::nullopt;
    }
    bool serve() override { return server_.listen_after_bind(); }
    [[nodiscard]] bool is_serving() const override { return server_.is_running(); }
    void stop() override { server_.stop(); }

  private:
    TimedServer server_;
};

}  // namespace

}  // namespace berth

extern "C" berth::HttpServer* berth_make_http_server() { return new berth::HttplibServer; }
