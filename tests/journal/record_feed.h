// Records for a journal, with the chain over them: what a test appends, and what it expects to read again.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "journal/chain.h"
#include "journal/journal.h"
#include "journal/journal_writer.h"

namespace bw {

using Records = std::vector<std::pair<Sequence, std::string>>;

class RecordFeed {
 public:
  // Goes on behind `head`.
  explicit RecordFeed(Head head = {}) : chain_(head) {}

  // The next `count` records of about `size` bytes.
  RecordBatch next(std::size_t count, std::size_t size = 20) {
    RecordBatch batch;
    for (std::size_t i = 0; i < count; ++i) {
      const Sequence sequence = chain_.head().sequence + 1;
      std::string record = "record " + std::to_string(sequence) + ' ';
      record.resize(size, static_cast<char>('a' + sequence % 26));
      const Head& head = chain_.extend(record);
      if (sequence % kKeptHashInterval == 0) {
        batch.kept.push_back(head);
        kept_.push_back(head);
      }
      written_.emplace_back(sequence, record);
      batch.records.push_back(std::move(record));
    }
    batch.head = chain_.head();
    return batch;
  }

  Result<void> append_to(Journal& journal, std::size_t count, bool sync, std::size_t size = 20) {
    const RecordBatch batch = next(count, size);
    return journal.append(batch.records, batch.head, batch.kept, sync);
  }

  const Head& head() const { return chain_.head(); }
  const Records& written() const { return written_; }  // by this feed
  const std::vector<Head>& kept() const { return kept_; }

 private:
  Chain chain_;
  Records written_;
  std::vector<Head> kept_;
};

// All records from `from` on; the test fails where they cannot be read.
inline Records read_all(const JournalReader& journal, Sequence from = 1) {
  Records records;
  auto cursor = journal.read(from);
  EXPECT_TRUE(cursor) << cursor.error().message;
  if (!cursor) return records;
  Sequence sequence = 0;
  std::string_view bytes;
  for (;;) {
    const Result<bool> more = (*cursor)->next(sequence, bytes);
    EXPECT_TRUE(more) << more.error().message;
    if (!more || !*more) return records;
    records.emplace_back(sequence, bytes);
  }
}

// The head that follows from the records themselves.
inline Head head_of(const Records& records) {
  Chain chain;
  for (const auto& [sequence, bytes] : records) chain.extend(bytes);
  return chain.head();
}

}  // namespace bw
