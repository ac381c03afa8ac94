// A ReflectorFsm with the outside world played by a test: the last call it made is the one that is answered, and what
// it puts out is a list of short lines, so that a test reads as a table. One thread at a time.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "kube/reflector_fsm.h"

namespace bw {

using Lines = std::vector<std::string>;

// Outputs as lines. Requests are shown by their query; a timeout of a normal watch (300..600 s) is shown as T.
class ReflectorDriver {
 public:
  explicit ReflectorDriver(ReflectorSource source = {"/api/v1/pods", false}, std::uint64_t seed = 1)
      : fsm_(std::move(source), seed) {}

  Lines start(std::optional<ResourceVersion> resume = std::nullopt) { return show(fsm_.start(now_ns_, resume)); }

  Lines list(int status, const std::string& body, std::optional<std::int64_t> retry_after_s = std::nullopt) {
    return show(fsm_.list_answered(now_ns_, call_, ApiResponse{status, body, retry_after_s}));
  }
  Lines list_broke() { return show(fsm_.list_answered(now_ns_, call_, Error{ErrorCode::kIo, "the connection broke"})); }
  Lines opened(int status = 200, const std::string& body = "",
               std::optional<std::int64_t> retry_after_s = std::nullopt) {
    return show(fsm_.stream_opened(now_ns_, call_, ApiResponse{status, body, retry_after_s}));
  }
  Lines data(const std::string& bytes) { return show(fsm_.stream_data(now_ns_, call_, bytes)); }
  Lines ended() { return show(fsm_.stream_ended(now_ns_, call_, std::nullopt)); }
  Lines broke() { return show(fsm_.stream_ended(now_ns_, call_, Error{ErrorCode::kIo, "the connection broke"})); }

  void pass(std::int64_t ns) { now_ns_ += ns; }
  void pass_s(std::int64_t seconds) { pass(seconds * kNanosecondsPerSecond); }
  // Lets time pass until the machine wants to wake.
  Lines wake() {
    now_ns_ = std::max(now_ns_, fsm_.wake_at_ns().value());
    return show(fsm_.tick(now_ns_));
  }
  Lines confirm() { return show(fsm_.confirm(now_ns_)); }
  Lines tick() { return show(fsm_.tick(now_ns_)); }
  std::int64_t wait_ns() const { return fsm_.wake_at_ns().value() - now_ns_; }

  // Until the first normal watch is open, with an empty list of this version.
  void follow_from(ResourceVersion version) {
    start();
    list(200, page(version, ""));
    opened();
  }

  ReflectorFsm& fsm() { return fsm_; }
  std::int64_t now_ns() const { return now_ns_; }
  std::uint64_t call() const { return call_; }
  const ApiRequest& request() const { return request_; }  // the last one

  static std::string page(ResourceVersion version, const std::string& items, const std::string& token = "") {
    return R"({"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":")" + std::to_string(version) + "\"" +
           (token.empty() ? "" : R"(,"continue":")" + token + R"(","remainingItemCount":7)") + R"(},"items":[)" +
           items + "]}";
  }
  static std::string object(ResourceVersion version) {
    return R"({"metadata":{"uid":"u","resourceVersion":")" + std::to_string(version) + R"("}})";
  }
  static std::string event(const std::string& type, const std::string& object) {
    return R"({"type":")" + type + R"(","object":)" + object + "}\n";
  }
  static std::string bookmark(ResourceVersion version) { return event("BOOKMARK", object(version)); }
  static std::string status(int code, const std::string& reason, const std::string& message,
                            const std::string& details = "{}") {
    return R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":")" + message +
           R"(","reason":")" + reason + R"(","details":)" + details + R"(,"code":)" + std::to_string(code) + "}";
  }
  static std::string error(int code, const std::string& reason, const std::string& message,
                           const std::string& details = "{}") {
    return event("ERROR", status(code, reason, message, details));
  }

 private:
  Lines show(const ReflectorOutputs& outputs) {
    Lines lines;
    for (const ReflectorOutput& output : outputs) {
      lines.push_back(std::visit([this](const auto& one) { return show_one(one); }, output));
    }
    return lines;
  }

  std::string show_one(const ListBegan& one) { return "began " + std::to_string(one.resource_version); }
  std::string show_one(const ListObject& one) { return "object " + std::string(one.json); }
  std::string show_one(const ListEnded& one) { return "ended " + std::to_string(one.resource_version); }
  std::string show_one(const ListAborted& one) { return "aborted: " + one.reason; }
  std::string show_one(const WatchOpened&) { return "opened"; }
  std::string show_one(const WatchObject& one) {
    const bool added = one.type == WatchLine::Type::kAdded;
    const bool deleted = one.type == WatchLine::Type::kDeleted;
    return (added ? "added " : deleted ? "deleted " : "modified ") + std::string(one.json);
  }
  std::string show_one(const Bookmark& one) { return "bookmark " + std::to_string(one.resource_version); }
  std::string show_one(const Blind& one) { return "blind: " + one.reason; }
  std::string show_one(const Trouble& one) { return "trouble " + std::to_string(one.status) + ": " + one.message; }
  std::string show_one(const SendList& one) { return "list " + query(one.call, one.request); }
  std::string show_one(const OpenStream& one) { return "watch " + query(one.call, one.request); }
  std::string show_one(const CloseStream& one) { return one.call == call_ ? "close" : "close another"; }

  std::string query(std::uint64_t call, const ApiRequest& request) {
    call_ = call;
    request_ = request;
    std::string text = request.target.substr(std::min(request.target.find('?'), request.target.size()));
    const std::size_t timeout = text.find("timeoutSeconds=");
    if (timeout == std::string::npos) return text;
    const int seconds = std::stoi(text.substr(timeout + 15));
    if (seconds >= 300 && seconds <= 600) text = text.substr(0, timeout + 15) + "T";
    return text;
  }

  ReflectorFsm fsm_;
  std::int64_t now_ns_ = 1'000'000 * kNanosecondsPerSecond;
  std::uint64_t call_ = 0;
  ApiRequest request_;
};

}  // namespace bw
