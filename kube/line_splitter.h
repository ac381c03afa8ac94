// Cuts a stream of bytes into lines. The body of a watch is one JSON object per line; chunks of the transfer know
// nothing of lines. Values only; one thread at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bw {

// An object may have 1.5 MiB in etcd; twice that leaves room for the envelope and for escapes.
constexpr std::size_t kWatchLineLimit = std::size_t{3} << 20;

class LineSplitter {
 public:
  explicit LineSplitter(std::size_t limit = kWatchLineLimit) : limit_(limit) {}

  // Adds what came in. Lines that next() gave before become invalid.
  void append(std::string_view bytes) {
    text_.erase(0, begin_);
    scanned_ -= begin_;
    begin_ = 0;
    text_.append(bytes);
  }

  // The next whole line, without its newline; empty lines are skipped. Nothing: there is none yet, or never again
  // since it is overlong. Valid until the next append() or clear().
  std::optional<std::string_view> next() {
    while (!overlong_) {
      const std::size_t end = text_.find('\n', scanned_);
      const bool whole = end != std::string::npos;
      scanned_ = whole ? end : text_.size();
      overlong_ = scanned_ - begin_ > limit_;
      if (!whole || overlong_) break;
      const std::string_view line = std::string_view(text_).substr(begin_, end - begin_);
      begin_ = ++scanned_;
      if (!line.empty()) return line;
    }
    return std::nullopt;
  }

  // A line is longer than the limit.
  bool overlong() const { return overlong_; }

  void clear() {
    text_.clear();
    begin_ = scanned_ = 0;
    overlong_ = false;
  }

 private:
  std::size_t limit_;
  std::string text_;
  std::size_t begin_ = 0;    // of the next line
  std::size_t scanned_ = 0;  // no newline between begin_ and here
  bool overlong_ = false;
};

}  // namespace bw
