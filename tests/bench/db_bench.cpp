#include "db_bench.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace bw {

Result<double> DbBench::run(const std::string& benchmark, int threads, std::uint64_t operations) const {
  const std::string command =
      program + " --db=" + folder + " --benchmarks=" + benchmark + " --threads=" + std::to_string(threads) +
      " --num=" + std::to_string(std::max<std::uint64_t>(operations, 1'000'000)) +
      " --writes=" + std::to_string(operations) + " --key_size=8 --value_size=" + std::to_string(value_size) +
      " --compression_type=zstd --block_size=32768 --histogram=0 --use_existing_db=0 2>/dev/null";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> output(::popen(command.c_str(), "r"), &::pclose);
  const std::string last = benchmark.substr(benchmark.rfind(',') + 1);
  double rate = 0;
  std::array<char, 1000> line;
  while (output && std::fgets(line.data(), line.size(), output.get()) != nullptr) {
    const std::string text = line.data();
    const std::size_t end = text.find(" ops/sec");
    if (!text.starts_with(last) || end == text.npos) continue;
    rate = std::strtod(text.c_str() + text.rfind(' ', end - 1), nullptr);
  }
  if (rate > 0) return rate;
  return Error{ErrorCode::kNotFound, program + " did not run: install the package rocksdb-tools"};
}

}  // namespace bw
