// How far a long command has come, in one line on standard error that is overwritten and, in the end, removed. Thread:
// one.
#pragma once

#include <chrono>
#include <string>

#include "journal/types.h"

namespace bw::replay {

class Progress {
 public:
  // `shown`: standard error is a terminal.
  Progress(bool shown, std::string what, Sequence total) : shown_(shown), what_(std::move(what)), total_(total) {}
  ~Progress();
  Progress(Progress&&) = delete;

  // Cheap: looks at the clock once in 4,096 calls.
  void at(Sequence sequence) {
    if (shown_ && sequence % 4096 == 0) show(sequence);
  }

 private:
  void show(Sequence sequence);

  const bool shown_;
  const std::string what_;
  const Sequence total_;
  bool written_ = false;
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + std::chrono::seconds(1);
};

}  // namespace bw::replay
