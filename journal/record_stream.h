// A journal on the wire: what `GET /v1/journal?after=SEQUENCE` answers and `bwreplay --url` reads. One line of text
// with the bounds, then each record behind its sequence (8 bytes) and size (4 bytes), little-endian. Stored bytes go as
// they are, so that the reader proves the chain as if it had the files.
//
//   bwjournal1 FIRST PREVIOUS-HASH HEAD-SEQUENCE HEAD-HASH\n
//
// Values only; one thread at a time.
#pragma once

#include <string>
#include <string_view>

#include "journal/journal.h"

namespace bw {

std::string record_stream_head(const JournalBounds& bounds);
void append_record(Sequence sequence, std::string_view bytes, std::string& out);

// Takes the stream apart as it arrives, in pieces of any size.
class RecordStreamParser {
 public:
  void feed(std::string_view bytes) { buffer_ += bytes; }

  // The first line: false while it is not whole. kUnsupported where it is of another form.
  Result<bool> read_head(JournalBounds& bounds);

  // The next record, behind the head; false while it is not whole. `bytes` is valid until the next call. kInvalid where
  // no journal has so large a record.
  Result<bool> next(Sequence& sequence, std::string_view& bytes);

  bool empty() const { return at_ == buffer_.size(); }

 private:
  std::string buffer_;
  std::size_t at_ = 0;  // what is before has been given
};

}  // namespace bw
