// Audits of events without a journal, and a world in which every stream has been listed. Values.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "replay/audit.h"
#include "tests/support/world.h"

namespace bw::replay {

// What a daemon has done before it serves.
inline void list_all(World& world) {
  for (std::size_t i = 0; i < kStreamCount; ++i) world.list(static_cast<Stream>(i), {}, 1);
}

inline World listed_world(const Policy& policy = {}) {
  World world(policy);
  list_all(world);
  return world;
}

// Every stream tells that it has come up to here.
inline void bookmark_all(World& world) {
  for (std::size_t i = 0; i < kStreamCount; ++i) world.bookmark(static_cast<Stream>(i), world.version() + 1);
}

inline Point point_at(const World& world, Sequence sequence) {
  return {sequence, world.events().at(sequence - 1).time};
}

// Reads only as many events as the audit asks for; `read` says how many those were.
inline AuditReport audited(const World& world, Point from, Point to, bool strict = false, std::size_t* read = nullptr) {
  State state;
  Audit audit(from, to, strict);
  Touched touched;
  for (Event event : world.events()) {
    if (!audit.wants_more(state)) break;
    if (strict) charge_all_links(event);
    audit.before(state, event);
    apply(state, event, &touched);
    audit.after(state, event, touched);
  }
  if (read != nullptr) *read = state.applied;
  return audit.report(state);
}

inline AuditReport audited(const World& world, bool strict = false) {
  return audited(world, point_at(world, 1), point_at(world, world.state().applied), strict);
}

inline Sequence now(const World& world) { return world.state().applied; }

inline const LinkReport& link_of(const AuditReport& report, const std::string& node, const std::string& name) {
  static const LinkReport none;
  for (const LinkReport& link : report.links) {
    if (link.link == AuditedLink{node, name}) return link;
  }
  ADD_FAILURE() << "no link " << name << " of " << node;
  return none;
}

inline Breach only_breach(const AuditReport& report) {
  EXPECT_EQ(report.breaches.size(), 1U);
  return report.breaches.empty() ? Breach{} : report.breaches.front();
}

}  // namespace bw::replay
