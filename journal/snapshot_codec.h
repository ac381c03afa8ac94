// SnapshotRecord <-> stored bytes (Cap'n Proto, journal/snapshot.capnp). The only place that knows the wire schema of
// snapshots. One codec per thread: it reuses its buffers. Encoding the same record twice gives the same bytes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "journal/result.h"
#include "journal/snapshot_record.h"

namespace bw {

class SnapshotCodec {
 public:
  SnapshotCodec();
  ~SnapshotCodec();
  SnapshotCodec(SnapshotCodec&&) noexcept;
  SnapshotCodec& operator=(SnapshotCodec&&) noexcept;

  // Appends the stored bytes of `record` to `out`.
  void encode(const SnapshotRecord& record, std::string& out);

  // Reads stored bytes (any alignment) into `record`. A kind or an enumerator that is not known makes an UnknownRecord;
  // bytes that are no record are kCorrupt, and leave `record` unspecified.
  Result<void> decode(std::string_view bytes, SnapshotRecord& record);

 private:
  struct Buffers;
  std::unique_ptr<Buffers> buffers_;
};

}  // namespace bw
