// The way between one client and the API server: requests that are slow, lost before or after they were carried out,
// or carried out long after the client gave them up; watches that lag, break and expire. What it does to a request
// beyond that is what kube/api.h says a client sees. Outside of storms everything arrives within milliseconds.
// Thread: the simulation's.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/model_api_server.h"

namespace bw::simulation {

class Wire {
 public:
  using OnAnswer = std::function<void(Result<ApiResponse>)>;
  struct StreamEvents {
    std::function<void(ApiResponse)> opened;
    std::function<void(std::string)> data;
    std::function<void(std::optional<Error>)> ended;
  };

  // `name` is of the client, for its stream of chance.
  Wire(World& world, ObjectStore& store, ModelApiServer& server, std::string_view name);

  void send(const ApiRequest& request, OnAnswer on_answer);
  // `id` is the client's number for the watch, of its present life.
  void open(std::uint64_t id, const ApiRequest& request, StreamEvents events);
  void close(std::uint64_t id) { watches_.erase(key(id)); }

  // The client has died: nobody hears answers any more; what is on its way to the server goes on.
  void forget_client();
  // The server has died and is back: every connection breaks.
  void break_all();
  // The storm is over: watches that nobody knows to be dead break.
  void revive();

  // The way is cut. What is on it is lost or waits, as streams do, until it is whole again; or connections break then.
  void cut_off() { cut_ = true; }
  void reconnect();
  // What the client sends stays with it: it is stopped on its way to the socket.
  void hold() { holds_ = true; }
  void let_go();

  // Called with the pod as it is now, after each Binding of this client that was carried out.
  void on_bound(std::function<void(const ModelObject&)> listener) { on_bound_ = std::move(listener); }
  // For planted bugs: the server carries Bindings out whatever version they name, if `unfenced` is true then.
  void bind_unfenced(std::function<bool()> unfenced) { unfenced_ = std::move(unfenced); }

  // A Binding of `uid` that the server has not seen yet and would carry out, to another node than `node`.
  std::optional<ModelBinding> rival_under_way(const ModelObject& pod, const std::string& node) const;
  bool binding_under_way() const { return !bindings_.empty(); }

 private:
  struct Exchange {
    ApiRequest request;
    OnAnswer on_answer;
    std::uint64_t life = 0;
    bool answered = false;
    std::optional<std::list<ModelBinding>::iterator> binding;  // until the server has seen it
  };
  using ExchangePtr = std::shared_ptr<Exchange>;
  struct Watch {
    StreamEvents events;
    Stream stream = Stream::kPods;
    ResourceVersion position = 0;
    std::int64_t ends_ns = 0;
    std::string buffer;  // sent by the server and not arrived
    std::optional<std::int64_t> flush_ns;
    bool streaming = false;
    bool dead = false;  // half open: nothing arrives and nothing says so
  };

  std::uint64_t key(std::uint64_t id) const { return life_ << 40 | id; }
  bool strikes(Feature fault, int per_mille) { return world_.strikes(fault) && random_.chance(per_mille); }
  std::int64_t latency();
  bool loses(const ExchangePtr& exchange, void (Wire::*go_on)(const ExchangePtr&));
  void depart(const ExchangePtr& exchange);
  void arrive(const ExchangePtr& exchange);
  void carry_out(const ExchangePtr& exchange);
  void answer(const ExchangePtr& exchange, std::int64_t delay_ns, Result<ApiResponse> result);
  void deliver(const ExchangePtr& exchange, Result<ApiResponse> result);
  void note_binding(Exchange& exchange);
  void settle_binding(Exchange& exchange);
  ApiResponse bind(const ApiRequest& request);
  std::optional<ApiResponse> draw_server_error();

  void watch_arrives(std::uint64_t id, const ApiRequest& request);
  void changed(const StoreChange& change);
  void push(std::uint64_t id, Watch& watch, const std::string& line);
  void flush(std::uint64_t id);
  void bookmark(std::uint64_t id);
  void end(std::uint64_t id, std::optional<Error> error);

  World& world_;
  ObjectStore& store_;
  ModelApiServer& server_;
  Random random_;
  std::map<std::uint64_t, Watch> watches_;
  std::list<ModelBinding> bindings_;  // sent, and not seen by the server
  std::uint64_t life_ = 0;            // of the client
  bool cut_ = false, holds_ = false;
  std::vector<ExchangePtr> held_;
  std::vector<std::function<void()>> waiting_;  // for the way to be whole again
  std::function<void(const ModelObject&)> on_bound_;
  std::function<bool()> unfenced_;
};

}  // namespace bw::simulation
