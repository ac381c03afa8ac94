#include "tests/simulation/wire.h"

#include <algorithm>
#include <utility>

namespace bw::simulation {
namespace {

constexpr std::int64_t kServerTimeoutNs = 60 * kSecond;

Error broken(const char* what) { return {ErrorCode::kIo, what}; }

// "?timeout=2s" bounds what the server does after the request has arrived.
std::int64_t server_timeout_ns(const ApiRequest& request) {
  const std::size_t at = request.target.find("timeout=");
  if (at == std::string::npos) return kServerTimeoutNs;
  return std::stoll(request.target.substr(at + 8)) * kSecond;
}

}  // namespace

Wire::Wire(World& world, ObjectStore& store, ModelApiServer& server, std::string_view name)
    : world_(world), store_(store), server_(server), random_(world.random(name)) {
  store_.on_change([this](const StoreChange& change) { changed(change); });
}

std::int64_t Wire::latency() {
  if (strikes(Feature::kSlowRequests, 50)) return random_.between(10 * kMillisecond, 3 * kSecond);
  return random_.between(100 * kMicrosecond, 3 * kMillisecond);
}

// ---- requests -----------------------------------------------------------------------------------------------

void Wire::send(const ApiRequest& request, OnAnswer on_answer) {
  auto exchange = std::make_shared<Exchange>(Exchange{request, {}, life_, false, {}});
  exchange->on_answer = [this, life = life_, on_answer = std::move(on_answer)](Result<ApiResponse> result) {
    if (life == life_) on_answer(std::move(result));
  };
  if (!holds_) return depart(exchange);
  note_binding(*exchange);
  held_.push_back(exchange);
}

void Wire::let_go() {
  holds_ = false;
  for (const ExchangePtr& exchange : std::exchange(held_, {})) {
    if (exchange->life == life_) {
      depart(exchange);
    } else {
      settle_binding(*exchange);  // the client has died before it left
    }
  }
}

void Wire::depart(const ExchangePtr& exchange) {
  const ApiRequest& request = exchange->request;
  const std::int64_t timeout_ns = request.timeout_ms * kMillisecond;
  if (strikes(Feature::kLostRequests, 12)) {
    settle_binding(*exchange);
    return answer(exchange, latency(), Error{ErrorCode::kUnavailable, "connection refused"});
  }
  answer(exchange, timeout_ns, broken("the request timed out"));
  if (strikes(Feature::kLostRequests, 20)) {
    settle_binding(*exchange);
    return answer(exchange, random_.between(1, timeout_ns), broken("the connection was reset"));
  }
  note_binding(*exchange);
  std::int64_t delay_ns = latency();
  if (strikes(Feature::kLateRequests, is_binding(request) ? 80 : 10)) {
    delay_ns = random_.between(kSecond, 12 * kSecond);
  }
  world_.timeline.after(delay_ns, [this, exchange] { arrive(exchange); });
}

// While the way is cut: what was sent is lost, or arrives when it is whole again, long after the client gave it up.
bool Wire::loses(const ExchangePtr& exchange, void (Wire::*go_on)(const ExchangePtr&)) {
  if (!cut_) return false;
  if (random_.chance(300)) {
    settle_binding(*exchange);
  } else {
    waiting_.emplace_back([this, exchange, go_on] { (this->*go_on)(exchange); });
  }
  return true;
}

void Wire::arrive(const ExchangePtr& exchange) {
  if (loses(exchange, &Wire::arrive)) return;
  if (strikes(Feature::kServerErrors, 30)) {
    settle_binding(*exchange);
    return answer(exchange, latency(), *draw_server_error());
  }
  const std::int64_t limit_ns = server_timeout_ns(exchange->request);
  std::int64_t delay_ns = random_.between(50 * kMicrosecond, 2 * kMillisecond);
  if (strikes(Feature::kSlowRequests, 30)) delay_ns = random_.between(kMillisecond, 3 * kSecond);
  if (delay_ns >= limit_ns) {
    settle_binding(*exchange);
    return answer(exchange, limit_ns, ModelApiServer::failure(504, "Timeout", "request did not complete in time"));
  }
  world_.timeline.after(delay_ns, [this, exchange] { carry_out(exchange); });
}

void Wire::carry_out(const ExchangePtr& exchange) {
  settle_binding(*exchange);
  const bool binding = is_binding(exchange->request);
  if (binding && strikes(Feature::kRefusedBindings, 60)) {
    return answer(exchange, latency(),
                  ModelApiServer::failure(403, "Forbidden", "admission webhook denied the request"));
  }
  ApiResponse response = binding ? bind(exchange->request) : server_.carry_out(exchange->request);
  if (binding && response.status == 201 && exchange->answered) {
    world_.coverage.count(Counter::kBindingsAfterTimeout);
  }
  if (cut_) return;  // the answer is lost
  if (strikes(Feature::kServerErrors, 10)) {
    response = ModelApiServer::failure(500, "InternalError", "etcdserver: request timed out");
  }
  if (strikes(Feature::kLostReplies, 30)) {
    return answer(exchange, random_.between(1, 2 * kSecond), broken("the connection was closed before the answer"));
  }
  answer(exchange, latency(), std::move(response));
}

void Wire::answer(const ExchangePtr& exchange, std::int64_t delay_ns, Result<ApiResponse> result) {
  world_.timeline.after(delay_ns, [this, exchange, result = std::move(result)] { deliver(exchange, result); });
}

void Wire::deliver(const ExchangePtr& exchange, Result<ApiResponse> result) {
  if (std::exchange(exchange->answered, true)) return;
  exchange->on_answer(std::move(result));
}

ApiResponse Wire::bind(const ApiRequest& request) {
  ModelBinding binding = read_binding(request);
  if (unfenced_ && unfenced_()) binding.resource_version = 0;
  ApiResponse response = server_.bind(binding);
  if (response.status == 201) on_bound_(**store_.find(Stream::kPods, binding.space, binding.name));
  return response;
}

void Wire::note_binding(Exchange& exchange) {
  if (exchange.binding || !is_binding(exchange.request)) return;
  bindings_.push_back(read_binding(exchange.request));
  exchange.binding = std::prev(bindings_.end());
}

void Wire::settle_binding(Exchange& exchange) {
  if (exchange.binding) bindings_.erase(*std::exchange(exchange.binding, {}));
}

std::optional<ModelBinding> Wire::rival_under_way(const ModelObject& pod, const std::string& node) const {
  for (const ModelBinding& binding : bindings_) {
    const bool possible = binding.resource_version == 0 || binding.resource_version == pod.resource_version;
    if (binding.uid == pod.uid && binding.node != node && possible) return binding;
  }
  return std::nullopt;
}

std::optional<ApiResponse> Wire::draw_server_error() {
  world_.coverage.count(Counter::kServerErrors);
  switch (random_.below(5)) {
    case 0:
      return ApiResponse{429, "Too many requests, please try again later.\n", random_.between(1, 3)};
    case 1:
      return ApiResponse{500, "Internal Server Error: \"/api\": the server has a bad day\n", {}};
    case 2:
      return ApiResponse{503, "upstream connect error or disconnect/reset before headers", random_.between(1, 2)};
    case 3:
      return ApiResponse{502, "<html><body>Bad Gateway</body></html>", {}};
    default:
      return ModelApiServer::failure(429, "TooManyRequests", "the server has received too many requests");
  }
}

// ---- watches ------------------------------------------------------------------------------------------------

void Wire::open(std::uint64_t number, const ApiRequest& request, StreamEvents events) {
  const std::uint64_t id = key(number);
  watches_[id].events = std::move(events);
  const std::int64_t delay_ns = latency();
  if (strikes(Feature::kLostRequests, 20)) {
    return world_.timeline.after(delay_ns, [this, id] { end(id, broken("connection refused")); });
  }
  if (cut_) {
    return world_.timeline.after(request.timeout_ms * kMillisecond,
                                 [this, id] { end(id, broken("no answer in time")); });
  }
  if (delay_ns > request.timeout_ms * kMillisecond) {
    return world_.timeline.after(delay_ns, [this, id] { end(id, broken("no answer in time")); });
  }
  world_.timeline.after(delay_ns, [this, id, request] { watch_arrives(id, request); });
}

void Wire::watch_arrives(std::uint64_t id, const ApiRequest& request) {
  const auto found = watches_.find(id);
  if (found == watches_.end()) return;
  Watch& watch = found->second;
  const auto refuse = [&](ApiResponse response) {
    const auto opened = watch.events.opened;
    watches_.erase(id);
    opened(std::move(response));
  };
  if (strikes(Feature::kServerErrors, 30)) return refuse(*draw_server_error());
  const auto begun = server_.begin_watch(request);
  if (const auto* refusal = std::get_if<ApiResponse>(&begun)) return refuse(*refusal);
  const auto& start = std::get<ModelApiServer::WatchStart>(begun);
  const bool gone = start.after < store_.compacted();
  if (gone && random_.chance(300)) {
    world_.coverage.count(Counter::kGoneOverHttp);
    return refuse(ModelApiServer::expired());
  }
  watch.stream = start.stream;
  watch.position = start.after;
  watch.streaming = true;
  watch.ends_ns = world_.now_ns() + start.seconds * kSecond;
  const auto opened = watch.events.opened;
  opened({200, "", {}});
  const auto still = watches_.find(id);
  if (still == watches_.end()) return;
  if (gone) {
    world_.coverage.count(Counter::kGoneInStream);
    still->second.streaming = false;  // nothing follows an ERROR
    return push(id, still->second, ModelApiServer::expired_line());
  }
  const auto& history = store_.history(start.stream);
  for (std::size_t i = store_.first_after(start.stream, start.after); i < history.size(); ++i) {
    push(id, still->second, ModelApiServer::watch_line(history[i]));
  }
  still->second.position = std::max(still->second.position, store_.version());
  world_.timeline.after(std::max<std::int64_t>(0, (start.seconds - 2) * kSecond), [this, id] { bookmark(id); });
  for (std::int64_t at_s = random_.between(5, 60); at_s < start.seconds; at_s += random_.between(30, 75)) {
    world_.timeline.after(at_s * kSecond, [this, id] { bookmark(id); });
  }
  world_.timeline.after(start.seconds * kSecond, [this, id] { end(id, std::nullopt); });
}

void Wire::changed(const StoreChange& change) {
  for (auto& [id, watch] : watches_) {
    if (!watch.streaming || watch.stream != (*change.version)->stream) continue;
    push(id, watch, ModelApiServer::watch_line(change));
  }
}

// Lines keep their order, and know nothing of the chunks they travel in.
void Wire::push(std::uint64_t id, Watch& watch, const std::string& line) {
  if (watch.dead) return;
  watch.buffer += line;
  if (watch.flush_ns) return;
  std::int64_t delay_ns = latency();
  if (strikes(Feature::kWatchStalls, 15)) {
    world_.coverage.count(Counter::kWatchStalls);
    delay_ns = random_.between(500 * kMillisecond, 8 * kSecond);
  }
  watch.flush_ns = world_.now_ns() + delay_ns;
  world_.timeline.at(*watch.flush_ns, [this, id] { flush(id); });
}

void Wire::flush(std::uint64_t id) {
  const auto found = watches_.find(id);
  if (found == watches_.end()) return;
  Watch& watch = found->second;
  watch.flush_ns.reset();
  if (watch.dead || watch.buffer.empty()) return;
  if (cut_) {
    waiting_.emplace_back([this, id] { flush(id); });
    return;
  }
  if (strikes(Feature::kWatchBreaks, 8)) {
    world_.coverage.count(Counter::kWatchBreaks);
    const std::string part = watch.buffer.substr(0, random_.below(watch.buffer.size() + 1));
    const auto data = watch.events.data;
    if (!part.empty()) data(part);
    return end(id, random_.chance(500) ? std::optional<Error>() : broken("the connection was reset"));
  }
  if (strikes(Feature::kWatchBreaks, 1)) {
    watch.dead = true;
    watch.buffer.clear();
    return;
  }
  std::string chunk = std::exchange(watch.buffer, {});
  if (world_.storms() && random_.chance(100)) {
    const std::size_t cut = random_.below(chunk.size() + 1);
    watch.buffer = chunk.substr(cut);
    chunk.resize(cut);
    watch.flush_ns = world_.now_ns() + latency();
    world_.timeline.at(*watch.flush_ns, [this, id] { flush(id); });
  }
  const auto data = watch.events.data;
  if (!chunk.empty()) data(std::move(chunk));
}

void Wire::bookmark(std::uint64_t id) {
  const auto found = watches_.find(id);
  if (found == watches_.end() || !found->second.streaming) return;
  world_.coverage.count(Counter::kBookmarks);
  push(id, found->second, ModelApiServer::bookmark_line(found->second.stream, store_.version()));
}

void Wire::end(std::uint64_t id, std::optional<Error> error) {
  const auto found = watches_.find(id);
  if (found == watches_.end() || found->second.dead) return;
  if (!error && found->second.flush_ns) {  // in good order: what was sent arrives before
    found->second.streaming = false;
    return world_.timeline.at(*found->second.flush_ns + kMicrosecond, [this, id] { end(id, std::nullopt); });
  }
  const auto ended = std::move(found->second.events.ended);
  watches_.erase(found);
  ended(std::move(error));
}

void Wire::reconnect() {
  if (!std::exchange(cut_, false)) return;
  for (auto& go_on : std::exchange(waiting_, {})) world_.timeline.after(latency(), std::move(go_on));
  if (random_.chance(500)) break_all();
}

void Wire::forget_client() {
  ++life_;
  watches_.clear();
  let_go();
}

void Wire::break_all() {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, watch] : watches_) ids.push_back(id);
  for (std::uint64_t id : ids) {
    if (watches_.contains(id)) watches_.at(id).dead = false;
    end(id, broken("the connection was reset"));
  }
}

void Wire::revive() {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, watch] : watches_) {
    if (watch.dead) ids.push_back(id);
  }
  for (std::uint64_t id : ids) {
    watches_.at(id).dead = false;
    end(id, broken("the connection was reset"));
  }
}

}  // namespace bw::simulation
