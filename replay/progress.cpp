#include "replay/progress.h"

#include <iostream>

namespace bw::replay {

Progress::~Progress() {
  if (written_) std::cerr << "\r" << std::string(what_.size() + 60, ' ') << "\r" << std::flush;
}

void Progress::show(Sequence sequence) {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + std::chrono::milliseconds(250);
  written_ = true;
  std::cerr << "\r" << what_ << " " << sequence << " of " << total_ << " events ("
            << sequence * 100 / (total_ == 0 ? 1 : total_) << " %)" << std::flush;
}

}  // namespace bw::replay
