#include "controller/loop.h"

#include <spdlog/spdlog.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <fstream>
#include <map>
#include <optional>
#include <unordered_map>
#include <variant>

#include "controller/auditor.h"
#include "controller/journal_door.h"
#include "controller/metrics.h"
#include "extender/http_server.h"
#include "extender/router.h"
#include "journal/journal_writer.h"
#include "journal/space_reserve.h"
#include "kube/api_client.h"

namespace bw {
namespace {

namespace asio = boost::asio;

Instant read_clocks() {
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  const auto monotonic = std::chrono::steady_clock::now().time_since_epoch();
  return {{std::chrono::duration_cast<std::chrono::nanoseconds>(wall).count()},
          std::chrono::duration_cast<std::chrono::nanoseconds>(monotonic).count()};
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      break;
  }
  return spdlog::level::err;
}

std::string read_token(const std::string& file) {
  std::ifstream in(file);
  std::string token;
  std::getline(in, token);
  return token;
}

}  // namespace

class Loop::Impl {
 public:
  Impl(const Configuration& configuration, Journal& journal, Controller& controller)
      : configuration_(configuration),
        journal_(journal),
        controller_(controller),
        scheduler_door_(*this, Door::kScheduler),
        operations_door_(*this, Door::kOperations),
        journal_door_(io_, journal),
        timer_(io_),
        space_timer_(io_),
        reserve_(configuration.journal_path, controller.space_limits().reserve),
        signals_(io_, SIGTERM, SIGINT),
        writer_(journal, {[this](Sequence sequence) { post_durable(sequence); },
                          [this](const Error& error) { post_failure(error); }}) {}

  Result<void> open(ClusterAccess access) {
    Result<std::unique_ptr<ApiClient>> client = ApiClient::create(io_, std::move(access));
    if (!client) return client.error();
    client_ = std::move(*client);
    const DoorConfiguration& extender = configuration_.extender;
    std::optional<TlsFiles> tls;
    if (!extender.certificate_file.empty()) {
      tls = TlsFiles{extender.certificate_file, extender.key_file, extender.client_ca_file};
    }
    if (Result<void> listening = listen(extender.listen, tls, scheduler_door_, "extender"); !listening) {
      return listening;
    }
    return listen(configuration_.operations, {}, operations_door_, "operations");
  }

  Ended run() {
    wait_for_signal();
    auditor_.emplace(journal_, controller_.durable(), configuration_.audit,
                     Auditor::Callbacks{[this](AuditReported report) { post_report(std::move(report)); },
                                        [this](const Error& error) { post_failure(error); }});
    perform(controller_.start(read_clocks()));
    measure_space();
    io_.run();
    auditor_->stop();
    writer_.stop();
    return ended_;
  }

 private:
  // Reads what came in at one door, answers what the shell itself knows, and passes the rest to the controller.
  class DoorHandler : public HttpHandler {
   public:
    DoorHandler(Impl& loop, Door door) : loop_(loop), door_(door) {}
    void handle(HttpRequest request, std::shared_ptr<HttpReplier> replier) override {
      loop_.handle(door_, std::move(request), std::move(replier));
    }

   private:
    Impl& loop_;
    const Door door_;
  };

  struct PendingCall {
    std::shared_ptr<HttpReplier> replier;
    Route route = Route::kLive;
    std::chrono::steady_clock::time_point arrived;
  };

  Result<void> listen(const ListenAddress& address, std::optional<TlsFiles> tls, HttpHandler& handler,
                      const char* name) {
    HttpServerOptions options;
    options.listen = address;
    options.tls = std::move(tls);
    options.report = [name](const std::string& sentence) { spdlog::warn("{}: {}", name, sentence); };
    Result<std::unique_ptr<HttpServer>> server = HttpServer::listen(io_, handler, std::move(options));
    if (!server) return Error{server.error().code, std::string(name) + ".listen: " + server.error().message};
    spdlog::info("{} listens on {}:{}", name, address.ip, (*server)->port());
    servers_.push_back(std::move(*server));
    return {};
  }

