#include "tests/support/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <fstream>
#include <thread>
#include <utility>

namespace bw {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() { close(); }
  int number() const { return number_; }
  void close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }

 private:
  int number_;
};

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& string : strings) result.push_back(string.data());
  result.push_back(nullptr);
  return result;
}

// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void become(char* const* arguments, char* const* environment, pid_t parent, int input, int output,
                         int error, int report) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // the parent died before the line above
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(error, STDERR_FILENO);
  execve(arguments[0], arguments, environment);
  const int reason = errno;
  [[maybe_unused]] const ssize_t written = write(report, &reason, sizeof reason);
  _exit(127);
}

Error system_error(const std::string& what, int reason) {
  return {reason == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo, what + ": " + std::strerror(reason)};
}

Result<pid_t> spawn(const Command& command, int input, int output, int error) {
  std::vector<std::string> arguments{command.program.string()};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  std::vector<std::string> environment = command.environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  const std::vector<char*> argument_pointers = pointers_to(arguments);
  const std::vector<char*> environment_pointers = pointers_to(environment);

  int report[2];  // closed by a successful exec; otherwise carries errno
  if (pipe2(report, O_CLOEXEC) != 0) return system_error("pipe", errno);
  Descriptor report_read(report[0]);
  Descriptor report_write(report[1]);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return system_error("fork", errno);
  if (child == 0) {
    become(argument_pointers.data(), environment_pointers.data(), parent, input, output, error, report_write.number());
  }
  report_write.close();
  int reason = 0;
  if (read(report_read.number(), &reason, sizeof reason) == sizeof reason) {
    waitpid(child, nullptr, 0);
    return system_error("cannot run " + command.program.string(), reason);
  }
  return child;
}

std::string contents_of(int memory_file) {
  std::string text(static_cast<std::size_t>(lseek(memory_file, 0, SEEK_END)), '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t count = pread(memory_file, text.data() + filled, text.size() - filled, static_cast<off_t>(filled));
    if (count <= 0) break;
    filled += static_cast<std::size_t>(count);
  }
  text.resize(filled);
  return text;
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const Command& command, const std::filesystem::path& log) {
  Descriptor input(open("/dev/null", O_RDONLY | O_CLOEXEC));
  Descriptor output(open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (output.number() < 0) return system_error("cannot write " + log.string(), errno);
  const Result<pid_t> pid = spawn(command, input.number(), output.number(), output.number());
  if (!pid) return pid.error();
  return ChildProcess(*pid, log);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), log_(std::move(other.log_)), exit_code_(other.exit_code_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this == &other) return *this;
  stop();
  pid_ = std::exchange(other.pid_, -1);
  log_ = std::move(other.log_);
  exit_code_ = other.exit_code_;
  return *this;
}

ChildProcess::~ChildProcess() { stop(); }

bool ChildProcess::running() { return pid_ > 0 && !exit_code(); }

std::optional<int> ChildProcess::exit_code() {
  if (pid_ <= 0 || exit_code_) return exit_code_;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == pid_) {
    exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  return exit_code_;
}

void ChildProcess::pause() {
  if (running()) ::kill(pid_, SIGSTOP);
}

void ChildProcess::resume() {
  if (running()) ::kill(pid_, SIGCONT);
}

void ChildProcess::kill() {
  if (!running()) return;
  ::kill(pid_, SIGKILL);
  while (running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

int ChildProcess::stop(std::chrono::milliseconds grace) {
  if (running()) {
    ::kill(pid_, SIGTERM);
    ::kill(pid_, SIGCONT);  // one that is paused could not end
    if (!wait(grace)) kill();
  }
  return exit_code_.value_or(0);
}

std::optional<int> ChildProcess::wait(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (running() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return exit_code();
}

Result<Output> run(const Command& command, const std::string& standard_input, std::chrono::milliseconds timeout) {
  // Files in memory instead of pipes: nobody has to read while the program writes.
  Descriptor input(memfd_create("input", MFD_CLOEXEC));
  Descriptor output(memfd_create("output", MFD_CLOEXEC));
  Descriptor error(memfd_create("error", MFD_CLOEXEC));
  const ssize_t written = pwrite(input.number(), standard_input.data(), standard_input.size(), 0);
  if (written != static_cast<ssize_t>(standard_input.size())) return system_error("memfd_create", errno);
  const Result<pid_t> pid = spawn(command, input.number(), output.number(), error.number());
  if (!pid) return pid.error();

  const auto deadline = std::chrono::steady_clock::now() + timeout;
  int status = 0;
  bool killed = false;
  while (waitpid(*pid, &status, WNOHANG) == 0) {
    if (!killed && std::chrono::steady_clock::now() >= deadline) {
      ::kill(*pid, SIGKILL);
      killed = true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  if (killed) {
    return Error{ErrorCode::kUnavailable, command.program.filename().string() + " did not end within " +
                                              std::to_string(timeout.count()) + " ms"};
  }
  return Output{.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
                .standard_output = contents_of(output.number()),
                .standard_error = contents_of(error.number())};
}

std::string last_lines(const std::filesystem::path& file, std::size_t lines) {
  std::ifstream stream(file);
  std::deque<std::string> kept;
  for (std::string line; std::getline(stream, line);) {
    kept.push_back(line);
    if (kept.size() > lines) kept.pop_front();
  }
  std::string text;
  for (const std::string& line : kept) text += "  " + line + "\n";
  return text;
}

}  // namespace bw
