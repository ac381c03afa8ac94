// A snapshot file whose hash is right: refused, or a state whose snapshot is the same again.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "fuzz_input.h"
#include "journal/chain.h"
#include "journal/snapshot_codec.h"
#include "journal/snapshot_file.h"
#include "projections/snapshot.h"

namespace {

constexpr bw::Sequence kSequence = 300;  // of the file in corpus/snapshot

std::string make_folder() {
  const std::string folder =
      (std::filesystem::temp_directory_path() / ("fuzz_snapshot-" + std::to_string(::getpid()))).string();
  std::filesystem::create_directories(folder + "/snapshots");
  return folder;
}

std::vector<bw::SnapshotRecord> records_of(const bw::State& state) {
  std::vector<bw::SnapshotRecord> records;
  bw::snapshot_of(state, [&](const bw::SnapshotRecord& record) { records.push_back(record); });
  return records;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string folder = make_folder();
  const std::string_view bytes = bw::text_of(data, size);
  const std::string name = bw::snapshot_file_name(kSequence);
  std::ofstream(folder + "/" + name, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(size));
  const auto records = bw::read_snapshot_file(folder, {name, bw::sha256(bytes)}, kSequence);
  if (!records) return 0;
  bw::SnapshotCodec codec;
  std::size_t next = 0;
  const bw::Result<bw::State> state = bw::state_from([&](bw::SnapshotRecord& record) -> bw::Result<bool> {
    if (next == records->size()) return false;
    if (const auto decoded = codec.decode((*records)[next++], record); !decoded) return decoded.error();
    return true;
  });
  if (!state) return 0;
  const auto written = records_of(*state);
  next = 0;
  const bw::Result<bw::State> again = bw::state_from([&](bw::SnapshotRecord& record) -> bw::Result<bool> {
    if (next == written.size()) return false;
    record = written[next++];
    return true;
  });
  bw::check(again.has_value(), "the snapshot of a state is refused");
  bw::check(records_of(*again) == written, "the snapshot of a state gives another state");
  return 0;
}
