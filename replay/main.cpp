// bwreplay: reads a journal, live or a copy, and never writes one.

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <exception>
#include <iostream>
#include <thread>

#include "journal/rocksdb_journal.h"
#include "replay/command_line.h"
#include "replay/remote_journal.h"
#include "replay/standard_output.h"

namespace bw::replay {
namespace {

constexpr auto kFollowInterval = std::chrono::milliseconds(200);

// Ctrl-C ends a log that follows as the end of the journal would: nothing of ours stays behind.
volatile std::sig_atomic_t interrupted = 0;
extern "C" void interrupt(int) { interrupted = 1; }

Result<ExitCode> run(CommandLine& line, std::ostream& out) {
  if (line.command == "completion") {
    out << completion_script(line.shell);
    return kHolds;
  }
  const Result<std::unique_ptr<JournalReader>> opened =
      line.url.empty() ? RocksdbJournal::open_reader(line.journal) : open_remote_journal(line.url, line.token_file);
  if (!opened) return opened.error();
  JournalReader& journal = **opened;
  if (line.command == "log") {
    if (line.follow) {
      std::signal(SIGINT, interrupt);
      std::signal(SIGTERM, interrupt);
      line.log.wait = [&]() -> Result<bool> {
        if (interrupted != 0) return false;
        std::this_thread::sleep_for(kFollowInterval);
        if (Result<void> refreshed = journal.refresh(); !refreshed) return refreshed.error();
        return interrupted == 0;
      };
    }
    return log(journal, line.log, line.format, out);
  }
  if (line.command == "at") return at(journal, line.at, line.format, out);
  if (line.command == "explain") return explain(journal, line.explain, line.format, out);
  line.audit.progress = line.verify.progress = isatty(STDERR_FILENO) != 0;
  if (line.command == "audit") return audit(journal, line.audit, line.format, out);
  return verify(journal, line.verify, line.format, out);
}

// Running out of memory, and the like, says nothing about the journal.
Result<ExitCode> run_guarded(CommandLine& line, std::ostream& out) {
  try {
    return run(line, out);
  } catch (const std::exception& exception) {
    return Error{ErrorCode::kIo, std::string("it could not go on: ") + exception.what()};
  }
}

// check() has said what and where. The journal is read by what wrote it, so the events contradict each other.
extern "C" void end_on_contradiction(int) {
  constexpr char kSentence[] = "bwreplay: the events of this journal contradict each other there: run verify\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kSentence, sizeof kSentence - 1);
  ::_exit(kDoesNotHold);
}

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that has enough ends us through the stream
  std::signal(SIGABRT, end_on_contradiction);
  ExitCode exit = kHolds;
  std::optional<CommandLine> line = parse_command_line(argc, argv, exit);
  if (!line) return exit;
  DescriptorBuffer buffer(STDOUT_FILENO);
  std::ostream out(&buffer);
  const Result<ExitCode> ran = run_guarded(*line, out);
  out.flush();
  if (!ran) {
    std::cerr << "bwreplay: " << ran.error().message << "\n";
    return exit_code(ran.error());
  }
  if (buffer.problem() != 0 && buffer.problem() != EPIPE) {
    std::cerr << "bwreplay: standard output cannot be written: " << std::strerror(buffer.problem()) << "\n";
    return kUnusableInput;
  }
  return *ran;
}

}  // namespace
}  // namespace bw::replay

int main(int argc, char** argv) { return bw::replay::main(argc, argv); }
