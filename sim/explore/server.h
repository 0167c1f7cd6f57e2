// The page and its answers over HTTP, on the loopback interface alone.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "berth/diagnostics.h"
#include "explore/explorer.h"

namespace httplib {
class Server;
struct Request;
struct Response;
}  // namespace httplib

namespace berth {

/// Serves those who ask for it under a name of this machine's loopback interface: a request with another Host, or from
/// a page of another origin, is refused, so that no foreign site reads answers through the user's browser. Each
/// connection carries one request, so that nothing that is left of a refused one is read as another.
class ExploreServer {
  public:
    /// `explorer` has to outlive it.
    explicit ExploreServer(const Explorer& explorer);
    ~ExploreServer();
    ExploreServer(const ExploreServer&) = delete;
    ExploreServer& operator=(const ExploreServer&) = delete;

    /// Takes a port; 0: any that is free. Absent, with an error, where it cannot be had.
    [[nodiscard]] std::optional<int> bind(int port, Diagnostics& diagnostics);
    /// Answers until stop(); false where it could not go on. Requests that are being answered are finished first.
    bool serve();
    /// Waits until serve() has begun, then ends it. From any thread.
    void stop();

  private:
    using Answer = std::optional<Json> (ExploreServer::*)(const Json& request, Diagnostics& diagnostics);
    void add_page();
    void add_answers();
    void post(const std::string& path, Answer made);
    [[nodiscard]] bool refuses(const httplib::Request& request, httplib::Response& response) const;

    std::optional<Json> answer(const Json& request, Diagnostics& diagnostics);
    std::optional<Json> silent(const Json& request, Diagnostics& diagnostics);
    std::optional<Json> map(const Json& request, Diagnostics& diagnostics);
    std::optional<Json> scenario_file(const Json& request, Diagnostics& diagnostics);
    std::optional<Json> report(const Json& request, Diagnostics& diagnostics);

    const Explorer& explorer_;
    std::unique_ptr<httplib::Server> server_;
    std::mutex one_report_;  ///< at a time: it draws pictures
    std::atomic<bool> ended_ = false;
    int port_ = 0;
};

}  // namespace berth
