// Standard output as a stream that knows why it failed: a reader that has enough (`bwreplay log | head`) is no trouble,
// a full disk is. Thread: one.
#pragma once

#include <array>
#include <streambuf>

namespace bw::replay {

class DescriptorBuffer : public std::streambuf {
 public:
  // Writes to `descriptor`, which must stay open.
  explicit DescriptorBuffer(int descriptor);

  // errno of the first write that failed; 0: none did. After that nothing is written any more.
  int problem() const { return problem_; }

 protected:
  int_type overflow(int_type c) override;
  int sync() override;

 private:
  bool write_out();

  const int descriptor_;
  int problem_ = 0;
  std::array<char, 64 * 1024> buffer_;
};

}  // namespace bw::replay
