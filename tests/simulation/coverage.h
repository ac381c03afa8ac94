// What happened in a run, counted, so that one can see that the paths which matter were gone. Values only.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace bw::simulation {

enum class Counter : std::uint8_t {
  kSteps,
  kEvents,
  kFilterCalls,
  kFilterRefusals,
  kPrioritizeCalls,
  kBindCalls,
  kDuplicateBindCalls,
  kLateBindCalls,
  kReservations,
  kBindsRefused,
  kBindingsSent,
  kBindingsResent,
  kBindingsCarriedOut,
  kBindingsConflict,
  kBindingsGone,
  kBindingsForbidden,
  kBindingsUncertain,
  kBindingsAfterTimeout,
  kReadsAfterConflict,
  kLists,
  kListPages,
  kListsExpired,
  kWatches,
  kWatchBreaks,
  kWatchStalls,
  kBookmarks,
  kGoneOverHttp,
  kGoneInStream,
  kGaps,
  kServerErrors,
  kRestarts,
  kCrashes,
  kCrashesLosingEvents,
  kCrashesBeforeBinding,
  kCrashesDuringBinding,
  kOrderlyStops,
  kPauses,
  kSlowSyncs,
  kClockStepsBack,
  kWakeUps,
  kGroupRises,
  kGroupFalls,
  kForeignBinds,
  kOvercommitments,
  kRecoveries,
  kDrifts,
  kDeadlines,
  kNameTakenAgain,
  kNodesGone,
  kNodesBack,
  kObjectsCreated,
  kObjectsDeleted,
  kObjectsKept,
  kStatusWrites,
  kReadAnswers,
  kInvalidRequests,
  kFitSamples,
  kQuietChecks,
  kTermsBegan,
  kTermsContinued,
  kTermsEnded,
  kTakeOvers,
  kLeadersLost,
  kLongPauses,
  kPausesBeforeSending,
  kCutOffs,
  kLeaseDeletions,
  kFencePatches,
  kBindingsFenced,
  kCount,
};
constexpr std::size_t kCounterCount = static_cast<std::size_t>(Counter::kCount);

std::string_view counter_name(Counter counter);

class Coverage {
 public:
  void count(Counter counter, std::uint64_t times = 1) { counts_[static_cast<std::size_t>(counter)] += times; }
  std::uint64_t operator[](Counter counter) const { return counts_[static_cast<std::size_t>(counter)]; }
  void add(const Coverage& other) {
    for (std::size_t i = 0; i < kCounterCount; ++i) counts_[i] += other.counts_[i];
  }

 private:
  std::array<std::uint64_t, kCounterCount> counts_{};
};

}  // namespace bw::simulation
