#include "bulk_journal.h"

#include "must.h"

namespace bw {
namespace {

constexpr std::size_t kBatch = 500;

}  // namespace

BulkJournal::BulkJournal(const std::string& path, const Head& head)
    : journal_(must(RocksdbJournal::open({.path = path}))), chain_(head) {}

void BulkJournal::add(const Event& event) {
  codec_.encode(event, records_.emplace_back());
  if (chain_.extend(records_.back()).sequence % kKeptHashInterval == 0) kept_.push_back(chain_.head());
  if (records_.size() == kBatch) flush(false);
}

void BulkJournal::flush(bool synced) {
  if (!records_.empty()) must(journal_->append(records_, chain_.head(), kept_, synced));
  records_.clear();
  kept_.clear();
}

}  // namespace bw
