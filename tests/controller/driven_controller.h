// A Controller on a journal in memory with a small still cluster: whatever it asks the API server for is answered from
// a table, except Bindings, which the test answers; what it writes becomes durable when the test says so. Sockets and
// time are the test's. Thread: one.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "controller/controller.h"
#include "controller/restore.h"
#include "journal/memory_journal.h"
#include "outputs.h"

namespace bw {

class DrivenController {
 public:
  explicit DrivenController(MemoryJournal& journal, ControllerOptions options = {}) : journal_(journal) {
    Result<Restored> restored = restore(journal);
    check(restored.has_value(), "the journal can be read");
    if (options.binary.empty()) options.binary = "test";
    options.new_journal.bytes[0] = 1;
    controller_ = std::make_unique<Controller>(std::move(options), std::move(restored->state), restored->head);
  }

  // ---- the cluster; before start() ----
  void node(const std::string& name) {
    items_["/api/v1/nodes"].push_back(object(name, "", R"("spec":{},"status":{"allocatable":{"pods":"110"}})"));
    items_["/apis/networking.vaclab.org/v1/bandwidths"].push_back(
        object(name, "", R"("spec":{"capacity":{"network":{"ulMbps":1000,"dlMbps":1000}}})"));
  }
  static std::string pod(const std::string& name, const std::string& request, const std::string& uid = "",
                         const std::string& spec = "") {
    return object(name, "net", R"("spec":{)" + spec + R"(},"status":{"phase":"Pending"})",
                  R"(,"annotations":{"kubernetes.io/egress-bandwidth":")" + request +
                      R"(","kubernetes.io/ingress-bandwidth":")" + request + "\"}",
                  uid);
  }
  void existing(const std::string& pod_json) { items_["/api/v1/pods"].push_back(pod_json); }
  // Any path that begins so is answered with this.
  void script(const std::string& path, Result<ApiResponse> answer) { scripted_.emplace(path, std::move(answer)); }

  // The Lease is kept as an API server would: there is none, until it is written.
  void keep_lease() { keeps_lease_ = true; }
  const std::string& lease() const { return lease_; }

  // ---- running ----
  void start() { perform(controller_->start(now())); }
  void step(Input input) { perform(controller_->step(now(), std::move(input))); }
  void make_durable() {
    while (written_ > told_) {
      told_ = written_;
      step(BecameDurable{told_});
    }
  }
  void pass(std::int64_t ns) {
    now_ns_ += ns;
    step(Tick{});
  }
  std::int64_t now_ns() const { return now_ns_; }
  // Synced, and everything on disk.
  void serve() {
    start();
    make_durable();
  }