  void handle(Door door, HttpRequest request, std::shared_ptr<HttpReplier> replier) {
    auto found = find_route(door, request);
    if (auto* refusal = std::get_if<HttpReply>(&found)) return replier->reply(std::move(*refusal));
    RouteMatch& match = std::get<RouteMatch>(found);
    if (match.route == Route::kLive) return replier->reply(plain_reply(200, "ok"));
    if (match.route == Route::kReady) {
      return replier->reply(plain_reply(controller_.ready() ? 200 : 503, controller_.not_serving_because()));
    }
    if (match.route == Route::kMetrics) {
      HttpReply reply;
      reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
      reply.body = metrics_.text(controller_);
      return replier->reply(std::move(reply));
    }
    if (door == Door::kOperations && !may_read(request)) {
      return replier->reply(plain_reply(403, "/v1 is for loopback, or for the bearer of operations.tokenFile"));
    }
    if (match.route == Route::kJournal) return journal_door_.stream(request, std::move(replier));
    if (match.route == Route::kCheckpoint) return journal_door_.make_checkpoint(std::move(replier));
    const CallId call = next_call_++;
    calls_[call] = {std::move(replier), match.route, std::chrono::steady_clock::now()};
    step(CallArrived{call, std::move(match), std::move(request.query), std::move(request.body)});
  }

  bool may_read(const HttpRequest& request) const {
    if (configuration_.operations_token_file.empty()) return request.from_loopback;
    const std::string token = read_token(configuration_.operations_token_file);
    return request.from_loopback || (!token.empty() && request.authorization == "Bearer " + token);
  }

  void step(Input input) { perform(controller_.step(read_clocks(), std::move(input))); }

  void perform(Outputs outputs) {
    for (Output& output : outputs) std::visit([this](auto& what) { perform(what); }, output);
    set_timer();
  }

  void perform(AnswerCall& answer) {
    const auto found = calls_.find(answer.call);
    if (found == calls_.end()) return;
    const PendingCall pending = std::move(found->second);
    calls_.erase(found);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - pending.arrived;
    metrics_.answered(pending.route, taken.count());
    HttpReply reply;
    reply.status = answer.status;
    if (!answer.json) return pending.replier->reply(plain_reply(answer.status, std::move(answer.body)));
    reply.body = std::move(answer.body);
    pending.replier->reply(std::move(reply));
  }

  void perform(SendRequest& send) {
    client_->send(std::move(send.what), [this, request = send.request](Result<ApiResponse> result) {
      step(RequestAnswered{request, std::move(result)});
    });
  }

  void perform(OpenWatch& open) {
    const RequestId id = open.stream;
    StreamCallbacks callbacks;
    callbacks.opened = [this, id](ApiResponse head) {
      if (head.status != 200) streams_.erase(id);
      step(StreamOpened{id, std::move(head)});
    };
    callbacks.data = [this, id](std::string_view bytes) { step(StreamData{id, std::string(bytes)}); };
    callbacks.ended = [this, id](std::optional<Error> error) {
      streams_.erase(id);
      step(StreamEnded{id, std::move(error)});
    };
    streams_[id] = client_->open_stream(std::move(open.what), std::move(callbacks));
  }

  void perform(CloseWatch& close) {
    const auto found = streams_.find(close.stream);
    if (found == streams_.end()) return;
    client_->close_stream(found->second);
    streams_.erase(found);
  }

  void perform(WriteRecords& write) {
    if (!write.batch.records.empty()) {
      writer_.submit(std::move(write.batch));
    } else if (write.batch.sync) {
      writer_.request_sync();
    }
  }

  void perform(NoteDigest& note) { auditor_->note(note.note); }
  void perform(RemoveHistory& remove) { auditor_->remove(remove.cut); }

  void perform(KeepReserve& keep) {
    if (!keep.held) {
      reserve_.give_up();
      return;
    }
    const Result<void> allocated = reserve_.allocate();
    reserve_problem_ = allocated ? std::string() : allocated.error().message;
  }

  void perform(LogLine& line) { spdlog::log(to_spdlog(line.level), "{}", line.text); }

