#include "journal/known_head.h"

#include <algorithm>
#include <charconv>

#include "journal/chain.h"

namespace bw {
namespace {

Error not_a_head(std::string_view text) {
  return {ErrorCode::kInvalid, "'" + std::string(text) +
                                   "' is not a head of a journal: give ID:SEQUENCE:HASH, as the statuses of Bandwidth "
                                   "objects and the Lease show it"};
}

}  // namespace

Result<KnownHead> parse_known_head(std::string_view text) {
  const std::size_t first = text.find(':');
  const std::size_t second = first == text.npos ? text.npos : text.find(':', first + 1);
  if (second == text.npos) return not_a_head(text);
  const Result<JournalId> id = journal_id_from_hex(text.substr(0, first));
  const Result<Sha256> hash = sha256_from_hex(text.substr(second + 1));
  if (!id || !hash) return not_a_head(text);
  KnownHead known{*id, {0, *hash}};
  const auto parsed = std::from_chars(text.data() + first + 1, text.data() + second, known.head.sequence);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + second || known.head.sequence == 0)
    return not_a_head(text);
  return known;
}

std::string to_text(const KnownHead& known) {
  return to_hex(known.id) + ':' + std::to_string(known.head.sequence) + ':' + to_hex(known.head.hash);
}

Result<Head> head_at(const JournalReader& journal, Sequence sequence) {
  const JournalBounds bounds = journal.bounds();
  if (sequence + 1 < bounds.first || sequence > bounds.head.sequence) {
    return Error{ErrorCode::kNotFound, "the journal holds events " + std::to_string(bounds.first) + " to " +
                                           std::to_string(bounds.head.sequence) + ", not " + std::to_string(sequence)};
  }
  Head start{bounds.first - 1, bounds.previous_hash};
  for (Sequence kept = sequence / kKeptHashInterval * kKeptHashInterval; kept > start.sequence;
       kept -= kKeptHashInterval) {
    if (const std::optional<Sha256> hash = journal.kept_hash(kept)) {
      start = {kept, *hash};
      break;
    }
  }
  Chain chain(start);
  if (sequence == start.sequence) return chain.head();
  const Result<std::unique_ptr<RecordCursor>> cursor = journal.read(start.sequence + 1);
  if (!cursor) return cursor.error();
  Sequence at = 0;
  std::string_view bytes;
  while (chain.head().sequence < sequence) {
    const Result<bool> more = (*cursor)->next(at, bytes);
    if (!more) return more.error();
    check(*more, "a journal ends before its head", sequence);
    chain.extend(bytes);
  }
  return chain.head();
}

Result<HeadComparison> compare(const JournalReader& journal, const JournalId& id, const KnownHead& known) {
  if (known.id != id) return HeadComparison::kOtherJournal;
  const JournalBounds bounds = journal.bounds();
  if (known.head.sequence > bounds.head.sequence) return HeadComparison::kShorter;
  if (known.head.sequence + 1 < bounds.first) return HeadComparison::kCutOff;
  const Result<Head> head = head_at(journal, known.head.sequence);
  if (!head) return head.error();
  return head->hash == known.head.hash ? HeadComparison::kHolds : HeadComparison::kDiffers;
}

}  // namespace bw