  // ---- the scheduler ----
  CallId call(Route route, std::string body, const std::string& space = "", const std::string& pod = "") {
    body.reserve(body.size() + 64);
    step(CallArrived{++calls_, {route, space, pod}, "", std::move(body)});
    return calls_;
  }
  CallId filter(const std::string& pod_json, const std::string& nodes = R"(["n1"])") {
    return call(Route::kFilter, R"({"Pod":)" + pod_json + R"(,"Nodes":null,"NodeNames":)" + nodes + "}");
  }
  CallId bind(const std::string& pod, const std::string& node, const std::string& uid = "") {
    return call(Route::kBind, R"({"PodName":")" + pod + R"(","PodNamespace":"net","PodUID":")" +
                                  (uid.empty() ? "uid-" + pod : uid) + R"(","Node":")" + node + "\"}");
  }

  // ---- looking ----
  const Controller& controller() const { return *controller_; }
  const AnswerCall* answer(CallId call) const {
    const auto found = answers_.find(call);
    return found == answers_.end() ? nullptr : &found->second;
  }
  std::vector<SendRequest>& bindings() { return bindings_; }  // sent and not answered
  void answer_binding(const Result<ApiResponse>& result) {
    const RequestId request = bindings_.at(0).request;
    bindings_.erase(bindings_.begin());
    step(RequestAnswered{request, result});
  }
  const std::vector<std::string>& requests() const { return requests_; }
  std::size_t count(const std::string& part) const {
    std::size_t found = 0;
    for (const std::string& line : requests_) found += line.find(part) != std::string::npos ? 1 : 0;
    return found;
  }
  const std::optional<Finished>& finished() const { return finished_; }
  const std::vector<LogLine>& log() const { return log_; }
  std::size_t closed_watches() const { return closed_watches_; }
  const std::vector<DigestNote>& notes() const { return notes_; }
  const std::vector<HistoryCut>& removed() const { return removed_; }

 private:
  static std::string object(const std::string& name, const std::string& space, const std::string& rest,
                            const std::string& annotations = "", const std::string& uid = "") {
    return R"({"metadata":{"name":")" + name + "\"" + (space.empty() ? "" : R"(,"namespace":")" + space + "\"") +
           R"(,"uid":")" + (uid.empty() ? "uid-" + name : uid) + R"(","resourceVersion":"5")" + annotations + "}," +
           rest + "}";
  }

  Instant now() const { return {{1'700'000'000 * kNanosecondsPerSecond + now_ns_}, now_ns_}; }

  Result<ApiResponse> answer_of(const ApiRequest& request) {
    const std::string path = request.target.substr(0, request.target.find('?'));
    if (keeps_lease_ && path.find("/leases") != std::string::npos) {
      if (request.method != Method::kGet) {
        constexpr std::string_view kMetadata = R"("metadata":{)";
        lease_ = request.body;
        lease_.insert(lease_.find(kMetadata) + kMetadata.size(), R"("resourceVersion":"7",)");
      }
      return lease_.empty() ? reply(404) : reply(200, lease_ + std::string(64, ' '));
    }
    for (const auto& [begin, answer] : scripted_) {
      if (path.starts_with(begin)) return answer;
    }
    if (path == "/api/v1/namespaces/kube-system") {
      return reply(
          200, R"({"metadata":{"name":"kube-system","uid":"cluster","resourceVersion":"1"}})" + std::string(64, ' '));
    }
    if (request.method == Method::kGet) {
      std::string body = R"({"kind":"List","metadata":{"resourceVersion":"100"},"items":[)";
      const auto items = items_.find(path);
      if (items != items_.end()) {
        for (std::size_t i = 0; i < items->second.size(); ++i) body += (i == 0 ? "" : ",") + items->second[i];
      }
      return reply(200, body + "]}");
    }
    return reply(200, R"({"metadata":{"uid":"u","resourceVersion":"7"}})" + std::string(64, ' '));
  }

  void perform(Outputs outputs) {
    std::vector<Input> next;
    for (Output& output : outputs) {
      if (auto* send = std::get_if<SendRequest>(&output)) {
        requests_.push_back(sent({*send}).at(0));
        if (send->what.target.find("/binding") != std::string::npos) {
          bindings_.push_back(*send);
        } else {
          next.emplace_back(RequestAnswered{send->request, answer_of(send->what)});
        }
      } else if (const auto* open = std::get_if<OpenWatch>(&output)) {
        next.emplace_back(StreamOpened{open->stream, {200, "", {}}});
      } else if (std::get_if<CloseWatch>(&output) != nullptr) {
        ++closed_watches_;
      } else if (auto* write = std::get_if<WriteRecords>(&output)) {
        if (!write->batch.records.empty()) {
          check(journal_.append(write->batch.records, write->batch.head, write->batch.kept, false).has_value(),
                "appended");
        }
        if (!write->batch.records.empty()) written_ = write->batch.head.sequence;
      } else if (const auto* answer = std::get_if<AnswerCall>(&output)) {
        check(answers_.emplace(answer->call, *answer).second, "a call is answered once");
      } else if (const auto* note = std::get_if<NoteDigest>(&output)) {
        notes_.push_back(note->note);
      } else if (const auto* remove = std::get_if<RemoveHistory>(&output)) {
        removed_.push_back(remove->cut);
      } else if (const auto* line = std::get_if<LogLine>(&output)) {
        log_.push_back(*line);
      } else if (const auto* finished = std::get_if<Finished>(&output)) {
        finished_ = *finished;
      }
    }
    for (Input& input : next) step(std::move(input));
  }

  MemoryJournal& journal_;
  std::unique_ptr<Controller> controller_;
  std::map<std::string, std::vector<std::string>> items_;
  std::map<std::string, Result<ApiResponse>> scripted_;
  bool keeps_lease_ = false;
  std::string lease_;
  std::int64_t now_ns_ = seconds(1000);
  Sequence written_ = 0, told_ = 0;
  CallId calls_ = 0;
  std::map<CallId, AnswerCall> answers_;
  std::vector<SendRequest> bindings_;
  std::vector<std::string> requests_;
  std::vector<LogLine> log_;
  std::optional<Finished> finished_;
  std::size_t closed_watches_ = 0;
  std::vector<DigestNote> notes_;
  std::vector<HistoryCut> removed_;
};

}  // namespace bw