  void perform(Finished& finished) {
    ended_.exit_code = finished.exit_code;
    if (!finished.sentence.empty()) spdlog::error("{}", finished.sentence);
    close();
  }

  void perform(SetJournalAside& aside) {
    ended_.set_aside = aside.lost;
    close();
  }

  void close() {
    signals_.cancel();
    timer_.cancel();
    space_timer_.cancel();
    // The servers let answers that are on their way go out; then nothing keeps the loop alive.
    open_servers_ = servers_.size();
    for (const auto& server : servers_) {
      server->stop(std::chrono::milliseconds(500), [this] {
        if (--open_servers_ == 0) io_.stop();
      });
    }
    if (servers_.empty()) io_.stop();
  }

  void set_timer() {
    const std::optional<std::int64_t> at = controller_.wake_at_ns();
    if (at == timer_at_) return;
    timer_at_ = at;
    if (!at) return;
    timer_.expires_at(std::chrono::steady_clock::time_point(std::chrono::nanoseconds(*at)));
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;  // set anew
      timer_at_.reset();
      step(Tick{});
    });
  }

  void measure_space() {
    if (const Result<std::uint64_t> free = reserve_.free_bytes()) {
      step(SpaceMeasured{*free, reserve_.held(), reserve_problem_});
    } else {
      spdlog::warn("{}", free.error().message);
    }
    space_timer_.expires_after(std::chrono::seconds(1));
    space_timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) measure_space();
    });
  }

  void wait_for_signal() {
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
      if (error) return;
      spdlog::info("signal {}: stopping", signal);
      step(StopAsked{});
      wait_for_signal();
    });
  }

  // From the writer's thread.
  void post_durable(Sequence sequence) {
    asio::post(io_, [this, sequence] {
      auditor_->became_durable(sequence);
      step(BecameDurable{sequence});
    });
  }

  // From the auditor's thread.
  void post_report(AuditReported report) {
    asio::post(io_, [this, report = std::move(report)]() mutable { step(std::move(report)); });
  }

  // From the writer's or the auditor's thread. After a failed write or sync memory proves nothing: end at once, say
  // why. Where it failed for want of room, the next start finds what was set aside.
  void post_failure(const Error& error) {
    const Result<std::uint64_t> free = reserve_.free_bytes();
    if (free && *free < controller_.space_limits().give_up_below && reserve_.give_up()) {
      spdlog::critical("the journal's disk is full: what was set aside is given up, for the next start");
    }
    spdlog::critical("the journal cannot be written, so this process ends: {}", error.message);
    spdlog::shutdown();
    std::_Exit(1);
  }

  const Configuration& configuration_;
  Journal& journal_;
  Controller& controller_;
  asio::io_context io_{1};
  DoorHandler scheduler_door_;
  DoorHandler operations_door_;
  JournalDoor journal_door_;
  std::unique_ptr<ApiClient> client_;
  std::vector<std::unique_ptr<HttpServer>> servers_;
  std::size_t open_servers_ = 0;
  asio::steady_timer timer_;
  std::optional<std::int64_t> timer_at_;
  asio::steady_timer space_timer_;
  const SpaceReserve reserve_;
  std::string reserve_problem_;
  asio::signal_set signals_;
  std::unordered_map<CallId, PendingCall> calls_;
  std::map<RequestId, std::uint64_t> streams_;
  CallId next_call_ = 1;
  Metrics metrics_;
  Ended ended_;
  std::optional<Auditor> auditor_;  // while it runs
  JournalWriter writer_;            // last: its thread ends before what its callbacks use
};

Loop::Loop(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Loop::~Loop() = default;

Result<std::unique_ptr<Loop>> Loop::create(const Configuration& configuration, ClusterAccess access, Journal& journal,
                                           Controller& controller) {
  auto impl = std::make_unique<Impl>(configuration, journal, controller);
  if (Result<void> opened = impl->open(std::move(access)); !opened) return opened.error();
  return std::unique_ptr<Loop>(new Loop(std::move(impl)));
}

Loop::Ended Loop::run() { return impl_->run(); }

}  // namespace bw
