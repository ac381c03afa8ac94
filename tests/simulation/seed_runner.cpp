#include "tests/simulation/seed_runner.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <list>
#include <nlohmann/json.hpp>
#include <set>

namespace bw::simulation {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kLongestRun{300};

std::string to_text(const RunResult& result) {
  Json json = {{"hash", result.hash}, {"trace", result.trace}, {"coverage", Json::array()}};
  for (std::size_t i = 0; i < kCounterCount; ++i) json["coverage"].push_back(result.coverage[static_cast<Counter>(i)]);
  if (result.violation) {
    json["violation"] = {result.violation->rule, result.violation->sentence, result.violation->at_ns};
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

RunResult from_text(const std::string& text) {
  const Json json = Json::parse(text);
  RunResult result;
  json.at("hash").get_to(result.hash);
  json.at("trace").get_to(result.trace);
  for (std::size_t i = 0; i < kCounterCount; ++i) {
    result.coverage.count(static_cast<Counter>(i), json.at("coverage").at(i).get<std::uint64_t>());
  }
  if (json.contains("violation")) {
    const Json& violation = json.at("violation");
    result.violation = Violation{violation.at(0), violation.at(1), violation.at(2)};
  }
  return result;
}

struct Child {
  pid_t pid = 0;
  int answer = -1, errors = -1;  // ends of pipes; -1: closed
  std::string answer_text, error_text;
  Clock::time_point began;
  const RunRequest* request = nullptr;
};

[[noreturn]] void run_in_child(const RunRequest& request, int answer) {
  const std::string text = to_text(simulate(request.options, request.trace_lines, request.plant));
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t some = write(answer, text.data() + sent, text.size() - sent);
    if (some < 0) _exit(3);
    sent += static_cast<std::size_t>(some);
  }
  _exit(0);
}

Child start(const RunRequest& request) {
  int answer[2], errors[2];
  check(pipe(answer) == 0 && pipe(errors) == 0, "no pipe for a simulation");
  Child child;
  child.began = Clock::now();
  child.request = &request;
  child.pid = fork();
  check(child.pid >= 0, "no process for a simulation");
  if (child.pid == 0) {
    dup2(errors[1], STDERR_FILENO);
    run_in_child(request, answer[1]);
  }
  close(answer[1]);
  close(errors[1]);
  child.answer = answer[0];
  child.errors = errors[0];
  return child;
}

void read_some(int& end, std::string& text) {
  char buffer[65536];
  const ssize_t size = read(end, buffer, sizeof buffer);
  if (size > 0) return static_cast<void>(text.append(buffer, static_cast<std::size_t>(size)));
  if (size < 0 && errno == EINTR) return;
  close(end);
  end = -1;
}

RunResult finish(const Child& child) {
  int status = 0;
  waitpid(child.pid, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return from_text(child.answer_text);
  RunResult result;
  std::string what = child.error_text.substr(0, 2000);
  if (what.empty()) what = "ended by signal " + std::to_string(WIFSIGNALED(status) ? WTERMSIG(status) : 0);
  result.violation = Violation{"crash", what, 0};
  return result;
}

// Reads what the children say until one has ended; kills those that take too long.
std::list<Child>::iterator wait_for_one(std::list<Child>& children) {
  while (true) {
    std::vector<pollfd> polled;
    for (Child& child : children) {
      if (child.answer < 0 && child.errors < 0) {
        return std::find_if(children.begin(), children.end(), [&](const Child& one) { return one.pid == child.pid; });
      }
      if (Clock::now() - child.began > kLongestRun) kill(child.pid, SIGKILL);
      polled.push_back({child.answer, POLLIN, 0});  // a negative one is passed over
      polled.push_back({child.errors, POLLIN, 0});
    }
    poll(polled.data(), polled.size(), 1000);
    std::size_t i = 0;
    for (Child& child : children) {
      if (polled[i++].revents != 0) read_some(child.answer, child.answer_text);
      if (polled[i++].revents != 0) read_some(child.errors, child.error_text);
    }
  }
}

}  // namespace

void run_all(const std::vector<RunRequest>& requests, int jobs,
             const std::function<bool(const Options&, const RunResult&)>& on_result) {
  std::list<Child> children;
  std::size_t next = 0;
  bool goes_on = true;
  while (!children.empty() || (goes_on && next < requests.size())) {
    while (goes_on && next < requests.size() && children.size() < static_cast<std::size_t>(jobs)) {
      children.push_back(start(requests[next++]));
    }
    const auto ended = wait_for_one(children);
    const RunResult result = finish(*ended);
    goes_on = on_result(ended->request->options, result) && goes_on;
    children.erase(ended);
  }
}

RunResult run_alone(const RunRequest& request) {
  RunResult only;
  run_all({request}, 1, [&](const Options&, const RunResult& result) {
    only = result;
    return true;
  });
  return only;
}

Options shrink(const Options& failing, const PlantBug& plant, int jobs, int most_runs) {
  Options smallest = failing;
  const RunResult first = run_alone({failing, 0, plant});
  if (!first.violation) return failing;
  const std::string rule = first.violation->rule;
  int runs = 1;
  for (bool smaller = true; smaller && runs < most_runs;) {
    smaller = false;
    std::vector<Options> candidates;
    const auto with = [&](const auto& change) {
      Options changed = smallest;
      change(changed);
      if (changed != smallest) candidates.push_back(changed);
    };
    with([](Options& options) { options.storm_s = std::max<std::int64_t>(10, options.storm_s / 2); });
    with([](Options& options) { options.storm_s = std::max<std::int64_t>(10, options.storm_s * 4 / 5); });
    with([](Options& options) { options.pods = std::max(2U, options.pods / 2); });
    with([](Options& options) { options.pods = std::max(2U, options.pods * 4 / 5); });
    with([](Options& options) { options.nodes = std::max(1U, options.nodes - 1); });
    with([](Options& options) { options.replicas = std::max(1U, options.replicas - 1); });
    for (std::size_t i = 0; i < kFeatureCount; ++i) {
      with([&](Options& options) { options.features.reset(i); });
    }
    std::vector<RunRequest> requests;
    for (const Options& candidate : candidates) requests.push_back({candidate, 0, plant});
    run_all(requests, jobs, [&](const Options& options, const RunResult& result) {
      ++runs;
      if (!smaller && result.violation && result.violation->rule == rule) {
        smallest = options;
        smaller = true;
      }
      return !smaller && runs < most_runs;
    });
  }
  return smallest;
}

}  // namespace bw::simulation
