// HTTP server for the page and its answers, on the loopback interface only.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "berth/base/diagnostics.h"
#include "explore/explorer.h"
#include "http/http_server.h"

namespace berth {

/// Answers only requests whose Host names this machine's loopback interface; a request with another Host, or from a
/// page of another origin, is refused, so that no foreign site can read answers through the user's browser. Each
/// connection carries one request, so that the rest of a refused request cannot be read as another one.
class ExploreServer {
  public:
    /// `explorer` must outlive the server; `server` is neither bound nor null.
    ExploreServer(const Explorer& explorer, std::unique_ptr<HttpServer> server);
    ExploreServer(const ExploreServer&) = delete;
    ExploreServer& operator=(const ExploreServer&) = delete;

    /// Binds a port; 0 selects any free port. Absent, with an error, if the port is not available.
    [[nodiscard]] std::optional<int> bind(int port, Diagnostics& diagnostics);
    /// Serves until stop(); false on a failure. Requests in progress are completed before it returns.
    bool serve();
    /// Waits until serve() has started, then ends it. Callable from any thread.
    void stop();

  private:
    using Answer = std::optional<Json> (ExploreServer::*)(const Json& request, Diagnostics& diagnostics);
    void add_page();
    void add_answers();
    void post(const std::string& path, Answer made);
    [[nodiscard]] std::optional<HttpReply> refusal(const HttpRequest& request) const;

    std::optional<Json> answer(const Json& request, Diagnostics& diagnostics);
    std::optional<Json> silent(const Json& request, Diagnostics& diagnostics);
    std::optional<Json> map(const Json& request, Diagnostics& diagnostics);
    std::optional<Json> scenario_file(const Json& request, Diagnostics& diagnostics);
    std::optional<Json> report(const Json& request, Diagnostics& diagnostics);

    const Explorer& explorer_;
    std::unique_ptr<HttpServer> server_;
    std::mutex one_report_;  ///< serialises reports, because they draw pictures
    std::atomic<bool> ended_ = false;
    int port_ = 0;
};

}  // namespace berth
