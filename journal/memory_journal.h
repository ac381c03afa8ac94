// A journal in memory, with the contract of the one on disk, for tests and the simulator. It can forget what was
// not synced (a loss of power) and can fail its n-th append. Not for more than one thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "journal/journal.h"

namespace bw {

class MemoryJournal : public Journal {
 public:
  JournalBounds bounds() const override;
  Result<std::unique_ptr<RecordCursor>> read(Sequence from) const override;
  std::optional<Sha256> kept_hash(Sequence sequence) const override;
  Result<void> refresh() override { return {}; }
  Result<void> append(std::span<const std::string> records, const Head& head, std::span<const Head> kept,
                      bool sync) override;
  Result<void> sync() override;
  Result<void> cut(Sequence first, const Sha256& previous_hash) override;
  std::uint64_t bytes_from(Sequence from) const override;

  // Loses everything behind the last sync, as a crash of the machine does.
  void forget_unsynced();

  // The n-th append from now (1: the next one) and all later ones fail.
  void fail_append(std::uint32_t n) { fail_in_ = n; }

 private:
  static Error failure();

  std::deque<std::string> records_;  // record of sequence i + 1; a cursor's bytes stay where they are
  std::vector<Head> kept_;
  Sequence first_ = 1;  // what is before stays where it is, but is not given any more
  Sha256 previous_hash_{};
  Head head_;
  Head durable_;
  std::uint32_t fail_in_ = 0;  // 0: never
  bool failed_ = false;
};

}  // namespace bw
