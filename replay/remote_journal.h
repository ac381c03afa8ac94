// The journal of a running daemon, read over HTTP from its operations door: what `bwreplay --url` works on. Each cursor
// is a stream of its own, of which no more is kept in memory than what has just arrived; the chain is proved over the
// bytes as from a folder. There are no snapshots here, so a journal that was cut cannot be folded. Thread: one.
#pragma once

#include <memory>
#include <string>

#include "journal/journal.h"

namespace bw::replay {

// `url`: "http://10.0.0.7:9440"; `token_file`: "" where the door is on loopback. kInvalid: the URL is none, or what is
// there does not answer as a daemon does; kUnavailable: nothing answers.
Result<std::unique_ptr<JournalReader>> open_remote_journal(const std::string& url, const std::string& token_file);

}  // namespace bw::replay
