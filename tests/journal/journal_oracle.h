// What a journal must hold after it was opened again: every record that was acknowledged as durable, nothing that was
// not given to it, no hole, each append whole or not at all, and the head and kept hashes of exactly these records.
// One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "journal/chain.h"
#include "journal/journal.h"
#include "journal/journal_writer.h"

namespace bw {

class JournalOracle {
 public:
  explicit JournalOracle(std::uint64_t seed) : random_(seed) {}

  // Random records that follow what was given before, to be appended as one.
  RecordBatch next(std::size_t count, std::size_t max_size);

  // All that was given is durable.
  void acknowledge() { acknowledged_ = given(); }

  Sequence given() const { return records_.size(); }
  Sequence acknowledged() const { return acknowledged_; }
  Head head() const;  // after all that was given
  Head acknowledged_head() const;

  // What is wrong with `journal`, in words; absent: nothing.
  std::optional<std::string> problem(const JournalReader& journal) const;

  // From here on what `journal` holds is what was given, and durable: it was opened, so others may have seen it.
  void adopt(const JournalReader& journal);

 private:
  Head head_at(Sequence sequence) const;

  std::mt19937_64 random_;
  std::vector<std::string> records_;  // the record of sequence N is at N - 1
  std::vector<Sha256> hashes_;        // as records_
  std::set<Sequence> ends_{0};        // of appends
  Sequence acknowledged_ = 0;
};

}  // namespace bw
