// What the operations door serves straight from the journal: its records as a stream, and checkpoints. Records are read
// a small piece at a time, when the client has taken the last one, so that calls of the scheduler come in between;
// checkpoints are made on a thread of their own. Thread: that of the io_context, but for what it starts itself.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <thread>

#include "extender/http.h"
#include "journal/journal.h"

namespace bw {

class JournalDoor {
 public:
  // Both must outlive it. All that `journal` holds is on disk.
  JournalDoor(boost::asio::io_context& io, const Journal& journal) : io_(io), journal_(journal) {}
  // Waits for a checkpoint that is being made.
  ~JournalDoor();

  // GET /v1/journal?after=SEQUENCE: see journal/record_stream.h.
  void stream(const HttpRequest& request, std::shared_ptr<HttpReplier> replier) const;

  // POST /v1/checkpoint: 201 with {path, sequence, headHash}, or 409 while one is being made.
  void make_checkpoint(std::shared_ptr<HttpReplier> replier);

 private:
  boost::asio::io_context& io_;
  const Journal& journal_;
  std::thread maker_;
  bool making_ = false;
};

}  // namespace bw
