// Damage to the files of a small journal, one thing at a time, and what a program that opens it then says. It is given
// the last acknowledged head as known head, so there are three good answers: what is there is identical, it is refused,
// or it is reported shorter. Files are damaged in memory; what bwreplay reads is written to a folder first.
//
// One thread; a damaged file may make RocksDB end the process, so callers that run many cases do so in a child.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "journal_oracle.h"
#include "tests/support/volatile_disk.h"

namespace bw {

struct Damage {
  enum class Kind {
    kFlip,      // one bit of the byte `at`
    kCut,       // nothing stays from the byte `at` on
    kGrow,      // bytes that nobody wrote follow
    kRemove,    // it is gone
    kSwap,      // it has the content of `other`, and that its
    kExchange,  // it is the file of this name of another journal of the same shape
  };
  Kind kind = Kind::kFlip;
  std::string path;
  std::string other;
  std::size_t at = 0;
  int bit = 0;
};

std::string to_text(const Damage& damage);

enum class Answer { kIdentical, kRefused, kShorter };

// The files of a journal in a folder of the real disk. Only what differs from the time before is written.
class FolderCopy {
 public:
  explicit FolderCopy(std::string folder);  // which is emptied
  void set(const VolatileDisk& disk, const std::string& path);
  const std::string& folder() const { return folder_; }

 private:
  const std::string folder_;
  std::map<std::string, std::string> written_;  // by the path within it
};

class SmallJournal {
 public:
  // About 4 KiB: some events in tables, some in a log.
  SmallJournal();

  // Every file that an opening reads: each byte flipped (one bit, drawn by `seed`; or each of its bits), each length
  // cut off, grown, removed, exchanged, swapped with each other. Of the files that it does not read 100 bytes.
  std::vector<Damage> all_damages(std::uint64_t seed, bool all_bits) const;

  // What the daemon says: opens it, and goes on writing where it may. A string: it says what is not so.
  std::variant<Answer, std::string> open_damaged(const Damage& damage) const;

  // What bwreplay says, which reads `files`.
  std::variant<Answer, std::string> read_damaged(const Damage& damage, FolderCopy& files) const;

  const std::set<std::string>& files_read() const { return files_read_; }
  std::size_t bytes_read() const;  // of these files

 private:
  VolatileDisk damaged(const Damage& damage) const;
  std::variant<Answer, std::string> judge(const JournalReader& journal, const JournalOracle& oracle) const;
  std::variant<Answer, std::string> open_and_append(VolatileDisk& disk, JournalOracle& oracle) const;

  JournalOracle oracle_;  // acknowledges nothing, so that a shorter journal is none of its problems
  VolatileDisk disk_;
  VolatileDisk other_disk_;
  std::set<std::string> files_read_;
};

}  // namespace bw
