// RocksDB's own benchmark, run as a process: the reference for figures of the journal. Thread: one; it waits.
#pragma once

#include <cstdint>
#include <string>

#include "journal/result.h"

namespace bw {

struct DbBench {
  std::string program;  // "db_bench"
  std::string folder;   // of its database: on the same disk as what is compared with it
  std::size_t value_size = 100;

  // Operations per second of `benchmark` ("fillsync", "fillseq,readseq": of the last) with `operations` in each thread.
  Result<double> run(const std::string& benchmark, int threads, std::uint64_t operations) const;
};

}  // namespace bw
