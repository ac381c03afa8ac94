// A program that runs as a child of this process. Its process group is its own, so that Ctrl-C on the terminal
// reaches only us and we stop children in our order; it is killed by the kernel when the thread that started it
// ends (PR_SET_PDEATHSIG), so that a crashed test leaves no orphans. Start children from a thread that lives as
// long as they should.
//
// One thread: that which started it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "journal/result.h"

namespace bw {

struct Command {
  std::filesystem::path program{};
  std::vector<std::string> arguments{};
  std::vector<std::string> environment{};  // NAME=value, before our own
};

class ChildProcess {
 public:
  // Standard output and error are appended to `log`. kNotFound or kIo when the program cannot be executed.
  static Result<ChildProcess> start(const Command& command, const std::filesystem::path& log);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;  // stops what was there
  ~ChildProcess();                                         // stop()

  pid_t pid() const { return pid_; }
  const std::filesystem::path& log() const { return log_; }

  bool running();
  // Absent while it runs. 128 + N when signal N ended it, as in a shell.
  std::optional<int> exit_code();

  void pause();   // SIGSTOP: it keeps its sockets and answers nothing
  void resume();  // SIGCONT
  void kill();    // SIGKILL, and waits for the end
  // SIGTERM; SIGKILL after `grace`. Returns the exit code.
  int stop(std::chrono::milliseconds grace = std::chrono::seconds(10));
  // Absent when it still runs after `timeout`.
  std::optional<int> wait(std::chrono::milliseconds timeout);

 private:
  ChildProcess(pid_t pid, std::filesystem::path log) : pid_(pid), log_(std::move(log)) {}

  pid_t pid_ = -1;  // -1: moved from
  std::filesystem::path log_;
  std::optional<int> exit_code_;
};

// A finished program.
struct Output {
  int exit_code = 0;
  std::string standard_output{};
  std::string standard_error{};
};

// Runs a program to its end. kUnavailable when it had to be killed after `timeout`. An exit code that is not 0 is
// no error here.
Result<Output> run(const Command& command, const std::string& standard_input = "",
                   std::chrono::milliseconds timeout = std::chrono::seconds(60));

// The last `lines` lines of a text file, to show why a child failed; "" when there is none.
std::string last_lines(const std::filesystem::path& file, std::size_t lines);

}  // namespace bw
