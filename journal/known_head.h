// A head of a journal that is known from elsewhere: from the status of a Bandwidth object, the Lease, a line of the
// log, the notes of an experiment. Only such a head shows that the end of a journal is missing, or that the whole of it
// was written again. Written ID:SEQUENCE:HASH. Functions without state; any thread that may read the journal.
#pragma once

#include <string>
#include <string_view>

#include "journal/journal.h"

namespace bw {

struct KnownHead {
  JournalId id;
  Head head;
  friend bool operator==(const KnownHead&, const KnownHead&) = default;
};

Result<KnownHead> parse_known_head(std::string_view text);
std::string to_text(const KnownHead& known);

// The chain after event `sequence`, computed from the nearest kept hash before it; so 1,023 events are read at most.
// kNotFound: the journal does not reach from before it to there.
Result<Head> head_at(const JournalReader& journal, Sequence sequence);

enum class HeadComparison {
  kHolds,         // the events up to it lead to this very hash
  kShorter,       // the journal ends before it: events are missing
  kDiffers,       // the events up to it are not those that were written
  kCutOff,        // it lies before the first event that is kept, so nothing can be said
  kOtherJournal,  // it is a head of another journal
};

// `id`: of `journal`. kHolds speaks of all events from 1 on only together with a check of the whole chain, since a kept
// hash is believed here.
Result<HeadComparison> compare(const JournalReader& journal, const JournalId& id, const KnownHead& known);

}  // namespace bw
